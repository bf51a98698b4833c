#!/usr/bin/python3
"""Start-up beside curl's: `--version`, and one GET to a local server. Prints the median ratio of interleaved pairs.

usage: startup.py PROGRAM [--pairs 7] [--runs 20] [--check 2.0]

Each half of a pair runs its command RUNS times in a row; the halves take turns in going first, so that a machine that
gets slower or faster meanwhile does so for both. Wall time, from the fork to the end. With --check the exit code is 1
if a ratio is above it, and 0 otherwise. The server is `volley serve --port 0`, which prints the port that it took.
"""
import argparse
import os
import statistics
import sys
import time

from pairs import CannotMeasure
from servers import VolleyServe

CURL = "/usr/bin/curl"


def seconds(command, runs, devnull):
    """The mean wall time in seconds of one run of `command`; a failing command ends the program."""
    redirect = [(os.POSIX_SPAWN_DUP2, devnull, fd) for fd in (0, 1, 2)]
    start = time.perf_counter()
    for _ in range(runs):
        pid = os.posix_spawn(command[0], command, os.environ, file_actions=redirect)
        _, status = os.waitpid(pid, 0)
        if status != 0:
            sys.exit(f"startup.py: exit status {os.waitstatus_to_exitcode(status)} of {' '.join(command)}")
    return (time.perf_counter() - start) / runs


def compare(what, ours, theirs, options, devnull):
    """Prints one line and returns the median ratio."""
    seconds(ours, 2, devnull)  # warms the page cache for both
    seconds(theirs, 2, devnull)
    pairs = []
    for i in range(options.pairs):
        if i % 2:
            b, a = seconds(theirs, options.runs, devnull), seconds(ours, options.runs, devnull)
        else:
            a, b = seconds(ours, options.runs, devnull), seconds(theirs, options.runs, devnull)
        pairs.append((a, b))
    ratios = sorted(a / b for a, b in pairs)
    ours_ms, theirs_ms = (1e3 * statistics.median(p[i] for p in pairs) for i in (0, 1))
    median = statistics.median(ratios)
    print(f"{what:<12} volley {ours_ms:6.2f} ms   curl {theirs_ms:6.2f} ms   "
          f"ratio {median:.2f}  ({ratios[0]:.2f} to {ratios[-1]:.2f} in {len(ratios)} pairs)")
    return median


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--check", type=float)
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    devnull = os.open(os.devnull, os.O_RDWR)

    ratios = [compare("--version", [program, "--version"], [CURL, "--version"], options, devnull)]
    try:
        with VolleyServe(program) as server:
            ping = server.url + "/ping"
            ratios.append(compare("one GET", [program, "get", ping], [CURL, "-s", ping], options, devnull))
    except CannotMeasure as e:
        sys.exit(f"startup.py: {e}")
    if options.check is not None and max(ratios) > options.check:
        sys.exit(f"startup.py: a ratio is above {options.check}")


main()
