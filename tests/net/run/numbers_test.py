"""Requests that differ from one sending to the next, as a real server sees them."""

import http.server
import json
import pathlib
import sys
import threading
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.volley import VolleyTest

SCENARIO = """
version: 1
name: t
config: { target: "http://127.0.0.1:%(port)d", transport: %(transport)s, threads: 2 }
scenarios:
  json:
    - post: "/json/{{ iteration }}?u={{ user.index }}"
      headers: { x-number: "n{{ iteration }}" }
      query: { again: "{{ iteration }}" }
      json: { iteration: "{{ iteration }}", user: "{{ user.index | string }}", text: "of {{ user.index }}" }
  form:
    - { post: /form, form: { i: "{{ iteration }}", u: "{{ user.index }}" } }
  body:
    - { put: "/body/{{ iteration }}", body: "<{{ iteration }}>" }
phases:
  - { name: closed, scenario: json, users: 12, iterations: 150 }
  - { name: open, scenario: form, rate: 500/s, iterations: 120 }
  - { name: burst, scenario: body, burst: 20, iterations: 2, solo_runs: 1 }
"""


class Recorder:
    """Keeps what it is sent; a wrong Content-Length breaks the request behind it."""

    def __init__(self):
        seen = self.seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                seen.append((urllib.parse.urlsplit(self.path), dict(self.headers), body))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            do_PUT = do_POST

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 200
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Numbers(VolleyTest):
    def run_with(self, transport):
        recorder = Recorder()
        self.addCleanup(recorder.close)
        result, _ = self.run_scenario(SCENARIO % {"port": recorder.port, "transport": transport})
        phases = {p["name"]: p for p in result["servers"][0]["phases"]}
        for phase in phases.values():
            self.assertEqual(phase["generator"]["transport"], transport)
            self.assertEqual(phase["generator"]["threads"], 2)
        self.assertEqual(phases["closed"]["right"], 150)

        sent = [r for r in recorder.seen if r[0].path.startswith("/json/")]
        numbers = []
        for url, headers, body in sent:
            number = int(url.path.removeprefix("/json/"))
            query = urllib.parse.parse_qs(url.query)
            numbers.append(number)
            user = query["u"][0]
            self.assertEqual(query["again"], [str(number)])
            self.assertEqual({k.lower(): v for k, v in headers.items()}["x-number"], f"n{number}")
            self.assertEqual(json.loads(body), {"iteration": number, "user": user, "text": f"of {user}"})
            self.assertIn(int(user), range(12))
        self.assertEqual(len(set(numbers)), 150, "each once")
        self.assertEqual(len({url.query.partition("&")[0] for url, _, _ in sent}), 12, "of every user")

        forms = [urllib.parse.parse_qs(body, strict_parsing=True) for url, _, body in recorder.seen if url.path == "/form"]
        self.assertEqual(len({f["i"][0] for f in forms}), 120)

        bodies = [(url.path, body) for url, _, body in recorder.seen if url.path.startswith("/body/")]
        self.assertEqual(len(bodies), 41, "the one alone too")
        for path, body in bodies:
            self.assertEqual(body, "<" + path.removeprefix("/body/") + ">")
        self.assertEqual(len(set(bodies)), 40, "the second burst goes on counting")

    def test_by_the_fast_transport(self):
        self.run_with("fast")

    def test_by_curl(self):
        self.run_with("curl")

    def test_a_check_cannot_know_them(self):
        file = self.write("s.yaml", 'version: 1\nconfig: { target: "http://127.0.0.1:1" }\nscenarios:\n  a: [ { get: /, checks: ["body contains {{ iteration }}"] } ]\nphases: [ { name: p, burst: 1 } ]\n')
        done = self.volley("run", file)
        self.assertEqual(done.returncode, 2)
        self.assertIn("`iteration` has no value here", done.stderr)
        self.assertIn("s.yaml:4:", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
