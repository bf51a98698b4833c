"""A burst of requests, as small as can be: what a test takes for the truth must not come from what it tests."""

import dataclasses
import selectors
import socket
import time
import urllib.parse

LIMIT = 120  # seconds for a whole burst


@dataclasses.dataclass
class Answer:
    """Of one request. Times in seconds after the start of the burst, None where there was none."""

    status: int = 0
    connected: float | None = None
    first_byte: float | None = None
    done: float | None = None
    body: bytes = b""


@dataclasses.dataclass
class Burst:
    answers: list

    def statuses(self):
        """How many answers there were of each status; 0 is none."""
        counted = {}
        for a in self.answers:
            counted[a.status] = counted.get(a.status, 0) + 1
        return counted

    @property
    def makespan(self):
        return max(a.done for a in self.answers if a.done is not None)

    def groups(self, gap):
        """The sizes of the clusters that the right answers' first bytes fall into: more than `gap` seconds apart is another."""
        sizes, before = [], None
        for when in sorted(a.first_byte for a in self.answers if a.status == 200):
            if before is None or when - before > gap:
                sizes.append(0)
            sizes[-1] += 1
            before = when
        return sizes


def burst(url, n, held=True):
    """Sends n requests at once, each on a connection of its own that it asks to be closed: on sockets that are open before
    (`held`), or else each as soon as its socket is connected."""
    parts = urllib.parse.urlsplit(url)
    target = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
    request = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode()
    answers = [Answer() for _ in range(n)]
    sockets, received = [], [b""] * n
    selector = selectors.DefaultSelector()
    try:
        start = time.monotonic()
        for i in range(n):
            s = socket.socket()
            sockets.append(s)
            s.setblocking(False)
            s.connect_ex((parts.hostname, parts.port))
            selector.register(s, selectors.EVENT_WRITE, i)
        unsent, open_ones = n, n
        deadline = start + LIMIT
        waiting = []
        while open_ones:
            ready = selector.select(max(0, deadline - time.monotonic()))
            if not ready:
                break  # what has not come by now has no answer
            now = time.monotonic()
            for key, events in ready:
                i, s = key.data, key.fileobj
                if events & selectors.EVENT_WRITE:
                    answers[i].connected = now - start
                    unsent -= 1
                    if held:
                        selector.unregister(s)
                        waiting.append(i)
                    else:
                        selector.modify(s, selectors.EVENT_READ, i)
                        s.send(request)
                    continue
                try:
                    got = s.recv(1 << 16)
                except OSError:
                    got = b""
                if got and answers[i].first_byte is None:
                    answers[i].first_byte = now - start
                received[i] += got
                if not got:
                    answers[i].done = now - start
                    selector.unregister(s)
                    open_ones -= 1
            if held and unsent == 0 and waiting:
                start = time.monotonic()
                for i in waiting:
                    selector.register(sockets[i], selectors.EVENT_READ, i)
                    sockets[i].send(request)
                waiting = []
    finally:
        for s in sockets:
            s.close()
        selector.close()
    for answer, text in zip(answers, received):
        head, _, answer.body = text.partition(b"\r\n\r\n")
        if head.startswith(b"HTTP/1.") and head[9:12].isdigit():
            answer.status = int(head[9:12])
    return Burst(answers)
