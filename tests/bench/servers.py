"""Servers for the load benchmarks: each is started by a `with`, and ended by its process id."""
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from pairs import CannotMeasure, run

NGINX = shutil.which("nginx", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin") or "nginx"  # not in every user's PATH
ANSWER = "hello world"

# Where Debian's build would write, a folder of its own: whoever runs this need not be root.
NGINX_CONFIGURATION = """daemon off;
worker_processes 1;
{limit}
pid {folder}/pid;
error_log {folder}/error.log crit;
events {{ worker_connections 20000; }}
http {{
    access_log off;
    default_type text/plain;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {tls}
    server {{
        listen 127.0.0.1:{port}{listen} backlog=16384;
        location / {{ return 200 "{answer}"; }}
    }}
}}
"""


def end(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def cpu_of(process):
    """Processor time of a process that runs, user and system of all its threads, in seconds."""
    with open(f"/proc/{process.pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Nginx:
    """One worker that answers `hello world`, on a free port of the loopback."""

    def __init__(self, tls=False, http2=False):
        self.tls, self.http2 = tls, http2

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="volley-bench-")
        try:
            if self.tls:
                self.make_certificate()
            for _ in range(5):  # a port that was free may be taken by the time that nginx wants it
                if self.start():
                    return self
            raise CannotMeasure(f"nginx does not start: {self.error()}")
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def make_certificate(self):
        run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=IP:127.0.0.1", "-keyout", f"{self.folder}/key.pem", "-out", f"{self.folder}/certificate.pem"], 60)

    def start(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        tls = f"ssl_certificate {self.folder}/certificate.pem; ssl_certificate_key {self.folder}/key.pem;" if self.tls else ""
        if self.http2:
            tls += " http2_max_concurrent_streams 1000;"
        limit = "worker_rlimit_nofile 20000;"
        configuration = f"{self.folder}/nginx.conf"
        with open(configuration, "w") as out:
            out.write(NGINX_CONFIGURATION.format(folder=self.folder, port=self.port, tls=tls, limit=limit, answer=ANSWER,
                                                 listen=(" ssl" if self.tls else "") + (" http2" if self.http2 else "")))
        try:
            self.process = subprocess.Popen([NGINX, "-p", self.folder, "-e", f"{self.folder}/error.log", "-c", configuration],
                                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except OSError as e:
            raise CannotMeasure(f"{NGINX} cannot be started: {e.strerror}") from None
        until = time.monotonic() + 20
        while time.monotonic() < until and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/"
                return True
            except OSError:
                time.sleep(0.01)
        end(self.process)
        return False

    def error(self):
        try:
            with open(f"{self.folder}/error.log", errors="replace") as log:
                return log.read().strip().splitlines()[-1]
        except (OSError, IndexError):
            return "it says nothing"

    def __exit__(self, *_):
        end(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


class Printing:
    """A server that prints its address when it listens."""

    def __init__(self, *command):
        self.command = command

    def __enter__(self):
        try:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=sys.stderr, text=True)
        except OSError as e:
            raise CannotMeasure(f"{self.command[0]} cannot be started: {e.strerror}") from None
        readable, _, _ = select.select([self.process.stdout], [], [], 20)
        line = self.process.stdout.readline() if readable else ""
        if not line:
            self.__exit__()
            raise CannotMeasure(f"{os.path.basename(self.command[0])} does not listen")
        self.take(line)
        return self

    def __exit__(self, *_):
        if self.process.returncode is None:
            end(self.process)
        self.process.stdout.close()


class VolleyServe(Printing):
    """The included application of `volley serve`."""

    def __init__(self, program, *flags):
        super().__init__(program, "serve", "--port", "0", *flags)

    def take(self, line):
        self.url = line.split()[2]


class Arrivals(Printing):
    """The program that stamps arrivals."""

    def take(self, line):
        self.url = f"http://127.0.0.1:{int(line)}/"

    def gaps(self):
        """Ends it. Returns the gaps between arrivals in seconds."""
        self.process.send_signal(signal.SIGTERM)
        text, _ = self.process.communicate(timeout=60)
        return [int(line) / 1e9 for line in text.split()]
