#!/usr/bin/python3
"""How far the model's predictions are from the truth: each setting that it predicts for is tried.

A Gunicorn with the ground-truth application is loaded by a fixed number of clients while `linger diagnose` looks on;
then the same load is put on a server with each of the settings predicted for, with nothing looking on. What wrk's
clients saw stands beside the prediction. Asserts nothing about time: machines differ.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "examples" / "shop")]

from harness.agent import Running  # noqa: E402
from harness.closed_load import closed_load  # noqa: E402
from harness.settings import options_of  # noqa: E402
from harness.workload import Workload  # noqa: E402

LOADS = {
    "naps": ["/nap/120", "/nap/40", "/nap/80"],
    "database": ["/database"],
    "mixed": ["/nap/60", "/database", "/nap/30", "/cpu", "/nap/90"],
    "computing": ["/cpu"],
}
STARTS = {
    "sync": ["--worker-class", "sync", "--workers", "2"],
    "one": ["--worker-class", "sync", "--workers", "1"],
    "gthread": ["--worker-class", "gthread", "--workers", "2", "--threads", "2"],
}
PLANS = [("naps", "sync"), ("database", "sync"), ("mixed", "sync"), ("computing", "one"), ("naps", "gthread"),
         ("mixed", "gthread")]


def off(predicted: float, measured: float) -> str:
    return f"{100 * (predicted - measured) / measured:+5.1f} %"


def line(name: str, predicted: dict, seen) -> None:
    print(f"  {name:34} {seen.requests_per_second:8.1f} {off(predicted['requestsPerSecond'], seen.requests_per_second)}"
          f"  {seen.p50_ns / 1e6:8.1f} {off(int(predicted['wallP50Ns']), seen.p50_ns)}"
          f"  {seen.p95_ns / 1e6:8.1f} {off(int(predicted['wallP95Ns']), seen.p95_ns)}", flush=True)


def run(workload: Workload, directory: Path, load: str, start: str, clients: int, seconds: float) -> None:
    paths = LOADS[load]
    with workload.serve(*STARTS[start]) as server, \
            Running(directory, "linger", "diagnose", "--no-agent", "--format", "json", "--duration", "10m", "--pid",
                    server.tgid).wait_attached() as diagnosis:
        seen = closed_load(server.port, paths, clients, seconds)
        report = diagnosis.finish().json()
    what_if = report["servers"][0].get("whatIf")
    if what_if is None:
        print(f"{load}, {' '.join(STARTS[start])}: nothing predicted; findings "
              f"{[finding['rule'] for finding in report.get('findings', [])]}")
        return
    print(f"{load}, {clients} clients ({what_if.get('clients', 'open')} by the model): measured requests/s, p50 ms, "
          "p95 ms, and how far the prediction is off")
    line("as it is: " + " ".join(STARTS[start][1::2]), what_if["present"]["performance"], seen)
    for setting in what_if["alternatives"]:
        with workload.serve(*options_of(setting)) as server:
            closed_load(server.port, paths, clients, 1)
            seen = closed_load(server.port, paths, clients, seconds)
        line(" ".join(options_of(setting)[1::2]) + (" *" if setting.get("advised") else ""), setting["performance"], seen)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--clients", type=int, default=12)
    options.add_argument("--seconds", type=float, default=10)
    options.add_argument("--only", help="LOAD:START, one of " + ", ".join(map(":".join, PLANS)))
    chosen = options.parse_args()
    plans = PLANS if chosen.only is None else [tuple(chosen.only.split(":"))]
    with tempfile.TemporaryDirectory(prefix="linger-bench-") as name:
        directory = Path(name)
        os.chmod(directory, 0o755)
        with Workload(directory) as workload:
            for load, start in plans:
                run(workload, directory, load, start, chosen.clients, chosen.seconds)


if __name__ == "__main__":
    main()
