"""A way over UDP between two programs that know nothing of it: it loses, delays and reorders."""

import random
import selectors
import socket
import threading
import time


class Relay:
    """Datagrams between two ends: what comes to the port in the place of one end goes to that end, from the port in the place of the
    other. `ends` holds their addresses, and may be filled in later: what is for an end that is not known yet is lost.

    The same seed loses the same datagrams of each direction, and delays them alike. loss: a share; delay, jitter: seconds."""

    def __init__(self, seed, loss=0.0, delay=0.0, jitter=0.0):
        self.loss, self.delay, self.jitter = loss, delay, jitter
        self.random = [random.Random(f"{seed} to {end}") for end in range(2)]
        self.sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        for s in self.sockets:
            s.bind(("127.0.0.1", 0))
            s.setblocking(False)
        self.ends = [None, None]
        self.lost = self.passed = 0
        self.stopped = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def port(self, end):
        """The port in the place of an end."""
        return self.sockets[end].getsockname()[1]

    def run(self):
        selector = selectors.DefaultSelector()
        for end in range(2):
            selector.register(self.sockets[end], selectors.EVENT_READ, end)
        waiting = []
        while not self.stopped:
            now = time.monotonic()
            for _, end, data in sorted((w for w in waiting if w[0] <= now), key=lambda w: w[0]):
                if self.ends[end]:
                    self.send(end, data)
            waiting = [w for w in waiting if w[0] > now]
            timeout = min([w[0] for w in waiting], default=now + 0.1) - now
            for key, _ in selector.select(max(0, min(timeout, 0.1))):
                try:
                    data, _ = key.fileobj.recvfrom(65536)
                except OSError:  # a port that is closed tells of itself here
                    continue
                # Both numbers are drawn for each, so that what is lost does not depend on what is delayed.
                loses = self.random[key.data].random() < self.loss
                late = self.delay + self.random[key.data].random() * self.jitter
                if loses:
                    self.lost += 1
                    continue
                self.passed += 1
                waiting.append((time.monotonic() + late, key.data, data))
        for s in self.sockets:
            s.close()

    def send(self, end, data):
        try:
            self.sockets[1 - end].sendto(data, self.ends[end])
        except OSError:  # lost, then
            pass

    def stop(self):
        self.stopped = True
        self.thread.join()
