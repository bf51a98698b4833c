"""Thresholds that are looked at while a phase runs: they end it, or have it run on."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.volley import VOLLEY, VolleyTest

ABORT = """
version: 1
name: t
servers:
  bad: { command: ["%s", serve, --port, "{{ port }}", --fault, "fail:50%%"] }
  other: { builtin: coroutine }
scenarios: { a: [ { get: "/offer?s=0" } ] }
phases:
  - { name: first, users: 2, for: 100ms }
  - { name: q, %s }
  - { name: later, users: 2, for: 60s }
thresholds:
  - errors <= 100%%
  - { expr: q.errors < 10%%, abort: true, persist: 1s }
"""


class Live(VolleyTest):
    def abort(self, phase):
        result, done = self.run_scenario(ABORT % (VOLLEY, phase), code=1)
        self.assertEqual([s["name"] for s in result["servers"]], ["bad"])
        phases = {p["name"]: p for p in result["servers"][0]["phases"]}
        self.assertEqual(list(phases), ["first", "q"])
        q = phases["q"]
        self.assertEqual(q["aborted"], "q.errors < 10%")
        self.assertGreaterEqual(q["elapsed"], 1)
        self.assertLess(q["elapsed"], 200)
        self.assertFalse(q["interrupted"])
        self.assertGreaterEqual(q["requests"], 100)
        self.assertNotIn("cancelled", q["errors_by_kind"], "what we end ourselves is no error")
        failed = [t for t in result["thresholds"] if t["verdict"] == "fail"]
        self.assertEqual([t["threshold"] for t in failed], ["q.errors < 10%"])
        self.assertIn("it ended the phase after", failed[0]["message"])
        self.assertEqual(
            result["ended_early"],
            "`q.errors < 10%` failed against bad and ended the run in phase `q`; not run: phase `later`, server `other`",
        )
        self.assertIn(result["ended_early"], done.stdout)
        self.assertEqual(result["verdict"], "fail")
        self.assert_nothing_left()

    def test_a_threshold_ends_an_open_phase_and_the_run(self):
        self.abort("rate: 200/s, for: 300s")

    def test_a_threshold_ends_users_and_the_run(self):
        self.abort("users: 4, for: 300s, think: 5ms")

    def test_without_abort_the_run_goes_to_its_end(self):
        text = (ABORT % (VOLLEY, "users: 2, for: 1500ms")).replace("abort: true, persist: 1s", "abort: false").replace("60s", "100ms")
        result, _ = self.run_scenario(text, code=1)
        self.assertEqual([len(s["phases"]) for s in result["servers"]], [3, 3])
        self.assertNotIn("ended_early", result)

    def extend(self, phase, expr, code):
        result, done = self.run_scenario(
            "version: 1\nname: t\nservers: { s: { builtin: coroutine } }\nscenarios: { a: [ { get: /ping } ] }\n"
            f"phases: [ {{ name: q, {phase} }} ]\nthresholds: [ {{ expr: {expr}, if_unsure: extend }} ]\n",
            code=code,
        )
        q = result["servers"][0]["phases"][0]
        return q, next(t for t in result["thresholds"] if t["threshold"] == expr), done

    # The second look was never taken: the new end counted as one that had been asked about.
    def test_what_is_unsure_at_the_end_runs_on_up_to_three_times_the_length(self):
        q, threshold, done = self.extend("rate: 30/s, for: 1s", "q.latency p99 < 10s", 4)
        self.assertEqual(q["extensions"], 2)
        self.assertGreaterEqual(q["elapsed"], 2.9)
        self.assertEqual(q["planned"], 90)
        self.assertEqual(threshold["verdict"], "inconclusive")
        self.assertIn("unsure: 90 right answers cannot bound p99", threshold["message"])
        self.assertIn("looked at 3 times, as the phase ran on", threshold["message"])
        self.assertIn("s: ran on to 3 times its length", done.stdout)

    def test_users_run_on_too(self):
        q, _, _ = self.extend("users: 2, for: 1s, think: 100ms", "q.latency p99.9 < 10s", 4)
        self.assertEqual(q["extensions"], 2)
        self.assertGreaterEqual(q["elapsed"], 2.9)

    def test_what_is_sure_ends_in_time(self):
        q, threshold, _ = self.extend("rate: 30/s, for: 1s", "q.latency p99 < 1ns", 1)
        self.assertNotIn("extensions", q)
        self.assertEqual(q["planned"], 30)
        self.assertEqual(threshold["verdict"], "fail")


if __name__ == "__main__":
    unittest.main(verbosity=2)
