"""Are workers followed when they are replaced, and is the service left alone when linger goes?"""

import os
import signal

import pytest
from harness import bpf
from harness.agent import Lingerd, Running, run
from harness.background_load import BackgroundLoad
from harness.client import Client
from harness.report import counts_by_worker, number
from harness.requirements import PROBES, SERVICES
from harness.workload import WORKER_CLASSES
from services.processes import wait_until

pytestmark = pytest.mark.requires(*PROBES, *SERVICES)

SYNC = WORKER_CLASSES["sync"]


def diagnose(directory, server) -> Running:
    return Running(directory, "linger", "diagnose", "--no-agent", "--format", "json",
                   "--duration", "10m", "--pid", server.tgid).wait_attached()


def answered(load: BackgroundLoad) -> set[int]:
    return {int(tgid) for tgid in list(load.answers)}


def expect_every_answer(report: dict, load: BackgroundLoad) -> None:
    """The workers' own answers, each with its tgid, are the truth."""
    assert load.errors == []
    assert counts_by_worker(report) == {int(tgid): n for tgid, n in load.answers.items()}
    assert number(report["coverage"], "recordsLost") == 0


@pytest.mark.parametrize("number_of_signal, workers_after", [
    (signal.SIGHUP, 2), (signal.SIGTTIN, 3), (signal.SIGTTOU, 1),
], ids=["HUP", "TTIN", "TTOU"])
def test_follows_workers_that_a_signal_replaces(
        workload, directory, number_of_signal, workers_after):
    with workload.serve(*SYNC) as server, diagnose(directory, server) as diagnosis:
        before = server.workers()
        with BackgroundLoad(server.port, "/hello") as load:
            wait_until(lambda: answered(load), 10, "a worker answers")
            server.signal(number_of_signal)
            wait_until(lambda: len(server.workers()) == workers_after
                       and (number_of_signal != signal.SIGHUP or not server.workers() & before),
                       20, f"{workers_after} workers")
            wait_until(lambda: server.workers() <= answered(load), 20, "each worker answers")
        report = diagnosis.finish().json()
    expect_every_answer(report, load)


def test_follows_workers_that_restart_after_max_requests(workload, directory):
    with workload.serve(*SYNC, "--max-requests", "40") as server, \
            diagnose(directory, server) as diagnosis:
        with BackgroundLoad(server.port, "/hello") as load:
            wait_until(lambda: len(answered(load)) >= 5, 60, "the workers were replaced")
        report = diagnosis.finish().json()
    expect_every_answer(report, load)


@pytest.mark.requires("uwsgi")
def test_follows_uwsgis_workers_that_are_replaced(workload, directory):
    # uWSGI replaces a worker after so many requests, and one that dies. One with threads may take
    # its whole mercy of 60 s to go.
    with workload.start("uwsgi", "--max-requests", "60",
                        "--min-worker-lifetime", "1") as server, \
            diagnose(directory, server) as diagnosis:
        os.kill(min(server.workers()), signal.SIGKILL)
        with BackgroundLoad(server.port, "/hello") as load:
            wait_until(lambda: len(answered(load)) >= 4, 60, "the workers were replaced")
        report = diagnosis.finish().json()
    expect_every_answer(report, load)


def test_follows_the_worker_that_replaces_a_killed_one(workload, directory):
    with workload.serve(*SYNC) as server, diagnose(directory, server) as diagnosis:
        killed = min(server.workers())
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: killed not in server.workers() and len(server.workers()) == 2, 20,
                   "the worker is replaced")
        with BackgroundLoad(server.port, "/hello") as load:
            wait_until(lambda: server.workers() <= answered(load), 20, "each worker answers")
        report = diagnosis.finish().json()
    expect_every_answer(report, load)
    (ended,) = [w for w in report["servers"][0]["workers"] if w["tgid"] == killed]
    assert ended["state"] == "WORKER_STATE_EXITED"
    assert ended["exitReason"] == "killed by signal 9"


def test_counts_the_request_that_killed_its_worker_as_broken(workload, directory):
    with workload.serve(*SYNC) as server, diagnose(directory, server) as diagnosis:
        with Client(server.port) as client, pytest.raises(OSError):
            client.get("/crash")
        report = diagnosis.finish().json()
    assert number(report["coverage"], "requestsBroken") == 1
    assert number(report["coverage"], "requestsSeen") == 0


def test_follows_a_server_that_starts_after_the_agent(workload, directory):
    with Lingerd(directory) as agent, workload.serve(*SYNC) as server:
        def known() -> bool:
            listed = run("linger", "servers", "--agent", agent.address, "--format", "json").json()
            return server.tgid in {s["masterTgid"] for s in listed.get("servers", [])}
        wait_until(known, 10, "the agent found the server")
        with Running(directory, "linger", "diagnose", "--agent", agent.address, "--pid",
                     server.tgid, "--format", "json", "--duration", "4s") as diagnosis, \
                BackgroundLoad(server.port, "/hello") as load:
            wait_until(lambda: server.workers() <= answered(load), 20, "each worker answers")
            report = diagnosis.wait().json()
    # The load began before the window and went on after it, so only the workers are compared.
    assert set(counts_by_worker(report)) == answered(load)
    assert load.errors == []


@pytest.mark.parametrize("program", ["linger", "lingerd"])
def test_leaves_nothing_in_the_kernel_when_it_is_killed(workload, directory, program):
    with workload.serve(*SYNC) as server, BackgroundLoad(server.port, "/hello") as load:
        with Lingerd(directory) if program == "lingerd" else diagnose(directory, server) as agent:
            own = agent.attached()
            assert own
            agent.signal(signal.SIGKILL)
            agent.wait()
            wait_until(lambda: not own & bpf.attached(), 10, "the kernel forgot the probes")
        seen = load.answers.total()
        wait_until(lambda: load.answers.total() > seen + 100, 10, "the service goes on")
    assert load.errors == []
