"""Does an agent that may look closer by itself name what keeps memory, and leave a healthy server alone?"""

import json
import threading
import time
from contextlib import contextmanager

import pytest
from harness.agent import DONE, Lingerd, Running, run
from harness.client import Client
from harness.paths import WORKLOADS
from harness.report import findings_of, number
from harness.requirements import PROBES
from services.gunicorn import Gunicorn
from services.processes import wait_until

pytestmark = [pytest.mark.requires(*PROBES, "gunicorn"), pytest.mark.sole]

# Hurried: the defaults are for servers that live for days.
CONFIGURATION = """
[memory]
escalate_to = "{to}"
escalate_check_s = 1
census_window_s = 6
allocations_window_s = 6
allocations_settle_s = 1
allocations_sample_bytes = 256
allocations_budget_percent = 100
[findings]
retained_min_total_bytes = 262144
"""
PATIENCE_SECONDS = 120
HOLDER = "`kept_objects.SESSIONS` (list)"


@pytest.fixture
def configuration(directory):
    def write(to: str):
        path = directory / "linger.toml"
        path.write_text(CONFIGURATION.format(to=to))
        return path
    return write


@contextmanager
def serving(directory, app: str, workers: int):
    server = Gunicorn(directory, app, "--workers", workers, chdir=WORKLOADS, env={}, ready_path="/")
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def load(port: int, path: str, pause_seconds: float):
    """Requests, one after the other, for as long as the block lasts."""
    over = threading.Event()

    def send():
        with Client(port, keep_alive=False) as client:
            while not over.wait(pause_seconds):
                client.get(path)
    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        over.set()
        sender.join()


def escalations(answer: dict) -> list[dict]:
    return [each for server in answer["servers"] for each in server.get("escalations", [])]


def seen_by(agent) -> list[dict]:
    return escalations(run("linger", "servers", "--agent", agent.address, "--format", "json").json())


def findings_since_the_start(agent) -> dict:
    """As a report has them."""
    watched = run("linger", "watch", "findings", "--agent", agent.address, "--format", "json",
                  "--duration", "2s")
    assert watched.status == DONE, watched.stderr
    told = [json.loads(line)["finding"] for line in watched.stdout.splitlines()]
    return {"findings": list({finding["id"]: finding for finding in told}.values())}


def ended(steps: list[dict], tier: str) -> list[dict]:
    return [step for step in steps if step["tier"] == tier and step["outcome"]]


def wait_for_end(agent, tier: str) -> None:
    """Until the agent has done so by itself."""
    def done():
        time.sleep(0.5)  # what is asked for takes its time too
        return ended(seen_by(agent), tier)
    wait_until(done, PATIENCE_SECONDS, f"the agent went to {tier} by itself")


def test_growth_leads_to_a_census_that_names_the_global(directory, configuration):
    with serving(directory, "kept_objects:app", 2) as server, \
            Lingerd(directory, "--config", configuration("census")) as agent, \
            load(server.port, "/grow/50", 0.05):
        wait_for_end(agent, "MEMORY_TIER_CENSUS")
        steps = seen_by(agent)
        findings = findings_since_the_start(agent)
        workers = server.workers()
    (step,) = steps  # one worker, once
    assert step["tgid"] in workers
    assert step["endpoint"] == "GET /grow/{}"
    assert "GET /grow/{} kept" in step["reason"]
    assert "kept_objects.Session" in step["outcome"] and HOLDER in step["outcome"], step
    assert number(step, "durationNs") >= 6_000_000_000
    (finding,) = findings_of(findings, "memory-retained")
    assert HOLDER in finding["detail"] and HOLDER in finding["remedy"]
    assert step["tgid"] in finding["workers"]


def test_a_recording_tells_it_again(directory, configuration):
    recording = directory / "escalated.linger"
    with serving(directory, "kept_objects:app", 1) as server, load(server.port, "/grow/50", 0.05), \
            Running(directory, "linger", "record", "-o", recording, "--config",
                    configuration("census"), "--pid", server.tgid, "--duration", "45s") as recorder:
        assert recorder.wait(PATIENCE_SECONDS).status == DONE
    report = run("linger", "replay", recording, "--format", "json").json()
    (step,) = ended(escalations(report), "MEMORY_TIER_CENSUS")
    assert HOLDER in step["outcome"]
    (finding,) = findings_of(report, "memory-retained")
    assert HOLDER in finding["detail"]
    text = run("linger", "replay", recording).stdout
    assert "by itself: looked into the heap of worker" in " ".join(text.split())


def test_what_the_heap_does_not_explain_is_traced_in_one_worker(directory, configuration):
    with serving(directory, "kept_bytes:app", 2) as server, \
            Lingerd(directory, "--config", configuration("allocations")) as agent, \
            load(server.port, "/keep/malloc", 0.004):
        wait_for_end(agent, "MEMORY_TIER_ALLOCATIONS")
        steps = seen_by(agent)
        listed = run("linger", "servers", "--agent", agent.address, "--format", "json").json()
        findings = findings_since_the_start(agent)
    assert [step["tier"] for step in steps] == ["MEMORY_TIER_CENSUS", "MEMORY_TIER_ALLOCATIONS"]
    assert "requests settled" in steps[1]["outcome"], steps
    traced = [worker["tgid"] for worker in listed["servers"][0]["workers"] if "allocations" in worker]
    assert traced == [steps[1]["tgid"]]
    (finding,) = findings_of(findings, "memory-retained")
    assert "in keep_malloc" in finding["detail"], finding


@pytest.mark.parametrize("to", ["allocations", "growth"])
def test_leaves_alone_what_it_has_no_reason_to_look_at(directory, configuration, to):
    """A healthy server, and a sick one where the agent may not."""
    path = "/grow/0" if to == "allocations" else "/grow/50"
    with serving(directory, "kept_objects:app", 2) as server, \
            Lingerd(directory, "--config", configuration(to)) as agent, \
            load(server.port, path, 0.02):
        time.sleep(30)
        assert seen_by(agent) == []
        named = findings_of(findings_since_the_start(agent), "memory-retained")
    assert bool(named) == (to == "growth")
