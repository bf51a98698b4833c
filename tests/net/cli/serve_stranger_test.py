#!/usr/bin/env python3
"""Who is not of this machine gets no answer of a server on a loopback address, whose UDP port is that of all addresses. To be run in a network
of its own (support/private_network.bash), the other end of whose cable this test gives to another network: there the stranger is."""

import json
import pathlib
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.calls import CallsTest, begin_call, candidates, check_of
from support.volley import LIMIT

HERE, THERE = "192.0.2.1", "192.0.2.2"

# Sends what it is told to, and says what has come: [[bytes in hex, sender], ...] once the echo at `echo` has answered what was sent behind it.
STRANGER = """
import json, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(float(sys.argv[1]))
print("ready", flush=True)
for line in sys.stdin:
    told = json.loads(line)
    for datagram in told["send"]:
        s.sendto(bytes.fromhex(datagram), tuple(told["to"]))
    s.sendto(told["mark"].encode(), tuple(told["echo"]))
    came = []
    while not came or came[-1][0] != told["mark"].encode().hex():
        datagram, sender = s.recvfrom(65536)
        came.append([datagram.hex(), sender])
    print(json.dumps(came[:-1]), flush=True)
"""

GARBAGE = [bytes([first]) + b"garbage" * 5 for first in (0, 1, 20, 22, 64, 128, 129, 200, 255)] + [b"\x00", b"\x16" * 1200]


def run(*command):
    subprocess.run(command, check=True)


class Stranger(CallsTest):
    @classmethod
    def setUpClass(cls):
        # In a network of its own from the first instruction on; it begins when it has its end of the cable.
        begin = f'read -r _; ip address add {THERE}/24 dev lan1; ip link set lan1 up; exec "$@"'
        cls.stranger = subprocess.Popen(
            ["unshare", "--net", "--", "bash", "-euc", 'echo apart; ' + begin, "_", sys.executable, "-c", STRANGER, str(LIMIT)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.end)
        assert cls.stranger.stdout.readline() == "apart\n"
        run("ip", "link", "set", "lan1", "netns", str(cls.stranger.pid))
        print("go", file=cls.stranger.stdin, flush=True)
        assert cls.stranger.stdout.readline() == "ready\n"
        cls.echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        cls.addClassCleanup(cls.echo.close)
        cls.echo.bind((HERE, 0))
        cls.echo.settimeout(LIMIT)

    @classmethod
    def end(cls):
        cls.stranger.stdin.close()
        cls.stranger.wait(LIMIT)
        cls.stranger.stdout.close()

    def as_stranger(self, datagrams, port):
        """Sends them; what has come back by then that an echo behind them came, which all had passed on their way."""
        mark = f"mark of {self.id()} {self.marks}"
        self.marks += 1
        told = {"send": [d.hex() for d in datagrams], "to": [HERE, port], "mark": mark, "echo": self.echo.getsockname()}
        print(json.dumps(told), file=self.stranger.stdin, flush=True)
        datagram, sender = self.echo.recvfrom(65536)
        self.assertEqual((datagram.decode(), sender[0]), (mark, THERE))
        self.echo.sendto(datagram, sender)
        return [(bytes.fromhex(datagram), tuple(sender)) for datagram, sender in json.loads(self.stranger.stdout.readline())]

    def from_here(self, datagram, port, address):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(LIMIT)
            s.sendto(datagram, (address, port))
            return s.recvfrom(65536)

    def setUp(self):
        super().setUp()
        self.marks = 0

    def begin(self, *args):
        """A call of a server: its answer and its UDP port."""
        sdp = begin_call("127.0.0.1", self.serve(*args))
        self.assertIn(HERE, [address for address, _ in candidates(sdp)])
        return sdp, candidates(sdp)[0][1]

    def is_answer(self, answer, check):
        return answer[:2] == b"\x01\x01" and answer[8:20] == check[8:20]

    def test_on_a_loopback_address_it_gets_no_answer_and_this_machine_does(self):
        sdp, port = self.begin()
        check = check_of(sdp)
        self.assertEqual(self.as_stranger([check, *GARBAGE, check], port), [])
        # The server reads in order: what it would have answered to the stranger is on its way when this is answered.
        for address in HERE, "127.0.0.1":
            own = check_of(sdp)
            answer, sender = self.from_here(own, port, address)
            self.assertTrue(self.is_answer(answer, own), answer)
            self.assertEqual(sender, (address, port))
        self.assertEqual(self.as_stranger([], port), [])

    def test_on_all_addresses_it_does(self):
        sdp, port = self.begin("--host", "0.0.0.0")
        check = check_of(sdp)
        came = self.as_stranger([check], port)
        own = check_of(sdp)
        self.from_here(own, port, HERE)
        came += self.as_stranger([], port)
        self.assertEqual({sender for _, sender in came}, {(HERE, port)})
        self.assertEqual([self.is_answer(datagram, check) for datagram, _ in came].count(True), 1, came)


if __name__ == "__main__":
    unittest.main(verbosity=2)
