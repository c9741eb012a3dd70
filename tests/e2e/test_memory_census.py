"""Does a diagnosis with a census name what grew in a worker, and nothing where nothing did?"""

import os
import time

import pytest
from harness.agent import Lingerd, Running, run
from harness.client import Client
from harness.paths import WORKLOADS
from harness.report import number
from harness.requirements import PROBES
from services.gunicorn import Gunicorn

pytestmark = pytest.mark.requires(*PROBES, "gunicorn")

SECONDS = 6
CENSUS = ["--memory", "census", "--format", "json", "--duration", f"{SECONDS}s"]
KEPT_EACH = 20
WARM_UP = 50
# A census wants its worker idle for as long as a copy takes, on a slow day 0.1 s; one that never is gets no figures.
PAUSE_SECONDS = 0.4


@pytest.fixture
def server(directory):
    running = Gunicorn(directory, "kept_objects:app", "--workers", "1", chdir=WORKLOADS, env={},
                       ready_path="/")
    with Client(running.port) as client:
        for _ in range(WARM_UP):  # modules and caches grow at first
            client.get("/grow/1")
    yield running
    running.stop()


def heap_growth(report: dict) -> dict:
    (server,) = report["servers"]
    (worker,) = server["workers"]
    return worker["heapGrowth"]


def diagnosed(directory, server, path: str, *source: str) -> tuple[dict, int]:
    """The report on requests of one path, one after the other, and how many they were."""
    sent = 0
    with Running(directory, "linger", "diagnose", *source, *CENSUS, "--pid",
                 server.tgid) as diagnosis:
        until = time.monotonic() + SECONDS + 1
        with Client(server.port) as client:
            while time.monotonic() < until:
                client.get(path)
                sent += 1
                time.sleep(PAUSE_SECONDS)
        return diagnosis.wait().json(), sent


@pytest.mark.parametrize("by_agent", [False, True], ids=["alone", "agent"])
def test_names_what_grew_and_who_holds_it(directory, server, by_agent):
    path = f"/grow/{KEPT_EACH}"
    if by_agent:
        with Lingerd(directory) as agent:
            report, sent = diagnosed(directory, server, path, "--agent", agent.address)
    else:
        report, sent = diagnosed(directory, server, path, "--no-agent")
    growth = heap_growth(report)
    assert growth["gap"] == ""
    grown = {each["type"]: each for each in growth["types"]}
    assert "kept_objects.Session" in grown, (growth, sent)
    session = grown["kept_objects.Session"]
    assert 0 < number(session, "objects") <= sent * KEPT_EACH
    # An exact look: whole requests.
    if not number(growth, "errorObjects"):
        assert number(session, "objects") % KEPT_EACH == 0
    assert session["holders"][0]["text"] == \
        "`kept_objects.SESSIONS` (list) -> kept_objects.Session"


def test_says_nothing_of_a_heap_that_does_not_grow(directory, server):
    report, _ = diagnosed(directory, server, "/grow/0", "--no-agent")
    growth = heap_growth(report)
    assert growth["gap"] == ""
    assert growth.get("types", []) == []


def test_a_recording_holds_it(directory, server):
    recording = directory / "heap.linger"
    with Running(directory, "linger", "record", "-o", recording, "--memory", "census", "--duration",
                 "2s", "--pid", server.tgid) as recorder, Client(server.port) as client:
        until = time.monotonic() + 3
        while time.monotonic() < until:
            client.get(f"/grow/{KEPT_EACH}")
            time.sleep(PAUSE_SECONDS)
        assert recorder.wait().status == 0
    report = run("linger", "replay", recording, "--format", "json").json()
    assert "kept_objects.Session" in {each["type"] for each in heap_growth(report)["types"]}


def test_an_agent_takes_a_census_for_others(directory, server):
    (worker,) = server.workers()
    with Client(server.port) as client:
        client.get("/grow/25")
    with Lingerd(directory) as agent:
        def taken(*options) -> tuple:
            return run("linger", "heap", "--format", "json", *options)
        asked = ["--paths", "kept_objects.Session", "--pid", worker]
        by_agent = taken("--agent", agent.address, *asked).json()
        alone = taken("--no-agent", *asked).json()
        master = taken("--agent", agent.address, "--pid", server.tgid)
        stranger = taken("--agent", agent.address, "--pid", os.getpid())
    assert by_agent["retainers"] == alone["retainers"]
    # Those that were made before, too.
    assert number(by_agent["retainers"][0], "objects") == WARM_UP + 25
    assert sessions(by_agent) == sessions(alone) == WARM_UP + 25
    assert master.status == 2 and str(worker) in master.stderr
    assert stranger.status == 4


def sessions(census: dict) -> int:
    (counted,) = [each for each in census["types"] if each["type"] == "kept_objects.Session"]
    return number(counted, "objects")
