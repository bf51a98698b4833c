#!/usr/bin/env python3
"""`volley serve --processes N`: one address, N processes, and every request reaches the one that can answer it."""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.burst import burst
from support.calls import OFFER, CallsTest
from support.volley import LIMIT

FRAGMENT = (
    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n"
    "a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\n"
)
SDP = {"Content-Type": "application/sdp"}
TRICKLE = {"Content-Type": "application/trickle-ice-sdpfrag"}


class Processes(CallsTest):
    def ask(self, method, path, body=None, headers={}):
        """On a connection of its own: the status, the fields and the body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        try:
            return self.ask_on(connection, method, path, body, headers)
        finally:
            connection.close()

    @staticmethod
    def ask_on(connection, method, path, body=None, headers={}):
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()

    def begin(self, n, path="/whip"):
        """So many sessions, all on one connection: where they are, their tags, and the UDP ports of their answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        self.addCleanup(connection.close)
        out = []
        for _ in range(n):
            status, fields, answer = self.ask_on(connection, "POST", path, OFFER, SDP)
            self.assertEqual(status, 201, answer)
            port, = set(re.findall(r"a=candidate:\S+ 1 udp \d+ \S+ (\d+) typ host", answer, re.IGNORECASE))
            out.append((fields["Location"], fields["ETag"], int(port)))
        return out

    def start_server(self, *args, **more):
        self.port = self.serve("--processes", "3", *args, **more)
        return self.port

    def children(self):
        return [int(pid) for pid in pathlib.Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children").read_text().split()]

    def end(self, number=signal.SIGTERM):
        """Ends the server as it should end; returns what it has written meanwhile."""
        self.server.send_signal(number)
        self.assertEqual(self.server.wait(LIMIT), 0)
        self.assert_nothing_left()

    # ---- connections

    def served(self, path, n):
        """What each process says it has served, on n connections of which each reaches the next process."""
        out = []
        for _ in range(n):
            routes = json.loads(self.ask("GET", "/inflight")[2])["routes"]
            out.append(routes.get(path, {}).get("served", 0))
        return out

    def test_connections_are_dealt_out_evenly_also_few(self):
        for kind in "coroutine", "pool:2", "serial":
            self.start_server("--kind", kind)
            for _ in range(9):
                self.assertEqual(self.ask("GET", "/ping")[0], 200)
            self.assertEqual(self.served("/ping", 3), [3, 3, 3], kind)
            self.end()

    def test_hundreds_at_once_are_all_answered(self):
        self.start_server("--log", stderr=subprocess.PIPE)
        self.assertEqual(burst(f"http://127.0.0.1:{self.port}/offer?s=0.5", 300).statuses(), {200: 300})
        self.assertEqual(json.loads(self.ask("GET", "/fanout?n=7&s=0.1")[2])["statuses"], [200] * 7)
        self.server.terminate()
        _, log = self.server.communicate(timeout=LIMIT)
        self.assertEqual(len(re.findall(r"^127\.0\.0\.1:\d+ GET /offer\?s=0\.5 200 \d+ B \d+ \w+$", log, re.MULTILINE)), 300, log[:2000])

    def test_a_small_backlog_keeps_clients_out(self):
        self.start_server("--fault", "backlog:1")
        def longest():
            done = burst(f"http://127.0.0.1:{self.port}/offer?s=0", 8, held=False)
            self.assertEqual(done.statuses(), {200: 8})
            return max(answer.connected for answer in done.answers)
        self.wait_for(lambda: longest() > 0.9)

    def test_an_application_is_reloaded_in_all_and_told_once(self):
        app = "version: 1\nroutes: {{ /a: {{ view: status, code: {} }} }}\n"
        file = self.write("app.yaml", app.format(200))
        log = open(self.path("log"), "w+")
        self.addCleanup(log.close)
        self.start_server(file, "--reload", stderr=log)
        self.assertEqual([self.ask("GET", "/a")[0] for _ in range(3)], [200] * 3)
        self.write("app.yaml", app.format(418))
        self.wait_for(lambda: [self.ask("GET", "/a")[0] for _ in range(3)] == [418] * 3)
        self.wait_for(lambda: "reloaded" in pathlib.Path(self.path("log")).read_text())
        self.end()
        self.assertEqual(pathlib.Path(self.path("log")).read_text().count("reloaded"), 1)

    # ---- calls

    def test_calls_of_one_connection_go_to_all_processes(self):
        self.start_server()
        sessions = self.begin(9)
        marks = [location.removeprefix("/whip/")[0] for location, _, _ in sessions]
        self.assertEqual({mark: marks.count(mark) for mark in marks}, {"A": 3, "B": 3, "C": 3})
        ports = {mark: {port for (_, _, port), other in zip(sessions, marks) if other == mark} for mark in marks}
        self.assertEqual([len(of_one) for of_one in ports.values()], [1, 1, 1])
        self.assertEqual(len(set.union(*ports.values())), 3)

    def test_requests_find_their_session_on_any_connection(self):
        self.start_server()
        for path in "/whip", "/whep":
            sessions = self.begin(15, path)
            for location, tag, _ in sessions:
                # Two more connections: those of a session are not in step with the turns of the processes.
                status, fields, text = self.ask("PATCH", location, FRAGMENT, {**TRICKLE, "If-Match": tag})
                self.assertEqual((status, fields["ETag"]), (204, tag), text)
                self.assertEqual(self.ask("PATCH", location, FRAGMENT, {**TRICKLE, "If-Match": '"other"'})[0], 412)
                self.assertEqual(self.ask("PATCH", location, FRAGMENT, TRICKLE)[0], 428)
                self.assertEqual(self.ask("PATCH", location, "garbage", {**TRICKLE, "If-Match": tag})[0], 400)
                self.assertEqual(self.ask("PATCH", location, FRAGMENT, {"Content-Type": "text/plain"})[0], 415)
            for i, (location, _, _) in enumerate(sessions):
                for _ in range(i % 3):
                    self.ask("GET", "/ping")
                self.assertEqual(self.ask("DELETE", location)[0], 200)
                self.assertEqual(self.ask("DELETE", location)[0], 404)
                # Of those that go on, none was ended.
                for other, tag, _ in sessions[i + 1:i + 3]:
                    self.assertEqual(self.ask("PATCH", other, FRAGMENT, {**TRICKLE, "If-Match": tag})[0], 204)

    def test_ice_restarts_and_new_tags_come_back_from_the_process_that_has_the_call(self):
        self.start_server()
        for location, tag, _ in self.begin(6):
            restart = FRAGMENT.replace("abcd", "efgh").replace("0123456789012345678901", "1123456789012345678901")
            status, fields, fragment = self.ask("PATCH", location, restart, {**TRICKLE, "If-Match": '"*"'})
            self.assertEqual(status, 200, fragment)
            self.assertIn("a=ice-ufrag:", fragment)
            self.assertNotEqual(fields["ETag"], tag)
            self.assertEqual(self.ask("PATCH", location, restart, {**TRICKLE, "If-Match": tag})[0], 412)
            self.assertEqual(self.ask("PATCH", location, restart, {**TRICKLE, "If-Match": fields["ETag"]})[0], 204)

    def test_names_of_no_session_are_not_found(self):
        self.start_server()
        location = self.begin(1)[0][0].removeprefix("/whip/")
        other = "B" if location[0] == "A" else "A"
        for name in (other + location[1:], location[1:], location + "A", "D" + location[1:], "_" + location[1:], "A", "B" * 23, "C" * 22,
                     "A" * 5000, "%00" + location[1:], "%ff" * 23, "B%2f" + "B" * 21, "B\\" + "B" * 21, "-1" + "B" * 21):
            for _ in range(3):
                self.assertEqual(self.ask("DELETE", "/whip/" + name)[0], 404, name)
                self.assertEqual(self.ask("PATCH", "/whip/" + name, FRAGMENT, {**TRICKLE, "If-Match": "*"})[0], 404, name)
        self.assertEqual(self.ask("DELETE", "/whip/" + location)[0], 200)

    def test_large_fragments_are_answered_by_whichever_process(self):
        self.start_server("--log", stderr=subprocess.DEVNULL)
        for location, tag, _ in self.begin(3):
            for _ in range(3):
                self.assertEqual(self.ask("PATCH", location, "a=" + "x" * 1_000_000, {**TRICKLE, "If-Match": tag})[0], 400)
            self.assertEqual(self.ask("DELETE", location)[0], 200)

    def test_the_limit_of_calls_is_that_of_all_together(self):
        self.start_server("--max-calls", "4")
        sessions = self.begin(4)
        for _ in range(6):
            status, _, text = self.ask("POST", "/whip", OFFER, SDP)
            self.assertEqual(status, 503)
            self.assertIn("this server takes 4 at a time", text)
        for location, _, _ in sessions:
            self.assertEqual(self.ask("DELETE", location)[0], 200)
            self.begin(1)
            self.assertEqual(self.ask("POST", "/whip", OFFER, SDP)[0], 503)

    def test_calls_work(self):
        self.start_server()
        for path in "/offer", "/whip":
            phase, _, _ = self.offer(f"127.0.0.1:{self.port}{path}", "--calls", "20", "--count", "3")
            calls = phase["calls"]
            self.assertEqual((calls["set_up"], calls["failed"], calls["answered"]), (20, 0, 60))
        # Each was hung up: nothing is left of it.
        marks = [location[6] for location, _, _ in self.begin(3)]
        self.assertEqual(sorted(marks), ["A", "B", "C"])
        self.end()

    def test_ports_for_calls_follow_each_other(self):
        first = self.three_free_ports()
        self.start_server("--rtc-port", str(first))
        self.assertEqual(sorted(port for _, _, port in self.begin(3)), [first, first + 1, first + 2])
        self.end()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", first + 1))
            done = self.volley("serve", "--port", "0", "--processes", "3", "--rtc-port", str(first))
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn(f"cannot take calls on UDP port {first + 1} of 127.0.0.1", done.stderr)
        self.assert_nothing_left()

    def three_free_ports(self):
        for first in range(21000, 32000, 3):
            sockets = []
            try:
                for port in range(first, first + 3):
                    sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                    sockets[-1].bind(("127.0.0.1", port))
                return first
            except OSError:
                continue
            finally:
                for one in sockets:
                    one.close()
        self.fail("no three ports in a row")

    # ---- beginning and end

    def test_mistakes_are_told(self):
        for args, words in (
            (("--processes", "0"), "--processes=0: a number of processes from 1 to 64 is expected"),
            (("--processes", "65"), "--processes=65: a number of processes from 1 to 64 is expected"),
            (("--processes", "3", "--rtc-port", "65534"), "3 processes have the UDP ports from 65534 on, one each"),
        ):
            done = self.volley("serve", "--port", "0", *args)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(words, done.stderr)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            done = self.volley("serve", "--port", str(taken.getsockname()[1]), "--processes", "3")
            self.assertEqual((done.returncode, done.stdout), (3, ""))
            self.assertEqual(done.stderr.count("another program has this port"), 1)
        self.assert_nothing_left()

    def test_signals_end_all_of_them_as_they_end_one(self):
        for number in signal.SIGTERM, signal.SIGINT:
            self.start_server(stderr=subprocess.PIPE)
            self.begin(3)
            self.assertEqual(len(self.children()), 3)
            self.server.send_signal(number)
            out, said = self.server.communicate(timeout=LIMIT)
            self.assertEqual((self.server.returncode, out, said), (0, "", ""))
            self.assert_nothing_left()

    def test_a_signal_to_the_whole_group_is_no_failure(self):
        self.server_limits = os.setsid
        for number in signal.SIGINT, signal.SIGTERM:
            self.start_server(stderr=subprocess.PIPE)
            os.killpg(self.server.pid, number)
            out, said = self.server.communicate(timeout=LIMIT)
            self.assertEqual((self.server.returncode, out, said), (0, "", ""))
            self.assert_nothing_left()

    def test_requests_in_flight_end_before_the_server_does(self):
        self.start_server()
        connections = [http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT) for _ in range(3)]
        for connection in connections:
            connection.request("GET", "/offer?s=1")
        self.wait_for(lambda: all(json.loads(self.ask("GET", "/inflight")[2])["inflight"] == 1 for _ in range(3)))
        self.end()
        for connection in connections:
            self.assertEqual(connection.getresponse().status, 200)
            connection.close()

    def test_a_process_that_dies_is_told_and_ends_the_server(self):
        self.start_server(stderr=subprocess.PIPE)
        self.begin(3)
        killed = self.children()[1]
        os.kill(killed, signal.SIGKILL)
        _, said = self.server.communicate(timeout=LIMIT)
        self.assertEqual(self.server.returncode, 1)
        self.assertEqual(said, f"volley serve: process 2 of 3 (pid {killed}) was killed by SIGKILL; the server ends, for its calls are lost\n")
        self.assert_nothing_left()

    def test_none_outlives_the_one_that_was_started(self):
        self.start_server()
        self.begin(3)
        self.server.kill()
        self.server.wait(LIMIT)
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
