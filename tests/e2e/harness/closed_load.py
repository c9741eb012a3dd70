"""A closed load: a fixed number of clients, each of which asks again when it has its answer."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("closed_load.lua")


@dataclass(frozen=True)
class Answered:
    """What the clients saw."""

    requests_per_second: float
    p50_ns: int
    p95_ns: int


def closed_load(port: int, paths, clients: int, seconds: float) -> Answered:
    """GETs the paths, mixed, a new connection for each. AssertionError when a request failed."""
    done = subprocess.run(
        ["wrk", "-t", "1", "-c", str(clients), "-d", f"{seconds:g}s", "--timeout", "30s", "-s", SCRIPT,
         f"http://127.0.0.1:{port}/", "--", *paths], check=True, capture_output=True, text=True)
    rate, p50_us, p95_us, failed = re.search(
        r"^closed ([\d.]+) (\d+) (\d+) (\d+)$", done.stdout, re.M).groups()
    assert failed == "0", done.stdout
    return Answered(float(rate), int(p50_us) * 1000, int(p95_us) * 1000)
