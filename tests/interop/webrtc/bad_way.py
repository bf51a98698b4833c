"""A way between the two ends of a call that loses, delays and reorders, for stacks that know nothing of it.

It stands between client and server of `POST /offer`, and puts ports of its own in the place of those that both name."""
import http.server
import json
import re
import threading
import urllib.request

from support.udp_relay import Relay

CANDIDATE = re.compile(r"a=candidate:(\S+) (\d+) (\S+) (\d+) (\S+) (\d+) typ host[^\r\n]*")


class BadWay:
    """Passes offers on to `target`, each call through a relay of its own; `url` is where to send them."""

    def __init__(self, target, seed, loss=0.1, delay=0.05, jitter=0.03):
        self.relays = []
        way = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                relay = Relay(seed + len(way.relays), loss, delay, jitter)
                way.relays.append(relay)
                body["sdp"] = way.moved(body["sdp"], relay, 0)
                request = urllib.request.Request(target, json.dumps(body).encode(), {"Content-Type": "application/json"})
                answer = json.loads(urllib.request.urlopen(request, timeout=60).read())
                answer["sdp"] = way.moved(answer["sdp"], relay, 1)
                text = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/offer"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def moved(sdp, relay, end):
        """The description with one candidate, the relay's, for the first one of IPv4."""
        lines = []
        for line in sdp.split("\r\n"):
            candidate = CANDIDATE.fullmatch(line)
            if not line.startswith("a=candidate:"):
                lines.append(line)
            elif candidate and candidate[3].lower() == "udp" and candidate[2] == "1" and candidate[5] == "127.0.0.1":
                if relay.ends[end] in (None, (candidate[5], int(candidate[6]))):
                    relay.ends[end] = (candidate[5], int(candidate[6]))
                    lines.append(f"a=candidate:1 1 udp 2130706431 127.0.0.1 {relay.port(end)} typ host")
        return "\r\n".join(lines)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        for relay in self.relays:
            relay.stop()
