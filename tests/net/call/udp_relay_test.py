"""The relay that other tests put between peers does what it says."""

import os
import socket
import subprocess
import sys
import unittest

RELAY = os.path.join(os.path.dirname(__file__), "..", "..", "support", "udp_relay.py")


class UdpRelayTest(unittest.TestCase):
    def setUp(self):
        self.server = self.socket()
        self.relays = []

    def tearDown(self):
        for relay in self.relays:
            relay.communicate(timeout=30)

    def socket(self):
        out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(out.close)
        out.bind(("127.0.0.1", 0))
        out.settimeout(30)
        return out

    def relay(self, *flags):
        target = "127.0.0.1:%d" % self.server.getsockname()[1]
        relay = subprocess.Popen(
            [sys.executable, RELAY, "--target", target, *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.relays.append(relay)
        return relay, ("127.0.0.1", int(relay.stdout.readline()))

    def test_what_comes_back_goes_to_the_client_that_it_is_for(self):
        _, there = self.relay()
        one, other = self.socket(), self.socket()
        one.sendto(b"one", there)
        first, from_one = self.server.recvfrom(2000)
        other.sendto(b"other", there)
        second, from_other = self.server.recvfrom(2000)
        self.assertEqual((first, second), (b"one", b"other"))
        self.assertNotEqual(from_one, from_other)
        self.server.sendto(b"to other", from_other)
        self.server.sendto(b"to one", from_one)
        self.assertEqual(one.recvfrom(2000), (b"to one", there))
        self.assertEqual(other.recvfrom(2000), (b"to other", there))

    def sent_through(self, *flags, count=200):
        relay, there = self.relay(*flags)
        client = self.socket()
        client.sendto(b"first", there)
        for i in range(count):
            client.sendto(b"%d" % i, there)
        client.sendto(b"last", there)
        # What it has seen it says at its end, when nothing moves any longer.
        came = []
        self.server.settimeout(2)
        try:
            while True:
                came.append(self.server.recv(2000))
        except socket.timeout:
            pass
        counts = relay.communicate(timeout=30)[0].split()
        return came, dict(zip(counts[::2], map(int, counts[1::2])))

    def test_a_seed_loses_the_same_datagrams_each_time(self):
        came, counts = self.sent_through("--loss", "30", "--seed", "5")
        self.assertEqual(counts["came"], 202)
        self.assertEqual(counts["came"] - counts["lost"], len(came))
        self.assertGreater(counts["lost"], 20)
        self.assertLess(counts["lost"], 120)
        self.assertEqual(self.sent_through("--loss", "30", "--seed", "5")[0], came)
        self.assertNotEqual(self.sent_through("--loss", "30", "--seed", "6")[0], came)

    def test_jitter_reorders_and_loses_nothing(self):
        came, _ = self.sent_through("--jitter", "100")
        expected = [b"first"] + [b"%d" % i for i in range(200)] + [b"last"]
        self.assertNotEqual(came, expected)
        self.assertEqual(sorted(came), sorted(expected))


if __name__ == "__main__":
    unittest.main()
