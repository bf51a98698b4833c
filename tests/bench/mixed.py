#!/usr/bin/python3
"""200 asynchronous requests alone, and beside 50 thread-sensitive ones that take turns. Prints the median ratio of their p99.

usage: mixed.py PROGRAM [--pairs 7]

One coroutine server serves both: `sleep` views, of which one has the fault `thread`. Both halves of a pair run on it, and
take turns in going first. The synchronous requests are counted while they wait: a pair in which they did not is refused.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from servers import VolleyServe

APP = """version: 1
routes:
  /async: { view: sleep, s: 200ms }
  /sync: { view: sleep, s: 20ms, fault: thread }
  /inflight: inflight
"""
SCENARIO = """version: 1
name: mixed
config: {{ target: "{url}", timeout: 60s }}
scenarios: {{ s: [ {{ get: "{path}" }} ] }}
phases: [ {{ name: p, scenario: s, burst: {n} }} ]
"""


def burst(program, folder, url, path, n):
    file = os.path.join(folder, f"{path[1:]}.yaml")
    with open(file, "w") as out:
        out.write(SCENARIO.format(url=url, path=path, n=n))
    return subprocess.Popen([program, "run", file, "-q", "-o", "-"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL)


def p99_of(process):
    result = json.loads(process.communicate(timeout=120)[0])
    phase = result["servers"][0]["phases"][0]
    if phase["errors"]:
        sys.exit(f"mixed.py: {phase['errors']} requests were not answered as they should be")
    return phase["response_time"]["p99"]


def waiting(program, url):
    answer = subprocess.run([program, "get", url + "/inflight"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    return json.loads(answer.stdout)["routes"].get("/sync", {}).get("running", 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--pairs", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app = os.path.join(folder, "app.yaml")
        with open(app, "w") as out:
            out.write(APP)
        with VolleyServe(options.program, app) as server:
            url = server.url
            alone = lambda: p99_of(burst(options.program, folder, url, "/async", 200))

            def beside():
                sync = burst(options.program, folder, url, "/sync", 50)
                for _ in range(600):  # the solo runs of the other come first
                    if waiting(options.program, url) > 30:
                        break
                    time.sleep(0.01)
                else:
                    sys.exit("mixed.py: the synchronous requests did not pile up")
                p99 = p99_of(burst(options.program, folder, url, "/async", 200))
                p99_of(sync)
                return p99

            alone()
            pairs = []
            for i in range(options.pairs):
                if i % 2:
                    b, a = beside(), alone()
                else:
                    a, b = alone(), beside()
                pairs.append((a, b))
    ratios = sorted(b / a for a, b in pairs)
    a, b = (1e3 * statistics.median(p[i] for p in pairs) for i in (0, 1))
    print(f"200 asynchronous   alone p99 {a:6.1f} ms   beside 50 synchronous p99 {b:6.1f} ms   "
          f"ratio {statistics.median(ratios):.2f}  ({ratios[0]:.2f} to {ratios[-1]:.2f} in {len(ratios)} pairs)")


if __name__ == "__main__":
    main()
