"""The relay that other tests put between peers does what it says."""

import pathlib
import socket
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.udp_relay import Relay


class UdpRelayTest(unittest.TestCase):
    def setUp(self):
        self.ends = [self.socket(), self.socket()]

    def socket(self):
        out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(out.close)
        out.bind(("127.0.0.1", 0))
        out.settimeout(30)
        return out

    def relay(self, *model, **more):
        relay = Relay(*model, **more)
        self.addCleanup(relay.stop)
        relay.ends = [end.getsockname() for end in self.ends]
        return relay

    def send(self, relay, end, data):
        self.ends[1 - end].sendto(data, ("127.0.0.1", relay.port(end)))

    def test_each_end_hears_the_other_from_the_port_in_its_place(self):
        relay = self.relay(1)
        self.send(relay, 1, b"to the second")
        self.assertEqual(self.ends[1].recvfrom(2000), (b"to the second", ("127.0.0.1", relay.port(0))))
        self.send(relay, 0, b"and back")
        self.assertEqual(self.ends[0].recvfrom(2000), (b"and back", ("127.0.0.1", relay.port(1))))

    def test_what_is_for_an_end_that_is_not_known_yet_is_lost(self):
        relay = self.relay(1)
        relay.ends[1] = None
        self.send(relay, 1, b"to nobody")
        for later in (b"what may be moved in one go with it", b"what is moved after that"):
            self.send(relay, 0, later)
            self.assertEqual(self.ends[0].recv(2000), later)
        relay.ends[1] = self.ends[1].getsockname()
        self.send(relay, 1, b"to somebody")
        self.assertEqual(self.ends[1].recv(2000), b"to somebody")

    def sent_through(self, relay, count=200):
        """What arrives of so many, where all that are not lost do."""
        came = []
        for i in range(count):
            self.send(relay, 1, b"%d" % i)
        until = time.monotonic() + 30
        while relay.lost + relay.passed < count and time.monotonic() < until:
            time.sleep(0.01)
        for _ in range(relay.passed):
            came.append(self.ends[1].recv(2000))
        return came

    def test_a_seed_loses_the_same_datagrams_each_time(self):
        relay = self.relay(5, loss=0.3)
        came = self.sent_through(relay)
        self.assertEqual(relay.lost + len(came), 200)
        self.assertGreater(relay.lost, 20)
        self.assertLess(relay.lost, 120)
        self.assertEqual(self.sent_through(self.relay(5, loss=0.3)), came)
        self.assertNotEqual(self.sent_through(self.relay(6, loss=0.3)), came)

    def test_jitter_reorders_and_loses_nothing(self):
        came = self.sent_through(self.relay(1, jitter=0.1))
        expected = [b"%d" % i for i in range(200)]
        self.assertNotEqual(came, expected)
        self.assertEqual(sorted(came), sorted(expected))


if __name__ == "__main__":
    unittest.main(verbosity=2)
