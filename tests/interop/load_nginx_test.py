#!/usr/bin/env python3
"""volley load against nginx: HTTP/1.1, TLS and HTTP/2 as somebody else speaks them."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import jsonschema

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.volley import SCHEMA, VolleyTest, make_certificate

NGINX = shutil.which("nginx", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin")
CONFIGURATION = """daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log crit;
events {{ worker_connections 1000; }}
http {{
    access_log {folder}/access.log;
    keepalive_requests 20;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem;
    server {{ listen 127.0.0.1:{ports[0]}; location / {{ return 200 "hello"; }} location /gone {{ return 404; }} }}
    server {{ listen 127.0.0.1:{ports[1]} ssl; location / {{ return 200 "$ssl_session_reused $ssl_protocol"; }} }}
    server {{ listen 127.0.0.1:{ports[2]} ssl http2; location / {{ return 200 "hello"; }} }}
    server {{ listen 127.0.0.1:{ports[3]} http2; location / {{ return 200 "hello"; }} }}
}}
"""


def free_ports(n):
    probes = [socket.socket() for _ in range(n)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class LoadNginx(VolleyTest):
    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.mkdtemp(prefix="volley-nginx-")
        cls.certificate, _ = make_certificate(cls.home)
        for _ in range(5):  # a port that was free may be taken by now
            cls.ports = free_ports(4)
            pathlib.Path(f"{cls.home}/nginx.conf").write_text(CONFIGURATION.format(folder=cls.home, ports=cls.ports))
            cls.nginx = subprocess.Popen([NGINX, "-p", cls.home, "-e", f"{cls.home}/error.log", "-c", f"{cls.home}/nginx.conf"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for _ in range(500):
                try:
                    socket.create_connection(("127.0.0.1", cls.ports[3]), timeout=1).close()
                    return
                except OSError:
                    time.sleep(0.02)
                if cls.nginx.poll() is not None:
                    break
        raise RuntimeError("nginx does not start: " + pathlib.Path(f"{cls.home}/error.log").read_text())

    @classmethod
    def tearDownClass(cls):
        cls.nginx.terminate()
        cls.nginx.wait(30)
        shutil.rmtree(cls.home)

    def load(self, url, *args, code=0):
        file = self.path("result.json")
        done = self.volley("load", url, "-o", file, *args)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        result = json.loads(pathlib.Path(file).read_text())
        jsonschema.validate(result, SCHEMA)
        return result["servers"][0]["phases"][0]

    def logged(self):
        time.sleep(0.2)  # nginx writes its log when it gets to it
        return pathlib.Path(f"{self.home}/access.log").read_text().splitlines()

    def test_http_1_1_over_connections_that_end_now_and_then(self):
        # nginx closes each connection after 20 answers, and says so in the last.
        before = len(self.logged())
        for transport in ("fast", "curl"):
            phase = self.load(f"http://127.0.0.1:{self.ports[0]}/", "-n", "1000", "-c", "8", "--transport", transport)
            self.assertEqual((phase["requests"], phase["right"], phase["errors_by_kind"]), (1000, 1000, {}))
            self.assertGreaterEqual(phase["generator"]["connections"], 50)
        self.assertEqual(len(self.logged()) - before, 2000)

    def test_tls_is_verified_and_sessions_are_resumed(self):
        url = f"https://127.0.0.1:{self.ports[1]}/"
        phase = self.load(url, "-n", "400", "-c", "4", "--verify", self.certificate)
        self.assertEqual((phase["right"], phase["errors_by_kind"]), (400, {}))
        self.assertEqual(phase["tls_time"]["count"], phase["generator"]["connections"])
        self.assertIn("tls", self.load(url, "-n", "3", code=3)["errors_by_kind"])
        self.assertEqual(self.load(url, "-n", "3", "--verify", "no")["right"], 3)

    def test_http_2_runs_as_streams_of_one_connection(self):
        phase = self.load(f"https://localhost:{self.ports[2]}/", "-n", "10", "-c", "10", "--http2", "--verify", self.certificate)
        self.assertEqual((phase["right"], phase["errors_by_kind"], phase["generator"]["transport"]), (10, {}, "curl"))
        self.assertEqual(phase["generator"]["connections"], 1)
        self.assertTrue(self.logged()[-1].count("HTTP/2.0"))
        phase = self.load(f"http://127.0.0.1:{self.ports[3]}/", "-n", "100", "-c", "5", "--http2")
        self.assertEqual((phase["right"], phase["errors_by_kind"]), (100, {}))
        self.assertTrue(self.logged()[-1].count("HTTP/2.0"))

    def test_a_server_of_http_2_alone_is_no_http_1_1(self):
        phase = self.load(f"http://127.0.0.1:{self.ports[3]}/", "-n", "5", "-c", "1", code=3)
        self.assertEqual(phase["right"], 0)
        self.assertEqual(sum(phase["errors_by_kind"].values()), 5)


if __name__ == "__main__":
    unittest.main()
