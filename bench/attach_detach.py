#!/usr/bin/python3
"""Whether tracing allocations can come and go, over and over, under load.

A worker under Gunicorn is asked all the time; meanwhile `linger diagnose --memory allocations` attaches its uprobes
to the allocator and takes them off again, a number of times, through one lingerd. In the end nothing may be left
attached, no request may have failed, and the worker must be the one that it was.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "examples" / "shop")]

from harness import bpf  # noqa: E402
from harness.agent import Lingerd, run  # noqa: E402
from harness.client import Client  # noqa: E402
from harness.paths import WORKLOADS  # noqa: E402
from services.gunicorn import Gunicorn  # noqa: E402
from services.processes import wait_until  # noqa: E402

PATHS = ["/keep/malloc", "/give/malloc", "/give/grown", "/give/bytes"]
TRACE = ["--memory", "allocations", "--settle", "100ms", "--sample-bytes", "4096", "--trace-budget", "100",
         "--format", "json", "--duration", "200ms"]


def send(port: int, over: threading.Event, answered: list[int]) -> None:
    """Asks until it is over; an answer other than 200 ends the thread, which shows in what was answered."""
    with Client(port, keep_alive=False) as client:
        while not over.is_set():
            for path in PATHS:
                client.get(path)
            answered[0] += len(PATHS)


def resident_mb(tgid: int) -> float:
    return int(Path(f"/proc/{tgid}/statm").read_text().split()[1]) * 4096 / 2**20


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=1_000)
    chosen = options.parse_args()
    if os.geteuid() != 0:
        print("needs root", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory(prefix="linger-bench-") as name:
        directory = Path(name)
        os.chmod(directory, 0o755)
        server = Gunicorn(directory, "kept_bytes:app", "--workers", "1", chdir=WORKLOADS, env={}, ready_path="/")
        before, workers = bpf.attached(), server.workers()
        over, answered, failed = threading.Event(), [0], []
        sender = threading.Thread(target=send, args=[server.port, over, answered])
        sender.start()
        begin = time.monotonic()
        try:
            with Lingerd(directory) as agent:
                for round_ in range(1, chosen.rounds + 1):
                    seen = answered[0]
                    done = run("linger", "diagnose", "--agent", agent.address, *TRACE, "--pid", server.tgid)
                    if done.status or answered[0] == seen:
                        failed.append(done.stderr.strip() or "nobody was answered")
                    if round_ % 100 == 0:
                        print(f"{round_} rounds, {time.monotonic() - begin:.0f} s, {answered[0]} requests, "
                              f"{len(failed)} failed, lingerd has {resident_mb(agent.tgid):.1f} MB", flush=True)
        finally:
            over.set()
            sender.join()
            same = server.workers() == workers
            server.stop()
        wait_until(lambda: bpf.attached() <= before, 30, "nothing is attached")
    print(f"the worker is {'the same' if same else 'another one'}; nothing is attached; {len(failed)} rounds failed",
          *sorted(set(failed)), sep="\n  ")
    return 1 if failed or not same else 0


if __name__ == "__main__":
    sys.exit(main())
