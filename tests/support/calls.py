"""WebRTC calls for tests: servers of them, good and bad, and `volley offer`."""

import hmac
import json
import os
import pathlib
import re
import struct
import subprocess
import urllib.request
import zlib

import jsonschema

from support.volley import LIMIT, SCHEMA, VolleyTest

# A description that nobody stands behind: nothing listens on the discard port of this address.
ANSWER = "\r\n".join([
    "v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE 0",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=mid:0", "a=ice-ufrag:abcd", "a=ice-pwd:" + "p" * 24,
    "a=fingerprint:sha-256 " + ":".join(["AB"] * 32), "a=setup:active", "a=sctp-port:5000",
    "a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host", "a=end-of-candidates", ""])

# An offer of a data channel whose sender cannot be reached.
OFFER = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n"
    "a=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 "
    "21:4A:79:A8:64:8C:06:FA:18:81:31:7F:E2:D0:DA:86:C3:FA:B2:20:75:17:2B:E4:30:6C:F4:22:C0:EB:C7:9A\r\n"
    "a=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\n"
)


def begin_call(host, port):
    """Offers that to /offer of the included server: the answer's description."""
    body = json.dumps({"sdp": OFFER, "type": "offer"}).encode()
    request = urllib.request.Request(f"http://{host}:{port}/offer", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=LIMIT) as answer:
        return json.load(answer)["sdp"]


def candidates(sdp):
    """The addresses and ports of a description's candidates, in its order."""
    return [(address, int(port)) for address, port in re.findall(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", sdp, re.IGNORECASE)]


def check_of(sdp):
    """A connectivity check as the sender of OFFER has it for that answer (RFC 8445 section 7.2.2, RFC 8489)."""
    ufrag, password = (re.search(rf"a=ice-{name}:(\S+)", sdp).group(1) for name in ("ufrag", "pwd"))

    def attribute(kind, value):
        return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)

    def message(attributes, more):
        return struct.pack("!HHI", 1, len(attributes) + more, 0x2112A442) + identifier + attributes

    identifier = os.urandom(12)
    out = attribute(0x06, f"{ufrag}:abcd".encode()) + attribute(0x24, struct.pack("!I", 1845501695)) + attribute(0x802A, os.urandom(8))
    out += attribute(0x08, hmac.digest(password.encode(), message(out, 24), "sha1"))
    out += attribute(0x8028, struct.pack("!I", zlib.crc32(message(out, 8)) ^ 0x5354554E))
    return message(out, 0)


def reply(status, body=b"", *fields):
    """The bytes of an answer over HTTP."""
    body = body.encode() if isinstance(body, str) else body
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def json_answer(sdp=ANSWER, **others):
    """The same, to an offer."""
    return reply("200 OK", json.dumps({"sdp": sdp, "type": "answer", **others}), "Content-Type: application/json")


class CallsTest(VolleyTest):
    def serve_calls(self, how="pong"):
        """A server of calls that behaves as it is told (support/call_server.cpp), ended with the test; returns its port."""
        server = subprocess.Popen([os.environ["CALL_SERVER"], how], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=self.env)

        def end():
            server.kill()
            server.wait(LIMIT)
            server.stdout.close()

        self.addCleanup(end)
        return int(server.stdout.readline())

    def log(self, port):
        """What such a server was asked, a line each."""
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/log", timeout=LIMIT) as answer:
            return answer.read().decode()

    def assert_adds_up(self, result):
        """What is counted in phases of calls is the same however it is added."""
        for phase in (p for server in result["servers"] for p in server["phases"] if "calls" in p):
            calls, name = phase["calls"], phase["name"]
            self.assertEqual(calls["planned"], calls["calls"] + calls["missed"] + calls["saturated"], name)
            self.assertEqual(phase.get("planned", 0), phase["requests"] + phase["missed"] + phase["saturated"], name)
            self.assertEqual(phase["requests"], calls["answered"] + calls["lost"] + calls["failed"], name)
            self.assertEqual(phase["errors"], calls["lost"] + calls["failed"] + phase["saturated"], name)
            self.assertEqual(calls["sent"], calls["answered"] + calls["lost"], name)
            series = phase.get("series", [])
            self.assertEqual(sum(s["done"] for s in series), phase["requests"], name)
            self.assertEqual(sum(s["wrong"] for s in series), calls["lost"] + calls["failed"], name)
            self.assertGreaterEqual(sum(s["started"] for s in series), calls["sent"], "those that were under way at the end, too")
            for one in series:
                self.assertEqual(one["started"] > 0, one["in_flight_max"] > 0, name)

    def run_scenario(self, *args, **how):
        result, done = super().run_scenario(*args, **how)
        if result is not None:
            self.assert_adds_up(result)
        return result, done

    def offer(self, *args, code=0):
        """Runs `volley offer` with -o; returns its phase, the whole result, and the process."""
        file = self.path("result.json")
        done = self.volley("offer", *args, "-o", file)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        result = json.loads(pathlib.Path(file).read_text())
        jsonschema.validate(result, SCHEMA)
        self.assert_adds_up(result)
        return result["servers"][0]["phases"][0], result, done
