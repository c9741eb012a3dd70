"""Are threads that get into each other's way told of, and those that do not, not?"""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
from harness.agent import Running
from harness.client import Client
from harness.paths import WORKLOADS
from harness.report import cited, findings_of, fired
from harness.requirements import PROBES
from harness.slow_client import Sent

pytestmark = [pytest.mark.requires(*PROBES, "gunicorn", "flask"), pytest.mark.alone]

CLIENTS = 4
EACH = 40
STUCK_SECONDS = 12
THREADS = ("--worker-class", "gthread", "--workers", "1", "--threads", str(CLIENTS),
           "--graceful-timeout", "1")


class Observed:
    """A server with a diagnosis under way."""

    def __init__(self, server, diagnosis):
        self.server, self._diagnosis = server, diagnosis

    def load(self, *paths: str, each: int = EACH) -> None:
        """CLIENTS at once, each with a path of its own, in turn."""
        def ask(number: int) -> None:
            with Client(self.server.port, keep_alive=False) as client:
                for _ in range(each):
                    client.get(paths[number % len(paths)])
        with ThreadPoolExecutor(CLIENTS) as threads:
            list(threads.map(ask, range(CLIENTS)))

    def report(self) -> dict:
        return self._diagnosis.finish().json()


@contextmanager
def observed(directory, *options: str):
    from services.gunicorn import Gunicorn
    with ExitStack() as stack:
        server = stack.enter_context(Gunicorn(directory, "faults:app", *options, chdir=WORKLOADS,
                                              env={}, ready_path="/hello"))
        yield Observed(server, stack.enter_context(Running(
            directory, "linger", "diagnose", "--no-agent", "--format", "json", "--pid", server.tgid,
            "--duration", "10m").wait_attached()))


def line_of(text: str, number: int = 1) -> int:
    """Where that stands for the `number`th time."""
    lines = (WORKLOADS / "faults.py").read_text().splitlines()
    return [at for at, line in enumerate(lines, 1) if line.strip() == text][number - 1]


def test_names_threads_that_compute_beside_each_other(directory):
    with observed(directory, *THREADS) as each:
        each.load("/compute/20")
        report = each.report()
    [finding] = findings_of(report, "gil-contention")
    assert finding["endpoints"] == ["GET /compute/{}"]
    assert cited(finding, "part of the time in a worker") >= 0.2
    assert "in compute" in finding["detail"], "the line that computes"
    assert "lock-contention" not in fired(report)


@pytest.mark.parametrize("options, path", [
    (("--workers", "2"), "/compute/20"), (THREADS, "/nap/20")], ids=["processes", "waits"])
def test_says_nothing_of_processes_and_of_threads_that_wait(directory, options, path):
    with observed(directory, *options) as each:
        each.load(path)
        report = each.report()
    assert not {"gil-contention", "lock-contention", "deadlock"} & fired(report).keys()


def test_names_the_lock_that_requests_wait_for(directory):
    with observed(directory, *THREADS) as each:
        each.load("/locked")
        report = each.report()
    [finding] = findings_of(report, "lock-contention")
    assert finding["endpoints"] == ["GET /locked"]
    assert f"faults.py:{line_of('with lock:')} in locked" in finding["title"]
    # Four threads, one of which is inside.
    assert 0.4 <= cited(finding, "part of the time in a worker") <= 0.9


@pytest.mark.parametrize("path", ["/unlocked", "/handed-over"])
def test_says_nothing_of_requests_that_are_in_nobodys_way(directory, path):
    with observed(directory, *THREADS) as each:
        each.load(path)
        report = each.report()
    assert not {"gil-contention", "lock-contention", "deadlock"} & fired(report).keys()


@contextmanager
def requests_to(port: int, *paths: str):
    """Requests that are not waited for."""
    with ExitStack() as stack:
        for path in paths:
            stack.enter_context(Sent(port, path))
        yield


def test_names_threads_that_hold_what_the_other_waits_for(directory):
    with observed(directory, *THREADS) as each, \
            requests_to(each.server.port, "/deadlock/1", "/deadlock/2"):
        each.load("/hello")
        time.sleep(STUCK_SECONDS)
        workers = each.server.workers()
        report = each.report()
    [finding] = findings_of(report, "deadlock")
    assert finding["severity"] == "SEVERITY_CRITICAL"
    assert finding["endpoints"] == ["GET /deadlock/{}"]
    assert finding["workers"] == list(workers)
    waits = [m for m in finding["evidence"] if m["name"].startswith("worker ")]
    assert len(waits) == 2
    for wait in waits:
        assert f"waits at faults.py:{line_of('with inner:')} in deadlock" in wait["name"]
        assert wait["value"] >= 10e9
    assert "2 different locks" in finding["detail"]


def test_names_a_thread_that_waits_for_itself(directory):
    with observed(directory, *THREADS) as each, requests_to(each.server.port, "/relock"):
        time.sleep(STUCK_SECONDS)
        report = each.report()
    [finding] = findings_of(report, "deadlock")
    assert finding["endpoints"] == ["GET /relock"]
    assert "in relock" in finding["title"]


@pytest.mark.parametrize("paths", [
    ("/hold/15", "/locked"), ("/event/15",), ("/pieces/15",), ("/nap/15000",)], ids=str)
def test_says_nothing_of_requests_that_will_go_on(directory, paths):
    """Behind a lock that somebody at work holds; for an event; for threads that do many small
    things; for nothing but a while."""
    with observed(directory, *THREADS) as each, requests_to(each.server.port, *paths[:1]):
        time.sleep(0.5)
        with requests_to(each.server.port, *paths[1:]):
            each.load("/in-order", each=5)
            time.sleep(STUCK_SECONDS)
            report = each.report()
    assert "deadlock" not in fired(report)
