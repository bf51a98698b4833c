"""Runs the volley program for tests: its output, its exit code, and what it left behind."""

import json
import os
import pathlib
import signal
import socket
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


class Answering:
    """A server of fixed bytes (or what a function gives) on loopback, one connection after the other closed when it has answered."""

    def __init__(self, reply):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, args=(reply,), daemon=True).start()

    def serve(self, reply):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            with peer:
                head = b""
                while b"\r\n\r\n" not in head:
                    got = peer.recv(65536)
                    if not got:
                        break
                    head += got
                peer.sendall(reply() if callable(reply) else reply)

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
