"""Is time that the machine took from a worker told as that?"""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from harness.agent import Running, run
from harness.client import Client
from harness.cpu_group import CpuGroup
from harness.paths import WORKLOADS
from harness.report import endpoint_of, number
from harness.requirements import PROBES

pytestmark = [pytest.mark.requires(*PROBES, "gunicorn", "flask", "cgroup-cpu"), pytest.mark.alone]

CPUS, BURN_MS = 0.2, 300
MS = 1_000_000


class Observed:
    """A report of two workers, of which one may use a fifth of a CPU."""

    def __init__(self, report: dict, limited: int, free: int, counts: dict, group: str):
        self.report = report
        workers = {w["tgid"]: w for s in report["servers"] for w in s["workers"]}
        self.limited, self.free = workers[limited], workers[free]
        self.counts, self.group = counts, group

    def endpoint(self, route: str) -> dict:
        return next(e for e in self.report["endpoints"] if endpoint_of(e) == ("GET", route))


@pytest.fixture(scope="module")
def observed(session_directory):
    from services.gunicorn import Gunicorn
    from services.processes import wait_until
    directory = session_directory / "cpu_limit"
    directory.mkdir(mode=0o711)
    name = f"linger-test-{os.getpid()}"
    with ExitStack() as stack:
        group = stack.enter_context(CpuGroup(name, CPUS))
        server = stack.enter_context(Gunicorn(
            directory, "processor:app", "--workers", "2", chdir=WORKLOADS, ready_path="/hello",
            env={"PROCESSOR_DIRECTORY": str(directory)}))
        # It answers as soon as one of them does.
        wait_until(lambda: len(server.workers()) == 2, 10, "both workers are there")
        limited, free = sorted(server.workers())
        group.add(limited)

        recording = stack.enter_context(Running(
            directory, "linger", "record", "--pid", server.tgid, "-o", directory / "run.lngr",
            "--duration", "10m").wait_attached())
        before = group.counts()
        with Client(server.port, keep_alive=False) as client:
            client.get("/fault")

        def burn(_) -> int:
            with Client(server.port, keep_alive=False) as one:
                return int(one.get(f"/burn/{BURN_MS}"))
        with ThreadPoolExecutor(2) as threads:
            # A worker that is busy accepts nothing: one of the two goes to each.
            burnt = []
            while set(burnt) != {limited, free}:
                burnt += threads.map(burn, range(2))
                assert len(burnt) < 20
        recording.finish()
        after = group.counts()
        report = run("linger", "replay", directory / "run.lngr", "--format", "json").json()
        text = run("linger", "replay", directory / "run.lngr", "--format", "text").stdout
        observed = Observed(report, limited, free, {k: after[k] - before[k] for k in after}, f"/{name}")
        observed.text, observed.burns = text, burnt
        yield observed


def test_the_limit_and_its_counters_are_the_kernels_own(observed):
    limit = observed.limited["cpuLimit"]
    assert limit["group"] == observed.group
    assert number(limit, "quotaNs") == CPUS * number(limit, "periodNs") == CPUS * 100 * MS
    assert number(limit, "throttledPeriods") == observed.counts["nr_throttled"] > 0
    assert number(limit, "throttledNs") == observed.counts["throttled_ns"]
    assert 0 < number(limit, "periods") <= observed.counts["nr_periods"]


def test_a_worker_without_a_limit_shows_none(observed):
    assert "cpuLimit" not in observed.free
    assert number(observed.free, "throttledNs") == 0


def test_what_a_request_waited_for_its_group_is_told_apart(observed):
    worker = observed.limited
    throttled_ns = number(worker, "throttledNs")
    run_queue_ns = number(worker["blocked"], "runQueueNs")
    # Of each 100 ms it ran 20: it cannot have burnt so much CPU time otherwise. The first of the
    # periods may have begun with a quota unused.
    burnt_ms = BURN_MS * observed.burns.count(worker["tgid"])
    assert (burnt_ms / (CPUS * 100) - 2) * (1 - CPUS) * 100 * MS <= throttled_ns <= run_queue_ns
    # And what the kernel says in all is what the only thread that ran there lost.
    assert throttled_ns >= 0.8 * observed.counts["throttled_ns"]
    assert number(observed.endpoint("/burn/{}"), "throttledNs") == throttled_ns


def test_the_text_tells_of_the_limit(observed):
    text = " ".join(observed.text.split())
    assert f"limited to {CPUS:.2f} CPUs (control group {observed.group}): stopped in" in text
    assert "because the control group's CPU time was used up" in text


def test_major_page_faults_reach_the_report(observed):
    endpoint = observed.endpoint("/fault")
    faults = sum(number(w["memory"], "majorFaults") for w in (observed.limited, observed.free))
    assert faults > 0
    assert number(endpoint["time"], "pageFaultNs") > 0
    assert "major page fault" in observed.text
