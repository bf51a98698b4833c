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
