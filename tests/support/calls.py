"""WebRTC calls for tests: servers of them, good and bad, and `volley offer`."""

import json
import os
import pathlib
import subprocess
import urllib.request

import jsonschema

from support.volley import LIMIT, SCHEMA, VolleyTest

# A description that nobody stands behind: nothing listens on the discard port of this address.
ANSWER = "\r\n".join([
    "v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE 0",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=mid:0", "a=ice-ufrag:abcd", "a=ice-pwd:" + "p" * 24,
    "a=fingerprint:sha-256 " + ":".join(["AB"] * 32), "a=setup:active", "a=sctp-port:5000",
    "a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host", "a=end-of-candidates", ""])


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

    def offer(self, *args, code=0):
        """Runs `volley offer` with -o; returns its phase, the whole result, and the process."""
        file = self.path("result.json")
        done = self.volley("offer", *args, "-o", file)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        result = json.loads(pathlib.Path(file).read_text())
        jsonschema.validate(result, SCHEMA)
        return result["servers"][0]["phases"][0], result, done
