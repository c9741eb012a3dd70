"""Are workers that lack a CPU told of, and what took it?"""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from harness.agent import Running
from harness.client import Client
from harness.cpu_group import CpuGroup
from harness.paths import WORKLOADS
from harness.report import cited, findings_of, fired
from harness.requirements import PROBES
from services.processes import wait_until

pytestmark = [pytest.mark.requires(*PROBES, "gunicorn", "flask"), pytest.mark.alone]

BURN_MS, REQUESTS = 30, 40
CPUS = os.cpu_count()
# Where the rule speaks up.
RATIO = 0.25


def scheduled_ns(tgid: int) -> tuple[int, int]:
    """The kernel's own: on a CPU, and ready without one."""
    on_cpu_ns, waiting_ns, _ = Path(f"/proc/{tgid}/schedstat").read_text().split()
    return int(on_cpu_ns), int(waiting_ns)


class Observed:
    """A report, and what of the workers' time the kernel says they were ready without a CPU."""

    def __init__(self, directory, workers: int, clients: int, group: CpuGroup | None = None):
        from services.gunicorn import Gunicorn
        with ExitStack() as stack:
            server = stack.enter_context(Gunicorn(
                directory, "processor:app", "--workers", str(workers), chdir=WORKLOADS,
                ready_path="/hello", env={"PROCESSOR_DIRECTORY": str(directory)}))
            wait_until(lambda: len(server.workers()) == workers, 30, "all workers are there")
            for tgid in server.workers() if group else ():
                group.add(tgid)
            diagnosis = stack.enter_context(Running(
                directory, "linger", "diagnose", "--no-agent", "--format", "json", "--pid",
                server.tgid, "--duration", "10m").wait_attached())
            before = [scheduled_ns(tgid) for tgid in server.workers()]

            def burn(_) -> None:
                with Client(server.port, keep_alive=False) as client:
                    for _ in range(REQUESTS):
                        client.get(f"/burn/{BURN_MS}")
            with ThreadPoolExecutor(clients) as threads:
                list(threads.map(burn, range(clients)))
            after = [scheduled_ns(tgid) for tgid in server.workers()]
            self.report = diagnosis.finish().json()
        on_cpu_ns, waiting_ns = (sum(after) - sum(before) for before, after in
                                 zip(zip(*before), zip(*after)))
        self.waiting_ratio = waiting_ns / (on_cpu_ns + waiting_ns)


def test_names_more_workers_than_cpus(directory):
    observed = Observed(directory, workers=4 * CPUS, clients=4 * CPUS)
    assert observed.waiting_ratio > RATIO, "the workers had CPUs enough"
    [finding] = findings_of(observed.report, "cpu-overcommitted")
    assert finding["severity"] == ("SEVERITY_CRITICAL" if cited(
        finding, "part of the time in a worker") >= 0.5 else "SEVERITY_WARNING")
    assert cited(finding, "requests") == 4 * CPUS * REQUESTS
    assert round(cited(finding, "CPUs of the host")) == CPUS
    assert "in burn" in finding["detail"], "the line that computes"
    # One finding for one cause.
    assert not {"workers-saturated", "accept-queue-wait"} & fired(observed.report).keys()


@pytest.mark.requires("cgroup-cpu")
def test_names_the_limit_that_stops_a_worker(directory):
    name = f"linger-test-{os.getpid()}"
    with CpuGroup(name, 0.2) as group:
        observed = Observed(directory, workers=1, clients=1, group=group)
    [finding] = findings_of(observed.report, "cpu-overcommitted")
    assert cited(finding, f"limit of /{name}") == pytest.approx(0.2)
    assert cited(finding, "periods in which it was stopped") > 0
    assert f"Control group /{name} may use 0.20 CPUs" in finding["detail"]
    assert finding["remedy"].startswith("Raise the limit")


def test_says_nothing_where_there_is_a_cpu_for_each(directory):
    observed = Observed(directory, workers=1, clients=1)
    # Where the machine has other work, it does lack a CPU.
    if observed.waiting_ratio < RATIO / 2:
        assert "cpu-overcommitted" not in fired(observed.report)
