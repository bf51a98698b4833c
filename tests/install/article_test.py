"""The article's steps in C++: programs that a stranger built against the installed library, driven by the installed program."""

import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import volley  # noqa: E402

EXAMPLES = pathlib.Path(os.environ["EXAMPLES"])


class Example(volley.VolleyTest):
    def serve(self, name):
        server = subprocess.Popen([EXAMPLES / name, "0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

        def end():
            server.terminate()
            server.communicate(timeout=volley.LIMIT)

        self.addCleanup(end)
        line = server.stdout.readline()
        self.assertIn("listening on http://127.0.0.1:", line)
        self.server = server
        return line.split(":")[-1].split()[0]

    def burst(self, port, path, method="post"):
        result, _ = self.run_scenario(f"""
version: 1
name: article
config: {{ target: "http://127.0.0.1:{port}", timeout: 60s }}
scenarios: {{ s: [ {{ {method}: "{path}", checks: [status == 200, body contains slept] }} ] }}
phases: [ {{ name: p, scenario: s, burst: 20 }} ]
""")
        return result["servers"][0]["phases"][0]["burst"]


class Article(Example):
    def test_the_view_is_served_and_posted_to(self):
        port = self.serve("article")
        done = self.volley("post", f"localhost:{port}/offer")
        self.assertEqual((done.returncode, json.loads(done.stdout)), (0, {"slept": 0.2}))

    def test_the_forgotten_route_lists_the_routes(self):
        port = self.serve("article")
        done = self.volley("post", f"localhost:{port}/forgotten", "--check-status")
        self.assertEqual(done.returncode, 4)
        self.assertEqual([r["path"] for r in json.loads(done.stdout)["routes"]], ["/offer", "/sync", "/call"])

    def test_another_method_is_told_which_there_are(self):
        port = self.serve("article")
        done = self.volley("get", f"localhost:{port}/offer", "-h")
        self.assertIn("405", done.stdout)
        self.assertIn("Allow: POST, OPTIONS", done.stdout)

    def test_the_view_overlaps_and_its_synchronous_twin_takes_turns(self):
        port = self.serve("article")
        self.assertGreater(self.burst(port, "/offer")["overlap"], 5)
        self.assertLess(self.burst(port, "/sync")["overlap"], 1.5)
        self.assertGreater(self.burst(port, "/call", "delete")["overlap"], 5)

    def test_the_callable_form_answers_every_method(self):
        port = self.serve("article")
        self.assertEqual(self.volley("patch", f"localhost:{port}/call").stdout, "PATCH slept\n")


class Audit(Example):
    def test_a_synchronous_view_behind_middleware(self):
        port = self.serve("audit")
        url = f"localhost:{port}/account/ada"
        self.assertIn("401", self.volley("get", url, "-h").stdout)
        done = self.volley("get", url, "Authorization:Bearer secret", "X-Request-ID:r-7", "-p", "hb")
        self.assertIn("the account of ada", done.stdout)
        self.assertIn("X-Audit: r-7", done.stdout)
        self.assertIn("404", self.volley("get", f"localhost:{port}/account/nobody", "Authorization:Bearer secret", "-h").stdout)
        self.server.terminate()
        log = self.server.communicate(timeout=volley.LIMIT)[1]
        self.assertIn(" r-7 GET /account/ada 200 19 B", log)


if __name__ == "__main__":
    unittest.main()
