"""`volley serve --fault`, and an application file, with faults of the connection: each act on what a client sees."""
import http.client
import pathlib
import socket
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
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

    def test_mistakes_are_told(self):
        done = self.volley("serve", "--fault", "stall:1", "--fault", "reset:x")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--fault=stall:1: `stall` takes seconds: `stall:1` (write stall or stall:10, from 1.1 to 3600)", done.stderr)
        self.assertIn("--fault=reset:x: `reset` takes a share", done.stderr)


if __name__ == "__main__":
    unittest.main()
