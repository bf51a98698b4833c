#!/usr/bin/env python3
"""volley load: what it prints and writes, and how it ends, against servers that are right and servers that are not."""
import json
import os
import pathlib
import pty
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

import jsonschema

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.volley import LIMIT, SCHEMA, VOLLEY, KeepingAlive, TlsAnswering, VolleyTest

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Load(VolleyTest):
    def server(self, answer=lambda n, head: OK):
        server = KeepingAlive(answer)
        self.addCleanup(server.close)
        return server

    def any_load(self, *args):
        """Runs `volley load`; returns the phases of its result, the whole result, and the process."""
        file = self.path("result.json")
        done = self.volley("load", *args, "-o", file)
        result = json.loads(pathlib.Path(file).read_text())
        jsonschema.validate(result, SCHEMA)
        return result["servers"][0]["phases"], result, done

    def load(self, *args, code=0):
        """The same; returns of the phases the first that is no warm-up."""
        phases, result, done = self.any_load(*args)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return [p for p in phases if not p.get("warmup")][0], result, done

    # --- what it sends ------------------------------------------------------------------------------------------------

    def test_a_count_of_requests_is_exact_and_the_request_is_that_of_the_request_verbs(self):
        server = self.server()
        phase, result, done = self.load(f"post", f"127.0.0.1:{server.port}/offer?a=1", "b==2", "X-Own:yes", "name=Ada", "-a", "u:p", "-n", "57", "-c", "5")
        self.assertEqual((phase["requests"], phase["right"], len(server.requests)), (57, 57, 57))
        for head, body in server.requests:
            self.assertTrue(head.startswith(b"POST /offer?a=1&b=2 HTTP/1.1\r\n"), head)
            self.assertIn(b"\r\nX-Own: yes", head)
            self.assertIn(b"\r\nAuthorization: Basic dTpw", head)
            self.assertEqual(json.loads(body), {"name": "Ada"})
        self.assertEqual(phase["generator"]["transport"], "fast")
        self.assertNotIn("dTpw", done.stdout + json.dumps(result))

    def test_the_same_over_libcurl(self):
        server = self.server()
        phase, _, _ = self.load(f"127.0.0.1:{server.port}/", "name=Ada", "-n", "20", "-c", "3", "--transport=curl")
        self.assertEqual((phase["requests"], phase["right"], len(server.requests)), (20, 20, 20))
        self.assertTrue(all(json.loads(body) == {"name": "Ada"} for _, body in server.requests))
        self.assertEqual(phase["generator"]["transport"], "curl")

    def test_digest_and_http2_choose_libcurl(self):
        port = self.serve()
        phase, _, _ = self.load(f"127.0.0.1:{port}/ping", "-n", "3", "-A", "digest", "-a", "u:p")
        self.assertEqual(phase["generator"]["transport"], "curl")

    def test_time_ends_it_and_a_warm_up_is_not_counted(self):
        server = self.server()
        phase, result, _ = self.load(f"127.0.0.1:{server.port}/", "-c", "2", "--for", "0.3s", "--warmup", "0.2s")
        self.assertLess(phase["requests"], len(server.requests))
        self.assertGreaterEqual(phase["elapsed"], 0.3)
        self.assertEqual(result["requests"], phase["requests"])

    def test_open_arrivals_are_planned_by_rate_and_seed(self):
        server = self.server()
        phase, _, _ = self.load(f"127.0.0.1:{server.port}/", "--rate", "200/s", "--for", "1s")
        self.assertEqual(phase["planned"], 200)
        self.assertEqual(phase["requests"] + phase["missed"] + phase["saturated"], 200)
        ramp, _, _ = self.load(f"127.0.0.1:{server.port}/", "--rate", "0/s..200/s", "--for", "1s")
        self.assertEqual(ramp["planned"], 100)
        planned = [self.load(f"127.0.0.1:{server.port}/", "--rate", "100/s", "--for", "1s", "--arrivals", "poisson", "--seed", "7")[0]["planned"] for _ in range(2)]
        self.assertEqual(planned[0], planned[1])

    def test_a_slow_server_does_not_slow_arrivals_down(self):
        port = self.serve()
        phase, _, _ = self.load(f"127.0.0.1:{port}/offer", "s==0.5", "--rate", "100/s", "--for", "1s")
        self.assertEqual(phase["right"] + phase["missed"], 100)
        self.assertLess(phase["elapsed"], 10)
        self.assertGreater(phase["generator"]["connections"], 20)

    def test_starts_beyond_the_users_are_saturated(self):
        port = self.serve()
        phase, _, _ = self.load(f"127.0.0.1:{port}/offer", "s==2", "--rate", "50/s", "--for", "1s", "-c", "5")
        self.assertGreater(phase["saturated"], 0)
        self.assertEqual(phase["requests"], 5)

    def test_a_burst_overlaps_and_threads_share_it(self):
        port = self.serve()
        for threads in ("1", "3"):
            phase, _, done = self.load(f"127.0.0.1:{port}/offer", "s==0.3", "--burst", "40", "-t", threads)
            self.assertTrue(phase["burst"]["complete"])
            self.assertEqual(phase["burst"]["n"], 40)
            self.assertGreaterEqual(phase["burst"]["makespan"], 0.3)
            self.assertEqual(phase["requests"], 40)
            self.assertEqual(phase["generator"]["threads"], int(threads))

    def test_threads_share_users_and_count(self):
        server = self.server()
        phase, _, _ = self.load(f"127.0.0.1:{server.port}/", "-c", "7", "-n", "101", "-t", "3")
        self.assertEqual((phase["requests"], len(server.requests)), (101, 101))

    # --- what it makes of it ------------------------------------------------------------------------------------------

    def test_a_server_that_stalls_shows_in_p99_and_not_in_p50(self):
        # Of 3.5 s one second stands still: some 30 % of the starts, which is more than one in a hundred and less than half.
        port = self.serve("--fault", "stall:2")
        phase, _, _ = self.load(f"127.0.0.1:{port}/ping", "--rate", "400/s", "--for", "3.5s", "-c", "1000")
        self.assertGreater(phase["response_time"]["p99"], 0.3)
        self.assertLess(phase["response_time"]["p50"], 0.2)

    def test_expectations_decide_the_exit_status(self):
        port = self.serve()
        url = f"127.0.0.1:{port}/offer"
        _, result, _ = self.load(url, "s==0.02", "-c", "10", "-n", "400", "--expect", "p50 < 5s", "--expect", "errors == 0")
        self.assertEqual(result["verdict"], "pass")
        _, result, done = self.load(url, "s==0.02", "-c", "10", "-n", "400", "--expect", "p50 < 10ms", code=1)
        self.assertEqual(result["verdict"], "fail")
        self.assertIn("p50 < 10ms", done.stdout)
        _, result, done = self.load(url, "s==0.02", "-n", "20", "--expect", "p99 < 1s", code=4)
        self.assertEqual(result["verdict"], "inconclusive")
        self.assertIn("299 are needed", done.stdout)
        quiet = self.volley("load", url, "s==0.02", "-n", "100", "-q", "--expect", "p50 < 10ms")
        self.assertEqual((quiet.returncode, quiet.stdout), (1, ""))
        self.assertIn("p50 < 10ms", quiet.stderr)

    def test_a_server_slow_to_connect_to_fails_and_is_not_taken_for_our_own_lag(self):
        server = TlsAnswering(self.folder.name, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", before_handshake=0.1)
        self.addCleanup(server.close)
        phase, result, done = self.load(f"https://127.0.0.1:{server.port}/", "--verify", server.certificate, "-n", "40", "-c", "10", "--expect", "p50 < 50ms", code=1)
        self.assertEqual((phase["right"], result["verdict"]), (40, "fail"))
        self.assertNotIn("quieter machine", done.stdout)
        self.assertGreaterEqual(phase["from_start_time"]["min"], 0.1)
        self.assertEqual(phase["from_start_time"]["count"], 40)

    def test_nothing_expected_is_nothing_failed_but_expecting_anything_expects_right_answers(self):
        server = self.server(lambda n, head: OK if n % 2 else b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")
        phase, result, _ = self.load(f"127.0.0.1:{server.port}/", "-n", "10", "-c", "1")
        self.assertEqual((phase["right"], phase["errors_by_kind"], result["verdict"]), (5, {"status": 5}, "pass"))
        self.load(f"127.0.0.1:{server.port}/", "-n", "10", "-c", "1", "--expect", "p50 < 10s", code=1)
        self.load(f"127.0.0.1:{server.port}/", "-n", "10", "-c", "1", "--expect", "errors <= 5", code=0)

    def test_a_target_that_never_worked_is_exit_3(self):
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        _, result, done = self.load(f"127.0.0.1:{port}/", "-n", "3", code=3)
        self.assertIn("refused", done.stdout)
        server = self.server(lambda n, head: b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        _, _, done = self.load(f"127.0.0.1:{server.port}/nowhere", "-n", "3", code=3)
        self.assertIn("404", done.stdout)

    def test_redirects_timeouts_and_resets_alone_are_no_target_either(self):
        # Each of them ended with 0, as if there had been something to measure.
        def redirect(n, head):
            return b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n"

        def login(n, head):
            return b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n" if n % 2 else redirect(n, head)

        def silent(n, head):
            time.sleep(3)
            return None

        for answer, words in ((redirect, "every request was answered 302"), (login, "302 or 401"), (silent, "timeout"), (lambda n, head: None, "reset")):
            for load in (["-n", "4", "-c", "2"], ["--burst", "3"], ["--rate", "20/s", "--for", "0.3s"], ["-n", "4", "-c", "2", "--warmup", "0.1s"]):
                server = self.server(answer)
                _, result, done = self.any_load(f"127.0.0.1:{server.port}/", "--max-time=0.2", *load)
                state = "not_working" if answer in (redirect, login) else "unreachable"
                self.assertEqual((done.returncode, result["servers"][0]["state"]), (3, state), (words, load, done.stdout))
                self.assertIn(words, result["servers"][0]["message"])
                self.assertIn(words, done.stdout)

    def test_a_target_that_worked_once_is_no_missing_one(self):
        def redirect(n, head):
            return OK if n == 3 else b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n"

        for answer in (redirect, lambda n, head: OK if n == 3 else None):
            self.load(f"127.0.0.1:{self.server(answer).port}/", "-n", "6", "-c", "1")
        # An answer that is wrong in another way is one.
        self.load(f"127.0.0.1:{self.server(lambda n, head: OK.replace(b'200 OK', b'503 No')).port}/", "-n", "6")
        self.load(f"127.0.0.1:{self.server(lambda n, head: OK.replace(b'200 OK', b'304 Same')).port}/", "-n", "6")

    def test_quiet_says_in_a_sentence_why_nothing_was_measured(self):
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        done = self.volley("load", f"127.0.0.1:{port}/", "-n", "3", "-q")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertRegex(done.stderr, r"^volley: error: target: no connection was made: [^\n]*refused[^\n]*\n$")

        # Of a burst of 20 a server that takes only few of them: what there is says nothing of it.
        few = socket.create_server(("127.0.0.1", 0), backlog=1)
        self.addCleanup(few.close)

        def serve(peer):
            with peer:
                peer.recv(65536)
                peer.sendall(OK)
                peer.recv(1)

        def accept():
            for _ in range(6):
                threading.Thread(target=serve, args=(few.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        done = self.volley("load", f"127.0.0.1:{few.getsockname()[1]}/", "--burst", "20", "--max-time=1", "-q")
        self.assertEqual((done.returncode, done.stdout), (4, ""), done.stderr)
        self.assertRegex(done.stderr, r"^volley: error: target: load: only [0-9]+ of 20 connections could be opened [^\n]*\n$")

    def test_secrets_of_the_url_stand_in_no_output(self):
        # The name of the result was the whole URL, and so were tokens of its query in every report.
        server = self.server(lambda n, head: OK if n % 2 else b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")
        summary = self.path("summary.md")
        self.env.update(GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=summary)
        names = {flag: self.path(name) for flag, name in (("-o", "r.json"), ("--junit", "j.xml"), ("--hdr", "h.log"), ("--samples", "s.csv"))}
        url = f"ada:t0psecret@127.0.0.1:{server.port}/offer?key=hunter2&x=%74oken9"
        for more in ([], ["-q"], ["--transport=curl"]):
            files = [part for pair in names.items() for part in pair]
            done = self.volley("load", url, "item==hunter3", "-n", "10", "--expect", "errors == 0", *files, *more)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            texts = [done.stdout, done.stderr] + [pathlib.Path(path).read_text() for path in [summary, *names.values()]]
            self.assertIn("failed for 5 of 10 answers: status is 500", done.stdout)
            self.assertRegex(done.stdout, r"(?m)^::error title=target%3A errors == 0::5: over 0 by 5$")
            for text in texts:
                for secret in ("hunter2", "hunter3", "t0psecret", "YWRhOnQwcHNlY3JldA", "oken9", "ada:"):
                    self.assertNotIn(secret, text)
            result = json.loads(pathlib.Path(names["-o"]).read_text())
            self.assertEqual(result["name"], f"GET 127.0.0.1:{server.port}/offer")
        self.assertIn(b"GET /offer?key=hunter2&x=%74oken9&item=hunter3 ", server.requests[0][0] + b" ")

    def test_outputs_of_ci(self):
        server = self.server()
        summary = self.path("summary.md")
        self.env.update(GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=summary)
        files = [self.path(name) for name in ("junit.xml", "hdr.log", "samples.csv")]
        _, _, done = self.load(f"127.0.0.1:{server.port}/", "-n", "50", "--expect", "errors < 1%", "--junit", files[0], "--hdr", files[1], "--samples", files[2])
        self.assertIn("errors &lt; 1%", pathlib.Path(files[0]).read_text())
        self.assertIn("HistogramLog", pathlib.Path(files[1]).read_text().replace("Histogram log", "HistogramLog"))
        self.assertEqual(len(pathlib.Path(files[2]).read_text().splitlines()), 51)
        self.assertIn("errors", pathlib.Path(summary).read_text())

    # --- how it ends --------------------------------------------------------------------------------------------------

    def interrupted(self, *args, sign=signal.SIGINT, wait=0.7):
        file = self.path("part.json")
        process = self.start("load", *args, "-o", file)
        self.wait_until_caught(process, sign)
        time.sleep(wait)
        process.send_signal(sign)
        out, err = process.communicate(timeout=LIMIT)
        result = json.loads(pathlib.Path(file).read_text())
        jsonschema.validate(result, SCHEMA)
        return process.returncode, result, out + err

    def test_ctrl_c_prints_what_there_is_marked_as_interrupted(self):
        port = self.serve()
        for args in (["-c", "5"], ["--rate", "50/s"], ["-c", "5", "--transport=curl"], ["-c", "5", "-t", "2"]):
            code, result, out = self.interrupted(f"127.0.0.1:{port}/offer", "s==0.05", "--for", "60s", *args)
            self.assertEqual(code, 130, out)
            self.assertEqual(result["verdict"], "interrupted")
            self.assertTrue(result["servers"][0]["phases"][0]["interrupted"])
            self.assertGreater(result["requests"], 0)
            self.assertIn("interrupted", out)
        code, result, _ = self.interrupted(f"127.0.0.1:{port}/offer", "s==30", "--burst", "20", wait=0.3)
        self.assertEqual((code, result["verdict"]), (130, "interrupted"))
        code, _, _ = self.interrupted(f"127.0.0.1:{port}/offer", "s==30", "-c", "3", sign=signal.SIGTERM, wait=0.3)
        self.assertEqual(code, 143)

    def on_a_terminal(self, term):
        """What standard error gets where it is a terminal of that kind."""
        server = self.server()
        master, slave = pty.openpty()
        process = subprocess.Popen([VOLLEY, "load", f"127.0.0.1:{server.port}/", "--rate", "50/s", "--for", "2.5s"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=slave, env=dict(self.env, TERM=term))
        os.close(slave)
        shown = b""
        end = time.time() + LIMIT
        while time.time() < end:
            if select.select([master], [], [], 0.2)[0]:
                try:
                    data = os.read(master, 65536)
                except OSError:
                    break
                if not data:
                    break
                shown += data
            elif process.poll() is not None:
                break
        process.communicate(timeout=LIMIT)
        os.close(master)
        return shown.decode(errors="replace")

    def test_a_terminal_sees_a_live_line(self):
        text = self.on_a_terminal("xterm")
        for word in ("in flight", "p50", "p99", "/s", "lag", "\x1b[K"):
            self.assertIn(word, text)

    def test_a_terminal_that_cannot_write_over_a_line_gets_no_escapes(self):
        self.assertNotIn("\x1b", self.on_a_terminal("dumb"))

    # --- bad usage ----------------------------------------------------------------------------------------------------

    def test_what_makes_no_sense_is_told_before_anything_is_sent(self):
        server = self.server()
        url = f"127.0.0.1:{server.port}/"
        for args, words in (
            (["--burst", "5", "-c", "3"], "--burst is one volley"),
            (["--rate", "fast"], "100/s..600/s"),
            (["--rate", "1/s..9/s", "-n", "5"], "add --for"),
            (["-c", "0"], "-c 0"),
            (["--for", "never"], "10s, 500ms"),
            (["--arrivals", "poisson"], "--rate"),
            (["--transport", "fast", "--http2"], "libcurl"),
            (["--expect", "p99 < 50"], "needs a unit"),
            (["--expect", "speed > 3"], "unknown figure"),
            (["--expect", "ratio < 2"], "add --burst N"),
            (["-c", "900000"], "descriptors"),
            (["-o", "/nowhere/at/all.json"], "cannot be written"),
            (["--seed", "x\x1b[31m"], "not 'x\\x1b[31m'"),
        ):
            done = self.volley("load", url, *args)
            self.assertEqual(done.returncode, 2, (args, done.stdout, done.stderr))
            self.assertIn(words, done.stderr, args)
            self.assertNotIn("\x1b", done.stderr)
        # Threads have descriptors of their own, which nobody counted: connections failed in the middle of the run.
        limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (400, 400))
        for threads, code in (("1", 0), ("60", 2)):
            done = subprocess.run([VOLLEY, "load", url, "-c", "250", "-n", "250", "-t", threads], capture_output=True, text=True, env=self.env, timeout=LIMIT, preexec_fn=limit)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertRegex(done.stderr, "250 connections at a time and 60 threads need more descriptors than the 400 .* ask for at most [0-9]")
        server.requests.clear()
        done = self.volley("load")
        self.assertEqual(done.returncode, 2)
        self.assertIn("volley load [METHOD] URL", done.stderr)
        self.assertEqual(server.requests, [])


if __name__ == "__main__":
    unittest.main()
