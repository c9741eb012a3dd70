#!/usr/bin/python3
"""What finding the lines that allocate costs a service, with `linger`, with tracemalloc and with memray.

A Flask application under Gunicorn, one worker: for each tool the throughput under full load, and what one malloc()
with its free() takes inside of a request, both divided by those of a server that nobody looks at, in the same round.

`--memray` names a virtual environment with memray in it (`python3 -m venv --system-site-packages DIR` and
`DIR/bin/pip install memray`); it is attached with gdb. BCC's memleak is not measured: it compiles against the headers
of the running kernel, and libbpf-tools of Debian 12 come without it. Asserts nothing about time: machines differ.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests" / "e2e"), str(ROOT / "examples" / "shop")]

from allocations import PAIRS_C, SETTLE_SECONDS, traced  # noqa: E402
from harness import wrk  # noqa: E402
from harness.client import Client  # noqa: E402
from services.gunicorn import Gunicorn  # noqa: E402

APP = """
import ctypes
from flask import Flask, jsonify

LIBRARY = ctypes.CDLL({library!r})
LIBRARY.pairs_ns.restype = ctypes.c_int64
app = Flask(__name__)

@app.get("/pairs/<int:count>/<int:size>")
def pairs(count, size):
    return str(LIBRARY.pairs_ns(count, size))

@app.get("/report")
def report():
    return jsonify([{{"id": n, "name": f"item {{n}}", "price": n * 1.5}} for n in range(100)])
"""
COUNT, SIZE = 20_000, 3_000
PATH = "/report"


def attach_memray(environment: Path, server, directory: Path) -> None:
    (worker,) = server.workers()
    subprocess.run([environment / "bin" / "memray", "attach", "--method", "gdb", "-f", "-o", directory / "memray.bin",
                    str(worker)], check=True, stdout=subprocess.DEVNULL)


def measured(server, seconds: float) -> tuple[float, float]:
    """Requests per second, and nanoseconds a pair."""
    wrk.measure(server.url + PATH, SETTLE_SECONDS, 4)
    throughput = wrk.measure(server.url + PATH, seconds, 4).requests_per_second
    with Client(server.port, keep_alive=False) as client:
        return throughput, statistics.median(int(client.get(f"/pairs/{COUNT}/{SIZE}")) / COUNT for _ in range(5))


def run(tool: str, chosen, directory: Path) -> tuple[float, float]:
    env = {"tracemalloc": {"PYTHONTRACEMALLOC": "1"}}.get(tool, {})
    if tool == "memray":
        (packages,) = Path(chosen.memray).glob("lib/python3*/site-packages")
        env = {"PYTHONPATH": str(packages)}
    with ExitStack() as stack:
        server = Gunicorn(directory, "peers:app", "--workers", "1", chdir=directory, env=env, ready_path=PATH)
        stack.callback(server.stop)
        if tool == "linger":
            stack.enter_context(traced(directory, server, 600, "allocations")).wait_attached()
        if tool == "memray":
            attach_memray(Path(chosen.memray), server, directory)
        return measured(server, chosen.seconds)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=3, help="of each run under load")
    options.add_argument("--memray", metavar="DIRECTORY", help="a virtual environment that has it")
    chosen = options.parse_args()
    if os.geteuid() != 0:
        print("needs root", file=sys.stderr)
        return 3
    tools = ["nothing", "linger", "tracemalloc", *(["memray"] if chosen.memray else [])]
    if not chosen.memray:
        print("memray is not measured: --memray names no environment that has it")
    rounds = []
    with tempfile.TemporaryDirectory(prefix="linger-bench-") as name:
        directory = Path(name)
        os.chmod(directory, 0o711)
        (directory / "pairs.c").write_text(PAIRS_C)
        library = directory / "libpairs.so"
        subprocess.run(["cc", "-O2", "-fno-builtin", "-shared", "-fPIC", "-o", library, directory / "pairs.c"],
                       check=True)
        (directory / "peers.py").write_text(APP.format(library=str(library)))
        for number in range(chosen.rounds):
            turn = tools[number % len(tools):] + tools[:number % len(tools)]
            rounds.append({tool: run(tool, chosen, directory) for tool in turn})
            print(f"round {number}: " + ", ".join(f"{tool} {rounds[-1][tool][0]:.0f} /s {rounds[-1][tool][1]:.0f} ns"
                                                  for tool in tools), flush=True)
    for tool in tools[1:]:
        ratios = [each[tool][0] / each["nothing"][0] for each in rounds]
        added = [each[tool][1] - each["nothing"][1] for each in rounds]
        print(f"{tool}: throughput {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f}) of that "
              f"with nothing; malloc + free takes {statistics.median(added):.0f} ns more ({min(added):.0f} to "
              f"{max(added):.0f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
