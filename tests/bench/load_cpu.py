#!/usr/bin/python3
"""Processor time per request of `volley load`, beside wrk's and beside that of a bare epoll loop which reads and parses nothing.

usage: load_cpu.py PROGRAM --epoll-loop BENCH_EPOLL_LOOP [--pairs 7] [--seconds 5]

The server is one worker of nginx; it answers 11 bytes. The time is user and system of the whole client, from its fork to its end.
"""
import pairs
from servers import Nginx

BUDGET = 0.90
BUDGET_OPEN = 1.25
FEW, MANY = 64, 1000
OPEN_AS = 4  # connections of the closed run whose rate the open one is given: both have idle time then


def main(options):
    seconds = options.seconds
    with Nginx() as nginx:
        port = str(nginx.port)

        def volley(connections, *flags):
            # At a rate connections are opened as they are needed: in a stall of ten milliseconds that is by the thousand.
            users = ("-c", "10000" if "--rate" in flags else str(connections))
            done, phase = pairs.volley_load(options, nginx.url, *users, "-t", "1", "--for", f"{seconds:g}s", *flags, seconds=seconds)
            rates.append(phase["requests"] / phase["elapsed"])
            return done.cpu / phase["requests"]

        def wrk(connections):
            done, requests = pairs.wrk(nginx.url, connections, seconds)
            return done.cpu / requests

        def loop(connections):
            done = pairs.run([options.epoll_loop, port, str(connections), f"{seconds:g}"], seconds)
            return done.cpu / max(1.0, pairs.number_in(r"(\d+)", done.output, "the loop"))

        pairs.heading(f"Processor time per request, HTTP/1.1 kept alive ({options.pairs} rounds of {seconds:g} s)")
        rates = []
        for connections in (FEW, MANY):
            f = pairs.rounds({"volley": lambda: volley(connections), "wrk": lambda: wrk(connections), "loop": lambda: loop(connections)},
                             options.pairs)
            what = f"{connections} connections"
            for name in f:
                pairs.row(f"{what}: {name}", pairs.spread(f[name], " us", 1e6))
            ratios = pairs.ratios_of(f["volley"], f["wrk"])
            pairs.row(f"{what}: volley / wrk", pairs.spread(ratios), pairs.verdict(ratios, BUDGET))
            pairs.row(f"{what}: bare loop / wrk", pairs.spread(pairs.ratios_of(f["loop"], f["wrk"])), pairs.verdict([], None))

        def open_mode():
            cpu = volley(OPEN_AS, "--rate", f"{rate}/s")
            opened.append(rates[-1])
            return cpu

        rates, opened = [], []
        volley(OPEN_AS)
        rate = max(1, int(rates[-1]))
        f = pairs.rounds({"open": open_mode, "closed": lambda: volley(OPEN_AS)}, options.pairs)
        ratios = pairs.ratios_of(f["open"], f["closed"])
        pairs.row(f"open, {rate}/s: volley", pairs.spread(f["open"], " us", 1e6), f"reached {pairs.spread(opened, '/s', 1, 0)}")
        pairs.row("open / closed", pairs.spread(ratios), pairs.verdict(ratios, BUDGET_OPEN))


if __name__ == "__main__":
    pairs.main(main, pairs.arguments(__doc__, 5, [("--epoll-loop", "the program bench_epoll_loop")]))
