#!/usr/bin/python3
"""What a census costs: its own time and memory, and what the service sees of it.

A worker under Gunicorn keeps so many sessions (a dict of ten small objects each); `linger heap` walks its heap, a
number of times, on the idle worker and on one that is asked all the time: requests run in alternating slices with
and without a census, so that their latency can be compared. Asserts nothing about time: machines differ.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "examples" / "shop")]

from harness.client import Client  # noqa: E402
from harness.paths import BINARIES  # noqa: E402
from harness.report import number  # noqa: E402
from services.gunicorn import Gunicorn  # noqa: E402

APP = """
import gc
KEPT = []

def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path.startswith("/keep/"):
        for i in range(int(path[6:])):
            KEPT.append({f"key{n}": float(i * 10 + n) for n in range(10)})
    body = str(len(gc.get_objects())).encode() if path == "/objects" else b"ok"
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
# A dict, its ten keys and its ten floats.
OBJECTS_PER_SESSION = 21


def take(worker: int) -> tuple[float, float, dict]:
    """Seconds, the most megabytes that it had, and the census."""
    before = time.monotonic()
    child = subprocess.Popen([BINARIES / "linger", "heap", "--pid", str(worker), "--format", "json"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = child.stdout.read(), child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    seconds = time.monotonic() - before
    if status:
        raise SystemExit(f"linger heap: {err.decode()}")
    return seconds, used.ru_maxrss / 1024, json.loads(out)


def resident_mb(tgid: int) -> float:
    pages = int(Path(f"/proc/{tgid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def measure_idle(chosen, worker: int, resident: float) -> None:
    looks = [take(worker) for _ in range(chosen.rounds)]
    census = looks[-1][2]
    objects = sum(number(each, "objects") for each in census["types"])
    seconds = [look[0] for look in looks]
    print(f"{objects} objects, {resident:.0f} MB resident: {statistics.median(seconds) * 1000:.0f} ms "
          f"({min(seconds) * 1000:.0f} to {max(seconds) * 1000:.0f}), linger has "
          f"{max(look[1] for look in looks):.0f} MB", flush=True)


def latencies_ms(client: Client, until) -> list[float]:
    taken = []
    while until():
        before = time.perf_counter()
        client.get("/")
        taken.append((time.perf_counter() - before) * 1000)
        time.sleep(0.002)
    return taken


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def measure_busy(chosen, worker: int, client: Client) -> None:
    """Slices of the same length with a census and without, in alternating order."""
    during, without, failed = [], [], []
    for round_ in range(chosen.rounds):
        child = subprocess.Popen([BINARIES / "linger", "heap", "--pid", str(worker), "--format", "json"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        before = time.monotonic()
        during += latencies_ms(client, lambda: child.poll() is None)
        seconds = time.monotonic() - before
        if child.returncode != 0:
            failed.append(child.stderr.read().splitlines()[-1])
        end = time.monotonic() + seconds
        without += latencies_ms(client, lambda: time.monotonic() < end)
    print(f"requests during a census: median {statistics.median(during):.2f} ms, p99 {p99(during):.2f} ms "
          f"({len(during)}); without: {statistics.median(without):.2f} ms, p99 {p99(without):.2f} ms "
          f"({len(without)}); p99 ratio {p99(during) / p99(without):.2f}; {len(failed)} of {chosen.rounds} censuses failed",
          *sorted(set(failed)), sep="\n  ", flush=True)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--objects", type=int, nargs="*", default=[500_000, 10_000_000])
    options.add_argument("--rounds", type=int, default=9)
    chosen = options.parse_args()
    if os.geteuid() != 0:
        print("needs root", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory(prefix="linger-bench-") as name:
        directory = Path(name)
        os.chmod(directory, 0o755)
        (directory / "keeper.py").write_text(APP)
        for objects in chosen.objects:
            # Filling the heap takes longer than a worker is let run by default.
            server = Gunicorn(directory, "keeper:app", "--workers", "1", "--timeout", "600", chdir=directory, env={},
                              ready_path="/")
            try:
                worker = int(Path(f"/proc/{server.tgid}/task/{server.tgid}/children").read_text().split()[0])
                with Client(server.port, keep_alive=False) as client:
                    for _ in range(20):
                        client.get(f"/keep/{objects // OBJECTS_PER_SESSION // 20}")
                    measure_idle(chosen, worker, resident_mb(worker))
                    measure_busy(chosen, worker, client)
            finally:
                server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
