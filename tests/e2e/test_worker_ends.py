"""Is it told why a worker ended and what it was serving, and nothing of one that was asked to?"""

import http.client
import os
import signal
import time
from pathlib import Path

import pytest
from harness.agent import Running
from harness.client import Client
from harness.memory_group import MemoryGroup
from harness.paths import WORKLOADS
from harness.report import fired, number
from harness.requirements import PROBES
from harness.servers import Uwsgi
from harness.slow_client import Sent
from services.gunicorn import Gunicorn
from services.processes import wait_until

pytestmark = pytest.mark.requires(*PROBES, "gunicorn")

ENDS = {"worker-timeout", "worker-crash", "worker-out-of-memory"}
TIMEOUT_SECONDS = 2
CLOCK_NANOSLEEP = "230 "


class Watched:
    """A server of tests/workloads/ends.py with two workers, watched from its first request on."""

    def __init__(self, directory, *options, boot_ends="once"):
        self.no_boot = directory / "no-boot"
        self.server = Gunicorn(directory, "ends:app", "--workers", "2", *options, chdir=WORKLOADS,
                               ready_path="/",
                               env={"NO_BOOT_FILE": str(self.no_boot), "BOOT_ENDS": boot_ends})
        wait_until(lambda: len(self.server.workers()) == 2, 20, "both workers are there")
        self._directory = directory
        self._before = self.server.workers()

    def __enter__(self):
        self._diagnosis = Running(
            self._directory, "linger", "diagnose", "--no-agent", "--format", "json",
            "--duration", "10m", "--pid", self.server.tgid).__enter__()
        self._diagnosis.wait_attached()
        return self

    def __exit__(self, *exception):
        self._diagnosis.__exit__(*exception)
        self.server.stop()

    def loses(self, path: str) -> int:
        """Requests `path`, which ends without an answer. The tgid of the worker that ended."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            connection.request("GET", path)
            connection.getresponse()
        wait_until(lambda: len(self._before - self.server.workers()) == 1, 20, "a worker is gone")
        (gone,) = self._before - self.server.workers()
        return gone

    def finding(self) -> dict:
        """The one finding on how workers ended."""
        return finding_in(self._diagnosis.finish().json())

    def report(self) -> dict:
        return self._diagnosis.finish().json()


def finding_in(report: dict) -> dict:
    (finding,) = [f for f in report["findings"] if f["rule"] in ENDS]
    return finding


def cited(finding: dict, name: str) -> float:
    (value,) = [m["value"] for m in finding["evidence"] if m["name"] == name]
    return value


def test_names_what_the_masters_timeout_ended(directory):
    with Watched(directory, "--timeout", str(TIMEOUT_SECONDS)) as watched:
        gone = watched.loses("/nap/30")
        finding = watched.finding()
    assert finding["rule"] == "worker-timeout"
    assert finding["workers"] == [gone]
    assert finding["endpoints"] == ["GET /nap/{}"]
    assert "sleeping" in finding["detail"] and "ends.py:" in finding["detail"], finding
    assert "--worker-class gthread" in finding["remedy"], finding
    open_ns = cited(finding, "the longest of them was open for")
    assert open_ns >= (TIMEOUT_SECONDS - 1) * 1e9, finding


@pytest.mark.requires("uwsgi")
def test_names_what_harakiri_ended(directory):
    with Uwsgi(directory, {"NO_BOOT_FILE": str(directory / "no-boot")}, "--processes", "2",
               "--master", "--harakiri", str(TIMEOUT_SECONDS), application="ends:app") as server, \
            Running(directory, "linger", "diagnose", "--no-agent", "--format", "json",
                    "--duration", "10m", "--pid", server.tgid).wait_attached() as diagnosis:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            connection.request("GET", "/nap/30")
            connection.getresponse()
        finding = finding_in(diagnosis.finish().json())
    assert finding["rule"] == "worker-timeout"
    assert finding["endpoints"] == ["GET /nap/{}"]


def sleeper_among(workers: set[int]) -> int | None:
    """The one that is in clock_nanosleep(2)."""
    sleeping = [tgid for tgid in workers
                if Path(f"/proc/{tgid}/syscall").read_text().startswith(CLOCK_NANOSLEEP)]
    return sleeping[0] if sleeping else None


def test_names_the_line_of_a_wait_whose_process_is_gone(directory):
    """Nothing of it can be read any more when its last records are."""
    with Watched(directory) as watched, Sent(watched.server.port, "/nap/30"):
        workers = watched.server.workers()
        wait_until(lambda: sleeper_among(workers), 20, "a worker sleeps")
        time.sleep(2.5)
        os.kill(sleeper_among(workers), signal.SIGKILL)
        wait_until(lambda: watched.server.workers() != workers, 20, "a worker is gone")
        finding = watched.finding()
    assert finding["endpoints"] == ["GET /nap/{}"]
    assert "sleeping" in finding["detail"] and "ends.py:" in finding["detail"], finding


@pytest.mark.parametrize("path, end", [("/segfault", "SIGSEGV"), ("/leave", "status 7")])
def test_names_what_a_worker_crashed_in(directory, path, end):
    with Watched(directory) as watched:
        gone = watched.loses(path)
        finding = watched.finding()
    assert finding["rule"] == "worker-crash" and finding["severity"] == "SEVERITY_CRITICAL"
    assert end in finding["title"]
    assert finding["workers"] == [gone]
    assert finding["endpoints"] == [f"GET {path}"]


def test_names_who_killed_a_worker(directory):
    with Watched(directory) as watched:
        victim = min(watched.server.workers())
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: victim not in watched.server.workers(), 20, "it is gone")
        finding = watched.finding()
    assert finding["rule"] == "worker-crash" and finding["workers"] == [victim]
    assert f"Process {os.getpid()} sent that signal" in finding["remedy"]
    assert not finding["endpoints"]


@pytest.mark.requires("cgroup-memory")
def test_tells_that_memory_ran_out(directory):
    with Watched(directory) as watched, \
            MemoryGroup("linger-test-memory", 128 << 20) as group:
        for worker in watched.server.workers():
            group.add(worker)
        gone = watched.loses("/take")
        finding = watched.finding()
    assert finding["rule"] == "worker-out-of-memory"
    assert gone in finding["workers"]  # the other one is in the same group
    assert finding["endpoints"] == ["GET /take"]


def test_tells_of_a_worker_that_cannot_begin(directory):
    with Watched(directory) as watched:
        watched.no_boot.touch()
        watched.server.signal(signal.SIGHUP)
        wait_until(lambda: not watched.server.running, 30, "Gunicorn has given up")
        finding = watched.finding()
    assert finding["rule"] == "worker-crash"
    assert "before serving a request, with status 3" in finding["title"]


def test_tells_of_workers_that_begin_and_end_in_a_loop(directory):
    with Watched(directory, boot_ends="loop") as watched:
        before = watched.server.workers()
        watched.no_boot.touch()
        watched.server.signal(signal.SIGHUP)
        wait_until(lambda: not before & watched.server.workers(), 20, "the old ones are gone")
        finding = watched.finding()
    assert finding["rule"] == "worker-crash"
    assert "before serving a request, with status 1" in finding["title"]
    assert len(finding["workers"]) >= 2


@pytest.mark.parametrize("number_of_signal", [signal.SIGHUP, signal.SIGTTOU])
def test_says_nothing_of_workers_that_are_replaced(directory, number_of_signal):
    with Watched(directory, "--max-requests", "20") as watched:
        before = watched.server.workers()
        watched.server.signal(number_of_signal)
        wait_until(lambda: before - watched.server.workers(), 20, "a worker ended")
        with Client(watched.server.port, keep_alive=False) as client:
            for _ in range(60):
                client.get("/")
        wait_until(lambda: not before & watched.server.workers(), 20, "the others too")
        report = watched.report()
    assert not ENDS & fired(report).keys(), fired(report)
    ended = [w for s in report["servers"] for w in s["workers"] if "end" in w]
    assert len(ended) >= 2 and not any(w["end"]["lost"] for w in ended)
    assert number(report["coverage"], "recordsLost") == 0
