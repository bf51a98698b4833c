"""Django under `uvicorn --workers 2`, with a child in a session of its own: nothing of it outlives volley, however that ends."""

import os
import pathlib
import pty
import signal
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.volley import LIMIT, ROOT, VolleyTest, processes_marked

SCENARIO = """
version: 1
name: end
servers:
  uvicorn:
    command: [/bin/sh, -c, 'setsid sleep 1000 & setsid sh -c "setsid sleep 1000 & exit 0" & exec "$@"', sh,
              /usr/bin/python3, -m, uvicorn, "demo:application", --port, "{{ port }}", --workers, "2"]
    cwd: DJANGO
    ready: { get: /healthz, status: 200, timeout: 60s }
    stop: { signal: TERM, grace: 20s }
scenarios: { s: [ { post: /async-marker, json: { sleep: SECONDS }, checks: [status == 200, "jq '.slept' == SECONDS"] } ] }
phases: [ { name: burst, scenario: s, burst: 3 } ]
thresholds: [ LIMIT ]
"""
TREE = 1 + 1 + 1 + 2 + 2  # volley, the supervisor, uvicorn, its workers, two sleepers; Python's resource tracker may come on top


class DjangoEnd(VolleyTest):
    def scenario(self, seconds, limit="errors == 0"):
        text = SCENARIO.replace("DJANGO", str(ROOT / "scenarios" / "django")).replace("SECONDS", str(seconds)).replace("LIMIT", limit)
        return self.write("end.yaml", text)

    def wait_for_the_tree(self):
        self.wait_for(lambda: len(processes_marked(self.mark)) >= TREE)

    def test_after_success(self):
        done = self.volley("run", self.scenario(0.1))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(processes_marked(self.mark), [], "volley waits for the end of what it started")

    def test_after_failure(self):
        done = self.volley("run", self.scenario(0.1, "burst.ratio <= 0.001"))
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertEqual(processes_marked(self.mark), [])

    def test_after_sigint(self):
        process = self.start("run", self.scenario(50))
        self.wait_for_the_tree()
        time.sleep(1)  # into the burst, most likely; the end must be clean at any moment
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, 130, out + err)
        self.assertEqual(processes_marked(self.mark), [])

    def test_after_ctrl_c_in_a_terminal(self):
        """The terminal sends SIGINT to the whole foreground group: the server must hear of it from volley, not from the terminal."""
        file = self.scenario(50)
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(os.environ["VOLLEY"], ["volley", "run", file], self.env)
        self.wait_for_the_tree()
        time.sleep(1)
        os.write(terminal, b"\x03")
        shown = b""
        try:
            while piece := os.read(terminal, 4096):
                shown += piece
        except OSError:
            pass  # how a terminal says that nobody has its other end
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 130, shown)
        os.close(terminal)
        self.assertEqual(processes_marked(self.mark), [])

    def test_after_the_terminal_hung_up(self):
        file = self.scenario(50)
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(os.environ["VOLLEY"], ["volley", "run", file], self.env)
        self.wait_for_the_tree()
        os.close(terminal)
        os.waitpid(pid, 0)
        self.assert_nothing_left()

    def test_after_kill_9(self):
        process = self.start("run", self.scenario(50))
        self.wait_for_the_tree()
        process.kill()
        process.communicate(timeout=LIMIT)
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main(verbosity=2)
