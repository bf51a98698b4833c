"""`volley serve --fault thread` where the system has no more threads: requests are refused, and the server goes on."""
import pathlib
import resource
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.burst import burst
from support.volley import VolleyTest


class ServeThreads(VolleyTest):
    def test_threads_may_run_out(self):
        # Addresses for the stacks of ten threads, and half of one's for everything else.
        stack = 64 << 20
        self.server_limits = lambda: resource.setrlimit(resource.RLIMIT_STACK, (stack, stack))
        self.env["MALLOC_ARENA_MAX"] = "1"  # an arena for each thread would take addresses, too
        port = self.serve("--fault", "thread")
        status = pathlib.Path(f"/proc/{self.server.pid}/status").read_text()
        size = int(status.partition("VmSize:")[2].split()[0]) << 10
        limit = size + 10 * stack + stack // 2
        resource.prlimit(self.server.pid, resource.RLIMIT_AS, (limit, limit))
        statuses = burst(f"http://127.0.0.1:{port}/offer?s=5", 100).statuses()
        self.assertEqual(set(statuses), {200, 503})
        self.assertLessEqual(statuses[200], 10)
        self.wait_for(lambda: burst(f"http://127.0.0.1:{port}/offer?s=0", 1).statuses() == {200: 1})


if __name__ == "__main__":
    unittest.main()
