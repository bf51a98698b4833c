#!/usr/bin/python3
"""Calls set up per second by `volley offer` and `volley serve` on two processors, and how long one takes.

usage: call_setup.py PROGRAM [--pairs 7]

A call is set up when its data channel is open. The rate is that of 600 calls which begin at once, to the end of the last hang-up. How
long one takes is told twice: of calls that follow each other at 20 a second, and of a program that makes a single one.
"""
import os

import calls
import pairs
from servers import cpu_of

BUDGET_RATE = 300
BUDGET_MS = 20
AT_ONCE = 600
SLOW, SLOW_RATE = 60, 20
LIMIT = 60


def main(options):
    two = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, two)  # of all that is started here
    cpu = {"client": [], "server": []}

    def rate():
        with calls.call_server(options, AT_ONCE) as server:
            done, phase = calls.volley_offer(options, server.url + "/offer", "--calls", str(AT_ONCE), "--count", "0", seconds=LIMIT)
            cpu["client"].append(done.cpu / AT_ONCE)
            cpu["server"].append(cpu_of(server.process) / AT_ONCE)
        return phase["calls"]["set_up"] / phase["elapsed"]

    def calm(url):
        flags = ("--calls", str(SLOW), "--rate", f"{SLOW_RATE}/s", "--count", "0")
        return calls.volley_offer(options, url, *flags, seconds=LIMIT)[1]["calls"]["setup_time"]["p50"]

    def single(url):
        return calls.volley_offer(options, url, "--count", "0", seconds=LIMIT)[1]["calls"]["setup_time"]["p50"]

    pairs.heading(f"Setting calls up until the data channel is open, both ends on processors {', '.join(map(str, two))} ({options.pairs} rounds)")
    with calls.call_server(options, AT_ONCE) as server:
        url = server.url + "/offer"
        single(url)  # the first call has the server make its certificate
        f = pairs.rounds({"rate": rate, "calm": lambda: calm(url), "single": lambda: single(url)}, options.pairs)
    pairs.row(f"{AT_ONCE} at once", pairs.spread(f["rate"], "/s", 1, 0), pairs.verdict_at_least(f["rate"], BUDGET_RATE))
    for side, values in cpu.items():
        pairs.row(f"processor time of a call: {side}", pairs.spread(values, " ms", 1e3), pairs.verdict(values, None))
    pairs.row(f"one of {SLOW} at {SLOW_RATE}/s, p50", pairs.spread(f["calm"], " ms", 1e3, 1), pairs.verdict(f["calm"], BUDGET_MS, 1e3))
    pairs.row("a single one", pairs.spread(f["single"], " ms", 1e3, 1), pairs.verdict(f["single"], BUDGET_MS, 1e3))


if __name__ == "__main__":
    pairs.main(main, pairs.arguments(__doc__, None))
