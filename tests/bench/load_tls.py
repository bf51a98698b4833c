#!/usr/bin/python3
"""Processor time per request over TLS of `volley load`, beside h2load's: HTTP/1.1 kept alive, and HTTP/2.

usage: load_tls.py PROGRAM [--pairs 7] [--seconds 5]

The server is one worker of nginx with a certificate that it has signed itself. The time is user and system of the whole client,
handshakes included. HTTP/2 has no budget: one stream at a time on each connection for h2load, and what volley makes of it.
"""
import pairs
from servers import Nginx

BUDGET = 1.0
CONNECTIONS = 64


def main(options):
    seconds = options.seconds
    pairs.heading(f"Processor time per request over TLS, {CONNECTIONS} connections ({options.pairs} pairs of {seconds:g} s)")
    for what, http2, ours, theirs, budget in (("HTTP/1.1", False, [], ["--h1"], BUDGET), ("HTTP/2", True, ["--http2"], [], None)):
        with Nginx(tls=True, http2=http2) as nginx:
            def volley():
                done, phase = pairs.volley_load(options, nginx.url, "-c", str(CONNECTIONS), "-t", "1", "--for", f"{seconds:g}s", "--verify",
                                                "no", *ours, seconds=seconds)
                return done.cpu / phase["requests"]

            def h2load():
                done, requests = pairs.h2load(nginx.url, "-c", str(CONNECTIONS), *theirs, seconds=seconds)
                return done.cpu / requests

            f = pairs.rounds({"volley": volley, "h2load": h2load}, options.pairs)
        for name in f:
            pairs.row(f"{what}: {name}", pairs.spread(f[name], " us", 1e6))
        ratios = pairs.ratios_of(f["volley"], f["h2load"])
        pairs.row(f"{what}: volley / h2load", pairs.spread(ratios), pairs.verdict(ratios, budget))


if __name__ == "__main__":
    pairs.main(main, pairs.arguments(__doc__, 5))
