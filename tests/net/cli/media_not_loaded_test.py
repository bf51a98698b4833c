#!/usr/bin/python3
"""What codecs and OpenCV cost at start-up, volley pays when it needs them: neither --version nor a request loads them."""

import os
import pathlib
import re
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.volley import LIMIT, VOLLEY

UNWANTED = re.compile(r"libvolley_media|libvolley_avformat|libav[a-z]+\.so|libswscale|libv4l|libvpx|libopenh264|libopus|libspandsp|libopencv|libmatroska|libebml")


class MediaNotLoaded(unittest.TestCase):
    def test_version_opens_none_of_their_files(self):
        # The loader says what it opens: a process that ends at once leaves nobody the time to look at its maps.
        done = subprocess.run([VOLLEY, "--version"], env=dict(os.environ, LD_DEBUG="files"), capture_output=True, text=True, timeout=LIMIT,
                              check=True)
        self.assertRegex(done.stderr, r"file=libcurl")  # it says so of what is loaded
        self.assertEqual(UNWANTED.findall(done.stderr), [])

    def test_a_request_that_waits_has_none_of_them_mapped(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(LIMIT)
            command = [VOLLEY, "post", f"http://127.0.0.1:{server.getsockname()[1]}/offer", "sleep:=1"]
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
                connection, _ = server.accept()
                with connection:
                    connection.settimeout(LIMIT)
                    self.assertTrue(connection.recv(1))  # it has sent its request, and waits for the answer
                    maps = pathlib.Path(f"/proc/{client.pid}/maps").read_text()
                client.wait(LIMIT)
        self.assertIn("libcurl", maps)
        self.assertEqual(UNWANTED.findall(maps), [])


if __name__ == "__main__":
    unittest.main()
