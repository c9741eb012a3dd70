"""Waits that are injected into requests, one for each cause, and what is told of them."""

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from services.processes import wait_until

from .client import Client
from .report import causes, number
from .slow_client import Sent, download, upload

# Long enough for what a loop takes to accept once it runs again to be no part of it.
QUEUED_SECONDS = 0.080
HELD_AFTER_SECONDS = 0.005
# Waits for nothing: its time on the CPU is what the framework and the server take for a request.
CONTROL = "/hello"


def processes_of(server: int) -> list[int]:
    """Its own tgid and those of its descendants."""
    found = [server]
    for tgid in found:
        found += map(int, Path(f"/proc/{tgid}/task/{tgid}/children").read_text().split())
    return found


def are_stopped(processes: list[int]) -> bool:
    """Every thread: kill() returns before the last of them has seen the signal, and one that has not
    may still accept."""
    return all(stat.read_text().rpartition(")")[2].split()[0] in "TZ"
               for tgid in processes for stat in Path(f"/proc/{tgid}/task").glob("*/stat"))


@dataclass(frozen=True)
class Target:
    """Whom requests are sent to."""

    port: int
    tgid: int
    client: Client
    # For what has to go on at the same time.
    other: Client

def get(target: Target, route: str) -> None:
    target.client.get(route)


def queue(target: Target, route: str) -> int:
    """A request that nobody accepts for a while: everyone who could is stopped. How long."""
    processes = processes_of(target.tgid)
    for tgid in processes:
        os.kill(tgid, signal.SIGSTOP)
    try:
        wait_until(lambda: are_stopped(processes), 10, "everyone who could accept is stopped")
        with Sent(target.port, route) as request:
            begin = time.monotonic_ns()
            time.sleep(QUEUED_SECONDS)
            end = time.monotonic_ns()
            for tgid in reversed(processes):
                os.kill(tgid, signal.SIGCONT)
            request.answer()
    finally:
        for tgid in reversed(processes):
            os.kill(tgid, signal.SIGCONT)
    return end - begin


def hold_loop(target: Target, route: str) -> None:
    """A request that waits for its turn: another one blocks the thread of both as it wakes up."""
    thread = threading.Thread(target=target.other.get, args=[route])
    thread.start()
    time.sleep(HELD_AFTER_SECONDS)
    target.client.get("/smuggled")
    thread.join()


@dataclass(frozen=True)
class Injection:
    """`inject` asks for `route` and returns what it knows itself of how long that waited. The
    application says so too."""

    route: str
    inject: Callable[[Target, str], int | None] = get


# By the field of CauseTimes.
INJECTIONS = {
    "onCpu": Injection("/cpu"),
    "acceptQueue": Injection("/count/queued", queue),
    "clientRead": Injection("/upload", lambda target, path: upload(target.port, path)),
    "clientWrite": Injection("/page", lambda target, path: download(target.port, path)),
    "database": Injection("/database"),
    "cache": Injection("/cache"),
    "upstream": Injection("/upstream"),
    "dns": Injection("/dns"),
    "disk": Injection("/disk"),
    "pageFault": Injection("/page-fault"),
    "lock": Injection("/lock"),
    "gil": Injection("/gil"),
    "eventLoop": Injection("/turn", hold_loop),
    "sleep": Injection("/sleep"),
    "child": Injection("/child"),
}


@dataclass(frozen=True)
class Compared:
    """Medians of the calmest rounds, in nanoseconds."""

    truth_ns: float
    shown_ns: float
    queued_ns: float
    # What a request without any wait computes on this machine. A part of it lies within what the
    # application's clock measures, and a part does not.
    work_ns: float


class Rounds:
    """One client that asks for one thing after the other, so that all lists are in one order."""

    def __init__(self, target: Target, asked: list[str]):
        self._target = target
        self._asked = asked
        self.sent = 0
        self.own_truths: dict[str, list[int]] = {}

    def one(self) -> None:
        self._target.client.get(CONTROL)
        self.sent += 1
        for cause in self._asked:
            injection = INJECTIONS[cause]
            truth_ns = injection.inject(self._target, injection.route)
            if truth_ns is not None:
                self.own_truths.setdefault(cause, []).append(truth_ns)
            self.sent += 2 if cause == "eventLoop" else 1


def compared(cause: str, requests: list[dict], truths: list[int], closest: bool = False) -> Compared:
    """What was told of a cause beside the truth. What other processes took from the less calm
    rounds says nothing about Linger. `closest`: nor what they took from the application between two
    looks at its clock; what Linger has wrong, it has wrong in every round."""
    def disturbance(pair) -> float:
        time, truth = pair
        return number(time, "runQueueNs") + (abs(truth - number(time, f"{cause}Ns")) if closest else 0)
    told = [r["time"] for r in requests if r["route"] == INJECTIONS[cause].route]
    assert len(told) == len(truths) > 0, (cause, len(told), len(truths))
    calm = sorted(zip(told, truths), key=disturbance)
    calm = calm[:max(3, len(told) // 3)]
    shown = median(number(time, f"{cause}Ns") for time, _ in calm)
    work = median(number(r["time"], "onCpuNs") for r in requests if r["route"] == CONTROL)
    if cause == "onCpu":
        shown -= work
    return Compared(median(truth for _, truth in calm), shown,
                    median(number(time, "runQueueNs") for time, _ in calm), work)


def largest_error(requests: list[dict]) -> float:
    """How far the causes of one request are from its wall time at most, as a part of it."""
    return max(abs(sum(causes(r["time"]).values()) / number(r["time"], "wallNs") - 1)
               for r in requests)
