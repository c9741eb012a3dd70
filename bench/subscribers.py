#!/usr/bin/python3
"""Whether a subscriber that stops reading is anybody else's trouble.

A number of clients watch every request of one lingerd over gRPC while a Gunicorn is asked at a steady rate. One of
them stops reading at once and begins again at the end. Every client must have got each request, or been told that it
missed it: nothing more, nothing less. Prints that, and the agent's memory over time.
"""

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "examples" / "shop")]

from harness.agent import Lingerd  # noqa: E402
from harness.client import Client  # noqa: E402
from harness.paths import WORKLOADS  # noqa: E402
from services.gunicorn import Gunicorn  # noqa: E402

LAST = "/last"  # asked once, in the end: whoever has seen it, or what follows it, has seen all


def subscribe(stubs: str, address: str, server: int, subscribers: int, stuck: bool, ready, go_on, counts) -> None:
    """So many subscribers, in a process of their own; puts (received, skipped) of each."""
    sys.path.insert(0, stubs)
    from concurrent.futures import ThreadPoolExecutor

    import grpc
    from linger.v1 import diagnostics_pb2, diagnostics_pb2_grpc

    def watch(_) -> tuple[int, int]:
        received = skipped = 0
        # Its own connection: subscribers of one would stop each other.
        # And no more ahead of its reader than the least that HTTP/2 has, so that the agent notices soon.
        with grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1), ("grpc.http2.bdp_probe", 0),
                                             ("grpc.http2.lookahead_bytes", 65535)]) as channel:
            stream = diagnostics_pb2_grpc.DiagnosticsStub(channel).WatchRequests(
                diagnostics_pb2.WatchRequestsRequest(tgids=[server]))
            first = True
            for message in stream:
                if first:  # the stream is open
                    first = False
                    ready.release()
                    if stuck:
                        go_on.wait()
                skipped += message.requests_skipped
                if message.HasField("request"):
                    received += message.request.route != "/hello"
                    if message.request.route == LAST:
                        break
            stream.cancel()
        return received, skipped

    with ThreadPoolExecutor(subscribers) as threads:
        counts.put((stuck, list(threads.map(watch, range(subscribers)))))


def resident_mb(tgid: int) -> float:
    return int(Path(f"/proc/{tgid}/statm").read_text().split()[1]) * 4096 / 2**20


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--subscribers", type=int, default=50)
    options.add_argument("--rate", type=int, default=200, help="requests per second")
    options.add_argument("--seconds", type=int, default=60)
    chosen = options.parse_args()
    if os.geteuid() != 0:
        print("needs root", file=sys.stderr)
        return 3
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="linger-bench-") as name:
        directory = Path(name)
        os.chmod(directory, 0o755)
        subprocess.run([ROOT / "examples/client/make_stubs", directory / "stubs"], check=True)
        with Gunicorn(directory, "ground_truth:app", "--workers", "1", chdir=WORKLOADS, env={},
                      ready_path="/hello") as server, Lingerd(directory) as agent:
            ready, go_on, counts = context.Semaphore(0), context.Event(), context.Queue()
            per_process = max((chosen.subscribers - 1) // 4, 1)
            sizes = [(1, True)] + [(per_process, False)] * 3
            sizes.append((chosen.subscribers - 1 - 3 * per_process, False))
            started = [context.Process(target=subscribe, args=(str(directory / "stubs"), agent.address,
                                                               server.tgid, size, stuck, ready, go_on, counts))
                       for size, stuck in sizes]
            for process in started:
                process.start()
            with Client(server.port) as client:
                opened = 0
                while opened < chosen.subscribers:  # a stream is open once something came
                    client.get("/hello")
                    while ready.acquire(timeout=0.01):
                        opened += 1
                begin, sent, next_look = time.monotonic(), 0, 0.0
                before_mb = resident_mb(agent.tgid)
                while (now := time.monotonic() - begin) < chosen.seconds:
                    if now >= next_look:
                        print(f"{now:3.0f} s  {sent:6} requests  lingerd has {resident_mb(agent.tgid):.1f} MB",
                              flush=True)
                        next_look += chosen.seconds / 6
                    client.get(f"/count/{sent % 7}")
                    sent += 1
                    time.sleep(max(0.0, begin + sent / chosen.rate - time.monotonic()))
                after_mb = resident_mb(agent.tgid)
                time.sleep(1)
                go_on.set()
                # The one that was stuck may still have a full queue: what comes then is skipped too.
                time.sleep(2)
                client._connection.request("GET", LAST)
                client._connection.getresponse().read()
            told = [counts.get(timeout=60) for _ in started]
            for process in started:
                process.join()
    expected = sent + 1  # and LAST
    wrong = [figures for _, clients in told for figures in clients if sum(figures) != expected]
    stuck, = [clients[0] for is_stuck, clients in told if is_stuck]
    others = [figures for is_stuck, clients in told if not is_stuck for figures in clients]
    print(f"{expected} requests to {chosen.subscribers} subscribers; the agent's memory went from {before_mb:.1f} "
          f"to {after_mb:.1f} MB")
    print(f"the one that stopped reading got {stuck[0]} and was told of {stuck[1]} more; of the others, "
          f"{sum(1 for figures in others if figures[1])} missed something, {sum(f[1] for f in others)} in all")
    print(f"{len(wrong)} subscribers have another sum: {wrong}" if wrong else "every sum is right")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
