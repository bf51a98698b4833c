"""volley verify against real servers whose truth is known by construction: none may be judged wrongly.

VERIFY_PASSES says how often each is verified (1), VERIFY_ONLY picks servers by parts of their names with commas between, and with
VERIFY_BURNERS so many processes burn the processor meanwhile. VERIFY_LANES are verified at once (3), which makes it harder, not easier: a
verdict waits far more than it computes. VERIFY_SERVICE is what a request takes, in seconds. Some verdicts may be
inconclusive, on a machine that is busy otherwise; none may be wrong."""
import concurrent.futures
import json
import math
import os
import pathlib
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness
import servers
from support.volley import VOLLEY, VolleyTest

PASSES = int(os.environ.get("VERIFY_PASSES", "1"))
ONLY = os.environ.get("VERIFY_ONLY", "").split(",")
LANES = int(os.environ.get("VERIFY_LANES", "3"))
BURNERS = int(os.environ.get("VERIFY_BURNERS", "0"))
SERVICE = float(os.environ.get("VERIFY_SERVICE", "0.2"))
BUDGET = 60  # seconds for one verification
# Headlines as records have them.
WORDS = {"loop blocked": "loop_blocked", "CPU bound": "cpu_bound", "backlog": "backlog_small", "concurrent": "concurrent"}
LEAST_DECIDED = 0.9  # of all verifications


def contradictions(expected, record):
    """What of a record is not true of the server."""
    headline = record["headline"]
    allowed = {WORDS.get(word, word) for word in expected.headlines}
    out = []
    if headline not in allowed:
        out.append(f"{headline} instead of {' or '.join(sorted(allowed))}")
    if expected.workers is not None and headline in ("pool", "serial") and record.get("workers") != expected.workers:
        out.append(f"W is {record.get('workers')} instead of {expected.workers}")
    mechanism = record["mechanism"]
    if expected.mechanisms and headline == "pool" and mechanism not in expected.mechanisms | {"unknown"}:
        out.append(f"{mechanism} instead of {' or '.join(sorted(expected.mechanisms))}")
    if expected.refuses_above is not None and record.get("refuses_above") != expected.refuses_above:
        out.append(f"refuses above {record.get('refuses_above')} instead of {expected.refuses_above}")
    if expected.paced_at is not None and headline == "paced" and not math.isclose(record["paced_at"], expected.paced_at, rel_tol=0.15):
        out.append(f"paced at {record['paced_at']} instead of {expected.paced_at}")
    if headline == "loop_blocked" and expected.loop_blocked:
        share = record["blocked_for"] / record["service"]
        if not math.isclose(share, expected.loop_blocked, rel_tol=0.35):
            out.append(f"blocks for {share:.0%} of the service time instead of {expected.loop_blocked:.0%}")
    return out


class Verify(VolleyTest):
    def setUp(self):
        super().setUp()
        for _ in range(BURNERS):
            burner = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            self.addCleanup(burner.wait)
            self.addCleanup(burner.kill)

    def verify(self, running, name):
        file = self.path(f"verdict of {name.replace('/', ' ')}.json")
        done = subprocess.run([VOLLEY, "verify", running.url(SERVICE), "--time", f"{BUDGET}s", "-o", file], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, env=self.env, timeout=BUDGET + 30)
        self.assertIn(done.returncode, (0, 4), done.stdout + done.stderr)
        return json.loads(pathlib.Path(file).read_text())["record"], done.stdout

    def passes(self, server):
        """What verifications of a server say, one after the other: (record, report, seconds)."""
        with harness.Running(server) as running:
            out = []
            for _ in range(PASSES):
                began = time.monotonic()
                record, report = self.verify(running, server.name)
                out.append((record, report, time.monotonic() - began))
            return out

    def test_each(self):
        chosen = [server for server in servers.SERVERS if any(part in server.name for part in ONLY)]
        self.assertTrue(chosen)
        decided = tried = 0
        with concurrent.futures.ThreadPoolExecutor(LANES) as lanes:
            under_way = {lanes.submit(self.passes, server): server for server in chosen}
            for future in concurrent.futures.as_completed(under_way):
                server = under_way[future]
                with self.subTest(server.name):
                    faults = []
                    for record, report, seconds in future.result():
                        tried += 1
                        unsure = record["headline"] == "inconclusive"
                        decided += not unsure
                        wrong = [] if unsure else contradictions(server.expected, record)
                        print(f"{'unsure' if unsure else 'WRONG' if wrong else 'right':6}  {server.name:45} {seconds:5.1f} s  "
                              f"{record['headline']} {record.get('workers', '')} {'; '.join(wrong)}", flush=True)
                        if wrong:
                            faults += [*wrong, report]
                    self.assertEqual(faults, [], "\n".join(faults))
        self.assertGreaterEqual(decided, LEAST_DECIDED * tried)


if __name__ == "__main__":
    unittest.main()
