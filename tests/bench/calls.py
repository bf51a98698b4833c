"""What the benchmarks of WebRTC calls share: `volley offer`, and the servers that it calls."""
import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.request

import pairs
from servers import VolleyServe, end

PYTHON = "/usr/bin/python3"  # Debian's, for which python3-aiortc is
PEERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop", "webrtc", "peers")
PEER_LIMIT = 30


def call_server(options, calls):
    """`volley serve` that takes so many calls at a time."""
    return VolleyServe(options.program, "--max-calls", str(calls))


def volley_offer(options, url, *flags, seconds, watch=False, failures=0):
    """`volley offer`. Returns how it ended and the phase of its result. More calls that failed than `failures` are no measurement."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "result.json")
        done = pairs.run([options.program, "offer", url, "-q", "-o", file, *flags], seconds, watch)
        with open(file) as result:
            phase = json.load(result)["servers"][0]["phases"][0]
    if phase["calls"]["failed"] > failures:
        raise pairs.CannotMeasure(f"volley offer: {phase['calls']['failed']} of {phase['calls']['calls']} calls failed: {phase['calls']['errors_by_kind']}")
    return done, phase


class AiortcServer:
    """aiortc's answering side, in a process of its own."""

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [PYTHON, "-B", os.path.join(PEERS, "aiortc_server.py"), str(port)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + PEER_LIMIT
        while time.monotonic() < until and self.process.poll() is None:
            try:
                urllib.request.urlopen(self.url + "/", timeout=5).close()
                return self
            except OSError:
                time.sleep(0.05)
        end(self.process)
        raise pairs.CannotMeasure("aiortc's server does not start; is python3-aiortc installed?")

    def __exit__(self, *_):
        end(self.process)


def aiortc_client(url, pings, size, seconds):
    """aiortc's calling side, one ping under way. Returns the median of its round trips in seconds."""
    done = pairs.run([PYTHON, "-B", os.path.join(PEERS, "aiortc_client.py"), url, str(pings), f"size={size}"], seconds)
    said = json.loads(done.output.strip().splitlines()[-1])
    if said["pongs"] != pings:
        raise pairs.CannotMeasure(f"aiortc's client: {said['pongs']} of {pings} pings were answered: {said['error']}")
    return said["rtt"]
