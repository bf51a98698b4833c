#!/usr/bin/python3
"""Memory per connection of `volley load`, beside wrk's: resident, sampled from outside.

usage: load_memory.py PROGRAM [--pairs 7] [--seconds 6]

What 10,000 connections take more than 100 do, over their difference. The server is nginx. Where the system allows fewer
descriptors, fewer connections are opened, and the table says how many. That all were open is seen in the client's descriptors.
"""
import resource

import pairs
from servers import Nginx

BUDGET_KIB = 4.5
MANY, FEW = 10_000, 100
OTHER_DESCRIPTORS = 500


def main(options):
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    many = MANY if limit == resource.RLIM_INFINITY else min(MANY, limit - OTHER_DESCRIPTORS)
    if many < 5 * FEW:
        raise pairs.CannotMeasure(f"this process may open {limit} descriptors only")
    seconds = options.seconds

    def rss(client, connections):
        # A server of its own for each: the addresses of ten thousand closed connections stay taken for a minute.
        with Nginx() as nginx:
            done = client(nginx.url, connections)
        if done.max_descriptors < connections:
            raise pairs.CannotMeasure(f"{done.max_descriptors} descriptors were open at most where {connections} connections were wanted")
        return done.max_rss

    def volley(url, connections):
        return pairs.volley_load(options, url, "-c", str(connections), "-t", "1", "--for", f"{seconds:g}s", seconds=seconds, watch=True)[0]

    def wrk(url, connections):
        return pairs.wrk(url, connections, seconds, watch=True)[0]

    def each(client):
        return (rss(client, many) - rss(client, FEW)) / (many - FEW)

    pairs.heading(f"Resident memory for each of {many} connections over the first {FEW} ({options.pairs} pairs)")
    f = pairs.rounds({"volley": lambda: each(volley), "wrk": lambda: each(wrk)}, options.pairs)
    pairs.row("volley", pairs.spread(f["volley"], " KiB", 1 / 1024), pairs.verdict(f["volley"], BUDGET_KIB, 1 / 1024))
    pairs.row("wrk", pairs.spread(f["wrk"], " KiB", 1 / 1024))
    if min(f["wrk"]) > 0:
        pairs.row("volley / wrk", pairs.spread(pairs.ratios_of(f["volley"], f["wrk"])), pairs.verdict([], None))


if __name__ == "__main__":
    pairs.main(main, pairs.arguments(__doc__, 6))
