#!/usr/bin/python3
"""Round trips on a data channel, 64 bytes, one under way: `volley offer` beside aiortc's own client.

usage: call_rtt.py PROGRAM [--pairs 7]

Each is the median of 2,000 pings of one call, from sending. Against the same server what differs is the client; with both ends of
one maker it is all that either has.
"""
import calls
import pairs

BUDGET = 0.5
BUDGET_US = 150  # where nothing else runs
PINGS = 2000
SIZE = 64
LIMIT = 60


def main(options):
    with calls.call_server(options, 10) as ours, calls.AiortcServer() as theirs:

        def volley(url):
            flags = ("--count", str(PINGS), "--every", "0", "--ping-size", str(SIZE))
            _, phase = calls.volley_offer(options, url + "/offer", *flags, seconds=LIMIT)
            if phase["calls"]["answered"] != PINGS:
                raise pairs.CannotMeasure(f"{phase['calls']['answered']} of {PINGS} pings were answered")
            return phase["service_time"]["p50"]

        pairs.heading(f"Round trip of {SIZE} bytes on a data channel, one under way, p50 of {PINGS} ({options.pairs} rounds)")
        f = pairs.rounds({
            "volley -> volley": lambda: volley(ours.url),
            "volley -> aiortc": lambda: volley(theirs.url),
            "aiortc -> aiortc": lambda: calls.aiortc_client(theirs.url + "/offer", PINGS, SIZE, LIMIT),
        }, options.pairs)
    quiet = {"volley -> volley": BUDGET_US}
    for name, values in f.items():
        pairs.row(name, pairs.spread(values, " us", 1e6, 0), pairs.verdict(values, quiet.get(name), 1e6))
    both = pairs.ratios_of(f["volley -> volley"], f["aiortc -> aiortc"])
    pairs.row("both ends: volley / aiortc", pairs.spread(both), pairs.verdict(both, BUDGET))
    client = pairs.ratios_of(f["volley -> aiortc"], f["aiortc -> aiortc"])
    pairs.row("client alone: volley / aiortc", pairs.spread(client), pairs.verdict(client, BUDGET))


if __name__ == "__main__":
    pairs.main(main, pairs.arguments(__doc__, None))
