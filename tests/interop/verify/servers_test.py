"""What the table says of the servers is true: each starts, answers right, and takes as long for a burst as it was built to.

Arguments are parts of names of servers: those alone are looked at."""
import concurrent.futures
import pathlib
import subprocess
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2]), str(pathlib.Path(__file__).resolve().parent)]
from harness import Running
from servers import SERVERS
from support.burst import burst

PARTS = sys.argv[1:]
AT_A_TIME = 3  # they sleep most of the time


class Servers(unittest.TestCase):
    def test_each_is_what_the_table_says(self):
        chosen = [server for server in SERVERS if not PARTS or any(part in server.name for part in PARTS)]
        self.assertGreater(len(chosen), 0)
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            checks = [(server, pool.submit(self.check, server)) for server in chosen]
            for server, check in checks:
                with self.subTest(server.name):
                    print(f"{server.name}: {check.result()}", flush=True)

    def check(self, server):
        truth, expected = server.truth, server.expected
        with Running(server) as running:
            solo, = burst(running.url(), 1).answers
            self.assertEqual(solo.status, 200, running.log())
            self.assertIn(b"0\n" if expected.streams else b"slept\n", solo.body)
            if expected.streams:
                self.assertGreater(solo.done - solo.first_byte, 0.5 * server.service_time)
            # What takes long may be the machine's doing, now and then; what is too early is wrong. And a client that is kept from connecting while
            # the server accepts fills no backlog.
            for _ in range(3):
                done = burst(running.url(), truth.n, truth.held)
                ratio = done.makespan / server.service_time
                connected = max(answer.connected for answer in done.answers)
                if ratio <= truth.most and connected >= truth.slowest_connect:
                    break
            report = (f"{truth.n} in {ratio:.2f} S, groups {done.groups(server.service_time / 3)}, connected within {connected:.2f} s")
            self.assertEqual(done.statuses(), truth.statuses or {200: truth.n}, report + "\n" + running.log())
            self.assertGreaterEqual(ratio, truth.least, report)
            self.assertLessEqual(ratio, truth.most, report)
            self.assertGreaterEqual(connected, truth.slowest_connect, report)
            if expected.refuses_above is not None:
                self.assertEqual(burst(running.url(), expected.refuses_above).statuses(), {200: expected.refuses_above})
                above = burst(running.url(), expected.refuses_above + 1).statuses()
                self.assertGreaterEqual(above.get(503, 0), 1, above)
        self.assertFalse(set(running.ended) & groups_alive(), "its processes have ended")
        return report

    def test_a_server_that_does_not_start_says_why(self):
        broken = next(server for server in SERVERS if server.name.startswith("gunicorn sync"))
        broken = type(broken)(**{**vars(broken), "command": broken.command[:-1] + ("no_such_module:application",)})
        with self.assertRaisesRegex(RuntimeError, "does not start:(.|\n)*no_such_module"):
            with Running(broken):
                pass

    def test_what_they_need_is_installed_for_the_tests(self):
        listed = (pathlib.Path(__file__).resolve().parents[3] / "dev").read_text()
        packages = listed.partition("packages_test=(")[2].partition("\n)")[0].split()
        for server in SERVERS:
            self.assertLessEqual(set(server.packages), set(packages), server.name)

    def test_each_has_a_name_of_its_own(self):
        self.assertEqual(len({server.name for server in SERVERS}), len(SERVERS))


def groups_alive():
    """Process groups with a process in them that is no zombie."""
    lines = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True).stdout.splitlines()
    return {int(line.split()[0]) for line in lines if not line.split()[1].startswith("Z")}


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
