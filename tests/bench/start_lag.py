#!/usr/bin/python3
"""How late requests start at 2,000/s: `volley load --rate` beside a bare timerfd loop, and judged from outside beside h2load and hey.

usage: start_lag.py PROGRAM --timerfd-loop BENCH_TIMERFD_LOOP --arrivals BENCH_ARRIVALS [--pairs 7] [--seconds 10]

The lag is what volley reports itself, from the planned start to the start. The gaps are between arrivals at a server that stamps
them, whatever the client believes. Of the settings that come to 2,000/s in sum h2load and hey have the one that is even at its
best: one client of h2load, four of hey (a single one cannot keep the rate).
"""
import math
import statistics

import pairs
from servers import Arrivals, Nginx

RATE = 2000
CONNECTIONS = 10  # of volley
HEY_WORKERS = 4
BUDGET_P50_US = 100
BUDGET_P99_RATIO = 1.5
WARM_UP = 0.1  # of the gaps, at the start, while connections are opened
NEAR = 0.1     # a gap within this share of the wanted one


def lags(options):
    seconds = options.seconds
    with Nginx() as nginx:
        def volley():
            _, phase = pairs.volley_load(options, nginx.url, "--rate", f"{RATE}/s", "--for", f"{seconds:g}s", seconds=seconds)
            if phase["requests"] < 0.95 * RATE * seconds:
                raise pairs.CannotMeasure(f"volley load made {phase['requests']} requests in {seconds:g} s instead of {RATE}/s")
            return phase["start_lag"]["p50"], phase["start_lag"]["p99"]

        def loop():
            done = pairs.run([options.timerfd_loop, str(RATE), f"{seconds:g}"], seconds)
            return tuple(max(1.0, float(ns)) / 1e9 for ns in done.output.split())

        f = pairs.rounds({"volley": volley, "loop": loop}, options.pairs)
    for name, what in (("volley", "volley"), ("loop", "timerfd loop")):
        cells = [f"{label} {pairs.spread([v[i] for v in f[name]], ' us', 1e6, 0)}" for i, label in enumerate(("p50", "p99"))]
        pairs.row(what, *cells)
    p50 = [v[0] for v in f["volley"]]
    pairs.row("p50 of volley", pairs.spread(p50, " us", 1e6, 0), pairs.verdict(p50, BUDGET_P50_US, 1e6))
    ratios = [pairs.ratios_of([v[i] for v in f["volley"]], [v[i] for v in f["loop"]]) for i in (0, 1)]
    pairs.row("p50, volley / loop", pairs.spread(ratios[0]), pairs.verdict([], None))
    pairs.row("p99, volley / loop", pairs.spread(ratios[1]), pairs.verdict(ratios[1], BUDGET_P99_RATIO))


def judged(gaps):
    """Mean, p50 and p99 in seconds, coefficient of variation, share of the gaps near the wanted one."""
    gaps = gaps[int(len(gaps) * WARM_UP):]
    if len(gaps) < 100:
        raise pairs.CannotMeasure("hardly a request arrived")
    ordered = sorted(gaps)
    mean = statistics.fmean(gaps)
    near = sum(1 for gap in gaps if math.fabs(gap * RATE - 1) <= NEAR) / len(gaps)
    return mean, ordered[len(gaps) // 2], ordered[int(0.99 * (len(gaps) - 1))], statistics.pstdev(gaps) / mean, near


def arrivals(options):
    seconds = options.seconds
    def seen(client):
        with Arrivals(options.arrivals) as server:
            client(server.url)
            return judged(server.gaps())

    measures = {
        "volley": lambda url: pairs.volley_load(options, url, "--rate", f"{RATE}/s", "-c", str(CONNECTIONS), "--for", f"{seconds:g}s",
                                                seconds=seconds),
        "h2load": lambda url: pairs.h2load(url, "--h1", "-c", "1", "--rps", str(RATE), seconds=seconds),
        "hey": lambda url: pairs.run(["hey", "-c", str(HEY_WORKERS), "-q", str(RATE // HEY_WORKERS), "-z", f"{seconds:g}s", url], seconds),
    }
    f = pairs.rounds({name: lambda client=client: seen(client) for name, client in measures.items()}, options.pairs)
    wanted = 1e6 / RATE
    pairs.heading(f"Gaps between arrivals, in us, as a server sees them; wanted is {wanted:g} each ({options.pairs} rounds of {seconds:g} s)")
    print(f"  {'':<10}" + "".join(f"{h:<24}" for h in ("mean", "p50", "p99", "variation (s/mean)", "within 10 %")).rstrip())
    for name, figures in f.items():
        columns = list(zip(*figures))
        cells = [pairs.spread(columns[i], "", 1e6, 0) for i in range(3)]
        cells += [pairs.spread(columns[3]), pairs.spread(columns[4], " %", 100, 1)]
        print(f"  {name:<10}" + "".join(f"{cell:<24}" for cell in cells).rstrip(), flush=True)


def main(options):
    pairs.heading(f"Start lag at {RATE}/s ({options.pairs} pairs of {options.seconds:g} s)")
    lags(options)
    arrivals(options)


if __name__ == "__main__":
    pairs.main(main, pairs.arguments(__doc__, 10, [("--timerfd-loop", "the program bench_timerfd_loop"),
                                                   ("--arrivals", "the program bench_arrivals")]))
