#!/usr/bin/python3
"""What tracing allocations costs a worker: the price of one malloc() with its free(), and its throughput.

The price is what a worker measures itself, in C, inside of a request, with `linger diagnose --memory allocations`
and without, in alternating order. The throughput is that of the sample shop's least endpoint under full load, with
`--memory allocations` and with `--memory growth`, so that only the tracing makes the difference. Asserts nothing
about time: machines differ.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "examples" / "shop")]

from harness import wrk  # noqa: E402
from harness.agent import Running  # noqa: E402
from harness.client import Client  # noqa: E402
from harness.report import number  # noqa: E402
from services.gunicorn import Gunicorn  # noqa: E402
from services.shop import Shop  # noqa: E402

PAIRS_C = """
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* what else runs here does not count */
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* As a Python program asks for them: most of them small. */
int64_t pairs_ns(int count, int bytes)
{
    int64_t begin = now_ns();
    for (int i = 0; i < count; i++) {
        void *volatile block = malloc(bytes);
        free(block);
    }
    return now_ns() - begin;
}
"""

APP = """
import ctypes
LIBRARY = ctypes.CDLL({library!r})
LIBRARY.pairs_ns.restype = ctypes.c_int64

def app(environ, start_response):
    _, count, size = environ["PATH_INFO"].split("/")
    body = str(LIBRARY.pairs_ns(int(count), int(size))).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""

COUNT = 20_000
SETTLE_SECONDS = 1.0


def traced(directory: Path, server, seconds: float, memory: str) -> Running:
    options = ["--memory", memory]
    if memory == "allocations":
        options += ["--trace-budget", "100", "--settle", "1s"]
    return Running(directory, "linger", "diagnose", "--no-agent", *options, "--format", "json", "--duration",
                   f"{seconds:g}s", "--pid", server.tgid)


def pair_ns(server, size: int) -> float:
    with Client(server.port, keep_alive=False) as client:
        return statistics.median(int(client.get(f"/{COUNT}/{size}")) / COUNT for _ in range(9))


def measure_price(chosen, directory: Path) -> None:
    (directory / "pairs.c").write_text(PAIRS_C)
    library = directory / "libpairs.so"
    subprocess.run(["cc", "-O2", "-fno-builtin", "-shared", "-fPIC", "-o", library, directory / "pairs.c"],
                   check=True)
    (directory / "pairs.py").write_text(APP.format(library=str(library)))
    server = Gunicorn(directory, "pairs:app", "--workers", "1", chdir=directory, env={}, ready_path="/1/1")
    try:
        for size in chosen.sizes:
            rows = []
            for pair in range(chosen.pairs):
                row = {}
                for memory in ["allocations", "growth"] if pair % 2 else ["growth", "allocations"]:
                    with traced(directory, server, 5, memory) as diagnosis:
                        diagnosis.wait_attached()
                        row[memory] = pair_ns(server, size)
                        diagnosis.wait()
                rows.append(row)
            added = [row["allocations"] - row["growth"] for row in rows]
            print(f"malloc({size}) + free: {statistics.median(row['growth'] for row in rows):.1f} ns, traced "
                  f"{statistics.median(row['allocations'] for row in rows):.0f} ns, added "
                  f"{statistics.median(added):.0f} ns  ({min(added):.0f} to {max(added):.0f})", flush=True)
    finally:
        server.stop()


def measure_throughput(chosen, directory: Path) -> None:
    with Shop(directory, "healthy") as shop:
        server = shop.gunicorn
        url = server.url + chosen.path
        ratios = []
        for pair in range(chosen.pairs):
            row, reports = {}, {}
            for memory in ["allocations", "growth"] if pair % 2 else ["growth", "allocations"]:
                with traced(directory, server, 4 * SETTLE_SECONDS + chosen.seconds, memory) as diagnosis:
                    diagnosis.wait_attached()
                    wrk.measure(url, SETTLE_SECONDS, chosen.connections)
                    row[memory] = wrk.measure(url, chosen.seconds, chosen.connections).requests_per_second
                    reports[memory] = diagnosis.wait().json()
            ratios.append(row["allocations"] / row["growth"])
            traces = [worker["allocations"] for each in reports["allocations"]["servers"] for worker in each["workers"]
                      if "allocations" in worker]
            hits = max((number(trace, "probeHits") for trace in traces), default=0)
            print(f"pair {pair}: {row['allocations']:8.0f} /s traced, {row['growth']:8.0f} /s not, "
                  f"ratio {ratios[-1]:.3f}, {hits} probes met", flush=True)
        print(f"throughput, traced / not: {statistics.median(ratios):.3f}  "
              f"({min(ratios):.3f} to {max(ratios):.3f})")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--pairs", type=int, default=7)
    options.add_argument("--seconds", type=float, default=3, help="of each run under load; 0: only the price")
    options.add_argument("--connections", type=int, default=4)
    options.add_argument("--path", default="/health")
    options.add_argument("--sizes", type=int, nargs="*", default=[64, 3000])
    chosen = options.parse_args()
    if os.geteuid() != 0:
        print("needs root", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory(prefix="linger-bench-") as name:
        directory = Path(name)
        os.chmod(directory, 0o711)
        measure_price(chosen, directory)
        if chosen.seconds:
            measure_throughput(chosen, directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
