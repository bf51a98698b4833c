#!/usr/bin/python3
"""Calls set up per second by `volley serve --processes N` beside those by one process, as a ratio.

usage: call_processes.py PROGRAM [--pairs 7]

A call is set up when its data channel is open. The rate is that of 300 calls which each of as many `volley offer` as there are processes
begins at once, from the first of them to the last hang-up of all. Callers take as much of the processors as servers do: for two processes
to do twice as much, four processors must be idle.
"""
import concurrent.futures
import os
import time

import calls
import pairs
from servers import VolleyServe

AT_ONCE = 300  # of each caller
LIMIT = 60


def main(options):
    processors = len(os.sched_getaffinity(0))
    counts = (2, 4) if processors >= 8 else (2,)

    def rate(callers, processes):
        flags = ("--calls", str(AT_ONCE), "--count", "0")
        with VolleyServe(options.program, "--max-calls", str(callers * AT_ONCE), "--processes", str(processes)) as server:
            with concurrent.futures.ThreadPoolExecutor(callers) as pool:
                begun = time.monotonic()
                done = [pool.submit(calls.volley_offer, options, server.url + "/offer", *flags, seconds=LIMIT) for _ in range(callers)]
                set_up = sum(one.result()[1]["calls"]["set_up"] for one in done)
                return set_up / (time.monotonic() - begun)

    pairs.heading(f"Setting calls up with several processes, on {processors} processors ({options.pairs} rounds)")
    for n in counts:
        f = pairs.rounds({"one": lambda: rate(n, 1), "several": lambda: rate(n, n)}, options.pairs)
        pairs.row(f"{n} callers, 1 process", pairs.spread(f["one"], "/s", 1, 0), pairs.verdict(f["one"], None))
        pairs.row(f"{n} callers, {n} processes", pairs.spread(f["several"], "/s", 1, 0), pairs.verdict(f["several"], None))
        ratio = pairs.ratios_of(f["several"], f["one"])
        pairs.row("ratio", pairs.spread(ratio), pairs.verdict(ratio, None))


if __name__ == "__main__":
    pairs.main(main, pairs.arguments(__doc__, None))
