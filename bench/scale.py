#!/usr/bin/python3
"""What the agent costs on a node full of servers, at rest and at full load, with processes coming and going.

Starts so many Gunicorns, each in namespaces and a control group of its own, then lingerd; asks for its metrics as a
Prometheus would, and prints what it held and used in each phase. Asserts nothing about time: machines differ.
"""

import argparse
import os
import re
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "examples" / "shop")]

from harness.agent import Lingerd  # noqa: E402
from harness.node import Churn, Node  # noqa: E402
from services.processes import free_port, wait_until  # noqa: E402

SCRAPE_SECONDS = 15


def cpu_seconds(tgid: int) -> float:
    """What all of its threads have run, those that ended included."""
    fields = Path(f"/proc/{tgid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(tgid: int, name: str) -> float:
    return int(re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{tgid}/status").read_text(), re.M)[1]) / 1024


class Scraped:
    """/metrics, asked for once."""

    def __init__(self, url: str):
        begin = time.monotonic()
        with urllib.request.urlopen(url, timeout=120) as answer:
            self.page = answer.read().decode()
        self.seconds = time.monotonic() - begin
        self.series = sum(1 for line in self.page.splitlines() if line and not line.startswith("#"))

    def total(self, name: str) -> float:
        return sum(map(float, re.findall(rf"^{name}(?:{{.*}})? (\S+)$", self.page, re.M)))


class Watched:
    """lingerd beside a node."""

    def __init__(self, agent: Lingerd, url: str):
        self.agent, self.url = agent, url
        self.next_scrape = 0.0

    def scrape(self) -> Scraped:
        return Scraped(self.url)

    def phase(self, name: str, seconds: float, scraping: bool = True) -> None:
        """Waits, scrapes meanwhile as Prometheus does, and prints a line."""
        tgid = self.agent.tgid
        before, begin = cpu_seconds(tgid), time.monotonic()
        while (left := begin + seconds - time.monotonic()) > 0:
            if scraping and time.monotonic() >= self.next_scrape:
                self.next_scrape = time.monotonic() + SCRAPE_SECONDS
                self.scrape()
            time.sleep(min(left, 0.5))
        spent = 100 * (cpu_seconds(tgid) - before) / (time.monotonic() - begin)
        print(f"{name:<34} {spent:6.1f} % of a core, {memory_mb(tgid, 'VmRSS'):6.1f} MiB resident, "
              f"{memory_mb(tgid, 'RssAnon'):6.1f} of it anonymous", flush=True)


def attach(node: Node, directory: Path, chosen) -> Watched:
    configuration = directory / "linger.toml"
    configuration.write_text(f'[kubernetes]\npod_logs = "{node.logs}"\n')
    port = free_port()
    begin = time.monotonic()
    own = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, chosen.nice)  # the agent inherits it
    agent = Lingerd(directory, "--http", f"127.0.0.1:{port}", "--config", configuration)
    os.setpriority(os.PRIO_PROCESS, 0, own)
    watched = Watched(agent, f"http://127.0.0.1:{port}/metrics")
    wait_until(lambda: watched.scrape().total("linger_server_workers") >= chosen.servers * chosen.workers, 300,
               "all workers are watched")
    print(f"attached to {chosen.servers} servers of {chosen.workers} workers within {time.monotonic() - begin:.1f} s, "
          f"{cpu_seconds(agent.tgid):.2f} s of CPU time (a second of it waiting for quiet)", flush=True)
    return watched


def print_scrape(scraped: Scraped) -> None:
    print(f"one scrape: {scraped.series:,} series, {len(scraped.page) / 1e6:.2f} MB, {scraped.seconds:.2f} s",
          flush=True)


def measure(node: Node, directory: Path, chosen) -> None:
    each = chosen.endpoints // chosen.servers
    watched = attach(node, directory, chosen)
    with watched.agent:
        watched.phase("settling", 5, scraping=False)
        watched.phase("at rest, nobody asks", chosen.rest, scraping=False)
        print_scrape(watched.scrape())
        watched.phase("at rest, scraped", chosen.rest)

        before = watched.scrape()
        load = node.load(chosen.load, chosen.connections, each)
        watched.phase("full load", chosen.load + 0.5)
        answered, after = load.finish(), watched.scrape()
        seen = after.total("linger_agent_requests_seen_total") - before.total("linger_agent_requests_seen_total")
        print(f"{answered:,} requests answered, {answered / chosen.load:,.0f} a second; {seen:,.0f} seen whole, "
              f"{after.total('linger_agent_requests_lost_total'):,.0f} requests and "
              f"{after.total('linger_agent_records_lost_total'):,.0f} records lost; "
              f"{after.total('linger_agent_bpf_run_seconds_total') * 1e6 / max(seen, 1):.1f} us in the probes a request")
        print_scrape(after)
        watched.phase("at rest after it, scraped", chosen.rest)

        with Churn(node, chosen.starts - chosen.replaced, chosen.replaced) as churn:
            watched.phase("churn without load", chosen.rest)
            print(f"{churn.rate():.0f} processes started a second", flush=True)
            for minute in range(1, chosen.minutes + 1):
                load = node.load(60, chosen.connections, each)
                watched.phase(f"churn and full load, minute {minute}", 60.5)
                print(f"{load.finish() / 60:,.0f} requests answered and {churn.rate():.0f} processes started a second",
                      flush=True)
        scraped = watched.scrape()
        print(f"{scraped.total('linger_agent_records_lost_total'):,.0f} records lost since the start; "
              f"{scraped.total('linger_server_worker_restarts_total'):,.0f} workers replaced")
        print_scrape(scraped)
        watched.phase("at rest in the end, scraped", chosen.rest)
        print(f"{memory_mb(watched.agent.tgid, 'VmHWM'):.1f} MiB resident at most, at any moment", flush=True)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--servers", type=int, default=50)
    options.add_argument("--workers", type=int, default=10, help="of each server")
    options.add_argument("--endpoints", type=int, default=5_000, help="of all servers together")
    options.add_argument("--connections", type=int, default=4, help="of each server's clients")
    options.add_argument("--starts", type=float, default=50, help="processes a second, while they come and go")
    options.add_argument("--replaced", type=float, default=10, help="of them workers that take another's place")
    options.add_argument("--nice", type=int, default=-10, help="the agent's; the default is that of its service")
    options.add_argument("--rest", type=float, default=20, help="seconds of each phase without load")
    options.add_argument("--load", type=float, default=30, help="seconds of the first phase under load")
    options.add_argument("--minutes", type=int, default=3, help="of load with churn")
    chosen = options.parse_args()
    if os.geteuid() != 0:
        print("needs root", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory(prefix="linger-bench-") as name:
        directory = Path(name)
        os.chmod(directory, 0o711)
        begin = time.monotonic()
        with Node(directory, chosen.servers, chosen.workers) as node:
            print(f"{node.workers()} workers after {time.monotonic() - begin:.0f} s", flush=True)
            measure(node, directory, chosen)
    return 0


if __name__ == "__main__":
    sys.exit(main())
