#!/usr/bin/env python3
"""The UDP port of `volley serve` on a loopback address, which is that of all addresses of the machine, and who has it already."""

import pathlib
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.calls import CallsTest, begin_call, candidates


def free_udp_port():
    """At all addresses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("0.0.0.0", 0))
        return s.getsockname()[1]


class Ports(CallsTest):
    def call(self, port, host="127.0.0.1"):
        phase, _, _ = self.offer(f"{host}:{port}/offer", "--count", "2")
        self.assertEqual((phase["calls"]["set_up"], phase["calls"]["answered"]), (1, 2))

    def test_of_two_loopback_addresses_the_second_is_told_what_to_do(self):
        port = free_udp_port()
        first = self.serve("--rtc-port", str(port))
        done = self.volley("serve", "--host", "127.0.0.2", "--port", "0", "--rtc-port", str(port))
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for words in (f"cannot take calls on UDP port {port} of 127.0.0.2: ", f"choose another --rtc-port than {port}", "has its port at all addresses of this machine",
                      "With --advertise and its own address, 127.0.0.2 here, it has the port at that one alone"):
            self.assertIn(words, done.stderr)
        self.call(first)

    def test_what_it_is_told_helps(self):
        port = free_udp_port()
        for host in "127.0.0.1", "127.0.0.2":
            at = self.serve("--host", host, "--advertise", host, "--rtc-port", str(port))
            self.assertEqual(candidates(begin_call(host, at)), [(host, port)])
            self.call(at, host)

    def test_a_port_that_is_taken_at_another_address_is_had_at_its_own_alone(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.3", 0))
            port = taken.getsockname()[1]
            at = self.serve("--rtc-port", str(port), stderr=subprocess.PIPE)
            self.addCleanup(self.server.stderr.close)
            self.assertEqual(candidates(begin_call("127.0.0.1", at)), [("127.0.0.1", port)])
            self.call(at)
            notice = self.server.stderr.readline()
            self.assertIn(f"UDP port {port} is taken at another address of this machine: calls reach this server at 127.0.0.1 alone", notice)

    def test_a_port_of_all_addresses_is_said_to_be_taken_without_that_advice(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.3", 0))
            port = taken.getsockname()[1]
            done = self.volley("serve", "--host", "0.0.0.0", "--port", "0", "--rtc-port", str(port))
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn(f"choose another --rtc-port than {port}", done.stderr)
        self.assertNotIn("--advertise", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
