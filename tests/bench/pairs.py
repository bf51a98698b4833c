"""What the load benchmarks share: interleaved rounds, ratios with their spread, budgets, and children measured from outside.

A machine gets slower and faster while it measures. So the things that are compared take turns, the order turns round from one
round to the next, the ratio is taken within each round, and what counts is the median of these ratios.
"""
import argparse
import json
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.splitext(os.path.basename(sys.argv[0]))[0]
FEWEST_PAIRS = 7


class CannotMeasure(Exception):
    """What keeps a benchmark from measuring at all; a budget that is missed is none."""


# --- children -------------------------------------------------------------------------------------------------------

class Done:
    """How a child ended: its output, and the processor time (user and system) of itself and what it waited for, in seconds."""

    def __init__(self, output, cpu, wall, max_rss, max_descriptors):
        self.output, self.cpu, self.wall, self.max_rss, self.max_descriptors = output, cpu, wall, max_rss, max_descriptors


class Watch(threading.Thread):
    """Samples a process while it runs: resident memory in bytes, open descriptors. The maxima are what is kept."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.rss, self.descriptors, self.ended = pid, 0, 0, threading.Event()

    def run(self):
        turn = 0
        while not self.ended.wait(0.02):
            try:
                with open(f"/proc/{self.pid}/status") as status:
                    found = re.search(r"^VmRSS:\s+(\d+) kB", status.read(), re.M)
                if found:
                    self.rss = max(self.rss, int(found.group(1)) * 1024)
                if turn % 10 == 0:  # of ten thousand descriptors this takes milliseconds
                    self.descriptors = max(self.descriptors, len(os.listdir(f"/proc/{self.pid}/fd")))
            except OSError:
                return
            turn += 1


def run(command, seconds, watch=False):
    """Runs a child to its end, which must come within a minute after `seconds`."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begin = time.monotonic()
        try:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        except OSError as e:
            raise CannotMeasure(f"{command[0]} cannot be started: {e.strerror}") from None
        watcher = Watch(child.pid) if watch else None
        if watcher:
            watcher.start()
        late = threading.Timer(seconds + 60, child.kill)
        late.start()
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.kill()
            child.wait()
            raise
        finally:
            late.cancel()
            if watcher:
                watcher.ended.set()
                watcher.join()
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - begin
        out.seek(0)
        err.seek(0)
        output, said = out.read().decode(errors="replace"), err.read().decode(errors="replace")
    if child.returncode != 0:
        last = (said.strip() or output.strip() or "nothing was said").splitlines()[-1]
        raise CannotMeasure(f"`{' '.join(command)}` ended with {child.returncode}: {last}")
    return Done(output, usage.ru_utime + usage.ru_stime, wall, watcher.rss if watcher else 0,
                watcher.descriptors if watcher else 0)


def raise_descriptor_limit():
    """For us and all children, as far as it goes. Returns the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def number_in(pattern, text, of):
    found = re.search(pattern, text, re.M)
    if not found:
        raise CannotMeasure(f"the output of {of} is not understood: {text.strip()[-200:]}")
    return float(found.group(1))


# --- the load generators --------------------------------------------------------------------------------------------

def volley_load(options, url, *flags, seconds, watch=False):
    """`volley load`. Returns how it ended and the phase of its result."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "result.json")
        done = run([options.program, "load", url, "-q", "-o", file, *flags], seconds, watch)
        with open(file) as result:
            phase = json.load(result)["servers"][0]["phases"][0]
    if phase["requests"] < 1 or phase["errors"] > phase["requests"] / 1000:
        raise CannotMeasure(f"volley load: {phase['errors']} errors in {phase['requests']} requests: {phase['errors_by_kind']}")
    return done, phase


def wrk(url, connections, seconds, watch=False):
    """`wrk` on one thread. Returns how it ended and how many requests it made."""
    done = run(["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "30s", url], seconds, watch)
    if re.search(r"Non-2xx|Socket errors: connect [1-9]", done.output):
        raise CannotMeasure(f"wrk: {done.output.strip().splitlines()[-3]}")
    return done, number_in(r"(\d+) requests in", done.output, "wrk")


def h2load(url, *flags, seconds):
    """`h2load` on one thread. Returns how it ended and how many requests succeeded."""
    done = run(["h2load", "-t1", "-D", f"{seconds:g}", *flags, url], seconds)
    succeeded = number_in(r"(\d+) succeeded", done.output, "h2load")
    if succeeded < 1:
        raise CannotMeasure("h2load: not one request succeeded")
    return done, succeeded


# --- rounds, figures, the table -------------------------------------------------------------------------------------

def rounds(measures, n):
    """Calls each of the named measures once a round, n times, in an order that turns round. Returns the figures by name."""
    figures = {name: [] for name in measures}
    for i in range(n):
        for name in list(measures) if i % 2 == 0 else reversed(list(measures)):
            figures[name].append(measures[name]())
    return figures


def ratios_of(ours, theirs):
    return [a / b for a, b in zip(ours, theirs)]


def spread(values, unit="", scale=1.0, digits=2):
    """`0.85 (0.80..0.91)`: the median and where all of them lie."""
    at = sorted(v * scale for v in values)
    return f"{statistics.median(at):.{digits}f}{unit} ({at[0]:.{digits}f}..{at[-1]:.{digits}f})"


def verdict(values, budget, scale=1.0):
    """A budget and what became of it, for the median. Without a budget: reported only."""
    if budget is None:
        return "no budget, reported only"
    kept = statistics.median(values) * scale <= budget
    return f"budget {budget:g}: " + ("kept" if kept else "MISSED")


def verdict_at_least(values, budget):
    """The same of what should be large."""
    kept = statistics.median(values) >= budget
    return f"budget at least {budget:g}: " + ("kept" if kept else "MISSED")


def row(what, *cells):
    print(f"  {what:<34}" + "".join(f"{cell:<29} " for cell in cells).rstrip(), flush=True)


def heading(text):
    print(text, flush=True)


def arguments(description, seconds, extra=()):
    """Command line of a load benchmark: the program, the number of pairs, the seconds of one half."""
    parser = argparse.ArgumentParser(description=description.strip().splitlines()[0])
    parser.add_argument("program", help="the volley to measure")
    parser.add_argument("--pairs", type=int, default=FEWEST_PAIRS, help=f"interleaved rounds (default {FEWEST_PAIRS}; fewer are a try)")
    if seconds:
        parser.add_argument("--seconds", type=float, default=seconds, help=f"of one half of a pair (default {seconds:g})")
    for name, text in extra:
        parser.add_argument(name, required=True, help=text)
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    if options.pairs < 1:
        parser.error("--pairs is at least 1")
    return options


def main(body, options):
    """Runs a benchmark: exit code 0 when it has measured, whatever came of its budgets, and 1 when it could not."""
    raise_descriptor_limit()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of every `with`: servers end with us
    try:
        body(options)
    except CannotMeasure as e:
        sys.exit(f"{HERE}.py: could not measure: {e}")
    except KeyboardInterrupt:
        sys.exit(130)
