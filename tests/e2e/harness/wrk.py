"""wrk: load at the speed of C, with an exact count or for a time."""

import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

FIXED_COUNT = Path(__file__).with_name("fixed_count.lua")
AT_MOST = "300s"


def send_exactly(port: int, paths, each: int, clients: int = 8, keep_alive: bool = True) -> Counter:
    """GETs every path `each` times from each of `clients` connections, as fast as the server can;
    the answered requests by ("GET", path). AssertionError when one was not answered with 200."""
    command = ["wrk", "-t", "1", "-c", "1", "-d", AT_MOST, "--timeout", "30s", "-s", FIXED_COUNT,
               f"http://127.0.0.1:{port}/", "--", str(each * len(paths)),
               "keep" if keep_alive else "close", *paths]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(clients)]
    output = "".join(wrk.communicate()[0] for wrk in running)
    sent = Counter()
    for path, count in re.findall(r"^count (\S+) (\d+)$", output, re.M):
        sent["GET", path] += int(count)
    assert sent == {("GET", path): each * clients for path in paths}, output
    return sent


@dataclass(frozen=True)
class Throughput:
    requests: int
    requests_per_second: float
    p99_ms: float


def measure(url: str, seconds: float, connections: int) -> Throughput:
    """Full load for some seconds. AssertionError when a request failed."""
    done = subprocess.run(["wrk", "-t", "2", "-c", str(connections), "-d", f"{seconds:g}s",
                           "--latency", url], check=True, capture_output=True, text=True)
    text = done.stdout
    assert "Socket errors" not in text and "Non-2xx" not in text, text
    value, unit = re.search(r"^\s+99%\s+([\d.]+)(us|ms|s)$", text, re.M).groups()
    return Throughput(
        requests=int(re.search(r"^\s+(\d+) requests in ", text, re.M)[1]),
        requests_per_second=float(re.search(r"^Requests/sec:\s+([\d.]+)$", text, re.M)[1]),
        p99_ms=float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit])
