"""`volley serve --fault`, and an application file, with faults of the connection: each act on what a client sees."""
import http.client
import pathlib
import socket
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.burst import burst
from support.volley import LIMIT, VolleyTest


class ServeFaults(VolleyTest):
    @staticmethod
    def bytes_of(port, path):
        """All that comes for a request, up to the end of the connection; None where that is a reset."""
        with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as peer:
            peer.sendall(f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
            said = b""
            try:
                while chunk := peer.recv(65536):
                    said += chunk
            except ConnectionResetError:
                return None
            return said

    @staticmethod
    def seconds(port, path):
        begin = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
        connection.request("GET", path)
        connection.getresponse().read()
        connection.close()
        return time.monotonic() - begin

    def test_on_the_offer(self):
        self.assertIsNone(self.bytes_of(self.serve("--fault", "reset"), "/offer?s=0"))
        self.assertNotIn(b"HTTP/1", self.bytes_of(self.serve("--fault", "garbage"), "/offer?s=0"))
        port = self.serve("--fault", "close", "--fault", "drip:1")
        self.assertIn(b"\r\nConnection: close\r\n", self.bytes_of(port, "/offer?s=0"))
        self.assertGreater(self.seconds(port, "/offer?s=0"), 0.1)

    def wait_for_a_stall(self, port):
        # A tenth is what a stall of one second leaves to a client that asks all the time, at least once.
        self.wait_for(lambda: self.seconds(port, "/ping") > 0.5)

    def test_a_stall_stops_the_whole_server(self):
        for kind in "coroutine", "pool:2", "serial":
            self.wait_for_a_stall(self.serve("--fault", "stall:1.5", "--kind", kind))
        file = self.write("app.yaml", 'version: 1\nroutes:\n  /ping: ping\n  /other: { view: echo, fault: "stall:1.5" }\n')
        self.wait_for_a_stall(self.serve(file))

    def test_each_way_of_not_being_asynchronous(self):
        # What stands here can only come out later on a slow machine, never earlier; groups and order: tests/net/app.
        for fault, least in (("block", 0.8), ("convoy", 0.8), ("cpu:100%", 0.8), ("lock", 0.8), ("thread:1", 0.8),
                             ("semaphore:2", 0.4), ("thread:2", 0.4), ("block:50%", 0.5), ("pace:10", 0.5), ("thread", 0.2)):
            with self.subTest(fault):
                done = burst(f"http://127.0.0.1:{self.serve('--fault', fault)}/offer?s=0.2", 4)
                self.assertEqual(done.statuses(), {200: 4})
                self.assertGreaterEqual(done.makespan, least)
        done = burst(f"http://127.0.0.1:{self.serve('--fault', 'limit:3')}/offer?s=2", 5)
        self.assertEqual(done.statuses(), {200: 3, 503: 2})

    def test_buffered_ticks_come_at_the_end(self):
        def spread(*args):
            answer, = burst(f"http://127.0.0.1:{self.serve(*args)}/ticks?n=4&every=200ms", 1).answers
            self.assertEqual((answer.status, answer.body.count(b"event: tick")), (200, 4))
            return answer.first_byte, answer.done - answer.first_byte
        first, rest = spread()
        self.assertGreaterEqual(rest, 0.5)
        first, rest = spread("--fault", "buffer")
        self.assertGreaterEqual(first, 0.6)

    def test_a_small_backlog_keeps_clients_out(self):
        port = self.serve("--fault", "backlog:1")
        def longest():
            done = burst(f"http://127.0.0.1:{port}/offer?s=0", 8, held=False)
            self.assertEqual(done.statuses(), {200: 8})
            return max(answer.connected for answer in done.answers)
        self.wait_for(lambda: longest() > 0.9)

    def test_mistakes_are_told(self):
        done = self.volley("serve", "--fault", "stall:1", "--fault", "reset:x")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--fault=stall:1: `stall` takes seconds: `stall:1` (write stall or stall:10, from 1.1 to 3600)", done.stderr)
        self.assertIn("--fault=reset:x: `reset` takes a share", done.stderr)
        done = self.volley("serve", "--fault", "buffer:2", "--fault", "convoy", "--fault", "thread")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--fault=buffer:2: `buffer` takes no value", done.stderr)
        self.assertIn("--fault=thread: `thread` does not go together with `convoy`", done.stderr)


if __name__ == "__main__":
    unittest.main()
