"""probes: of a scenario: the verdict before any load, what is expected of it, exit codes, and what the reports say."""

import json
import pathlib
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.volley import LIMIT, Answering, VolleyTest, processes_marked

START = """
version: 1
name: t
servers: { s: { builtin: %s } }
scenarios: { a: [ { post: /offer, json: { sleep: 0.1 } } ], ticks: [ { get: "/ticks?n=4&every=0.1" } ] }
"""
# What is expected is of the service time, which holds on a busy machine too, where whether requests overlap may not be told.
CONCURRENCY = "  - concurrency: { scenario: a, max: 2, time: 15s, canary: /ping, expect: %s }\n"


class Probes(VolleyTest):
    def probes(self, result):
        return {p["name"]: p for p in result["servers"][0]["probes"]}

    def test_an_expectation_that_is_met_passes_and_phases_follow(self):
        result, done = self.run_scenario(
            START % "serial" + "probes:\n" + CONCURRENCY % "['service>=90ms', confidence>=low]" + "phases: [ { name: p, burst: 2, scenario: a } ]\n"
        )
        probe = self.probes(result)["concurrency of a"]
        self.assertEqual(probe["verdict"], "pass")
        self.assertGreater(probe["record"]["service"], 0.09)
        self.assertEqual([(e["expectation"], e["met"], e["line"]) for e in probe["expectations"]], [("service>=90ms", "yes", 7), ("confidence>=low", "yes", 7)])
        self.assertEqual(result["verdict"], "pass")
        self.assertEqual(result["servers"][0]["phases"][0]["right"], 2)
        self.assertGreater(result["servers"][0]["phases"][0]["began"], probe["began"])
        self.assertIn("✓ service>=90ms: ", done.stdout)
        self.assert_nothing_left()

    def test_one_that_is_not_met_fails_and_phases_run_all_the_same(self):
        result, done = self.run_scenario(
            START % "serial" + "probes:\n" + CONCURRENCY % "service<50ms" + "phases: [ { name: p, burst: 2, scenario: a } ]\n", code=1
        )
        probe = self.probes(result)["concurrency of a"]
        self.assertEqual(probe["verdict"], "fail")
        self.assertEqual(probe["expectations"][0]["met"], "no")
        self.assertEqual(len(result["servers"][0]["phases"]), 1)
        self.assertIn("✗ service<50ms: ", done.stdout)
        self.assertIn("fail  1 of 1 probes", done.stdout)
        self.assert_nothing_left()

    def test_what_cannot_be_told_is_exit_4(self):
        # No time for more than a request alone, so that nothing is known of many.
        result, _ = self.run_scenario(
            START.replace("sleep: 0.1", "sleep: 0.9") % "coroutine" + "probes:\n  - concurrency: { scenario: a, time: 1s, expect: async }\n", code=4
        )
        self.assertEqual(self.probes(result)["concurrency of a"]["verdict"], "inconclusive")

    def test_a_request_that_never_worked_is_exit_3_and_nothing_follows(self):
        server = Answering(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        self.addCleanup(server.close)
        result, done = self.run_scenario(
            f"""
version: 1
config: {{ target: "http://127.0.0.1:{server.port}" }}
scenarios: {{ a: [ {{ get: /x }} ] }}
probes: [ concurrency: {{ scenario: a, expect: async }} ]
phases: [ {{ name: p, burst: 1, scenario: a }} ]
""",
            code=3,
        )
        self.assertEqual(result["servers"][0]["state"], "not_working")
        self.assertIn("404", self.probes(result)["concurrency of a"]["not_working"])
        self.assertIn("target: reached, but it did not work  the first request was answered 404", done.stdout)
        self.assertNotIn("unreachable", done.stdout + json.dumps(result))
        self.assertEqual(result["servers"][0]["phases"], [])
        self.assertIn("404", done.stdout)

    def test_the_other_questions_are_asked(self):
        slow = START.replace("sleep: 0.1", "sleep: 1")
        result, _ = self.run_scenario(
            slow % "coroutine"
            + """
probes:
  - streaming: { scenario: ticks, time: 20s, expect: "yes" }
  - cancellation: { scenario: a, gauge: "/inflight#/inflight", service_time: 1s, max: 2, time: 30s, expect: "yes" }
  - isolation: { scenario: a, path: /ping, service_time: 1s, max: 2, time: 30s }
"""
        )
        probes = self.probes(result)
        for question, scenario in (("streaming", "ticks"), ("cancellation", "a"), ("isolation", "a")):
            probe = probes[f"{question} of {scenario}"]
            self.assertEqual([a["question"] for a in probe["answers"]], [question], probe)
            self.assertNotIn("record", probe)
            # Nothing is expected of the last: on a busy machine something else may have delayed the other path.
            if question != "isolation":
                self.assertEqual([(e["expectation"], e["met"]) for e in probe["expectations"]], [("yes", "yes")], probe)

    def test_a_server_that_holds_everything_up_is_not_isolated(self):
        result, _ = self.run_scenario(
            START % "serial" + 'probes: [ isolation: { scenario: a, path: /ping, max: 5, time: 20s, expect: "yes" } ]\n', code=1
        )
        self.assertEqual(self.probes(result)["isolation of a"]["answers"][0]["reply"], "no")

    def test_the_processes_of_a_command_are_found_behind_its_shell_and_each_request_is_distinct(self):
        # What answers is a grandchild: the shell that the command starts stays its parent.
        server = 'import http.server as h, sys, time\n'
        server += 'class H(h.BaseHTTPRequestHandler):\n'
        server += '  def do_GET(s):\n'
        server += '    time.sleep(0.1); open(sys.argv[2], "a").write(s.path + "\\n")\n'
        server += '    s.send_response(200); s.send_header("Content-Length", "0"); s.end_headers()\n'
        server += '  log_message = lambda *a: None\n'
        server += 'h.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), H).serve_forever()\n'
        script, asked = self.write("server.py", server), self.path("asked")
        result, _ = self.run_scenario(
            f"""
version: 1
name: t
servers: {{ s: {{ command: [sh, -c, "/usr/bin/python3 {script} $0 {asked}; true", "{{{{ port }}}}"], ready: {{ get: /ready, timeout: 20s }} }} }}
scenarios: {{ a: [ {{ get: /x }} ] }}
probes: [ concurrency: {{ scenario: a, max: 10, time: 15s, distinct: true, parser_canary: true, expect: threads_grown>=2 }} ]
"""
        )
        evidence = self.probes(result)["concurrency of a"]["record"]["evidence"]
        self.assertTrue(any(line.startswith("the server's threads grew by") and line.endswith("in 1 process") for line in evidence), evidence)
        paths = [p for p in pathlib.Path(asked).read_text().split() if p.startswith("/x")]
        self.assertGreater(len(paths), 12)
        self.assertTrue(all(p.startswith("/x?volley=") for p in paths), paths)
        self.assertEqual(len(set(paths)), len(paths))

    def test_only_leaves_out_probes_of_other_scenarios(self):
        result, _ = self.run_scenario(
            START % "coroutine" + "probes:\n" + CONCURRENCY % "pool" + "phases: [ { name: p, burst: 2, scenario: ticks } ]\n", "--only", "ticks"
        )
        self.assertNotIn("probes", result["servers"][0])

    def test_sigint_leaves_no_server_and_writes_what_there_is(self):
        file = self.write("s.yaml", START.replace("sleep: 0.1", "sleep: 0.5") % "serial" + "probes:\n" + (CONCURRENCY % "serial").replace("15s", "60s"))
        out = self.path("r.json")
        process = self.start("run", file, "-o", out)
        self.wait_for(lambda: len(processes_marked(self.mark)) >= 3)  # volley, supervisor, server
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, 128 + signal.SIGINT, stdout + stderr)
        self.assertEqual(json.loads(pathlib.Path(out).read_text())["verdict"], "interrupted")
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main(verbosity=2)
