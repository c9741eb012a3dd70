"""Does the count of pages alone, always on, tell what requests keep, and nothing of what only looks like it?"""

import json
import random
import subprocess
import time

import pytest
from harness.agent import Running
from harness.client import Client
from harness.paths import WORKLOADS
from harness.report import fired
from harness.requirements import PROBES
from services.gunicorn import Gunicorn

pytestmark = pytest.mark.requires(*PROBES, "gunicorn")

REQUESTS = 500
WIDEST_BYTES = 24_000
WARM_UP = 60
CLEAN = "/give/objects"
FEW_REQUESTS = 200
# What /keep/objects keeps: a list with its collector's head and its table, which has room for 24, objects, floats.
TWENTY_OBJECTS = [56, 24 * 8, *[16] * 10, *[24] * 10]
KEEP = ["/keep/dict", "/keep/objects", "/keep/bytes", "/keep/buffer", "/keep/cycle", "/keep/lru-cache",
        "/keep/malloc"]
# After how many of its requests it is sure: the counter is late by a quarter of a megabyte; small objects must be
# more than a cache that fills could be.
NAMED = [("/keep/buffer", 500, 0), ("/keep/bytes", 600, 0.01), ("/keep/objects", 2_000, 0.002)]
ONCE = ["/give/import"]
GIVE = ["/give/cycle", "/give/cached", "/give/fragments", "/give/large", "/give/import"]
# Whatever a request touches of what was there before the fork becomes the worker's own.
FREEZE = """
import gc
preload_app = True
def pre_fork(server, worker):
    gc.freeze()
"""
# The twin is another process: how its objects share pages is not quite the same.
TWIN = 0.05


def kept_by_a_twin(path: str) -> float:
    """The bytes that one request keeps, as a process of its own measures it."""
    run = subprocess.run(["/usr/bin/python3", WORKLOADS / "kept.py", path], check=True, capture_output=True)
    return json.loads(run.stdout)[path]


def shuffled(paths: list[str]) -> list[str]:
    """Of endpoints that are always called in turn nobody can say which of them keeps something."""
    return random.Random(1).sample(paths, len(paths))


def allocated_bytes(sizes: list[int]) -> int:
    """What CPython's allocator hands out for blocks of these sizes."""
    return sum((size + 15) // 16 * 16 for size in sizes)


def within(truth: float, memory: dict, slack: float = 0) -> bool:
    """Bounds of 95 % are missed once in twenty runs; half as wide again, once in three hundred."""
    slack += (memory["high"] - memory["low"]) / 4
    return memory["low"] - slack <= truth <= memory["high"] + slack


def observed(directory, paths: list[str], each: int, *options, pause: float = 0) -> tuple[dict, dict]:
    """What is said of the memory of each path's requests, and the whole report."""
    server = Gunicorn(directory, "kept:app", "--workers", "1", *options, chdir=WORKLOADS, env={},
                      ready_path="/")
    try:
        with Client(server.port, keep_alive=False) as client:
            for path in paths * WARM_UP:
                if path not in ONCE:
                    client.get(path)
            with Running(directory, "linger", "diagnose", "--no-agent", "--format", "json", "--duration",
                         "10m", "--pid", server.tgid).wait_attached() as diagnosis:
                for path in shuffled(paths * each):
                    client.get(path)
                    time.sleep(pause)
                report = diagnosis.finish().json()
    finally:
        server.stop()
    return {endpoint["route"]: endpoint["memory"] for endpoint in report["endpoints"]}, report


@pytest.mark.parametrize("path", KEEP)
def test_what_the_requests_of_an_endpoint_keep_is_within_the_interval(directory, path):
    memory, report = observed(directory, [path, CLEAN], REQUESTS)
    truth = kept_by_a_twin(path)
    kept, clean = memory[path], memory[CLEAN]
    assert kept["tier"] == "MEMORY_TIER_GROWTH"
    assert within(truth, kept, TWIN * truth), (truth, kept)
    assert within(0, clean), clean
    # Wide, as half a megabyte of doubt and 500 requests make it, but not so wide that all is in it.
    assert kept["high"] - kept["low"] <= max(WIDEST_BYTES, truth), (truth, kept)
    assert f"GET {CLEAN}" not in fired(report).get("memory-retained", set())


def test_small_objects_tell_after_a_few_requests(directory):
    """Twenty that are kept and two hundred that are given back: exact, where pages say nothing yet."""
    memory, _ = observed(directory, ["/keep/objects", CLEAN], FEW_REQUESTS, pause=0.02)
    kept, clean = memory["/keep/objects"]["smallObjects"], memory[CLEAN]["smallObjects"]
    truth = allocated_bytes(TWENTY_OBJECTS)
    assert kept["low"] > 0 and kept["lateLow"] > 0, memory
    assert kept["retainedBytesPerRequest"] == pytest.approx(truth, rel=0.3), memory
    assert kept["low"] > clean["retainedBytesPerRequest"], memory
    assert abs(clean["retainedBytesPerRequest"]) < truth / 3, memory


@pytest.mark.parametrize("path, each, pause", NAMED)
def test_names_the_endpoint_whose_requests_keep_something(directory, path, each, pause):
    memory, report = observed(directory, [path, CLEAN], each, pause=pause)
    assert fired(report).get("memory-retained", set()) == {f"GET {path}"}, memory


@pytest.mark.parametrize("path", GIVE)
@pytest.mark.parametrize("frozen", [False, True], ids=["", "frozen"])
def test_says_nothing_of_what_only_looks_like_it(directory, path, frozen):
    configuration = directory / "gunicorn.conf.py"
    configuration.write_text(FREEZE if frozen else "")
    memory, report = observed(directory, [path, CLEAN], REQUESTS, "--config", configuration)
    assert fired(report).get("memory-retained", set()) == set(), memory
