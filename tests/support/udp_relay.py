"""A way over UDP that loses, delays and reorders: stands before one port, with a port of its own towards it for each client.

    udp_relay.py --target 127.0.0.1:5000 --loss 5 --delay 20 --jitter 10 --seed 1

prints the port that it listens on as its first line, and what it has moved when its standard input ends. The same seed loses the same
datagrams of each client and direction. For ICE: put the relay's port into the candidates of one side, and take out those of the other.
"""

import argparse
import asyncio
import random
import sys

MOST_CLIENTS = 1000


class Direction:
    """Datagrams that go one way between one client and the target."""

    def __init__(self, model, seed, send):
        self.model = model
        self.random = random.Random(seed)
        self.send = send
        self.came = 0
        self.lost = 0

    def move(self, data):
        self.came += 1
        # Both numbers are drawn for each, so that what is lost does not depend on what is delayed.
        loses = self.random.random() * 100 < self.model.loss
        late = self.model.delay + self.random.random() * self.model.jitter
        if loses:
            self.lost += 1
        elif late == 0:
            self.send(data)
        else:
            asyncio.get_running_loop().call_later(late / 1000, self.send, data)


class Back(asyncio.DatagramProtocol):
    """The port towards the target that belongs to one client."""

    def __init__(self, front, client, model, seed):
        self.transport = None
        self.waiting = []
        self.up = Direction(model, f"{seed} up", self.send)
        self.down = Direction(model, f"{seed} down", lambda data: front.sendto(data, client))

    def connection_made(self, transport):
        self.transport = transport
        for data in self.waiting:
            self.transport.sendto(data)
        self.waiting = []

    def send(self, data):
        if self.transport is None:
            self.waiting.append(data)
        else:
            self.transport.sendto(data)

    def datagram_received(self, data, address):
        self.down.move(data)

    def error_received(self, error):
        pass  # nobody listens there yet, or any longer


class Front(asyncio.DatagramProtocol):
    def __init__(self, model):
        self.model = model
        self.transport = None
        self.clients = {}
        self.tasks = []

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        if address not in self.clients:
            if len(self.clients) >= MOST_CLIENTS:
                return
            back = Back(self.transport, address, self.model, f"{self.model.seed} {len(self.clients)}")
            self.clients[address] = back
            opening = asyncio.get_running_loop().create_datagram_endpoint(lambda: back, remote_addr=self.model.target)
            self.tasks.append(asyncio.create_task(opening))
        self.clients[address].up.move(data)

    def error_received(self, error):
        pass

    def counts(self):
        ways = [way for back in self.clients.values() for way in (back.up, back.down)]
        return f"clients {len(self.clients)} came {sum(w.came for w in ways)} lost {sum(w.lost for w in ways)}"


def endpoint(text):
    host, _, port = text.rpartition(":")
    return host, int(port)


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", type=endpoint, required=True)
    parser.add_argument("--listen", type=endpoint, default=("127.0.0.1", 0))
    parser.add_argument("--loss", type=float, default=0, help="percent")
    parser.add_argument("--delay", type=float, default=0, help="milliseconds, each way")
    parser.add_argument("--jitter", type=float, default=0, help="up to so many milliseconds more; reorders")
    parser.add_argument("--seed", type=int, default=1)
    model = parser.parse_args()
    loop = asyncio.get_running_loop()
    transport, front = await loop.create_datagram_endpoint(lambda: Front(model), local_addr=model.listen)
    print(transport.get_extra_info("sockname")[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(front.counts(), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
