#!/usr/bin/env python3
"""volley offer: what it sends and prints, and how it ends, against servers that are right and servers that are not."""
import csv
import json
import pathlib
import re
import signal
import socket
import sys
import time
import unittest
import xml.etree.ElementTree

import jsonschema

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.calls import ANSWER, CallsTest, json_answer, reply
from support.volley import LIMIT, SCHEMA, KeepingAlive, TlsAnswering, free_port


class Misbehaving(CallsTest):
    """Servers that no call can be made to: exit status 3, and words that say why."""

    def fails(self, answer, why, *args, state="not_working"):
        server = KeepingAlive(answer if callable(answer) else lambda n, head: answer)
        self.addCleanup(server.close)
        phase, result, done = self.offer(f"127.0.0.1:{server.port}/offer", "--count", "1", *args, code=3)
        self.assertIn(why, " ".join(done.stdout.split()))
        self.assertEqual(result["verdict"], "target_failed")
        self.assertEqual(result["servers"][0]["state"], state)
        calls = phase["calls"]
        self.assertEqual((calls["set_up"], calls["sent"]), (0, 0))
        self.assertEqual(calls["failed"], calls["calls"])
        for text in (done.stdout, done.stderr, json.dumps(result)):
            self.assertNotIn("\x1b", text)
        return server, calls["errors_by_kind"]

    def test_an_answer_that_is_not_json(self):
        self.fails(reply("200 OK", "<html>\n<b>\x1b[31mhello</b>"), "the answer is not JSON: <html> <b>\\x1b[31mhello</b>")

    def test_answers_that_are_json_and_no_answer(self):
        for body, why in (("{}", 'no text "sdp"'), ("[]", "no object"), ('{"sdp": "v=0", "type": "offer"}', 'is "offer", not "answer"')):
            _, kinds = self.fails(reply("200 OK", body), why)
            self.assertEqual(kinds, {"answer": 1})

    def test_statuses_with_the_first_words_of_the_body(self):
        for status, body in (("404 Not Found", "no such path"), ("500 Internal Server Error", "Traceback \x1b[1m(most recent"), ("401 Unauthorized", "")):
            _, kinds = self.fails(reply(status, body), f"the server answered HTTP {status}" + (": " + body.replace("\x1b", "\\x1b") if body else ""))
            self.assertEqual(kinds, {"status": 1})

    def test_garbage_in_the_place_of_a_description(self):
        self.fails(json_answer("garbage \x1b[31m\n" * 10), "the answer is refused")
        self.fails(json_answer(""), "the answer is refused")
        self.fails(json_answer(ANSWER.replace("AB:", "XY:")), "the answer is refused")

    def test_an_answer_without_a_data_channel(self):
        self.fails(json_answer(ANSWER.replace("m=application 9", "m=application 0")), "refused")

    def test_answers_larger_than_an_answer_can_be(self):
        self.fails(json_answer("a" * 1_000_000), "the answer is refused")
        _, kinds = self.fails(json_answer("a" * 2_000_000), "larger than an answer can be")
        self.assertEqual(kinds, {"answer": 1})

    def test_a_server_that_never_answers(self):
        def silent(number, head):
            self.wait_for(lambda: process.poll() is not None)
        server = KeepingAlive(silent)
        self.addCleanup(server.close)
        process = self.start("offer", f"127.0.0.1:{server.port}/offer", "--count", "1", "--max-time", "0.5")
        out, err = process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, 3, out + err)
        self.assertIn("did not answer the offer in time", out)

    def test_a_server_that_closes(self):
        self.fails(lambda number, head: None, "closed the connection before it answered", state="unreachable")

    def test_nobody_listens(self):
        done = self.volley("offer", f"127.0.0.1:{free_port()}/offer", "--count", "1")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("is the server running", done.stdout)

    def test_a_certificate_that_nobody_knows(self):
        server = TlsAnswering(self.folder.name, json_answer())
        self.addCleanup(server.close)
        done = self.volley("offer", f"https://localhost:{server.port}/offer", "--count", "1")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("no secure connection", done.stdout)
        done = self.volley("offer", f"https://localhost:{server.port}/offer", "--count", "1", "--verify", server.certificate, "--set-up-limit", "0.3")
        self.assertIn("ICE has found no way", done.stdout + done.stderr)

    def test_redirects_of_other_kinds_than_307_and_308_are_not_followed(self):
        self.fails(reply("302 Found", "", "Location: /login"), "an offer is sent on for 307 and 308 alone")

    def test_redirects_that_lead_in_a_circle_end(self):
        server, _ = self.fails(reply("307 Temporary Redirect", "", "Location: /offer"), "leads nowhere, or after others too far")
        self.assertLessEqual(len(server.requests), 10)

    def test_nobody_behind_the_description(self):
        _, kinds = self.fails(json_answer(), "not set up within 300 ms (--set-up-limit): ICE has found no way yet", "--set-up-limit", "300ms")
        self.assertEqual(kinds, {"ice": 1})

    def test_several_calls_that_fail_are_counted(self):
        _, kinds = self.fails(reply("503 Service Unavailable", "full"), "HTTP 503 Service Unavailable: full", "--calls", "7", "--rate", "100/s")
        self.assertEqual(kinds, {"status": 7})

    def test_quiet_says_why_in_a_line(self):
        with KeepingAlive(lambda n, head: reply("404 Not Found", "no")) as server:
            done = self.volley("offer", f"127.0.0.1:{server.port}/offer", "-q")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("HTTP 404 Not Found: no", done.stderr)

    def test_a_signal_ends_the_wait_for_an_answer(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            def silent(n, head):
                self.wait_for(lambda: process.poll() is not None)
            with KeepingAlive(silent) as server:
                process = self.start("offer", f"127.0.0.1:{server.port}/offer", "-o", self.path("r.json"))
                self.wait_for(lambda: server.requests)
                process.send_signal(number)
                out, err = process.communicate(timeout=LIMIT)
            self.assertEqual(process.returncode, code, out + err)
            result = json.loads(pathlib.Path(self.path("r.json")).read_text())
            jsonschema.validate(result, SCHEMA)
            self.assertEqual((result["verdict"], result["interrupted"]), ("interrupted", True))


class Sending(CallsTest):
    """What goes to the server."""

    def sent(self, reply_, *args, path="/offer", code=3):
        server = KeepingAlive(reply_ if callable(reply_) else lambda n, head: reply_)
        self.addCleanup(server.close)
        done = self.volley("offer", f"127.0.0.1:{server.port}{path}", "--count", "1", "--set-up-limit", "0.5", *args)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(len(server.requests) > 0, code == 3)
        return server.requests, done

    def test_an_offer_with_fields_headers_and_credentials(self):
        requests, _ = self.sent(reply("404 Not Found"), "video_transform=edges", "n:=1.50", "q==1", "X-Own:yes", "-a", "u:p")
        head, body = requests[0]
        self.assertTrue(head.startswith(b"POST /offer?q=1 HTTP/1.1\r\n"), head)
        for field in (b"X-Own: yes", b"Authorization: Basic dTpw", b"Content-Type: application/json", b"Content-Length: " + str(len(body)).encode()):
            self.assertIn(b"\r\n" + field, head)
        self.assertIn(b'"n": 1.50', body)
        offer = json.loads(body)
        self.assertEqual((offer["type"], offer["video_transform"]), ("offer", "edges"))
        self.assertRegex(offer["sdp"], r"(?m)^m=application \d+ UDP/DTLS/SCTP webrtc-datachannel\r$")
        self.assertRegex(offer["sdp"], r"(?m)^a=candidate:.* 127\.0\.0\.1 \d+ typ host")

    def test_a_redirect_by_307_takes_the_offer_along(self):
        def answer(number, head):
            return reply("307 Temporary Redirect", "", "Location: /there") if number == 1 else reply("404 Not Found")
        requests, _ = self.sent(answer)
        self.assertEqual([r[0].split()[1] for r in requests], [b"/offer", b"/there"])
        self.assertEqual(requests[0][1], requests[1][1])

    def test_whip_is_spoken_where_the_path_says_so_and_the_session_is_ended(self):
        def answer(number, head):
            return reply("201 Created", ANSWER, "Content-Type: application/sdp", "Location: session/7", 'ETag: "e"') if number == 1 else reply("200 OK")
        requests, done = self.sent(answer, "-v", "-A", "bearer", "-a", "t0ken", path="/live/whip")
        self.assertIn(b"\r\nContent-Type: application/sdp", requests[0][0])
        self.assertTrue(requests[0][1].startswith(b"v=0\r\n"))
        self.assertTrue(requests[1][0].startswith(b"DELETE /live/session/7 HTTP/1.1\r\n"), requests[1])
        for head, _ in requests:
            self.assertIn(b"\r\nAuthorization: Bearer t0ken", head)
        self.assertIn("signalling  whip", done.stdout)
        self.assertIn("< a=ice-pwd:***", done.stdout)
        self.assertIn("> a=ice-pwd:***", done.stdout)
        self.assertNotIn("pppp", done.stdout)
        self.assertNotIn("t0ken", done.stdout + done.stderr)

    def test_a_session_is_ended_also_where_its_answer_is_none(self):
        created = ["Content-Type: application/sdp", "Location: /session/7"]
        for body, why in ("<html>hello", "is no SDP"), ("", "is empty"), ("v=0\r\ngarbage\r\n", "is refused"), ("a" * 2_000_000, "larger than an answer"):
            for path in "/whip", "/whep":
                requests, done = self.sent(lambda n, head: reply("201 Created", body, *created) if n == 1 else reply("200 OK"), path=path)
                self.assertEqual([r[0].split()[:2] for r in requests], [[b"POST", path.encode()], [b"DELETE", b"/session/7"]], why)
                self.assertIn(why, " ".join(done.stdout.split()))
        with KeepingAlive(lambda n, head: reply("200 OK")) as other:
            requests, _ = self.sent(reply("201 Created", "", f"Location: http://127.0.0.1:{other.port}/x"), path="/whip")
            self.assertEqual((len(requests), other.requests), (1, []))

    def test_a_session_at_another_server_is_left_alone(self):
        with KeepingAlive(lambda n, head: reply("200 OK")) as other:
            location = f"Location: http://127.0.0.1:{other.port}/session/7"
            requests, done = self.sent(reply("201 Created", ANSWER, "Content-Type: application/sdp", location), "-v", "-a", "u:p", path="/whip")
            self.assertEqual((len(requests), other.requests), (1, []))
        self.assertIn("is at another server", " ".join(done.stdout.split()))

    def test_a_counter_offer_of_whep_is_not_supported(self):
        _, done = self.sent(reply("406 Not Acceptable", ANSWER), path="/whep")
        self.assertIn("counter-offer", done.stdout)

    def test_credentials_stay_at_home(self):
        with KeepingAlive(lambda n, head: reply("404 Not Found")) as other:
            self.sent(reply("307 Temporary Redirect", "", f"Location: http://127.0.0.1:{other.port}/x"), "-a", "u:p", "Cookie:a=b")
            self.assertEqual(len(other.requests), 1)
            self.assertNotIn(b"Authorization", other.requests[0][0])
            self.assertNotIn(b"Cookie", other.requests[0][0])

    def test_bad_usage_is_told_before_anything_is_sent(self):
        for args, why in (
            (["--trickle"], "--trickle needs a session"),
            (["--relay-only"], "add --turn"),
            (["--rate", "5/s"], "goes with --calls"),
            (["--signal", "whip", "a=b"], "fields do not go with it"),
            (["--signal", "smoke"], "json, whip or whep"),
            (["--expect", "video_returned >= 98%"], "`video_returned` is a figure of video, and none is sent"),
            (["--expect", "video_rtt p95 < 1s", "--audio"], "add --video none"),
            (["--expect", "audio_lost < 1%", "--video", "none"], "add --audio"),
            (["--expect", "audio_rtt p50 < 1s", "--audio", "--audio-source", "tone"], "leave --audio-source away, or make it chirp"),
            (["--max-retransmits", "1", "--max-lifetime", "1s"], "do not go together"),
            (["--max-lifetime", "100s"], "65.535s"),
            (["--stun", "a b"], "HOST:PORT"),
            (["--turn", "user:s3cret@host:port"], "--turn ***@host:port: USER:PASSWORD@"),
            (["--turn", "user:s3cret"], "--turn: USER:PASSWORD@"),
            (["--ping-size", "70000"], "from 0 to 65536"),
            (["--count", "-1"], "from 0 to"),
            (["--expect", "rtt < 20ms"], "needs an aggregate"),
            (["--form"], "unrecognized"),
        ):
            _, done = self.sent(reply("404 Not Found"), *args, code=2)
            self.assertIn(why, done.stderr)
            self.assertNotIn("s3cret", done.stdout + done.stderr)


class Calls(CallsTest):
    """Whole calls, against our own side that answers."""

    def test_a_session_is_ended_before_the_call_is_hung_up(self):
        # RFC 9725 section 4.2: DELETE is what ends it; whoever hangs up first asks for a session that is gone.
        port = self.serve_calls()
        phase, _, _ = self.offer(f"127.0.0.1:{port}/whip", "--count", "1")
        self.assertEqual(phase["calls"]["set_up"], 1)
        self.wait_for(lambda: "ended" in self.log(port))
        self.assertRegex(self.log(port), r"\APOST /whip\nDELETE /session/\d+\nended closed\n")

    def test_a_call_is_set_up_pinged_and_hung_up(self):
        port = self.serve_calls()
        phase, result, done = self.offer(f"127.0.0.1:{port}/offer", "--count", "5", "--every", "20ms")
        calls = phase["calls"]
        self.assertEqual((result["verdict"], calls["calls"], calls["set_up"], calls["failed"]), ("pass", 1, 1, 0))
        self.assertEqual((calls["sent"], calls["answered"], calls["lost"], calls["strange"]), (5, 5, 0, 0))
        self.assertEqual((phase["requests"], phase["right"], phase["planned"], phase["missed"]), (5, 5, 5, 0))
        self.assertEqual([s["stage"] for s in calls["stages"]], ["gathered", "http", "ice", "dtls", "sctp", "channel"])
        at = [s["at"]["max"] for s in calls["stages"]]
        self.assertEqual(at, sorted(at))
        self.assertEqual(calls["setup_time"]["max"], at[-1])
        self.assertGreater(calls["bytes_out"], 1000)
        self.assertEqual(re.findall(r"(?m)^pong (\d): [0-9.]+ (?:us|ms)$", done.stdout), list("12345"))
        self.assertIn("5 sent, 5 back", done.stdout)
        self.wait_for(lambda: "ended closed" in self.log(port))

    def test_an_echo_is_as_good_as_a_pong(self):
        phase, _, _ = self.offer(f"127.0.0.1:{self.serve_calls('echo')}/offer", "--count", "3", "--every", "10ms", "--ping-size", "2000")
        self.assertEqual((phase["calls"]["answered"], phase["calls"]["strange"]), (3, 0))
        self.assertEqual(phase["bytes"], 6000)

    def test_channels_of_every_kind(self):
        port = self.serve_calls()
        for args in (["--unordered"], ["--max-retransmits", "0"], ["--max-lifetime", "500ms", "--unordered"], ["--label", "l" * 300, "--protocol", "p"]):
            phase, _, _ = self.offer(f"127.0.0.1:{port}/offer", "--count", "3", "--every", "10ms", *args)
            self.assertEqual(phase["calls"]["answered"], 3, args)

    def test_many_calls_are_one_result(self):
        port = self.serve_calls()
        phase, result, done = self.offer(f"127.0.0.1:{port}/offer", "--calls", "20", "--rate", "100/s", "--count", "3", "--every", "20ms")
        self.assertEqual((phase["calls"]["planned"], phase["planned"]), (20, 60))
        calls = phase["calls"]
        self.assertEqual((calls["calls"], calls["set_up"], calls["answered"], phase["right"]), (20, 20, 60, 60))
        self.assertNotIn("pong", done.stdout)
        self.assertIn("20 calls at 100/s", done.stdout)
        self.wait_for(lambda: self.log(port).count("ended closed") == 20)

    def test_what_is_lost_is_counted_and_may_be_expected(self):
        port = self.serve_calls("lossy")
        args = [f"127.0.0.1:{port}/offer", "--count", "6", "--every", "10ms", "--ping-timeout", "300ms"]
        phase, _, done = self.offer(*args)
        self.assertEqual((phase["calls"]["lost"], phase["errors_by_kind"]), (2, {"lost": 2}))
        self.assertIn("lost 3: not back after", done.stdout)
        self.offer(*args, "--expect", "loss < 50%")
        self.offer(*args, "--expect", "loss < 10%", code=1)
        self.offer(*args, "--expect", "calls_failed = 0", "--junit", self.path("j.xml"))
        suite = xml.etree.ElementTree.parse(self.path("j.xml")).getroot()
        self.assertIn("calls_failed = 0", [c.get("name") for c in suite.iter("testcase")])

    def test_too_few_pings_for_a_percentile_are_inconclusive(self):
        self.offer(f"127.0.0.1:{self.serve_calls()}/offer", "--count", "3", "--every", "10ms", "--expect", "rtt_p99 < 10s", code=4)

    def test_repeated_and_overtaken_answers(self):
        phase, _, _ = self.offer(f"127.0.0.1:{self.serve_calls('twice')}/offer", "--count", "4", "--every", "20ms")
        self.assertEqual(phase["calls"]["answered"], 4)
        self.assertGreaterEqual(phase["calls"]["repeated"], 3)
        phase, _, done = self.offer(f"127.0.0.1:{self.serve_calls('swapped')}/offer", "--count", "4", "--every", "20ms")
        self.assertEqual((phase["calls"]["answered"], phase["calls"]["out_of_order"]), (4, 2))
        self.assertIn("(overtaken)", done.stdout)

    def test_a_server_that_sends_nothing_back_never_worked(self):
        phase, result, done = self.offer(f"127.0.0.1:{self.serve_calls('mute')}/offer", "--count", "2", "--every", "10ms", "--ping-timeout", "200ms", code=3)
        self.assertEqual((phase["calls"]["set_up"], phase["calls"]["lost"]), (1, 2))
        self.assertIn("none of 2 pings was answered", " ".join(done.stdout.split()))

    def test_a_server_that_hangs_up_has_failed_the_call(self):
        phase, _, done = self.offer(f"127.0.0.1:{self.serve_calls('hang-up')}/offer", "--count", "100", "--every", "10ms", code=1)
        calls = phase["calls"]
        self.assertEqual((calls["set_up"], calls["failed"], calls["errors_by_kind"]), (1, 1, {"closed": 1}))
        self.assertEqual((calls["answered"], calls["sent"]), (2, calls["lost"] + 2))
        self.offer(f"127.0.0.1:{self.serve_calls('hang-up')}/offer", "--count", "100", "--every", "10ms", "--expect", "calls_failed = 0", code=1)

    def refused_calls(self, *args, code):
        """Four calls at once to a server that takes two."""
        url = f"127.0.0.1:{self.serve('--max-calls', '2')}/offer"
        return self.offer(url, "--calls", "4", "--count", "4", "--every", "500ms", *args, code=code)

    def test_calls_that_fail_make_a_run_fail_of_which_nothing_was_expected(self):
        phase, result, done = self.refused_calls("-q", "--junit", self.path("j.xml"), "--samples", self.path("s.csv"), code=1)
        self.assertEqual((phase["calls"]["failed"], result["verdict"]), (2, "fail"))
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"calls_failed == 0: 2 .*HTTP 503")
        suite = next(xml.etree.ElementTree.parse(self.path("j.xml")).getroot().iter("testsuite"))
        self.assertEqual((suite.get("tests"), suite.get("failures")), ("1", "1"))
        with open(self.path("s.csv"), newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), 2 + 8)
        failed = [row for row in rows if row["right"] == "0"]
        self.assertEqual([row["outcome"] for row in failed], ["protocol", "protocol"])
        self.assertTrue(all(row["done_s"] and row["started_s"] for row in failed))

    def test_what_is_expected_of_pings_allows_no_call_to_fail(self):
        for expectation in ("loss < 0.1%", "lost == 0", "answered == 100%"):
            _, result, _ = self.refused_calls("--expect", expectation, code=1)
            self.assertEqual({t["threshold"]: t["verdict"] for t in result["thresholds"]}, {"calls_failed == 0": "fail", expectation: "pass"})
        self.refused_calls("--expect", "lost == 0", "--expect", "calls_failed <= 2", code=0)

    def test_members_of_the_offer_itself_are_no_fields(self):
        for field in ("type=answer", "sdp=foo", "type:=1"):
            done = self.volley("offer", "127.0.0.1:1/offer", field)
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            self.assertIn("is written by the offer itself", done.stderr)

    def test_quiet_is_quiet_about_descriptions_too(self):
        # As volley get -v -q is.
        port = self.serve()
        for flags in (("-v", "-q"), ("-q", "-v")):
            done = self.volley("offer", f"127.0.0.1:{port}/offer", "--count", "1", *flags)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""), flags)
            done = self.volley("get", f"127.0.0.1:{port}/", *flags)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""), flags)

    def test_failures_are_told_in_words(self):
        server = KeepingAlive(lambda n, head: reply("503 Service Unavailable"))
        self.addCleanup(server.close)
        phase, _, done = self.offer(f"127.0.0.1:{server.port}/offer", "--count", "1", "--calls", "2", code=3)
        self.assertEqual(phase["calls"]["errors_by_kind"], {"status": 2})
        self.assertIn("2 (100 %): 2 answered with another status than expected\n", done.stdout)

    def test_a_server_that_answers_is_not_called_unreachable(self):
        server = KeepingAlive(lambda n, head: reply("503 Service Unavailable"))
        self.addCleanup(server.close)
        _, result, done = self.offer(f"127.0.0.1:{server.port}/offer", "--count", "1", code=3)
        self.assertEqual(result["servers"][0]["state"], "not_working")
        self.assertIn("target: reached, but it did not work  the server answered HTTP 503", done.stdout)
        done = self.volley("offer", f"127.0.0.1:{free_port()}/offer", "--count", "1")
        self.assertIn("target: unreachable", done.stdout)

    def test_pings_that_never_came_back_are_slower_than_all_that_did(self):
        url = f"127.0.0.1:{self.serve_calls('lossy')}/offer"
        _, result, done = self.offer(url, "--count", "6", "--every", "10ms", "--ping-timeout", "300ms", "--expect", "loss < 50%", "--expect", "rtt_p99 < 60s", code=1)
        self.assertIn("2 of 6 pings never came back, so p99 is no less than the time-out of 300 ms", " ".join(done.stdout.split()))

    def test_what_is_under_way_at_an_interrupt_is_told(self):
        port = self.serve()
        process = self.start("offer", f"127.0.0.1:{port}/offer", "--every", "20ms", "--ping-timeout", "60s", "-o", self.path("r.json"))
        while "pong 3:" not in process.stdout.readline():
            pass
        self.server.send_signal(signal.SIGSTOP)
        try:
            self.assertIsNone(process.poll())
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=LIMIT)
        finally:
            self.server.send_signal(signal.SIGCONT)
        result = json.loads(pathlib.Path(self.path("r.json")).read_text())
        jsonschema.validate(result, SCHEMA)
        calls = result["servers"][0]["phases"][0]["calls"]
        self.assertGreater(calls["under_way"], 0)
        self.assertGreater(calls["under_way_longest"], 0.5)
        self.assertEqual(calls["sent"], calls["answered"])
        self.assertRegex(out, r"under way +[\d,]+ more when it was ended, the oldest for")

    def test_no_pings_set_the_call_up_and_hang_up(self):
        phase, result, _ = self.offer(f"127.0.0.1:{self.serve_calls()}/offer", "--count", "0", "--expect", "calls_failed = 0", "--expect", "setup max < 30s")
        self.assertEqual((phase["calls"]["set_up"], phase["requests"], result["verdict"]), (1, 0, "pass"))

    def test_for_ends_the_pings(self):
        phase, _, _ = self.offer(f"127.0.0.1:{self.serve_calls()}/offer", "--for", "500ms", "--every", "100ms")
        self.assertEqual(phase["calls"]["answered"], 5)

    def test_back_to_back_each_ping_waits_for_the_one_before(self):
        for how, lost in (("pong", 0), ("lossy", 2)):
            phase, _, done = self.offer(f"127.0.0.1:{self.serve_calls(how)}/offer", "--count", "6", "--every", "0", "--ping-timeout", "300ms" if lost else "30s",
                                        "--samples", self.path("s.csv"))
            self.assertEqual((phase["calls"]["answered"], phase["calls"]["lost"], phase["missed"]), (6 - lost, lost, 0))
            self.assertIn("6 pings back to back", done.stdout)
            with open(self.path("s.csv"), newline="") as file:
                rows = list(csv.DictReader(file))
            self.assertEqual(len(rows), 6)
            for before, after in zip(rows, rows[1:]):
                self.assertGreaterEqual(float(after["sent_s"]), float(before["done_s"]))

    def test_verbose_shows_the_way_and_the_cipher(self):
        done = self.volley("offer", f"127.0.0.1:{self.serve_calls()}/offer", "--count", "1", "-v")
        self.assertRegex(done.stdout, r"(?m)^path +host 127\.0\.0\.1:\d+, peer (host|prflx) 127\.0\.0\.1:\d+$")
        self.assertRegex(done.stdout, r"(?m)^cipher +\S*(AES|CHACHA)")
        self.assertRegex(done.stdout, r"(?m)^> m=application")
        self.assertNotRegex(done.stdout, r"(?m)ice-pwd:(?!\*\*\*$)")

    def test_a_result_on_standard_output_is_alone_there(self):
        done = self.volley("offer", f"127.0.0.1:{self.serve_calls()}/offer", "--count", "1", "-o", "-")
        self.assertEqual(json.loads(done.stdout)["verdict"], "pass")
        self.assertIn("pong 1: ", done.stderr)

    def test_samples_hold_a_line_for_each_ping(self):
        self.offer(f"127.0.0.1:{self.serve_calls()}/offer", "--count", "3", "--every", "10ms", "--samples", self.path("s.csv"))
        self.assertEqual(len(pathlib.Path(self.path("s.csv")).read_text().splitlines()), 4)
        self.offer(f"127.0.0.1:{self.serve_calls()}/offer", "--calls", "3", "--count", "2", "--every", "10ms", "--samples", self.path("s.csv"))
        with open(self.path("s.csv")) as lines:
            self.assertEqual(sorted(row["connection"] for row in csv.DictReader(lines)), ["0", "0", "1", "1", "2", "2"], "whose ping it is")

    def test_whip_with_trickle_ends_its_session(self):
        port = self.serve_calls()
        done = self.volley("offer", f"127.0.0.1:{port}/whip", "--trickle", "--count", "2", "--every", "10ms", "-v")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("2 sent, 2 back", done.stdout)
        self.assertIn("ice server  stun:stun.test", done.stdout)
        log = self.log(port)
        self.assertRegex(log, r"POST /whip\n")
        self.assertRegex(log, r"(?m)^DELETE /session/\d+")
        for line in log.splitlines():
            if line.startswith("PATCH"):
                self.assertRegex(line, r'^PATCH /session/\d+ if-match "\S+"$')

    def test_candidates_that_are_long_in_coming_hold_no_call_up(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            args = ["--trickle", "--stun", f"127.0.0.1:{silent.getsockname()[1]}", "--count", "3", "--every", "10ms"]
            phase, _, _ = self.offer(f"127.0.0.1:{self.serve_calls()}/whip", *args)
        self.assertEqual((phase["calls"]["answered"], phase["missed"]), (3, 0))

    def test_a_relay_that_refuses_is_named(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            args = ["--turn", f"user:s3cret@127.0.0.1:{silent.getsockname()[1]}", "--relay-only", "--set-up-limit", "4s"]
            phase, result, done = self.offer(f"127.0.0.1:{self.serve_calls()}/offer", *args, code=3)
        self.assertEqual(phase["calls"]["errors_by_kind"], {"ice": 1})
        self.assertIn("did not answer", done.stdout)
        self.assertEqual(result["servers"][0]["state"], "unreachable", "no offer was sent: the server has answered nothing")
        self.assertNotIn("s3cret", done.stdout + done.stderr + json.dumps(result))

    def test_a_signal_hangs_up_and_tells_what_there_is(self):
        port = self.serve_calls()
        process = self.start("offer", f"127.0.0.1:{port}/whip", "--for", "10m", "--every", "20ms", "-o", self.path("r.json"))
        self.assertEqual(process.stdout.readline()[:7], "pong 1:")
        self.wait_until_caught(process, signal.SIGINT)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, 130, out + err)
        result = json.loads(pathlib.Path(self.path("r.json")).read_text())
        jsonschema.validate(result, SCHEMA)
        calls = result["servers"][0]["phases"][0]["calls"]
        self.assertEqual((calls["planned"], calls["failed"], calls["lost"], calls["sent"]), (1, 0, 0, calls["answered"]))
        self.assert_adds_up(result)
        self.assertIn("DELETE /session/", self.log(port))
        self.wait_for(lambda: "ended closed" in self.log(port))


if __name__ == "__main__":
    unittest.main()
