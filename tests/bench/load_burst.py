#!/usr/bin/python3
"""10,000 requests at once to a view that sleeps a second: the makespan of `volley load --burst` against `volley serve`.

usage: load_burst.py PROGRAM [--pairs 7]

Two processes, client and server, both new for each run: the addresses of closed connections stay taken for a minute.
The ratio is the makespan over the second that one request takes.
"""
import resource

import pairs
from servers import VolleyServe

BUDGET = 1.5
BURST = 10_000
SLEEP = 1.0
OTHER_DESCRIPTORS = 500


def main(options):
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit != resource.RLIM_INFINITY and limit < BURST + OTHER_DESCRIPTORS:
        raise pairs.CannotMeasure(f"this process may open {limit} descriptors only")
    lags = []

    def once():
        with VolleyServe(options.program) as server:
            _, phase = pairs.volley_load(options, f"{server.url}/offer?s={SLEEP:g}", "--burst", str(BURST), seconds=120)
        if phase["errors"] or not phase.get("burst", {}).get("complete") or phase["burst"]["n"] != BURST:
            raise pairs.CannotMeasure(f"the burst is not complete: {phase['right']} right, errors {phase['errors_by_kind']}")
        lags.append(phase["burst"]["own_lag"])
        return phase["burst"]["makespan"]

    pairs.heading(f"A burst of {BURST} requests that take {SLEEP:g} s each ({options.pairs} runs)")
    makespans = pairs.rounds({"burst": once}, options.pairs)["burst"]
    pairs.row("makespan", pairs.spread(makespans, " s"), pairs.verdict(makespans, BUDGET))
    pairs.row("each run", "  ".join(f"{m:.2f}" for m in makespans))
    pairs.row("makespan / sleep", pairs.spread([m / SLEEP for m in makespans]))
    pairs.row("the generator's own lag", pairs.spread(lags, " ms", 1e3, 1))


if __name__ == "__main__":
    pairs.main(main, pairs.arguments(__doc__, None))
