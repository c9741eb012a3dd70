#!/usr/bin/python3
"""What watching costs the sample shop: one endpoint at full load, with the agent and without.

Pairs of runs, one with lingerd and one without, in alternating order, against the same server. Prints
a line a pair, then the medians with their spread. Asserts nothing about time: machines differ.
"""

import argparse
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "examples" / "shop")]

from harness import wrk  # noqa: E402
from harness.agent import Lingerd, Running  # noqa: E402
from harness.report import number  # noqa: E402
from services.shop import Shop  # noqa: E402

SETTLE_SECONDS = 1.0


@dataclass(frozen=True)
class Run:
    """One measurement under full load."""

    throughput: wrk.Throughput
    worker_cpu_ns: float  # per request


@dataclass(frozen=True)
class Cost:
    """The agent's own figures, per request that it saw, and what it holds."""

    agent_cpu_ns: float
    bpf_run_ns: float
    agent_rss_bytes: int
    records_lost: int


def cpu_ns(tgids) -> int:
    """The time that all threads of these processes have run, from the scheduler's own account."""
    accounts = (task / "schedstat" for tgid in tgids for task in Path(f"/proc/{tgid}/task").iterdir())
    return sum(int(account.read_text().split()[0]) for account in accounts)


def measure(server, chosen) -> Run:
    url = server.url + chosen.path
    # Caches, clocks and the interpreter's own adaptation settle before anything counts.
    wrk.measure(url, SETTLE_SECONDS, chosen.connections)
    workers = server.workers()
    before = cpu_ns(workers)
    throughput = wrk.measure(url, chosen.seconds, chosen.connections)
    return Run(throughput, (cpu_ns(workers) - before) / throughput.requests)


def measure_watched(server, chosen, directory: Path) -> tuple[Run, Cost]:
    """The same with an agent, which is asked for its own cost in the middle of the load."""
    with Lingerd(directory) as agent:
        with Running(directory, "linger", "diagnose", "--agent", agent.address, "--pid", server.tgid,
                     "--format", "json", "--duration",
                     f"{SETTLE_SECONDS + chosen.seconds:g}s") as diagnosis:
            run = measure(server, chosen)
            coverage = diagnosis.wait().json()["coverage"]
    seen = number(coverage, "requestsSeen")
    return run, Cost(number(coverage, "agentCpuNs") / seen, number(coverage, "bpfRunNs") / seen,
                     number(coverage, "agentRssBytes"), number(coverage, "recordsLost"))


def spread(values, form: str) -> str:
    """The median, and the least and the greatest."""
    return (f"{format(statistics.median(values), form)}"
            f"  ({format(min(values), form)} to {format(max(values), form)})")


def print_pair(pair: int, on: Run, off: Run, cost: Cost) -> None:
    print(f"pair {pair}: {on.throughput.requests_per_second:8.0f} /s on, "
          f"{off.throughput.requests_per_second:8.0f} /s off, "
          f"ratio {ratio(on, off):.3f}, p99 {on.throughput.p99_ms:.2f} ms on, "
          f"{off.throughput.p99_ms:.2f} ms off, target {added_us(on, off):+.2f} us/request, "
          f"BPF {cost.bpf_run_ns / 1000:.2f} us/request", flush=True)


def ratio(on: Run, off: Run) -> float:
    return on.throughput.requests_per_second / off.throughput.requests_per_second


def added_us(on: Run, off: Run) -> float:
    return (on.worker_cpu_ns - off.worker_cpu_ns) / 1000


def print_summary(pairs: list[tuple[Run, Run, Cost]]) -> None:
    rows = {
        "throughput, on / off": spread([ratio(on, off) for on, off, _ in pairs], ".3f"),
        "p99, on / off": spread([on.throughput.p99_ms / off.throughput.p99_ms
                                 for on, off, _ in pairs], ".3f"),
        "target CPU, us/request": spread([off.worker_cpu_ns / 1000 for _, off, _ in pairs], ".1f"),
        "  added, us/request": spread([added_us(on, off) for on, off, _ in pairs], "+.2f"),
        "BPF run time, us/request": spread([cost.bpf_run_ns / 1000 for *_, cost in pairs], ".2f"),
        "agent CPU, us/request": spread([cost.agent_cpu_ns / 1000 for *_, cost in pairs], ".2f"),
        "agent RSS, MiB": spread([cost.agent_rss_bytes / 2**20 for *_, cost in pairs], ".1f"),
        "records lost": spread([cost.records_lost for *_, cost in pairs], ".0f"),
    }
    print(f"\n{'median of ' + str(len(pairs)) + ' pairs':<26}  (least to greatest)")
    for name, text in rows.items():
        print(f"{name:<26}  {text}")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--pairs", type=int, default=7)
    options.add_argument("--seconds", type=float, default=3, help="of each run")
    options.add_argument("--connections", type=int, default=4)
    options.add_argument("--path", default="/health",
                         help="what is asked for; /product/1 asks Redis")
    options.add_argument("--mode", choices=["healthy", "sick"], default="sick",
                         help="which Gunicorn: the sick shop's sync workers (the default; a"
                              " connection for each request), or the healthy one's threads")
    chosen = options.parse_args()
    pairs = []
    with tempfile.TemporaryDirectory(prefix="linger-bench-") as name:
        os.chmod(name, 0o711)
        directory = Path(name)
        with Shop(directory, chosen.mode) as shop:
            for pair in range(1, chosen.pairs + 1):
                watched_first = pair % 2 == 1
                if not watched_first:
                    off = measure(shop.gunicorn, chosen)
                on, cost = measure_watched(shop.gunicorn, chosen, directory)
                if watched_first:
                    off = measure(shop.gunicorn, chosen)
                print_pair(pair, on, off, cost)
                pairs.append((on, off, cost))
    print_summary(pairs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
