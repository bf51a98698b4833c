#!/usr/bin/python3
"""Memory per WebRTC call of `volley offer` and of `volley serve`: resident, sampled from outside.

usage: call_memory.py PROGRAM [--pairs 7] [--seconds 3]

What 1,000 calls with open data channels take more than 100 do, over their difference: the most that was seen at any time, setting up
included.
"""
import calls
import pairs

BUDGET_KIB = 100
MANY, FEW = 1000, 100
RATE = 200


def main(options):
    seconds = options.seconds

    def rss(count):
        """Of client and server, in bytes."""
        with calls.call_server(options, count) as server:
            watch = pairs.Watch(server.process.pid)
            watch.start()
            try:
                flags = ("--calls", str(count), "--rate", f"{RATE}/s", "--for", f"{count / RATE + seconds:g}s")
                done, phase = calls.volley_offer(options, server.url + "/offer", *flags, seconds=2 * count / RATE + seconds, watch=True)
            finally:
                watch.ended.set()
                watch.join()
        if done.max_descriptors < count:
            raise pairs.CannotMeasure(f"{done.max_descriptors} descriptors were open at most where {count} calls were wanted")
        return done.max_rss, watch.rss

    def each():
        (client_many, server_many), (client_few, server_few) = rss(MANY), rss(FEW)
        server_side.append((server_many - server_few) / (MANY - FEW))
        return (client_many - client_few) / (MANY - FEW)

    server_side = []
    pairs.heading(f"Resident memory for each of {MANY} calls over the first {FEW} ({options.pairs} runs)")
    client_side = [each() for _ in range(options.pairs)]
    pairs.row("client", pairs.spread(client_side, " KiB", 1 / 1024, 1), pairs.verdict(client_side, BUDGET_KIB, 1 / 1024))
    pairs.row("server", pairs.spread(server_side, " KiB", 1 / 1024, 1), pairs.verdict(server_side, BUDGET_KIB, 1 / 1024))


if __name__ == "__main__":
    pairs.main(main, pairs.arguments(__doc__, 3))
