"""What `--hdr` writes, read by hdr-histogram-js: the log as such, and the percentile table beside the one that it makes itself."""

import datetime
import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.volley import LIMIT, TWO_SERVERS, VolleyTest

READ_HDR = pathlib.Path(__file__).resolve().parent / "read_hdr.js"

SCENARIO = TWO_SERVERS + """  - { name: p, burst: 10, scenario: a }
  - { name: u, users: 3, iterations: 30, scenario: a }
"""


def table_rows(text):
    """Value, percentile and count of each row of a percentile table."""
    rows = [line.split() for line in text.splitlines() if line and not line.startswith("#") and "Percentile" not in line]
    return [(float(value), float(percentile), int(count)) for value, percentile, count, *_ in rows]


class Hdr(VolleyTest):
    def setUp(self):
        super().setUp()
        outputs = f"outputs: [ hdr: {self.path('h.hdr')}, hdr: {self.path('h.hgrm')} ]"
        self.result, _ = self.run_scenario(SCENARIO + outputs)
        done = subprocess.run([os.environ["NODE"], READ_HDR, self.path("h.hdr")], capture_output=True, text=True, timeout=LIMIT)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.read = json.loads(done.stdout)
        self.tags = [f"{s}/{p}/{m}" for s in ("one", "two") for p in ("p", "u") for m in ("response", "service")]

    def test_its_figures_are_those_of_the_result(self):
        self.assertEqual(self.read["tags"], self.tags)
        started = datetime.datetime.fromisoformat(self.result["started_at"].replace("Z", "+00:00")).timestamp()
        compared = 0
        for server in self.result["servers"]:
            for phase in server["phases"]:
                if phase["warmup"]:
                    continue
                for metric in ("response", "service"):
                    wanted, found = phase[metric + "_time"], self.read["found"][f"{server['name']}/{phase['name']}/{metric}"]
                    self.assertAlmostEqual(found["start"], started + phase["began"], places=2)
                    self.assertAlmostEqual(found["end"] - found["start"], phase["elapsed"], places=2)
                    self.assertEqual(found["figures"]["count"], wanted["count"])
                    for name in ("min", "max", "p50", "p90", "p99", "mean"):
                        # Both read from buckets: ours has 0.21 %, HdrHistogram's 0.1 %, and there is a microsecond to round.
                        self.assertAlmostEqual(found["figures"][name] / 1e6, wanted[name], delta=wanted[name] * 0.0032 + 2e-6, msg=name)
                    self.assertEqual(found["decoded"], found["figures"])
                    compared += 1
        self.assertEqual(compared, len(self.tags))

    def test_its_percentile_table_of_the_log_is_the_one_that_we_write(self):
        blocks = pathlib.Path(self.path("h.hgrm")).read_text(encoding="utf-8").split("#[Tag: ")[1:]
        self.assertEqual([block.split(";")[0] for block in blocks], self.tags)
        blocks = [block.partition("\n")[2] for block in blocks]
        for tag, block in zip(self.tags, blocks):
            ours, theirs = table_rows(block), table_rows(self.read["found"][tag]["table"])
            self.assertEqual(ours[-1][1:], (1, self.read["found"][tag]["figures"]["count"]))
            self.assertEqual(ours, theirs, tag)


if __name__ == "__main__":
    unittest.main()
