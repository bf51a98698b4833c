"""Files that other tools read, looked at with those tools: JUnit's XML, HdrHistogram's log, CSV, and what GitHub is told."""

import csv
import gzip
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

import jsonschema
import junitparser

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.volley import LIMIT, SCHEMA, TWO_SERVERS, Answering, VolleyTest, free_port

XMLLINT = "/usr/bin/xmllint"
XSD = pathlib.Path(__file__).resolve().parent / "junit.xsd"

SCENARIO = TWO_SERVERS + """  - { name: p, burst: 6, scenario: a }
  - { name: u, users: 3, for: 400ms, scenario: a }
thresholds:
  - p.errors == 0
  - p.ratio < 2 @ server=two
"""

# Ends of elements, commands of GitHub's, controls and bytes that are no UTF-8; its body is quoted in the report.
POISON = b"]]>&<x>\n::error::planted\n| a `b` |\x1b[31m\xff\xef\xbf\xbe"
POISONED = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(POISON), POISON)


class Outputs(VolleyTest):
    def text_of(self, name):
        return pathlib.Path(self.path(name)).read_text(encoding="utf-8")

    def junit(self, name):
        """The suites by name, after a validator has had nothing to say."""
        done = subprocess.run([XMLLINT, "--noout", "--nonet", "--schema", XSD, self.path(name)], capture_output=True, text=True, timeout=LIMIT)
        self.assertEqual(done.returncode, 0, done.stderr + self.text_of(name))
        return {suite.name: suite for suite in junitparser.JUnitXml.fromfile(self.path(name))}

    def poisoned(self, *args, **kwargs):
        server = Answering(POISONED)
        self.addCleanup(server.close)
        return self.run_scenario(
            f"""
version: 1
name: t
config: {{ target: "http://127.0.0.1:{server.port}", timeout: 5s }}
scenarios: {{ a: [ {{ get: /x, checks: [body == ok] }} ] }}
phases: [ {{ name: p, burst: 3, scenario: a }} ]
""",
            *args,
            **kwargs,
        )

    def test_junit_has_the_verdict_of_each_threshold_and_each_check(self):
        result, _ = self.run_scenario(SCENARIO, "--junit", self.path("j.xml"), code=1)
        suites = self.junit("j.xml")
        self.assertEqual(set(suites), {"one", "two"})
        for name, suite in suites.items():
            (server,) = [s for s in result["servers"] if s["name"] == name]
            checks = [c["verdict"] for p in server["phases"] for c in p.get("checks", [])]
            self.assertEqual(checks, ["pass", "pass"])
            self.assertEqual([case.name for case in suite][:2], ["p: POST /offer: status == 200", "u: POST /offer: status == 200"])
            wanted = checks + [t["verdict"] for t in result["thresholds"] if t["server"] == name]
            found = ["fail" if case.result else "pass" for case in suite]
            self.assertEqual(found, wanted)
            self.assertEqual((suite.tests, suite.failures), (len(wanted), wanted.count("fail")))
            self.assertIn(str(result["seed"]), [p.value for p in suite.properties()])
        failed = [case for case in suites["two"] if case.result]
        self.assertEqual([case.name for case in failed], ["p.ratio < 2 @ server=two"])
        self.assertIsInstance(failed[0].result[0], junitparser.Failure)
        self.assertIn("over 2 by", failed[0].result[0].message)

    def test_junit_tells_a_server_that_did_not_work_from_a_threshold_that_failed(self):
        text = f'version: 1\nconfig: {{ target: "http://127.0.0.1:{free_port()}" }}\nscenarios: {{ a: [ {{ get: /x }} ] }}\nphases: [ {{ name: p, burst: 1, scenario: a }} ]\n'
        self.run_scenario(text, "--junit", self.path("j.xml"), code=3)
        (suite,) = self.junit("j.xml").values()
        errors = [case for case in suite if case.result and isinstance(case.result[0], junitparser.Error)]
        self.assertEqual([(case.name, case.result[0].type) for case in errors], [("server", "unreachable")])
        self.assertEqual(suite.errors, 1)

    def test_a_check_fails_where_its_answers_do_and_passes_where_as_many_errors_are_allowed(self):
        text = """
version: 1
name: t
servers: { one: { builtin: coroutine } }
scenarios:
  a:
    - post: /offer
      json: { sleep: 0.01 }
      checks:
        - status == 200
        - body contains nowhere
phases: [ { name: p, burst: 3, scenario: a } ]
"""
        self.env["GITHUB_ACTIONS"] = "true"
        result, done = self.run_scenario(text, "--junit", self.path("j.xml"), code=1)
        checks = result["servers"][0]["phases"][0]["checks"]
        self.assertEqual([(c["verdict"], c["line"], c["held"], c["failed"]) for c in checks], [("pass", 10, 3, 0), ("fail", 11, 0, 3)])
        (suite,) = self.junit("j.xml").values()
        failed = [case for case in suite if case.result]
        self.assertEqual([case.name for case in failed], ["p: POST /offer: body contains nowhere", "p.errors == 0"])
        self.assertTrue(failed[0].result[0].message.startswith("failed for 3 of 3 answers: body is "), failed[0].result[0].message)
        self.assertTrue(failed[0].result[0].text.endswith("s.yaml:11:11"), failed[0].result[0].text)
        self.assertIn("s.yaml,line=11,title=one%3A p%3A POST /offer%3A body contains nowhere::failed for 3 of 3", done.stdout)

        self.run_scenario(text + "thresholds: [ p.errors <= 3 ]", "--junit", self.path("j.xml"))
        (suite,) = self.junit("j.xml").values()
        self.assertEqual([case.name for case in suite if case.result], [])
        self.assertIn("the thresholds allow as many errors", self.text_of("j.xml"))

    def test_what_a_peer_sent_breaks_no_file(self):
        self.env["GITHUB_ACTIONS"] = "true"
        self.env["GITHUB_STEP_SUMMARY"] = self.path("summary.md")
        _, done = self.poisoned("--junit", self.path("j.xml"), code=1)
        (suite,) = self.junit("j.xml").values()
        self.assertEqual(suite.failures, 2)
        self.assertIn("\\x1b[31m\\xff\\xef\\xbf\\xbe", self.text_of("j.xml"))
        for text in (self.text_of("j.xml"), self.text_of("summary.md"), done.stdout):
            self.assertNotIn("\x1b", text)
        for line in self.text_of("summary.md").splitlines():
            self.assertFalse(line.lstrip().startswith("::"), line)

        # The peer's line stands in the report as it is; between these two lines the runner looks for no command.
        lines = done.stdout.splitlines()
        begin = next(i for i, line in enumerate(lines) if line.startswith("::stop-commands::"))
        end = lines.index(f"::{lines[begin].removeprefix('::stop-commands::')}::")
        outside = [line for line in lines[:begin] + lines[end + 1 :] if line.lstrip().startswith("::")]
        self.assertEqual(len(outside), 2, done.stdout)
        self.assertTrue(outside[0].startswith(f"::error file={self.path('s.yaml')},line=5,title=target%3A p%3A GET /x%3A body == ok::failed for 3"), outside)
        self.assertTrue(outside[1].startswith(f"::error file={self.path('s.yaml')},title=target%3A p.errors == 0::3: "), outside)

    def test_github_is_told_where_a_threshold_stands_and_how_it_went(self):
        self.env["GITHUB_ACTIONS"] = "true"
        self.env["GITHUB_STEP_SUMMARY"] = self.write("summary.md", "before\n")
        _, done = self.run_scenario(SCENARIO, code=1)
        (command,) = [line for line in done.stdout.splitlines() if line.startswith("::error ")]
        self.assertIn(f"file={self.path('s.yaml')},line=12,title=two%3A p.ratio < 2 @ server=two::", command)
        summary = self.text_of("summary.md")
        self.assertTrue(summary.startswith("before\n### ❌ t: fail"), summary)
        self.assertIn("| two | u |", summary)

        # A result on standard output stays one.
        done = self.volley("run", self.path("s.yaml"), "-o", "-", "-q")
        self.assertEqual(json.loads(done.stdout)["verdict"], "fail")
        self.assertIn("::error file=", done.stderr)

    def test_a_summary_that_cannot_be_written_is_a_warning(self):
        self.env["GITHUB_ACTIONS"] = "true"
        self.env["GITHUB_STEP_SUMMARY"] = self.path("no/such/folder")
        scenario = SCENARIO.replace("  - p.ratio < 2 @ server=two\n", "")
        _, done = self.run_scenario(scenario)
        self.assertIn("summary for GitHub cannot be written", done.stderr)
        self.assertNotIn("::error", done.stdout)

    def test_without_github_nothing_is_told_and_the_scenario_may_ask_for_the_summary(self):
        self.env["GITHUB_STEP_SUMMARY"] = self.path("summary.md")
        _, done = self.run_scenario(SCENARIO, code=1)
        self.assertNotIn("::", done.stdout)
        self.assertFalse(os.path.exists(self.path("summary.md")))
        self.run_scenario(SCENARIO + "outputs: [ github: summary ]", code=1)
        self.assertIn("| two | u |", self.text_of("summary.md"))

    def test_percentile_tables_have_one_block_for_each_series(self):
        result, _ = self.run_scenario(SCENARIO, "--hdr", self.path("h.hgrm"), code=1)
        text = self.text_of("h.hgrm")
        self.assertEqual(text.count("#[Mean "), 8)
        first = text.split("#[Mean")[0].splitlines()
        self.assertEqual(first[0], "#[Tag: one/p/response; values in microseconds]")
        value, percentile, count = first[-1].split()
        wanted = result["servers"][0]["phases"][1]["response_time"]
        self.assertEqual((float(percentile), int(count)), (1, wanted["count"]))
        self.assertAlmostEqual(float(value) / 1e6, wanted["max"], delta=wanted["max"] * 0.0011 + 1e-6)

    def rows_of(self, name):
        with gzip.open(self.path(name), "rt", newline="") as packed:
            return list(csv.DictReader(packed))

    def test_samples_are_a_line_for_each_request(self):
        outputs = f"outputs: [ console, csv: {self.path('plain.csv')}, csv: \"{self.path('{{ server.name }}.csv.gz')}\" ]"
        result, _ = self.run_scenario(SCENARIO + outputs, "--samples", self.path("s.csv.gz"), code=1)
        rows = self.rows_of("s.csv.gz")
        self.assertEqual(rows, list(csv.DictReader(self.text_of("plain.csv").splitlines())))
        self.assertEqual(rows, self.rows_of("one.csv.gz") + self.rows_of("two.csv.gz"))
        phases = [(server["name"], phase) for server in result["servers"] for phase in server["phases"]]
        self.assertEqual([(r["server"], r["phase"]) for r in rows], [(s, p["name"]) for s, p in phases for _ in range(p["requests"])])
        for row in rows:
            self.assertEqual((row["right"], row["outcome"], row["status"], row["warmup"]), ("1", "ok", "200", str(int(row["phase"] == "warm"))))
            instants = [float(row[name + "_s"]) for name in ("planned", "started", "sent", "first_byte", "done")]
            self.assertEqual([0.0] + instants, sorted([0.0] + instants))
        for server, phase in phases:
            mine = [r for r in rows if (r["server"], r["phase"]) == (server, phase["name"])]
            self.assertEqual(sum(int(r["bytes"]) for r in mine), phase["bytes"])
            slowest = max(float(r["done_s"]) - float(r["planned_s"]) for r in mine)
            self.assertAlmostEqual(slowest, phase["response_time"]["max"], places=6)

    def test_samples_of_several_steps_and_many_blocks_are_all_there(self):
        result, _ = self.run_scenario(
            """
version: 1
name: t
servers: { one: { builtin: coroutine } }
scenarios: { a: [ { get: /ping }, { post: /offer, json: { sleep: 0 } } ] }
phases: [ { name: p, users: 8, iterations: 5000, scenario: a } ]
""",
            "--samples",
            self.path("s.csv.gz"),
        )
        rows = self.rows_of("s.csv.gz")
        self.assertEqual(len(rows), result["servers"][0]["phases"][0]["requests"])
        self.assertEqual([sum(r["step"] == step for r in rows) for step in ("0", "1")], [5000, 5000])

    def test_an_interrupted_run_leaves_files_that_can_be_read(self):
        text = """
version: 1
name: t
servers: { one: { builtin: coroutine } }
scenarios: { a: [ { get: /ping } ] }
phases: [ { name: p, users: 4, for: 10m, scenario: a } ]
"""
        packed = pathlib.Path(self.path("s.csv.gz"))
        process = self.start("run", self.write("s.yaml", text), "-o", self.path("r.json"), "--samples", packed, "--junit", self.path("j.xml"))
        self.addCleanup(process.kill)
        self.wait_for(lambda: packed.exists() and packed.stat().st_size > 0)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, 130)
        result = json.loads(self.text_of("r.json"))
        self.assertEqual(len(self.rows_of("s.csv.gz")), sum(p["requests"] for s in result["servers"] for p in s["phases"]))
        self.junit("j.xml")

    def test_a_reader_that_does_not_read_holds_nobody_up(self):
        # Ctrl-C did nothing: the run waited for the reader, and so did its end.
        text = """
version: 1
name: t
servers: { one: { builtin: coroutine } }
scenarios: { a: [ { get: /ping } ] }
phases: [ { name: p, users: 8, for: %s, scenario: a } ]
"""
        # As long as it takes to fill the queue, on a busy machine too.
        for length, code in (("5s", 1), ("10m", 130)):
            process = self.start("run", self.write("s.yaml", text % length), "-o", self.path("r.json"), "--samples", "-")
            self.addCleanup(process.kill)
            if code == 130:
                time.sleep(5)
                process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(LIMIT), code)
            result = json.loads(self.text_of("r.json"))
            jsonschema.validate(result, SCHEMA)
            lines, errors = process.communicate(timeout=LIMIT)
            whole = lines.count("\n") - 1  # of which the last block came in part
            self.assertGreater(whole, 0)
            requests = result["servers"][0]["phases"][0]["requests"]
            self.assertGreaterEqual(whole, requests - result["samples_missing"])
            self.assertLess(requests - result["samples_missing"], requests)
            self.assertIn(f"standard output: {result['samples_missing']} of {requests} samples are missing", errors)
            self.assertLess(result["elapsed"], 30)

    def test_a_full_disk_is_told_and_no_success(self):
        scenario = self.write("s.yaml", SCENARIO.replace("  - p.ratio < 2 @ server=two\n", ""))
        for flag in ("--junit", "--hdr", "--samples"):
            done = self.volley("run", scenario, flag, "/dev/full", "-q")
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("/dev/full: No space left on device", done.stderr)
            result, _ = self.run_scenario(SCENARIO.replace("  - p.ratio < 2 @ server=two\n", ""), flag, "/dev/full", code=1)
            self.assertEqual((result["verdict"], result["unwritten"]), ("fail", ["/dev/full: No space left on device"]), flag)

    def test_a_file_that_cannot_be_written_is_in_the_others(self):
        text = SCENARIO.replace("  - p.ratio < 2 @ server=two\n", "")
        self.run_scenario(text, "--samples", "/dev/full", "--junit", self.path("j.xml"), code=1)
        for suite in self.junit("j.xml").values():
            (case,) = [case for case in suite if case.name == "files"]
            self.assertIn("/dev/full: No space left on device", case.result[0].message)

    def test_two_outputs_share_no_file_and_each_server_can_have_its_own(self):
        file = self.write("s.yaml", SCENARIO)
        done = self.volley("run", file, "-o", self.path("x"), "--junit", self.path("x"))
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("another output goes there already", done.stderr)
        self.run_scenario(SCENARIO + f"outputs: [ junit: \"{self.path('{{ server.name }}.xml')}\" ]", code=1)
        for name in ("one", "two"):
            self.assertEqual(set(self.junit(name + ".xml")), {name})

    def test_what_cannot_be_written_is_told_before_a_server_starts(self):
        for flag in ("--junit", "--hdr", "--samples"):
            done = self.volley("run", self.write("s.yaml", SCENARIO), flag, self.path("no/such/file"))
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
            self.assertIn("no directory", done.stderr)
            done = self.volley("run", self.write("s.yaml", SCENARIO), flag, "")
            self.assertEqual(done.returncode, 2)
            self.assertIn(flag, done.stderr)


if __name__ == "__main__":
    unittest.main()
