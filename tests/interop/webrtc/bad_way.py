"""A way between the two ends of a call that loses, delays and reorders, for stacks that know nothing of it.

It stands between client and server of `POST /offer`, and puts ports of its own in the place of those that both name."""
import http.server
import json
import random
import re
import selectors
import socket
import threading
import time
import urllib.request

CANDIDATE = re.compile(r"a=candidate:(\S+) (\d+) (\S+) (\d+) (\S+) (\d+) typ host[^\r\n]*")


class Relay:
    """Datagrams between one client and one server: what comes in at one socket leaves by the other one."""

    def __init__(self, seed, loss, delay, jitter):
        self.random, self.loss, self.delay, self.jitter = random.Random(seed), loss, delay, jitter
        self.sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]  # in the place of client and server
        for s in self.sockets:
            s.bind(("127.0.0.1", 0))
            s.setblocking(False)
        self.ends = [None, None]
        self.lost = self.passed = 0
        self.stopped = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def port(self, end):
        return self.sockets[end].getsockname()[1]

    def run(self):
        selector = selectors.DefaultSelector()
        for end in range(2):
            selector.register(self.sockets[end], selectors.EVENT_READ, end)
        waiting = []
        while not self.stopped:
            now = time.monotonic()
            for due, end, data in [w for w in waiting if w[0] <= now]:
                if self.ends[end]:
                    self.sockets[1 - end].sendto(data, self.ends[end])
            waiting = [w for w in waiting if w[0] > now]
            timeout = min([w[0] for w in waiting], default=now + 0.1) - now
            for key, _ in selector.select(max(0, min(timeout, 0.1))):
                try:
                    data, _ = key.fileobj.recvfrom(65536)
                except OSError:  # a port that is closed tells of itself here
                    continue
                if self.random.random() < self.loss:
                    self.lost += 1
                    continue
                self.passed += 1
                # What is sent to the place of one end is for that end.
                waiting.append((time.monotonic() + self.delay + self.random.random() * self.jitter, key.data, data))
        for s in self.sockets:
            s.close()

    def stop(self):
        self.stopped = True
        self.thread.join()


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
