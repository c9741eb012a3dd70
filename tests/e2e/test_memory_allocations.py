"""Does tracing allocations tell what requests keep outside of what Python counts, and nothing of what they free?"""

import json
import mmap
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time

import pytest
from harness import bpf
from harness.agent import Lingerd, Running, run
from harness.client import Client
from harness.paths import WORKLOADS
from harness.report import fired, number
from harness.requirements import PROBES
from services.gunicorn import Gunicorn
from services.processes import wait_until

pytestmark = pytest.mark.requires(*PROBES, "gunicorn")

# What each path of the workload keeps: with the head of a bytes object, with the NUL of a bytearray, as it is.
BYTES_KEPT = {
    "/keep/bytes": sys.getsizeof(b"") + 3_000,
    "/keep/buffer": 200_001,
    "/keep/malloc": 1_000,
    "/keep/mapping": 10 * mmap.PAGESIZE,
}
SMALL = ["/keep/dict", "/keep/cycle", "/keep/list", "/keep/cache"]
SECONDS = 12
SETTLE_SECONDS = 2
# With so small an interval nearly everything is sampled, and the probes may cost what they do.
TRACE = ["--memory", "allocations", "--settle", f"{SETTLE_SECONDS}s", "--sample-bytes", "256",
         "--trace-budget", "100"]
KEEP = sorted(BYTES_KEPT)
GIVE = ["/give/bytes", "/give/large", "/give/malloc", "/give/grown", "/give/mapping", "/give/cached"]
PAUSE_SECONDS = 0.002


@pytest.fixture
def server(directory):
    running = Gunicorn(directory, "kept_bytes:app", "--workers", "1", chdir=WORKLOADS, env={},
                       ready_path="/")
    with Client(running.port, keep_alive=False) as client:
        for _ in range(20):  # modules and caches grow at first
            for path in KEEP + GIVE + SMALL:
                client.get(path)
    yield running
    running.stop()


def load(server, seconds: float, paths: list[str]) -> None:
    """In no order: of endpoints that are always called in turn nobody can say which of them keeps small objects."""
    until = time.monotonic() + seconds
    anyone = random.Random(1)
    with Client(server.port, keep_alive=False) as client:
        while time.monotonic() < until:
            client.get(anyone.choice(paths))
            time.sleep(PAUSE_SECONDS)


def diagnosed(directory, server, paths: list[str], *source: str) -> dict:
    with Running(directory, "linger", "diagnose", *source, *TRACE, "--format", "json", "--duration",
                 f"{SECONDS}s", "--pid", server.tgid) as diagnosis:
        load(server, SECONDS + 1, paths)
        return diagnosis.wait().json()


def memory_by_path(report: dict) -> dict:
    return {endpoint["route"]: endpoint["memory"] for endpoint in report["endpoints"]}


def trace(report: dict) -> dict:
    (server,) = report["servers"]
    (worker,) = [each for each in server["workers"] if "allocations" in each]
    return worker["allocations"]


def expect_kept(memory: dict, path: str) -> None:
    """Within 5 %, and what the interval says besides."""
    kept = memory.get("retainedBytesPerRequest", 0)
    uncertain = (memory["high"] - memory["low"]) / 2
    assert memory["tier"] == "MEMORY_TIER_ALLOCATIONS"
    assert abs(kept - BYTES_KEPT[path]) <= 0.05 * BYTES_KEPT[path] + uncertain, (path, memory)
    # And the interval is narrow enough to say something.
    assert uncertain < 0.3 * BYTES_KEPT[path], (path, memory)
    name = "keep_" + path.rpartition("/")[2]
    assert re.fullmatch(rf"kept_bytes\.py:\d+ in {name}", memory["sites"][0]["what"]), memory


@pytest.mark.parametrize("by_agent", [False, True], ids=["alone", "agent"])
def test_tells_what_is_kept_and_where_it_was_allocated(directory, server, by_agent):
    if by_agent:
        with Lingerd(directory) as agent:
            report = diagnosed(directory, server, KEEP + GIVE, "--agent", agent.address)
    else:
        report = diagnosed(directory, server, KEEP + GIVE, "--no-agent")
    seen = trace(report)
    assert seen.get("gap", "") == ""
    assert number(seen, "requestsSettled") > 100
    assert number(seen, "probeHits") > 0 and number(seen, "probeCostNs") > 0
    memory = memory_by_path(report)
    for path in KEEP:
        expect_kept(memory[path], path)
    for path in GIVE:
        assert memory[path].get("retainedBytesPerRequest", 0) < 100, (path, memory[path])
        assert f"GET {path}" not in fired(report).get("memory-retained", set())
    # What is given back was seen: it was allocated.
    assert number(memory["/give/large"], "allocatedBytes") > 0


