#!/usr/bin/python3
"""1,000 calls of one process against `volley serve`, each with 10 pings a second: losses, the slowest percent, processor time.

usage: call_pings.py PROGRAM [--pairs 7] [--seconds 20]

Calls begin at 100 a second and each pings for so many seconds, so that with 20 all of them are up together for ten. The processor time
of the client is user and system from its fork to its end, the set-up of all calls included, over the time from the first call to the
last answer.
"""
import calls
import pairs
from servers import cpu_of

CALLS = 1000
RATE = 100
PER_SECOND = 10
BUDGET_LOST = 0.1  # percent
BUDGET_P99_MS = 20
BUDGET_CORES = 1.0


def main(options):
    seconds = options.seconds
    lost, p50, p99, lag, client, server_side = [], [], [], [], [], []
    pairs.heading(f"{CALLS} calls, {PER_SECOND} pings a second each for {seconds:g} s ({options.pairs} runs)")
    for _ in range(options.pairs):
        with calls.call_server(options, CALLS) as server:
            flags = ("--calls", str(CALLS), "--rate", f"{RATE}/s", "--every", f"{1000 // PER_SECOND}ms", "--for", f"{seconds:g}s")
            done, phase = calls.volley_offer(options, server.url + "/offer", *flags, seconds=seconds + CALLS / RATE)
            server_side.append(cpu_of(server.process) / phase["elapsed"])
        planned = phase["planned"]
        lost.append((planned - phase["calls"]["answered"]) / planned)
        p50.append(phase["response_time"]["p50"])
        p99.append(phase["response_time"]["p99"])
        lag.append(phase["start_lag"]["p99"])
        client.append(done.cpu / phase["elapsed"])
    pairs.row("not answered, of those planned", pairs.spread(lost, " %", 100, 3), pairs.verdict(lost, BUDGET_LOST, 100))
    pairs.row("round trip from the plan, p50", pairs.spread(p50, " ms", 1e3))
    pairs.row("round trip from the plan, p99", pairs.spread(p99, " ms", 1e3), pairs.verdict(p99, BUDGET_P99_MS, 1e3))
    pairs.row("the generator's own lag, p99", pairs.spread(lag, " ms", 1e3))
    pairs.row("client", pairs.spread(client, " cores"), pairs.verdict(client, BUDGET_CORES))
    pairs.row("server", pairs.spread(server_side, " cores"), pairs.verdict(server_side, None))


if __name__ == "__main__":
    pairs.main(main, pairs.arguments(__doc__, 20))
