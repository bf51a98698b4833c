#!/usr/bin/python3
"""Processor time of a server for one session of video at 640x480, 30 frames a second and 500 kbit/s: `volley serve` beside aiortc's.

usage: stream_cpu.py PROGRAM [--pairs 7] [--seconds 8]

The same client calls both: `volley offer --video TRANSFORM`, what it sends encoded once, what comes back decoded for one session alone. The
processor time of a server is user and system while the calls last, set-up included, over their length and number. Sessions per core are
one over that. At the end many sessions of one client process: its own processor time, and how many of its frames came back.
"""
import calls
import pairs
from servers import cpu_of

BUDGET_REFLECT = 0.3  # percent of a core for a session
SESSIONS = {"reflect": 20, "none": 2, "edges": 2, "cartoon": 1}
MANY = 200


def main(options):
    seconds = options.seconds

    def per_session(server, transform, sessions):
        flags = ("--video", transform, "--calls", str(sessions), "--decode-every", "1000000", "--count", "0", "--for", f"{seconds:g}s")
        before = cpu_of(server.process)
        _, phase = calls.volley_offer(options, server.url + "/offer", *flags, seconds=seconds + 20)
        video = phase["calls"]["media"]["video"]
        if video["calls"] != sessions:
            raise pairs.CannotMeasure(f"{video['calls']} of {sessions} calls had video")
        shares[f"{server.__class__.__name__} {transform}"].append(video["returned"] / max(1, video["sent"]))
        return (cpu_of(server.process) - before) / video["length"]

    shares = {}
    with calls.call_server(options, MANY) as ours, calls.AiortcServer() as theirs:
        rounds = {}
        for transform, sessions in SESSIONS.items():
            shares[f"{ours.__class__.__name__} {transform}"] = []
            rounds[f"volley {transform}"] = lambda t=transform, n=sessions: per_session(ours, t, n)
            if transform != "reflect":
                shares[f"{theirs.__class__.__name__} {transform}"] = []
                rounds[f"aiortc {transform}"] = lambda t=transform: per_session(theirs, t, 1)
        pairs.heading(f"Server's processor time for a session of video, 640x480, 30/s, for {seconds:g} s ({options.pairs} rounds)")
        found = pairs.rounds(rounds, options.pairs)
        budgets = {"volley reflect": BUDGET_REFLECT}
        for name, values in found.items():
            pairs.row(name, pairs.spread(values, " % of a core ", 100), pairs.verdict(values, budgets.get(name), 100))
        for transform in SESSIONS:
            if transform != "reflect":
                ratios = pairs.ratios_of(found[f"volley {transform}"], found[f"aiortc {transform}"])
                pairs.row(f"{transform}: volley / aiortc", pairs.spread(ratios), pairs.verdict(ratios, None))
        for name, values in shares.items():
            pairs.row(f"frames back, {name}", pairs.spread(values, " %", 100))

        pairs.heading(f"{MANY} sessions of one client process, reflected, one in 20 decoded")
        client, back, slow = [], [], []
        for _ in range(min(3, options.pairs)):
            flags = ("--video", "reflect", "--calls", str(MANY), "--rate", "100/s", "--decode-every", "20", "--count", "0", "--for", f"{seconds:g}s")
            done, phase = calls.volley_offer(options, ours.url + "/offer", *flags, seconds=seconds + 30)
            video = phase["calls"]["media"]["video"]
            client.append(done.cpu / (video["length"] / MANY))
            back.append(video["returned"] / max(1, video["sent"]))
            slow.append(video["round_trip"]["p99"])
        pairs.row("client", pairs.spread(client, " cores"), pairs.verdict(client, None))
        pairs.row("frames back", pairs.spread(back, " %", 100))
        pairs.row("round trip, p99", pairs.spread(slow, " ms", 1e3))


if __name__ == "__main__":
    pairs.main(main, pairs.arguments(__doc__, 8))
