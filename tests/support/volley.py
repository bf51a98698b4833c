"""Runs the volley program for tests: its output, its exit code, and what it left behind."""

import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import uuid

import jsonschema

VOLLEY = os.environ["VOLLEY"]
ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "lib/share/result.schema.json").read_text())
LIMIT = 120  # seconds; generous, since no test is about speed

# A scenario up to its first phase, for those that add theirs.
TWO_SERVERS = """
version: 1
name: t
servers: { one: { builtin: coroutine }, two: { builtin: "pool:2" } }
scenarios: { a: [ { post: /offer, json: { sleep: 0.05 }, checks: [status == 200] } ] }
phases:
  - { name: warm, burst: 2, scenario: a, warmup: true }
"""


def processes_marked(mark):
    """Process ids whose environment holds the mark, zombies aside."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if mark.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


class VolleyTest(unittest.TestCase):
    def setUp(self):
        self.mark = "VOLLEY_TEST_MARK=" + uuid.uuid4().hex
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.env = dict(os.environ, NO_COLOR="1", LC_ALL="C.UTF-8")
        for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):  # where these tests run says nothing about what they test
            self.env.pop(name, None)
        self.env[self.mark.split("=")[0]] = self.mark.split("=")[1]

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        pathlib.Path(self.path(name)).write_text(text)
        return self.path(name)

    def start(self, *args):
        return subprocess.Popen([VOLLEY, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.env)

    def volley(self, *args):
        return subprocess.run([VOLLEY, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, env=self.env, timeout=LIMIT)

    server_limits = None  # called in the process of serve() before it begins

    def serve(self, *args, stderr=subprocess.DEVNULL):
        """The included server in a process of its own, ended with the test; returns its port."""
        process = subprocess.Popen([VOLLEY, "serve", "--port", "0", *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, text=True, env=self.env, preexec_fn=self.server_limits)
        self.server = process

        def end():
            was_there = process.poll() is None
            process.terminate()
            code = process.wait(LIMIT)
            process.stdout.close()
            if was_there:
                self.assertEqual(code, 0, "the server has not ended as it should")

        self.addCleanup(end)
        return int(process.stdout.readline().split()[2].rpartition(":")[2])

    def run_scenario(self, text, *args, code=0):
        """Runs a scenario given as text; its result is checked against the schema. Returns (result, process)."""
        file = self.write("s.yaml", text)
        result_file = self.path("result.json")
        done = self.volley("run", file, "-o", result_file, *args)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        result = None
        if os.path.exists(result_file):
            result = json.loads(pathlib.Path(result_file).read_text())
            jsonschema.validate(result, SCHEMA)
        return result, done

    def wait_until_caught(self, process, sign):
        """Until the process has a handler for the signal, which would end it before; on a busy machine that takes its time."""
        def caught():
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            return int(status.partition("SigCgt:")[2].split()[0], 16) >> (sign - 1) & 1
        self.wait_for(caught)

    def assert_nothing_left(self):
        for _ in range(100):
            left = processes_marked(self.mark)
            if not left:
                return
            time.sleep(0.1)
        self.fail(f"still running: {left}")

    def wait_for(self, condition):
        for _ in range(LIMIT * 10):
            if condition():
                return
            time.sleep(0.1)
        self.fail("did not come about")


class Listening:
    """A server on loopback, with a thread for each connection: `serve(peer)` of those that are made of it."""

    def __init__(self):
        self.accepted = 0
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            self.accepted += 1
            self.take(peer)

    def take(self, peer):
        threading.Thread(target=self.serve_until_closed, args=(peer,), daemon=True).start()

    def serve_until_closed(self, peer):
        with peer:
            try:
                self.serve(peer)
            except OSError:  # the other side went away
                pass

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def read_request(peer, data=b""):
    """Head, body, and what came behind them, beginning with what had been read; a head of None where the other side closed."""
    while b"\r\n\r\n" not in data:
        more = peer.recv(65536)
        if not more:
            return None, b"", b""
        data += more
    head, _, data = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\ncontent-length: *(\d+)", head)
    length = int(length.group(1)) if length else 0
    while len(data) < length:
        more = peer.recv(65536)
        if not more:
            return None, b"", b""
        data += more
    return head, data[:length], data[length:]


class Answering(Listening):
    """Gives fixed bytes (or what a function gives), one connection after the other closed when it has answered."""

    def __init__(self, reply):
        self.reply = reply
        super().__init__()

    def take(self, peer):
        self.serve_until_closed(peer)

    def serve(self, peer):
        read_request(peer)
        peer.sendall(self.reply() if callable(self.reply) else self.reply)


class KeepingAlive(Listening):
    """Keeps connections and answers every request with `answer(number, head)`, numbers from 1; None closes the connection."""

    def __init__(self, answer):
        self.answer, self.requests, self.lock = answer, [], threading.Lock()
        super().__init__()

    def serve(self, peer):
        rest = b""
        while True:
            head, body, rest = read_request(peer, rest)
            if head is None:
                return
            with self.lock:
                self.requests.append((head, body))
                number = len(self.requests)
            reply = self.answer(number, head)
            if reply is None:
                return
            peer.sendall(reply)


def make_certificate(folder):
    """Of localhost, signed by itself; returns the paths of the certificate and of its key."""
    certificate, key = os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem")
    subprocess.run(
        ["/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    return certificate, key


class TlsAnswering(Listening):
    """Gives fixed bytes over TLS to whatever it reads; `unasked` is sent behind each answer, in the same segment.

    before_handshake: seconds for which each connection waits for it."""

    def __init__(self, folder, reply, unasked=b"", before_handshake=0.0):
        self.reply, self.unasked, self.before_handshake = reply, unasked, before_handshake
        self.certificate, key = make_certificate(folder)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, key)
        super().__init__()

    def serve(self, peer):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.context.wrap_bio(incoming, outgoing, server_side=True)

        def until_done(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    peer.sendall(outgoing.read())
                    received = peer.recv(65536)
                    if not received:
                        raise OSError("closed")
                    incoming.write(received)

        time.sleep(self.before_handshake)
        until_done(tls.do_handshake)
        while until_done(lambda: tls.read(65536)):
            tls.write(self.reply)
            if self.unasked:
                tls.write(self.unasked)
            peer.sendall(outgoing.read())


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
