"""Is the time that a request waits to be accepted what its client misses?"""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.agent import Running
from harness.report import number
from harness.requirements import PROBES, SERVICES
from services.processes import wait_until

pytestmark = pytest.mark.requires(*PROBES, *SERVICES)

CLIENTS, ROUNDS = 8, 5
WATCH = ["watch", "requests", "--no-agent", "--format", "json"]


def ask(address, path: str) -> tuple[int, int]:
    """From connecting to the last byte of the answer: its end, by the monotonic clock, and how long
    it took, in nanoseconds."""
    begin_ns = time.monotonic_ns()
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as connection:
        connection.settimeout(60)
        connection.connect(address)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while received := connection.recv(65536):
            answer += received
    end_ns = time.monotonic_ns()
    assert answer.startswith(b"HTTP/1.1 200 "), answer[:100]
    return end_ns, end_ns - begin_ns


def saturate(address, path: str) -> list[int]:
    """Many clients at one worker, each with one request after the other: how long each of them took,
    in the order in which they were answered."""
    with ThreadPoolExecutor(CLIENTS) as threads:
        asked = threads.map(lambda _: [ask(address, path) for _ in range(ROUNDS)], range(CLIENTS))
        return [took_ns for _, took_ns in sorted(sum(asked, []))]


def test_is_what_the_client_misses(workload, directory):
    with workload.serve("--worker-class", "sync", "--workers", "1") as server, \
            Running(directory, "linger", *WATCH, "--pid", server.tgid).wait_attached() as watch:
        workload.forget_truths()
        took_ns = saturate(("127.0.0.1", server.port), "/nap/25")
        wait_until(lambda: len(watch.lines()) >= len(took_ns), 10, "every request is told of")
        shown = [number(line["request"]["time"], "acceptQueueNs") for line in watch.lines()]
        served_ns = workload.truths()["/nap/{}"]
    # One worker answers one after the other, so the three lists are in the same order.
    assert len(shown) == len(served_ns) == len(took_ns) == CLIENTS * ROUNDS
    missing = [took - served for took, served in zip(took_ns, served_ns)]
    queued = [(shown_ns, missing_ns) for shown_ns, missing_ns in zip(shown, missing)
              if missing_ns > 100_000_000]
    assert len(queued) >= CLIENTS * (ROUNDS - 1), "the clients did not have to wait"
    off = [abs(shown_ns - missing_ns) / missing_ns for shown_ns, missing_ns in queued]
    # What the server and Flask themselves take is missing too, and so is what others took from both.
    print("off by", sorted(off))
    assert sorted(off)[len(off) * 9 // 10] <= 0.05, sorted(off)