@pytest.mark.parametrize("paths", [["/keep/dict", "/keep/cycle"], ["/keep/list", "/keep/cache"]], ids=str)
def test_adds_the_small_objects_that_no_probe_sees(directory, server, paths):
    """Python's own allocator is not traced but counted; the rest of what these keep, their tables, is C's."""
    told = subprocess.run(["/usr/bin/python3", WORKLOADS / "kept_bytes.py", *paths], check=True, capture_output=True)
    truth = json.loads(told.stdout)
    memory = memory_by_path(diagnosed(directory, server, paths, "--no-agent"))
    for path in paths:
        kept = memory[path]
        small = kept["smallObjects"]
        uncertain = (small["high"] - small["low"]) / 2
        assert kept["tier"] == "MEMORY_TIER_ALLOCATIONS", (path, memory)
        assert abs(small["retainedBytesPerRequest"] - truth[path]) <= 0.05 * truth[path] + uncertain, (path, truth, memory)
        assert 0 < uncertain < 0.5 * truth[path], (path, truth, memory)
        # Their sum: the tables that outgrow 512 bytes are C's.
        assert small["retainedBytesPerRequest"] <= kept["retainedBytesPerRequest"] <= 1.3 * small["retainedBytesPerRequest"]


def test_a_recording_holds_it(directory, server):
    recording = directory / "allocations.linger"
    with Running(directory, "linger", "record", "-o", recording, *TRACE, "--duration", "8s", "--pid",
                 server.tgid) as recorder:
        load(server, 9, ["/keep/bytes", "/give/bytes"])
        assert recorder.wait().status == 0
    report = run("linger", "replay", recording, "--format", "json").json()
    memory = memory_by_path(report)
    expect_kept(memory["/keep/bytes"], "/keep/bytes")
    assert memory["/give/bytes"].get("retainedBytesPerRequest", 0) < 100


def test_a_worker_that_dies_leaves_what_was_settled(directory, server):
    (worker,) = server.workers()
    with Running(directory, "linger", "diagnose", "--no-agent", *TRACE, "--format", "json",
                 "--duration", "10s", "--pid", server.tgid) as diagnosis:
        load(server, 7, ["/keep/bytes"])
        os.kill(worker, signal.SIGKILL)
        time.sleep(1)
        load(server, 3, ["/give/bytes"])
        report = diagnosis.wait().json()
    seen = trace(report)
    assert "ended while its allocations were traced" in seen["gap"]
    assert number(seen, "requestsSettled") > 20
    expect_kept(memory_by_path(report)["/keep/bytes"], "/keep/bytes")


@pytest.mark.sole  # what others attach would count
@pytest.mark.parametrize("by_agent", [False, True], ids=["alone", "agent"])
def test_comes_and_goes_under_load_and_leaves_nothing_behind(directory, server, by_agent):
    before = bpf.attached()
    workers = server.workers()
    over = threading.Event()
    served = []

    def send():
        with Client(server.port, keep_alive=False) as client:
            while not over.is_set():
                for path in KEEP + GIVE:
                    client.get(path)  # fails where the answer is not 200
                served.append(time.monotonic())
    sender = threading.Thread(target=send)
    sender.start()
    try:
        if by_agent:
            with Lingerd(directory) as agent:
                rounds = traced_rounds(server, "--agent", agent.address)
        else:
            rounds = traced_rounds(server, "--no-agent")
    finally:
        over.set()
        sender.join()
    assert all(number(trace(report), "probeHits") > 0 for report in rounds)
    # It served in between and to the end, and its worker is the same one.
    assert served[-1] > served[0] + len(rounds)
    assert server.workers() == workers
    wait_until(lambda: bpf.attached() <= before, 30, "nothing of the traces is attached")


def traced_rounds(server, *source: str) -> list[dict]:
    return [run("linger", "diagnose", *source, *TRACE, "--format", "json", "--duration", "1s", "--pid",
                server.tgid).json() for _ in range(5)]


def test_takes_the_probes_off_when_they_cost_too_much(directory, server):
    with Running(directory, "linger", "diagnose", "--no-agent", "--memory", "allocations", "--settle",
                 "2s", "--trace-budget", "0.001", "--format", "json", "--duration", "6s", "--pid",
                 server.tgid) as diagnosis:
        load(server, 7, ["/keep/bytes"])
        report = diagnosis.wait().json()
    seen = trace(report)
    assert "no longer looked at" in seen["gap"]
    assert number(seen, "requestsUnsettled") > 0
    assert memory_by_path(report)["/keep/bytes"]["tier"] != "MEMORY_TIER_ALLOCATIONS"


ALLOCATORS = {"tcmalloc": "libtcmalloc_minimal.so.4", "mimalloc": "libmimalloc.so.2.0"}


@pytest.mark.parametrize("allocator", [pytest.param(each, marks=pytest.mark.requires(each)) for each in ALLOCATORS])
def test_sees_the_allocator_that_was_preloaded(directory, allocator):
    library = f"/usr/lib/x86_64-linux-gnu/{ALLOCATORS[allocator]}"
    with Gunicorn(directory, "kept_bytes:app", "--workers", "1", chdir=WORKLOADS, env={"LD_PRELOAD": library},
                  ready_path="/") as server:
        with Running(directory, "linger", "diagnose", "--no-agent", *TRACE, "--format", "json", "--duration", "7s",
                     "--pid", server.tgid) as diagnosis:
            load(server, 8, ["/keep/malloc", "/keep/buffer", "/give/malloc", "/give/grown"])
            report = diagnosis.wait().json()
    assert trace(report).get("gap", "") == ""
    memory = memory_by_path(report)
    for path in ("/keep/malloc", "/keep/buffer"):
        expect_kept(memory[path], path)
    for path in ("/give/malloc", "/give/grown"):
        assert memory[path].get("retainedBytesPerRequest", 0) < 100, (path, memory[path])
