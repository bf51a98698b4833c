"""volley verify --self-test, again and again: idle, all must be right; beside others that take the processor, none may be wrong.

SELF_TEST_PASSES says how often (1), SELF_TEST_BURNERS how many processes burn the processor meanwhile (0), SELF_TEST_ONLY names the
servers, with commas between them (all)."""
import os
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.volley import VOLLEY, VolleyTest

PASSES = int(os.environ.get("SELF_TEST_PASSES", "1"))
BURNERS = int(os.environ.get("SELF_TEST_BURNERS", "0"))
ONLY = [name for name in os.environ.get("SELF_TEST_ONLY", "").split(",") if name]
LIMIT = 1800  # seconds for one pass: each of two dozen servers may take the minute of its own limit


class SelfTest(VolleyTest):
    def setUp(self):
        super().setUp()
        for _ in range(BURNERS):
            burner = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            self.addCleanup(burner.wait)
            self.addCleanup(burner.kill)

    def test_passes(self):
        for i in range(PASSES):
            with self.subTest(i):
                done = subprocess.run([VOLLEY, "verify", "--self-test", *ONLY], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                      env=self.env, timeout=LIMIT)
                print(done.stdout, flush=True)
                servers, right, unsure, wrong = map(int, re.search(
                    r"(?m)^(\d+) servers: (\d+) right, (\d+) unsure, (\d+) wrong$", done.stdout).groups())
                rows = re.findall(r"(?m)^  (right|unsure|WRONG|BROKEN) +\S", done.stdout)
                self.assertEqual((len(rows), right + unsure + wrong), (servers, servers))
                self.assertGreater(servers, 0)
                self.assertEqual(wrong, 0, done.stdout)
                if BURNERS == 0:
                    self.assertEqual((unsure, done.returncode), (0, 0), done.stdout)
                else:
                    self.assertIn(done.returncode, (0, 4))


if __name__ == "__main__":
    unittest.main()
