"""volley run with `webrtc` steps: calls in phases of all kinds, what is judged of them, and how they end."""

import csv
import gzip
import json
import pathlib
import re
import signal
import sys
import unittest
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
import jsonschema
from support.calls import CallsTest, json_answer
from support.volley import LIMIT, SCHEMA, KeepingAlive, free_port

FILE = """
version: 1
name: t
config: {{ target: "http://127.0.0.1:{port}" }}
scenarios:
  call:
    - webrtc: {{ offer: {offer}, datachannel: {{ pings: {pings} }}, within: {within} }}
      checks: [{checks}]
phases:
{phases}
{more}
"""


class PhasesTest(CallsTest):
    def file(self, port, *phases, offer="/offer", pings="{ count: 4, every: 20ms }", within="30s", checks="lost == 0", more=""):
        phases = "\n".join(f"  - {{ {phase} }}" for phase in phases)
        return FILE.format(port=port, offer=offer, pings=pings, within=within, checks=checks, phases=phases, more=more)

    def phases(self, result):
        return {phase["name"]: phase for phase in result["servers"][0]["phases"]}


class Phases(PhasesTest):
    def test_phases_of_all_kinds_against_the_included_server(self):
        port = self.serve()
        result, done = self.run_scenario(
            self.file(
                port,
                "name: burst, burst: 4, iterations: 2",
                "name: users, users: 2, iterations: 5",
                "name: timed, users: 2, for: 1s, think: 50ms",
                "name: rate, rate: 10/s, for: 1s",
                "name: count, rate: 20/s, iterations: 3, arrivals: poisson",
                "name: warm, burst: 1, warmup: true",
                checks="connected < 60s, dc_open < 60s, dc_rtt p95 < 60s, answered == 100%, lost == 0",
                more="thresholds: [rate.connected p50 < 60s, rate.dc_rtt max < 60s, rate.lost == 0, users.answered == 100%, burst.groups >= 1]",
            )
        )
        phases = self.phases(result)
        for name, calls in (("burst", 8), ("users", 5), ("rate", 10), ("count", 3)):
            phase = phases[name]
            seen = phase["calls"]
            self.assertEqual((seen["calls"], seen["set_up"], seen["failed"], seen["sent"], seen["lost"]), (calls, calls, 0, 4 * calls, 0), name)
            self.assertEqual((phase["requests"], phase["right"], phase["missed"], phase["saturated"]), (4 * calls, 4 * calls, 0, 0))
            for metric in ("gather", "offer_to_answer", "ice", "dtls", "connected", "dc_open"):
                self.assertEqual(seen["metrics"][metric]["count"], calls)
            self.assertEqual(seen["metrics"]["dc_rtt"]["count"], 4 * calls)
            self.assertGreaterEqual(seen["metrics"]["dc_open"]["max"], seen["metrics"]["connected"]["max"])
            self.assertEqual([(c["check"], c["held"], c["failed"], c["verdict"]) for c in phase["checks"]][:1], [("connected < 60s", calls, 0, "pass")])
            self.assertEqual(len(phase["checks"]), 5)
        self.assertEqual([phases[n]["kind"] for n in ("burst", "users", "rate")], ["burst", "users", "rate"])
        self.assertEqual([(phases[n]["calls"]["planned"], phases[n]["planned"]) for n in ("rate", "users", "burst")], [(10, 40), (5, 20), (8, 32)])
        self.assertGreaterEqual(phases["timed"]["calls"]["calls"], 2)
        burst = phases["burst"]["burst"]
        self.assertEqual((burst["n"], burst["repeats"], burst["complete"], len(phases["burst"]["samples"])), (4, 2, True, 8))
        self.assertGreater(burst["solo"], 0)
        self.assertIn("4 calls at once, 2 times", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^rate  open: 10.0/s for 1.00 s$")

    def test_a_server_that_volley_starts(self):
        text = self.file(1, "name: p, users: 1, iterations: 2").replace('config: { target: "http://127.0.0.1:1" }', "servers: { ours: { builtin: coroutine }, pool: { builtin: \"pool:2\" } }")
        result, _ = self.run_scenario(text)
        for server in result["servers"]:
            self.assertEqual(server["phases"][0]["calls"]["answered"], 8)
            self.assertGreater(server["phases"][0]["resources"]["threads"], 0)
        self.assert_nothing_left()

    def test_starts_beyond_max_users_are_refused_and_count_as_errors(self):
        port = self.serve()
        result, _ = self.run_scenario(
            self.file(port, "name: p, rate: 20/s, for: 1s, max_users: 1", pings="{ every: 100ms, for: 2s }", more="thresholds: [p.saturated == 0]"), code=1
        )
        phase = self.phases(result)["p"]
        calls = phase["calls"]
        self.assertEqual(calls["planned"], 20)
        self.assertEqual(calls["calls"] + calls["saturated"] + calls["missed"], 20)
        self.assertGreater(calls["saturated"], 0)
        self.assertEqual(phase["errors"], calls["saturated"])

    def test_requests_and_calls_side_by_side(self):
        port = self.serve()
        text = self.file(port, "name: p, scenario: call, burst: 2", "name: q, scenario: ping, burst: 3", "name: r, scenario: call, users: 1, iterations: 2")
        text = text.replace("scenarios:", "scenarios:\n  ping: [ { get: /ping } ]") + "thresholds: [errors == 0]"
        result, done = self.run_scenario(text)
        phases = self.phases(result)
        self.assertEqual([phases[n]["requests"] for n in "pqr"], [8, 3, 8])
        self.assertNotIn("calls", phases["q"])
        self.assertIn("3 requests at once", done.stdout)

    def test_curl_carries_offers_where_it_is_asked_to(self):
        port = self.serve()
        result, _ = self.run_scenario(self.file(port, "name: p, burst: 1").replace(f":{port}\" }}", f":{port}\", transport: curl }}"))
        phase = self.phases(result)["p"]
        self.assertEqual((phase["generator"]["transport"], phase["calls"]["set_up"]), ("curl", 1))

    def test_none_but_set_up(self):
        port = self.serve()
        result, _ = self.run_scenario(self.file(port, "name: p, burst: 2", pings="0"))
        calls = self.phases(result)["p"]["calls"]
        self.assertEqual((calls["set_up"], calls["sent"]), (2, 0))

    def test_samples_are_the_pings(self):
        port = self.serve()
        samples = self.path("samples.csv.gz")
        self.run_scenario(self.file(port, "name: p, users: 1, iterations: 2", more=f"outputs: [csv: {samples}]"))
        with gzip.open(samples, "rt") as lines:
            rows = list(csv.DictReader(lines))
        self.assertEqual([row["connection"] for row in rows], ["0"] * 4 + ["1"] * 4, "whose ping it is")

    def test_a_threshold_ends_a_phase_early_and_one_that_is_unsure_lets_it_run_on(self):
        port = self.serve_calls("lossy")
        result, _ = self.run_scenario(
            self.file(
                port,
                "name: p, users: 2, for: 60s",
                pings="{ every: 5ms, for: 50s, timeout: 500ms }",
                checks="",
                more="thresholds: [{ expr: p.lost < 1%, abort: true }]",
            ),
            code=1,
        )
        phase = self.phases(result)["p"]
        self.assertEqual(phase["aborted"], "p.lost < 1%")
        self.assertLess(phase["elapsed"], 50)
        port = self.serve()
        result, _ = self.run_scenario(
            self.file(
                port,
                "name: p, rate: 4/s, for: 2s",
                pings="1",
                more="thresholds: [p.errors == 0, { expr: p.dc_rtt p99 < 60s, if_unsure: extend }]",
            ),
            code=4,
        )
        phase = self.phases(result)["p"]
        self.assertEqual((phase["extensions"], phase["calls"]["planned"]), (2, 24))


class Judged(PhasesTest):
    def test_a_check_that_fails_fails_the_call_and_the_run_with_its_place(self):
        port = self.serve_calls("lossy")
        junit = self.path("junit.xml")
        result, done = self.run_scenario(
            self.file(port, "name: p, users: 1, iterations: 2", pings="{ count: 6, every: 10ms, timeout: 300ms }", checks="connected < 60s, answered >= 5", more=f"outputs: [console, junit: {junit}]"), code=1
        )
        phase = self.phases(result)["p"]
        calls = phase["calls"]
        self.assertEqual((calls["set_up"], calls["lost"], calls["failed"], calls["errors_by_kind"]), (2, 4, 2, {"check": 2}))
        self.assertEqual(phase["errors_by_kind"], {"check": 2, "lost": 4})
        held, failed = phase["checks"]
        self.assertEqual((held["held"], held["failed"], held["verdict"]), (2, 0, "pass"))
        self.assertEqual((failed["held"], failed["failed"], failed["verdict"]), (0, 2, "fail"))
        self.assertEqual(failed["message"], "failed for 2 of 2 calls: 4 of 6 pings were answered")
        cases = {c.get("name"): c for c in xml.etree.ElementTree.parse(junit).iter("testcase")}
        failure = cases["p: webrtc /offer: answered >= 5"].find("failure")
        self.assertEqual(failure.get("type"), "check")
        self.assertRegex(failure.text, r"s\.yaml:8:33$")
        self.assertIsNone(cases["p: webrtc /offer: connected < 60s"].find("failure"))

    def test_losses_that_a_threshold_allows_pass(self):
        port = self.serve_calls("lossy")
        self.run_scenario(
            self.file(port, "name: p, users: 1, iterations: 1", pings="{ count: 6, every: 10ms, timeout: 300ms }", checks="lost <= 2", more="thresholds: [p.lost <= 40%]")
        )

    def test_nobody_answers(self):
        result, done = self.run_scenario(self.file(free_port(), "name: p, burst: 2", "name: q, burst: 2"), code=3)
        self.assertEqual(result["servers"][0]["state"], "unreachable")
        self.assertIn("is the server running", result["servers"][0]["message"])
        self.assertEqual(len(result["servers"][0]["phases"]), 1)

    def test_a_call_that_is_not_set_up_in_time_says_which_key_said_so(self):
        with KeepingAlive(lambda n, head: json_answer()) as server:
            result, _ = self.run_scenario(self.file(server.port, "name: p, users: 1, iterations: 1", within="300ms"), code=3)
        self.assertRegex(result["servers"][0]["message"], r"within 300 ms")
        self.assertEqual(result["servers"][0]["phases"][0]["calls"]["errors_by_kind"], {"ice": 1})
        self.assertNotIn("--set-up-limit", json.dumps(result))

    def test_a_channel_on_which_nothing_comes_back(self):
        port = self.serve_calls("mute")
        result, _ = self.run_scenario(self.file(port, "name: p, users: 1, iterations: 1", pings="{ count: 2, every: 10ms, timeout: 200ms }", checks=""), code=3)
        self.assertIn("none of 2 pings was answered", result["servers"][0]["message"])


class Sent(PhasesTest):
    def test_each_offer_may_be_one_of_its_own(self):
        not_found = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
        with KeepingAlive(lambda n, head: not_found) as server:
            self.run_scenario(
                self.file(
                    server.port,
                    "name: p, users: 1, iterations: 3",
                    offer='{ post: "/offer?n={{ iteration }}", json: { name: "bot {{ iteration }}", user: "{{ user.index }}", room: blue }, headers: { x-call: "{{ iteration }}" } }',
                ),
                code=3,
            )
            requests = list(server.requests)
        bodies = [json.loads(body) for _, body in requests]
        self.assertEqual([(b["name"], b["user"], b["room"], b["type"]) for b in bodies], [(f"bot {i}", 0, "blue", "offer") for i in range(3)])
        for i, (head, _) in enumerate(requests):
            self.assertTrue(head.startswith(b"POST /offer?n=%d HTTP/1.1" % i), head)
            self.assertRegex(head, rb"(?i)x-call: %d\r\n" % i)

    def test_whip_sessions_are_ended(self):
        port = self.serve_calls()
        result, _ = self.run_scenario(self.file(port, "name: p, users: 1, iterations: 2", offer="{ post: /whip, trickle: true }"))
        self.assertEqual(self.phases(result)["p"]["calls"]["answered"], 8)

    def test_what_is_wrong_is_said_before_anything_is_sent(self):
        port = free_port()
        for old, new, wrong in (
            ("within: 30s", 'within: 30s, ice: { servers: ["http://x"] }', r"7:\d+: error: not a STUN or TURN server"),
            ("within: 30s", 'within: 30s, ice: { servers: ["turn:me:topsecret@"] }', r"7:\d+: error: not a TURN server"),
            ("offer: /offer", "offer: { post: /whip, json: { a: 1 } }", r"7:\d+: error: this path is taken for one of whip"),
            ("lost == 0", '"lost == {{ env.NOTHING | default(\'x\') }}"', r"8:\d+: error: `lost == .*` is compared with `x`, which is no number"),
        ):
            _, done = self.run_scenario(self.file(port, "name: p, burst: 1").replace(old, new), code=2)
            self.assertRegex(done.stderr, wrong)
            self.assertNotIn("topsecret", done.stderr.partition("\n")[0])


class Ended(PhasesTest):
    def test_a_signal_hangs_up_and_writes_what_there_is(self):
        port = self.serve_calls()
        file = self.write("s.yaml", self.file(port, "name: p, users: 2, for: 10m", pings="{ every: 20ms, for: 9m }", offer="/whip", checks="lost == 0"))
        process = self.start("run", file, "-o", self.path("r.json"))
        self.wait_for(lambda: self.log(port).count("POST /whip") == 2)
        self.wait_until_caught(process, signal.SIGINT)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, 130, out + err)
        result = json.loads(pathlib.Path(self.path("r.json")).read_text())
        jsonschema.validate(result, SCHEMA)
        self.assertEqual((result["verdict"], result["interrupted"]), ("interrupted", True))
        phase = self.phases(result)["p"]
        calls = phase["calls"]
        self.assertEqual((calls["calls"], calls["failed"], calls["lost"], calls["sent"]), (2, 0, 0, calls["answered"]))
        self.assertTrue(phase["interrupted"])
        self.assertEqual(calls["planned"], 2)
        self.assert_adds_up(result)
        # Those that the signal met before their channel was open are ended as well.
        self.assertLessEqual(calls["set_up"], 2)
        self.wait_for(lambda: len(re.findall(r"DELETE /session/", self.log(port))) == 2)

    def test_a_signal_ends_calls_that_follow_each_other_in_phases_of_all_kinds(self):
        # The end of a call must not leave its user deaf to the signal, wherever it comes.
        for phase in ("users: 2, for: 10m", "users: 1, for: 10m, think: 10m", "rate: 30/s, for: 10m", "burst: 2, iterations: 1000000"):
            port = self.serve_calls()
            file = self.write("s.yaml", self.file(port, "name: p, " + phase, pings="1"))
            process = self.start("run", file, "-o", self.path("r.json"))
            self.wait_for(lambda: self.log(port).count("POST /offer") > (0 if "think" in phase else 5))
            self.wait_until_caught(process, signal.SIGINT)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=LIMIT)
            self.assertEqual(process.returncode, 130, out + err)
            result = json.loads(pathlib.Path(self.path("r.json")).read_text())
            jsonschema.validate(result, SCHEMA)
            self.assert_adds_up(result)
            calls = self.phases(result)["p"]["calls"]
            self.assertEqual((calls["failed"], calls["lost"]), (0, 0))
            self.assertGreater(calls["calls"], 0)
            self.wait_for(lambda: self.log(port).count("ended") >= calls["set_up"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
