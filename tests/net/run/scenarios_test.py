"""Every scenario that ships is run, and shows what it says that it shows."""

import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
import jsonschema
from support.volley import ROOT, SCHEMA, VolleyTest


class Scenarios(VolleyTest):
    def run_file(self, name):
        out = self.path("result.json")
        done = self.volley("run", str(ROOT / "scenarios" / name), "-o", out)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        result = json.loads(pathlib.Path(out).read_text())
        jsonschema.validate(result, SCHEMA)
        self.assertEqual(result["verdict"], "pass")
        self.assertEqual(result["errors"], 0)
        self.assert_nothing_left()
        return {s["name"]: {p["name"]: p for p in s.get("probes", []) + s["phases"]} for s in result["servers"]}

    def test_hello(self):
        self.run_file("hello.yaml")

    def test_sleep(self):
        servers = self.run_file("sleep.yaml")
        self.assertEqual(servers["coroutine"]["fifty"]["burst"]["groups"], [50])
        self.assertLessEqual(servers["coroutine"]["fifty"]["burst"]["ratio"], 1.25)
        self.assertEqual(servers["pool4"]["fifty"]["right"], 50)
        self.assertEqual(servers["coroutine"]["fifty"]["resources"]["threads"], 1)

    def test_climb(self):
        phases = self.run_file("climb.yaml")["coroutine"]
        self.assertEqual(phases["climb"]["planned"], 315)
        self.assertEqual(phases["stairs"]["planned"], 350)
        self.assertGreater(phases["people"]["requests"], 20, "they come again")

    def test_webrtc(self):
        phases = self.run_file("webrtc.yaml")["coroutine"]
        for name, calls in (("one", 1), ("ten", 10), ("users", 9), ("steady", 15)):
            self.assertEqual((phases[name]["calls"]["set_up"], phases[name]["calls"]["answered"]), (calls, 20 * calls))
        self.assertEqual(phases["ten"]["burst"]["n"], 10)

    def test_video(self):
        phases = self.run_file("video.yaml")["coroutine"]
        for name in ("plain", "edges"):
            self.assertEqual((phases[name]["calls"]["set_up"], phases[name]["calls"]["failed"]), (1, 0))
            for check in phases[name]["checks"]:
                self.assertEqual((check["held"], check["failed"]), (1, 0), check["check"])

    def test_django(self):
        servers = self.run_file("django.yaml")
        for phase in servers["uvicorn"].values():
            self.assertEqual(phase["statuses"], {"200": phase["requests"]})

    def test_verify(self):
        servers = self.run_file("verify.yaml")
        shapes = {name: probes["concurrency of sleep"]["record"]["shape"] for name, probes in servers.items()}
        self.assertEqual(shapes, {"coroutine": "async", "pool4": "pool", "serial": "serial"})
        for probes in servers.values():
            self.assertEqual(probes["streaming of ticks"]["answers"][0]["reply"], "yes")

    def test_every_scenario_has_a_test(self):
        for file in (ROOT / "scenarios").glob("*.yaml"):
            self.assertTrue(hasattr(self, "test_" + file.stem), f"{file.name} is not run by a test")


if __name__ == "__main__":
    unittest.main(verbosity=2)
