"""volley run: exit codes, results kept, nothing left behind."""

import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.volley import LIMIT, VOLLEY, Answering, TlsAnswering, VolleyTest, free_port, processes_marked

BURST = """
version: 1
name: t
servers: { s: { builtin: %s } }
scenarios: { a: [ { post: /offer, json: { sleep: 0.1 }, checks: [status == 200] } ] }
phases: [ { name: p, burst: 6, scenario: a } ]
"""


class Run(VolleyTest):
    def target(self, port, more=""):
        return f"""
version: 1
name: t
config: {{ target: "http://127.0.0.1:{port}", timeout: 5s }}
scenarios: {{ a: [ {{ get: /x{more} }} ] }}
phases: [ {{ name: p, burst: 3, scenario: a }} ]
"""

    def test_a_threshold_that_holds_passes_and_one_turned_round_fails_and_says_by_how_much(self):
        self.run_scenario(BURST % "coroutine" + "thresholds: [ 'p.ratio < 3' ]")
        result, done = self.run_scenario(BURST % "serial" + "thresholds: [ 'p.ratio < 3' ]", code=1)
        failed = [t for t in result["thresholds"] if t["verdict"] == "fail"]
        self.assertEqual([t["threshold"] for t in failed], ["p.ratio < 3"])
        self.assertIn("over 3 by", failed[0]["message"])
        self.assertIn("p.ratio < 3", done.stdout)
        self.assert_nothing_left()

    def test_figures_of_a_serial_server_follow_their_arithmetic(self):
        result, _ = self.run_scenario(BURST % "serial")
        burst = result["servers"][0]["phases"][0]["burst"]
        self.assertEqual(burst["groups"], [1] * 6)
        self.assertGreaterEqual(burst["ratio"], 5)
        self.assertAlmostEqual(burst["overlap"], 6 / burst["ratio"], places=6)
        self.assertAlmostEqual(burst["serial_fraction"], (burst["ratio"] - 1) / 5, places=6)
        self.assertAlmostEqual(burst["makespan"], burst["ratio"] * burst["solo"], places=6)

    def test_solo_time_is_learnt_when_the_server_is_warm(self):
        # It was learnt before the warm-up phase, from the cold server, and kept: a ratio that no server deserves. The number of
        # runs was that of the first phase, whatever later ones asked for.
        served = 0

        def reply():
            nonlocal served
            served += 1
            time.sleep(1 if served <= 2 else 0.05)
            return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"

        server = Answering(reply)
        self.addCleanup(server.close)
        result, _ = self.run_scenario(
            f"""
version: 1
name: t
config: {{ target: "http://127.0.0.1:{server.port}" }}
scenarios: {{ a: [ {{ get: / }} ] }}
phases:
  - {{ name: warm, burst: 2, warmup: true }}
  - {{ name: two, burst: 2 }}
  - {{ name: three, burst: 3 }}
  - {{ name: four, burst: 4, solo_runs: 5 }}
"""
        )
        warm, two, three, four = [p["burst"] for p in result["servers"][0]["phases"]]
        self.assertNotIn("solo", warm)
        self.assertLess(two["solo"], 0.9)
        self.assertEqual(three["solo"], two["solo"])
        self.assertNotEqual(four["solo"], two["solo"])
        self.assertEqual(served, 2 + (3 + 2) + 3 + (5 + 4))

    def test_bytes_behind_an_answer_are_not_the_next_one(self):
        # Over TLS what a server sent unasked waited in our buffers, where nobody looked, and was taken for the answer to the
        # request that came after it.
        server = TlsAnswering(self.folder.name, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        self.addCleanup(server.close)
        result, _ = self.run_scenario(
            f"""
version: 1
name: t
config: {{ target: "https://localhost:{server.port}", tls: {{ ca: "{server.certificate}" }} }}
scenarios: {{ a: [ {{ get: /, checks: [body == ok] }} ] }}
phases: [ {{ name: p, users: 1, iterations: 3, scenario: a }} ]
"""
        )
        self.assertEqual(server.accepted, 3)
        # A quiet one is used again, though it sent session tickets.
        server.unasked = b""
        self.run_scenario((pathlib.Path(self.path("s.yaml"))).read_text())
        self.assertEqual(server.accepted, 4)

    def test_fast_errors_are_no_overlap(self):
        server = Answering(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        self.addCleanup(server.close)
        result, done = self.run_scenario(self.target(server.port) + "thresholds: [ 'p.ratio < 3' ]", code=1)
        phase = result["servers"][0]["phases"][0]
        self.assertEqual(phase["errors_by_kind"], {"status": 3})
        self.assertNotIn("ratio", phase["burst"])
        self.assertIn("says nothing", done.stdout)

    def test_an_answer_cut_short_is_truncated(self):
        server = Answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        self.addCleanup(server.close)
        result, _ = self.run_scenario(self.target(server.port), code=1)
        self.assertEqual(result["servers"][0]["phases"][0]["errors_by_kind"], {"truncated": 3})

    def test_hostile_words_are_escaped(self):
        server = Answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n\x1b[31mred\n")
        self.addCleanup(server.close)
        _, done = self.run_scenario(self.target(server.port, ", checks: [body == ok]"), code=1)
        self.assertNotIn("\x1b", done.stdout + done.stderr)
        self.assertIn("\\x1b[31m", done.stdout)

    def test_a_target_that_refuses_is_exit_3(self):
        result, done = self.run_scenario(self.target(free_port()), code=3)
        self.assertEqual(result["servers"][0]["state"], "unreachable")
        self.assertIn("refused", done.stdout)

    def test_a_wrong_path_is_exit_3(self):
        _, done = self.run_scenario((BURST % "coroutine").replace("/offer", "/nothing"), code=3)
        self.assertIn("404", done.stdout)

    def test_a_redirect_is_right_where_a_check_asks_for_it_and_a_later_phase_takes_nothing_back(self):
        server = Answering(b"HTTP/1.1 302 Found\r\nLocation: /y\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        self.addCleanup(server.close)
        for phase in ("burst: 3", "users: 2, iterations: 4"):
            text = self.target(server.port, ", checks: [%s]").replace("burst: 3", phase)
            self.run_scenario(text % "status == 302")
            result, done = self.run_scenario(text % "duration < 5s", code=3)
            self.assertIn("every request was answered 302", done.stdout)
        # The first phase has shown that it is there.
        count = 0

        def reply():
            nonlocal count
            count += 1
            return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok" if count <= 3 else b""

        flaky = Answering(reply)
        self.addCleanup(flaky.close)
        for later in ("users: 1, iterations: 2", "burst: 2"):
            count = 0
            phases = "users: 1, iterations: 3, scenario: a }, { name: q, " + later
            result, _ = self.run_scenario(self.target(flaky.port).replace("burst: 3", phases), code=1)
            self.assertEqual(result["servers"][0]["state"], "ok")

    def test_each_server_that_a_scenario_sends_to_takes_a_descriptor_for_each_user(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (400, 400))

        for second, code in (("/ping", 0), ("http://127.0.0.1:2/x", 2)):
            text = f"""
version: 1
servers: {{ s: {{ builtin: coroutine }} }}
scenarios: {{ a: [ {{ get: /ping }}, {{ get: "{second}" }} ] }}
phases: [ {{ name: p, users: 200, iterations: 200 }} ]
"""
            done = subprocess.run([VOLLEY, "run", self.write("s.yaml", text)], capture_output=True, text=True, env=self.env, timeout=LIMIT, preexec_fn=limit)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertIn("200 connections at a time to each of 2 servers need more descriptors than the 400", done.stderr)
        self.assertIn("s.yaml:5:", done.stderr)

    def test_a_server_that_never_gets_ready_is_exit_3_with_its_log(self):
        result, done = self.run_scenario(
            """
version: 1
name: t
servers: { s: { command: [sh, -c, "echo so far so good; sleep 60", "{{ port }}"], ready: { get: /, timeout: 1s } } }
scenarios: { a: [ { get: / } ] }
phases: [ { name: p, burst: 1, scenario: a } ]
""",
            code=3,
        )
        self.assertEqual(result["servers"][0]["state"], "not_started")
        self.assertIn("so far so good", done.stdout)
        self.assert_nothing_left()

    def test_a_server_that_dies_mid_run_keeps_what_was_measured(self):
        # A process closes its sockets a while before it is gone, as this one does for long.
        script = "import http.server as h, os, sys, time\\nclass H(h.BaseHTTPRequestHandler):\\n def do_GET(s):\\n  s.send_response(200); s.end_headers()\\n  if s.path == '/die': s.server.socket.close(); s.connection.shutdown(2); time.sleep(0.3); os._exit(7)\\nh.HTTPServer(('127.0.0.1', int(sys.argv[1])), H).serve_forever()"
        result, done = self.run_scenario(
            f"""
version: 1
name: t
servers: {{ s: {{ command: [/usr/bin/python3, -c, "{script}", "{{{{ port }}}}"], ready: {{ get: /, timeout: 20s }} }} }}
scenarios: {{ a: [ {{ get: / }} ], b: [ {{ get: /die }} ] }}
phases:
  - {{ name: fine, users: 1, iterations: 3, scenario: a }}
  - {{ name: fatal, users: 1, iterations: 3, scenario: b }}
  - {{ name: never, users: 1, iterations: 3, scenario: a }}
""",
            code=1,
        )
        server = result["servers"][0]
        self.assertEqual(server["state"], "died")
        self.assertEqual([p["name"] for p in server["phases"]], ["fine", "fatal"])
        self.assertEqual(server["phases"][0]["right"], 3)
        self.assertIn("status 7", done.stdout)
        self.assert_nothing_left()

    def test_users_and_rate_phases_do_what_they_say(self):
        result, _ = self.run_scenario(
            """
version: 1
name: t
servers: { s: { builtin: coroutine } }
scenarios: { a: [ { get: /ping, checks: [status == 200, body contains pong] } ] }
phases:
  - { name: closed, users: 4, iterations: 50, scenario: a }
  - { name: open, rate: 100/s, for: 1s, scenario: a }
  - { name: counted, rate: 200/s, iterations: 30, scenario: a }
thresholds: [ closed.requests == 50, open.requests == 100, counted.requests == 30, errors == 0, open.saturated == 0 ]
"""
        )
        phases = {p["name"]: p for p in result["servers"][0]["phases"]}
        self.assertGreaterEqual(phases["open"]["elapsed"], 0.98, "open arrivals keep their schedule")
        self.assertEqual(phases["open"]["planned"], 100)

    def test_http_2_is_asked_for_by_curl_and_a_server_without_it_answers_all_the_same(self):
        text = (BURST % "coroutine").replace("name: t", "name: t\nconfig: { http: { version: %s } }")
        for version, transport in ("2", "curl"), ("1.1", "fast"), ("auto", "fast"):
            result, _ = self.run_scenario(text % version)
            phase = result["servers"][0]["phases"][0]
            self.assertEqual(phase["generator"]["transport"], transport)
            self.assertEqual(phase["right"], 6)

    def test_starts_over_max_users_are_saturated_and_count_as_errors(self):
        result, _ = self.run_scenario(
            """
version: 1
name: t
servers: { s: { builtin: coroutine } }
scenarios: { a: [ { get: "/offer?s=1" } ] }
phases: [ { name: open, rate: 100/s, iterations: 20, max_users: 5, scenario: a } ]
""",
            code=1,
        )
        phase = result["servers"][0]["phases"][0]
        self.assertGreater(phase["saturated"], 0)
        self.assertEqual(phase["saturated"] + phase["requests"] + phase["missed"], 20)
        self.assertEqual(phase["errors"], phase["saturated"])

    def interrupt(self, number):
        file = self.write("s.yaml", (BURST % "serial").replace("burst: 6", "burst: 400"))
        out = self.path("r.json")
        process = self.start("run", file, "-o", out)
        self.wait_for(lambda: len(processes_marked(self.mark)) >= 3)  # volley, supervisor, server
        time.sleep(2)
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, 128 + number, stdout + stderr)
        result = json.loads(pathlib.Path(out).read_text())
        self.assertTrue(result["interrupted"])
        self.assertEqual(result["verdict"], "interrupted")
        self.assertIn("interrupted", stdout)
        self.assert_nothing_left()

    def test_sigint_writes_results_so_far(self):
        self.interrupt(signal.SIGINT)

    def test_sigterm_writes_results_so_far(self):
        self.interrupt(signal.SIGTERM)

    def test_kill_9_leaves_no_server(self):
        process = self.start("run", self.write("s.yaml", (BURST % "serial").replace("burst: 6", "burst: 400")))
        self.wait_for(lambda: len(processes_marked(self.mark)) >= 3)
        process.kill()
        process.communicate(timeout=LIMIT)
        self.assert_nothing_left()

    def test_bad_files_are_exit_2_with_a_place(self):
        done = self.volley("run", self.path("none.yaml"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("No such file", done.stderr)
        _, done = self.run_scenario((BURST % "coroutine").replace("burst: 6", "brust: 6"), code=2)
        self.assertIn("s.yaml:6:", done.stderr)
        self.assertIn("did you mean `burst`", done.stderr)
        self.assertIn("^", done.stderr)
        done = self.volley("run", self.folder.name)
        self.assertEqual(done.returncode, 2)
        done = self.volley("run")
        self.assertEqual(done.returncode, 2)
        _, done = self.run_scenario(BURST % "coroutine", "--server", "nope", code=2)
        self.assertIn("nope", done.stderr)
        self.assertEqual(os.listdir(self.folder.name), ["s.yaml"], "nothing was run")

    # Outputs: what cannot be written was found out after the run, and more than one result lost all but the last.
    TWO = BURST.replace("servers: { s: { builtin: %s } }", "servers: { one: { builtin: coroutine }, two: { builtin: coroutine } }")

    def test_an_output_that_names_the_server_is_one_file_for_each(self):
        # It passed the check, was undefined after the run, and nothing was written; exit code 0.
        path = self.path("r-{{ server.name }}.json")
        self.run_scenario(self.TWO + f'outputs: [ json: "{path}" ]')
        for name in ("one", "two"):
            result = json.loads(pathlib.Path(self.path(f"r-{name}.json")).read_text())
            self.assertEqual([s["name"] for s in result["servers"]], [name])
            self.assertEqual({t["server"] for t in result["thresholds"]}, {name})
        _, done = self.run_scenario(self.TWO + 'outputs: [ json: "{{ server.port }}.json" ]', code=2)
        self.assertIn("server.port", done.stderr)

    def test_what_cannot_be_written_is_told_before_a_server_starts(self):
        for path, why in ((self.folder.name, "directory"), (self.path("no/such/r.json"), "no directory")):
            done = self.volley("run", self.write("s.yaml", BURST % "coroutine"), "-o", path)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(why, done.stderr)
            self.assertEqual(done.stdout, "")
        _, done = self.run_scenario(BURST % "coroutine" + f"outputs: [ json: {self.folder.name} ]", code=2)
        self.assertIn("s.yaml:7:", done.stderr)

    def test_several_scenarios_are_checked_before_the_first_runs_and_share_no_result_file(self):
        good, bad = self.write("good.yaml", BURST % "coroutine"), self.write("bad.yaml", "version: 2")
        done = self.volley("run", good, bad)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        done = self.volley("run", good, good, "-o", self.path("r.json"))
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("outputs", done.stderr)
        self.assertFalse(os.path.exists(self.path("r.json")))

    def test_a_result_can_go_to_standard_output(self):
        # A file named - was written; with an empty name nothing was, without a word.
        file = self.write("s.yaml", BURST % "coroutine")
        done = self.volley("run", file, "-o", "-")
        self.assertEqual(json.loads(done.stdout)["verdict"], "pass")
        self.assertIn("requests at once", done.stderr)
        self.assertEqual(self.volley("run", file, "-o", "").returncode, 2)

    def test_a_report_that_cannot_be_written_is_an_error(self):
        # The report was lost, and the exit code 0.
        file = self.write("s.yaml", BURST % "coroutine")
        for redirection in (">/dev/full", ">&-"):
            done = subprocess.run(["/bin/sh", "-c", f'exec "$0" run "$1" {redirection}', VOLLEY, file], capture_output=True, text=True, env=self.env)
            self.assertEqual(done.returncode, 1, redirection)
            self.assertIn("cannot be written", done.stderr)

    def test_quiet_names_the_phase_that_broke_the_unwritten_rule(self):
        server = Answering(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        self.addCleanup(server.close)
        done = self.volley("run", self.write("s.yaml", self.target(server.port)), "-q")
        self.assertIn("target: p.errors == 0: 3", done.stderr)

    def test_values_of_templates_are_typed_before_a_server_starts(self):
        # Seen when the first request was prepared, with a server started and results lost; or as a check that never holds.
        steps = 'scenarios: { a: [ { get: /ping, headers: { X-A: "{{ x }}" }, checks: [ "duration < {{ d }}", "status == {{ s }}", "body matches {{ m }}" ] } ] }'
        text = """
version: 1
variables: { d: 5s, s: 200, m: p.ng, x: a, kind: coroutine }
servers: { s: { builtin: "{{ kind }}" } }
%s
phases: [ { name: p, burst: 1 } ]
""" % steps
        self.run_scenario(text)
        for wrong, place in (("d=5", "s.yaml:5:"), ("s=ok", "s.yaml:5:"), ("m=(", "s.yaml:5:"), ("x=a\r\nb: c", "s.yaml:5:"), ("kind=pol:3", "s.yaml:4:")):
            done = self.volley("run", self.write("s.yaml", text), "-e", wrong)
            self.assertEqual((done.returncode, done.stdout), (2, ""), wrong + done.stderr)
            self.assertIn(place, done.stderr)
        self.env["TOKEN"] = "hunter2"
        done = self.volley("run", self.write("s.yaml", text.replace("d: 5s", 'd: "{{ env.TOKEN }}"')))
        self.assertIn("compared with `***`", done.stderr)

    def test_secrets_from_the_environment_are_masked(self):
        server = Answering(b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\nConnection: close\r\n\r\nhunter2-hunter")
        self.addCleanup(server.close)
        self.env["TOKEN"] = "hunter2-hunter"
        text = self.target(server.port, ', headers: { X-Token: "{{ env.TOKEN }}" }, checks: [body == x]')
        _, done = self.run_scenario(text, code=1)
        self.assertNotIn("hunter2", done.stdout + done.stderr)
        self.assertNotIn("hunter2", pathlib.Path(self.path("result.json")).read_text())
        # What --quiet says was not masked at all.
        done = self.volley("run", self.path("s.yaml"), "--quiet")
        self.assertIn("***", done.stderr)
        self.assertNotIn("hunter2", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
