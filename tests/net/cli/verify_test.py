#!/usr/bin/env python3
"""volley verify: what it prints and writes, and how it ends, against servers whose truth is known."""
import json
import pathlib
import re
import signal
import sys
import time
import unittest

import jsonschema

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.volley import LIMIT, ROOT, KeepingAlive, VolleyTest, free_port

VERDICT_SCHEMA = json.loads((ROOT / "lib/share/verdict.schema.json").read_text())
QUICK = ("--max", "20", "--time", "30s", "--seed", "1")


class Verify(VolleyTest):
    def saying(self, answer):
        server = KeepingAlive(lambda number, head: answer(head))
        self.addCleanup(server.close)
        return server

    def verdict(self, *args, code=0):
        """Runs `volley verify ARGS -o FILE`; the file is checked against its schema. Returns (content, process, path)."""
        file = self.path("verdict.json")
        done = self.volley("verify", *args, "-o", file)
        # How sure a verdict is depends on how busy the machine is; tests of something else take either.
        self.assertIn(done.returncode, (0, 4) if code is None else (code,), done.stdout + done.stderr)
        content = json.loads(pathlib.Path(file).read_text())
        jsonschema.validate(content, VERDICT_SCHEMA)
        return content, done, file

    # --- what it finds ------------------------------------------------------------------------------------------------

    def test_a_pool_is_found_written_and_judged_again_to_the_same_verdict(self):
        port = self.serve("--kind", "pool:2")
        content, done, file = self.verdict(f"127.0.0.1:{port}/offer", "s==0.4", *QUICK, "--expect", "pool==2", "--expect", "not refusing")
        record = content["record"]
        self.assertEqual((record["headline"], record["shape"], record["workers"]), ("pool", "pool", 2))
        self.assertIn("pool of 2", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^  met  pool==2")
        self.assertTrue(all(shot["right"] for burst in content["seen"]["bursts"] for shot in burst["shots"]))

        again = self.path("again.json")
        replayed = self.volley("verify", "--replay", file, "-o", again, "--expect", "pool==2", "--expect", "not refusing")
        self.assertEqual((replayed.returncode, replayed.stdout), (0, done.stdout), replayed.stderr)
        self.assertEqual(json.loads(pathlib.Path(again).read_text()), content)
        # Expectations are held against what was written, with no server there.
        not_met = self.volley("verify", "--replay", file, "--expect", "async", "-q")
        self.assertEqual((not_met.returncode, not_met.stdout), (1, ""))
        self.assertIn("NOT MET  async", not_met.stderr)
        quiet = self.volley("verify", "--replay", file, "-q")
        self.assertEqual((quiet.returncode, quiet.stdout, quiet.stderr), (0, "", ""))
        piped = self.volley("verify", "--replay", file, "-o", "-")
        self.assertEqual(json.loads(piped.stdout), content)
        self.assertIn("pool of 2", piped.stderr)

    def test_an_expectation_that_is_not_met_is_exit_1(self):
        port = self.serve("--kind", "serial")
        _, done, _ = self.verdict(f"127.0.0.1:{port}/offer", "s==0.3", *QUICK, "--expect", "async", code=1)
        self.assertRegex(done.stdout, r"(?m)^  NOT MET  async")

    def test_what_is_too_fast_is_inconclusive_and_exit_4(self):
        port = self.serve()
        content, done, _ = self.verdict(f"127.0.0.1:{port}/ping", *QUICK, code=4)
        self.assertEqual(content["record"]["headline"], "inconclusive")
        self.assertIn("what to do", done.stdout)
        _, done, _ = self.verdict(f"127.0.0.1:{port}/ping", *QUICK, "--expect", "async", code=4)
        self.assertRegex(done.stdout, r"(?m)^  unknown  async")

    def test_an_answer_that_takes_as_long_as_there_is_time_is_exit_4_and_says_what_to_do(self):
        port = self.serve()
        for seconds, words in (("60", "No request ended within 2.00 s"), ("1.5", "not enough fit into 2.00 s")):
            begin = time.monotonic()
            content, done, _ = self.verdict(f"127.0.0.1:{port}/offer", f"s=={seconds}", "--time", "2s", code=4)
            self.assertLess(time.monotonic() - begin, 30)  # and not the minute that the answer takes
            self.assertEqual(content["record"]["headline"], "inconclusive")
            text = " ".join(done.stdout.split())
            self.assertTrue(words in text or "No request ended within 2.00 s" in text, done.stdout)
            self.assertIn("(`--time`)", text)
            self.assertIn("`--service-time`", text)

    def test_streaming_is_seen_and_so_is_a_body_that_is_held_back(self):
        for fault, reply in (((), "yes"), (("--fault", "buffer"), "no")):
            port = self.serve(*fault)
            content, done, _ = self.verdict(f"127.0.0.1:{port}/ticks?n=4&every=60ms", *QUICK, "--streaming", code=None)
            self.assertEqual(len(content["seen"]["streams"]), 3)
            self.assertRegex(done.stdout, rf"streaming +{reply}:")

    def test_cancellation_is_told_by_a_gauge(self):
        for fault, reply in (((), "yes"), (("--fault", "nocancel"), "no")):
            port = self.serve(*fault)
            content, done, _ = self.verdict(f"127.0.0.1:{port}/offer", "s==1", "--max", "5", "--time", "40s", "--cancellation", "--gauge", "/inflight", code=None)
            self.assertTrue(content["seen"]["abandonment"]["gauge_during"])
            self.assertRegex(done.stdout, rf"cancellation +{reply}:")

    def test_isolation_tells_that_a_blocked_loop_delays_another_path(self):
        for fault, reply in (((), "yes"), (("--fault", "block"), "no")):
            port = self.serve(*fault)
            content, done, _ = self.verdict(f"127.0.0.1:{port}/offer", "s==0.1", "--max", "10", "--time", "30s", "--isolation", "/ping?key=hunter2", code=None)
            self.assertEqual(content["seen"]["isolation"]["path"], "/ping")
            self.assertRegex(done.stdout, rf"isolation +{reply}:")
            self.assertNotIn("hunter2", done.stdout + done.stderr + json.dumps(content))

    def test_http2_over_plain_text(self):
        # The included server speaks HTTP/1.1 only: no answer, and no verdict on another protocol instead.
        port = self.serve()
        _, done, _ = self.verdict(f"127.0.0.1:{port}/offer", "s==0.05", *QUICK, "--http2", code=3)
        self.assertIn("not answered", done.stderr)

    # --- secrets and hostile peers ------------------------------------------------------------------------------------

    def test_secrets_stand_in_no_output(self):
        def answer(head):
            time.sleep(0.05)
            return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

        server = self.saying(answer)
        content, done, _ = self.verdict(f"ada:t0psecret@127.0.0.1:{server.port}/x?key=hunter2", "item==hunter3", "X-Token:hunter4", "--max", "5", "--time", "20s", code=None)
        text = done.stdout + done.stderr + json.dumps(content)
        for secret in ("t0psecret", "hunter2", "hunter3", "hunter4", "YWRhOnQwcHNlY3JldA", "ada"):
            self.assertNotIn(secret, text)
        self.assertIn(b"GET /x?key=hunter2&item=hunter3 ", server.requests[0][0] + b" ")
        self.assertIn(b"X-Token: hunter4", server.requests[0][0])
        self.assertEqual(content["seen"]["target"], f"GET http://127.0.0.1:{server.port}/x")

    # --- how it ends --------------------------------------------------------------------------------------------------

    def test_a_target_that_never_worked_is_exit_3_with_a_sentence(self):
        done = self.volley("verify", f"127.0.0.1:{free_port()}/", "-q")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertRegex(done.stderr, r"^volley: error: [^\n]*refused[^\n]*\n$")
        for status, words in (("404 No", "404: is the path right"), ("401 No", "needs a login"), ("302 Found", "redirects"), ("500 Oh", "must work before")):
            server = self.saying(lambda head: f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
            _, done, _ = self.verdict(f"127.0.0.1:{server.port}/x", code=3)
            self.assertIn(words, done.stderr)

    def test_ctrl_c_prints_and_writes_what_there_is(self):
        port = self.serve()
        file = self.path("part.json")
        for sign, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            process = self.start("verify", f"127.0.0.1:{port}/offer", "s==2", "-o", file)
            self.wait_until_caught(process, sign)
            time.sleep(1)
            process.send_signal(sign)
            out, err = process.communicate(timeout=LIMIT)
            self.assertEqual(process.returncode, code, out + err)
            self.assertIn("interrupted", out)
            content = json.loads(pathlib.Path(file).read_text())
            jsonschema.validate(content, VERDICT_SCHEMA)
            self.assertTrue(content["seen"]["interrupted"])

    # --- bad usage ----------------------------------------------------------------------------------------------------

    def test_what_makes_no_sense_is_told_before_anything_is_sent(self):
        server = self.saying(lambda head: None)
        url = f"127.0.0.1:{server.port}/"
        for args, words in (
            ([url, "--expect", "asinc"], "asinc"),
            ([url, "--expect", "pool>=x"], "^"),
            ([url, "--time", "0.5s"], "at least 1"),
            ([url, "--service-time", "soon"], "30s or 500ms"),
            ([url, "--max", "0"], "--max 0"),
            ([url, "--max", "10001"], "from 1 to 10000"),
            ([url, "--pid", "x\x1b[31m"], "--pid x\\x1b[31m"),
            # It was passed over, and the verdict made without what was asked for.
            ([url, "--pid", "536870912"], "--pid 536870912: there is no such process"),
            ([url, "--canary", "ping"], "such as /ping"),
            ([url, "--gauge", "/inflight"], "--cancellation"),
            ([url, "-o", "/nowhere/at/all.json"], "cannot be written"),
            ([url, "--replay", "x.json"], "no URL goes with it"),
            (["--replay", "/nowhere/at/all.json"], "/nowhere/at/all.json"),
            (["--self-test", "pool:2", "-o", self.path("x.json")], "do not go with it"),
            (["--self-test", "pool:77"], "pool:77"),
            ([], "volley verify [METHOD] URL"),
        ):
            done = self.volley("verify", *args)
            self.assertEqual(done.returncode, 2, (args, done.stdout, done.stderr))
            self.assertIn(words, done.stderr, args)
            self.assertNotIn("\x1b", done.stderr)
        self.assertEqual(server.requests, [])
        # A caret below the word that is wrong.
        lines = self.volley("verify", url, "--expect", "not asinc").stderr.splitlines()
        at = next(i for i, line in enumerate(lines) if "| not asinc" in line)
        self.assertEqual(lines[at + 1].index("^"), lines[at].index("asinc"), lines)

    def test_a_file_that_is_no_verdict_is_exit_2(self):
        for text in ("", "{}", "[1]", '{"schema": "volley/result/1"}', '{"schema": "volley/verdict/1", "seen": {"most": "\x1b[31m"}, "record": {}}', "[" * 5000):
            done = self.volley("verify", "--replay", self.write("no.json", text))
            self.assertEqual(done.returncode, 2, text[:60])
            self.assertIn("volley verify -o FILE", done.stderr)
            self.assertNotIn("\x1b", done.stderr)

    def test_help_lists_its_flags_and_advice_names_none_that_are_not_there(self):
        # Advice was to give it --budget and --most, which are called --time and --max.
        text = self.volley("verify", "--help").stdout
        for flag in ("--time", "--service-time", "--max", "--canary", "--streaming", "--cancellation", "--gauge", "--isolation", "--replay", "--self-test", "--expect", "--output"):
            self.assertIn(flag, text)
        others = {"--backlog", "--limit-concurrency", "--workers", "--threads"}  # of uvicorn and gunicorn
        for source in (ROOT / "lib/src/verdict").glob("*.cpp"):
            for flag in re.findall(r"`(--[a-z-]+)", source.read_text()):
                self.assertTrue(flag in text or flag in others, (source.name, flag))

    # --- servers whose truth is known ---------------------------------------------------------------------------------

    def test_some_of_the_self_test(self):
        done = self.volley("verify", "--self-test", "coroutine", "pool:2", "limit:10", "--max", "100")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("3 servers: 3 right, 0 unsure, 0 wrong", done.stdout)
        self.assertIn("what it was taken for", done.stdout)
        self.assert_nothing_left()

    def test_the_self_test_holds_answers_to_questions_against_the_truth_too(self):
        # There were faults that no row of it looked at: buffer, nocancel, pace and stall.
        done = self.volley("verify", "--self-test", "ticks", "buffer", "nocancel")
        self.assertIn(done.returncode, (0, 4), done.stdout + done.stderr)  # a busy machine may leave a verdict open, and answers not
        for line in ("streaming: yes", "streaming: no", "cancellation: no"):
            self.assertRegex(done.stdout, rf"(?m)^ +{line}: ")
        self.assertRegex(done.stdout, r"(?m)^  streaming: yes +1 +\. +\.$")
        self.assertRegex(done.stdout, r"(?m)^  streaming: no +\. +1 +\.$")
        self.assertRegex(done.stdout, r"(?m)^  cancellation: no +\. +1 +\.$")
        # Every fault that a verdict or an answer can tell has its row.
        names = self.volley("verify", "--self-test", "none").stderr
        for fault in ("block", "convoy", "lock", "semaphore", "thread", "cpu", "limit", "backlog", "pace", "buffer", "nocancel", "stall"):
            self.assertIn(fault, names)


if __name__ == "__main__":
    unittest.main()
