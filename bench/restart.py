#!/usr/bin/python3
"""Whether those who watch notice one that stops reading, and what they miss when the agent is restarted.

A number of `linger watch requests` follow one lingerd while a Gunicorn is asked at a steady rate. In the middle one of them
stops reading, and lingerd is ended and started again. Every one must have got each request that an agent saw, or been told
that it missed it. Prints that, how long they were without an agent, and the agents' memory. There must be no other server
that Linger knows: what was missed since a start is counted for all of them.
"""

import argparse
import os
import re
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "examples" / "shop")]

from harness.agent import Lingerd  # noqa: E402
from harness.client import Client  # noqa: E402
from harness.paths import WORKLOADS  # noqa: E402
from harness.watched import Watch, requests, skipped  # noqa: E402
from services.gunicorn import Gunicorn  # noqa: E402
from services.processes import wait_until  # noqa: E402


def resident_mb(tgid: int) -> float:
    return int(Path(f"/proc/{tgid}/statm").read_text().split()[1]) * 4096 / 2**20


def ask(client: Client, path: str, rate: int, seconds: float) -> int:
    """Returns how many."""
    begin, sent = time.monotonic(), 0
    while time.monotonic() - begin < seconds:
        client.get(path)
        sent += 1
        time.sleep(max(0.0, begin + sent / rate - time.monotonic()))
    return sent


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--subscribers", type=int, default=50)
    options.add_argument("--rate", type=int, default=200, help="requests per second")
    options.add_argument("--seconds", type=int, default=20, help="before and after the restart")
    chosen = options.parse_args()
    if os.geteuid() != 0:
        print("needs root", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory(prefix="linger-bench-") as name, ExitStack() as stack:
        directory = Path(name)
        os.chmod(directory, 0o755)
        server = stack.enter_context(Gunicorn(directory, "waits:app", "--workers", "1", chdir=WORKLOADS, env={},
                                              ready_path="/"))
        agent = stack.enter_context(Lingerd(directory))
        watchers = [stack.enter_context(Watch(directory, agent.address, "requests", "--pid", server.tgid))
                    for _ in range(chosen.subscribers)]
        stuck, others = watchers[0], watchers[1:]
        client = stack.enter_context(Client(server.port))

        def all_hear() -> bool:
            client.get("/open")
            time.sleep(0.2)
            return all(watcher.stdout for watcher in watchers)
        wait_until(all_hear, 120, "the streams are open")

        first_mb = [resident_mb(agent.tgid)]
        stuck.signal(signal.SIGSTOP)
        first = ask(client, "/first", chosen.rate, chosen.seconds)
        first_mb.append(resident_mb(agent.tgid))
        wait_until(lambda: all(requests(w.lines(), "/first") == first for w in others), 120, "the others have them")
        agent.signal(signal.SIGTERM)
        agent.wait(30)  # the one that reads nothing holds it up
        before = client.sent.total()
        again = stack.enter_context(Lingerd(directory))
        second_mb = [resident_mb(again.tgid)]
        second = ask(client, "/second", chosen.rate, chosen.seconds)
        stuck.signal(signal.SIGCONT)
        expected = client.sent.total() - before
        second_mb.append(resident_mb(again.tgid))
        client.get("/last")
        wait_until(lambda: all(requests(w.lines(), "/last") for w in watchers), 120, "all have the last one")
        expected += 1

        got = [(requests(w.of_run(1)), skipped(w.of_run(1))) for w in watchers]
        away = [float(re.search(r"after ([0-9.]+) s", w.stderr)[1]) for w in others]
        noticed = [w for w in others if requests(w.of_run(0), "/first") != first or skipped(w.of_run(0))]
        wrong = [sums for sums in got if sum(sums) != expected]
        print(f"{first} requests, the restart, {second} more; {len(watchers)} subscribers")
        print(f"the first agent's memory went from {first_mb[0]:.1f} to {first_mb[1]:.1f} MB, the second one's from "
              f"{second_mb[0]:.1f} to {second_mb[1]:.1f} MB")
        print(f"{len(noticed)} of {len(others)} missed something because one had stopped reading")
        print(f"they were without an agent for {min(away):.1f} to {max(away):.1f} s; of the {expected} requests that the "
              f"second one saw they got {min(g for g, _ in got[1:])} to {max(g for g, _ in got[1:])}, and were told of the rest")
        print(f"the one that had stopped got {got[0][0]} of them, and was told of {got[0][1]} more")
        print(f"{len(wrong)} have another sum: {wrong}" if wrong else "every sum is right")
    return 1 if wrong or noticed else 0


if __name__ == "__main__":
    sys.exit(main())
