"""volley verify --http2 against nginx, which speaks it over TLS, before Starlette endpoints whose truth is known."""
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness
import servers
from support.volley import LIMIT, VOLLEY, VolleyTest, free_port, make_certificate

NGINX = shutil.which("nginx", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin")
# Braces of nginx are doubled. Each server takes another number of streams of one connection; 128 is nginx's own.
CONFIGURATION = """daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log error;
events {{ worker_connections 2000; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem;
    server {{ listen 127.0.0.1:{usual} ssl http2 backlog=511; location / {{ proxy_pass http://127.0.0.1:{behind}; }} }}
    server {{ listen 127.0.0.1:{few} ssl http2 backlog=511; http2_max_concurrent_streams 10;
              location / {{ proxy_pass http://127.0.0.1:{behind}; }} }}
}}
"""


class Http2(VolleyTest):
    @classmethod
    def setUpClass(cls):
        starlette = next(server for server in servers.SERVERS if server.name == "starlette async endpoint")
        cls.behind = cls.enterClassContext(harness.Running(starlette))
        cls.home = cls.behind.folder
        cls.certificate, _ = make_certificate(cls.home)
        for _ in range(5):  # a port that was free may be taken by now
            cls.usual, cls.few = free_port(), free_port()
            words = {"folder": cls.home, "usual": cls.usual, "few": cls.few, "behind": cls.behind.port}
            pathlib.Path(f"{cls.home}/nginx.conf").write_text(CONFIGURATION.format(**words))
            command = [NGINX, "-p", cls.home, "-e", f"{cls.home}/error.log", "-c", f"{cls.home}/nginx.conf"]
            cls.nginx = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            cls.addClassCleanup(cls.nginx.wait, 30)
            cls.addClassCleanup(cls.nginx.terminate)
            if cls.answers():
                return
        raise RuntimeError("nginx does not start: " + pathlib.Path(f"{cls.home}/error.log").read_text())

    @classmethod
    def answers(cls):
        context = ssl.create_default_context(cafile=cls.certificate)
        deadline = time.monotonic() + LIMIT
        while cls.nginx.poll() is None and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"https://127.0.0.1:{cls.few}/ping", timeout=5, context=context) as answer:
                    return answer.status == 200
            except OSError:
                time.sleep(0.05)
        return False

    def verify(self, port, path, *args):
        file = self.path("verdict.json")
        done = subprocess.run([VOLLEY, "verify", f"https://localhost:{port}{path}", "--http2", "--verify", self.certificate, "--time", "60s",
                               "--seed", "1", "-o", file, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, env=self.env,
                              timeout=90)
        content = json.loads(pathlib.Path(file).read_text())
        return content["record"], content["seen"], done

    # A machine that is busy otherwise may leave a verdict open; none may be wrong.

    def test_an_asynchronous_endpoint(self):
        record, seen, done = self.verify(self.usual, "/asynchronous?s=0.3", "--max", "50")
        self.assertIn(record["headline"], ("concurrent", "inconclusive"), done.stdout)  # a proxy hides what works behind it
        # One connection for each burst, and nothing but HTTP/2.
        self.assertEqual({burst["connections"] for burst in seen["bursts"]}, {1})
        log = pathlib.Path(f"{self.home}/access.log").read_text()
        self.assertIn('/asynchronous?s=0.3 HTTP/2.0" 200', log)
        self.assertNotIn('/asynchronous?s=0.3 HTTP/1', log)

    def test_threads_behind_it(self):
        record, _, done = self.verify(self.usual, "/threaded?s=0.3", "--max", "100")
        self.assertIn(record["headline"], ("pool", "inconclusive"), done.stdout)
        if record["headline"] == "pool":
            self.assertEqual(record["workers"], 40, done.stdout)

    def test_a_limit_of_streams_is_not_taken_for_the_endpoints(self):
        # It was `unstable: workers with unequal shares`.
        record, seen, done = self.verify(self.few, "/asynchronous?s=0.3", "--max", "100")
        self.assertIn(record["headline"], ("concurrent", "inconclusive"), done.stdout)
        self.assertGreater(max(burst["connections"] for burst in seen["bursts"]), 1)
        self.assertIn("not all were streams of one connection", done.stdout.replace("\n ", " ").replace("  ", " "))


if __name__ == "__main__":
    unittest.main()
