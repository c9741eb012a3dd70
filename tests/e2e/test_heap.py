"""Does a census count what is there, to the object and to the byte?"""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from harness.agent import DONE, NO_SUCH_SERVER, REFUSED, USAGE, Running, run, run_as_nobody
from harness.client import Client
from harness.heap import Keeper, census, counted
from harness.paths import WORKLOADS
from harness.report import number
from services.gunicorn import Gunicorn
from services.processes import wait_until

pytestmark = pytest.mark.requires("root", "gunicorn")

SESSION = "kept_objects.Session"


@pytest.fixture
def keeper():
    with Keeper() as running:
        # The first time round, modules and caches grow too.
        running.tell("keep", "warm", 1)
        running.tell("counts")
        yield running


@pytest.fixture
def serve(directory):
    """Starts Gunicorn with one worker; its tgid and port."""
    servers = []

    def started(*options):
        server = Gunicorn(directory, "kept_objects:app", "--workers", "1", *options,
                          chdir=WORKLOADS, env={}, ready_path="/")
        servers.append(server)
        return server
    yield started
    for server in servers:
        server.stop()


def test_sizes_are_those_of_getsizeof(keeper):
    before = census(keeper.tgid)
    told = keeper.tell("keep", "measured", 300)
    after = census(keeper.tgid)
    assert before["copy"]["idle"] and after["copy"]["idle"]
    assert number(after["copy"], "errorObjects") < 20
    then, now = counted(before), counted(after)
    grown = {name: tuple(b - a for a, b in zip(then.get(name, (0, 0)), now[name])) for name in told}
    # Dicts hold strings, sessions hold lists: what is inside of what was kept is counted too.
    for name in ("bytes", "bytearray", "float", "complex", "set", "frozenset", "dict",
                 "collections.deque", "__main__.Session", "__main__.Slotted", "__main__.Titled"):
        objects, size = told[name]
        extra = 0
        if name == "dict":  # the one that keeps them all
            extra = 1
        assert grown[name][0] == objects + extra, name
        if not extra:
            assert grown[name][1] == size, name


def test_counts_are_those_of_the_collector(keeper):
    keeper.tell("keep", "counted", 1000)
    told = keeper.tell("counts")
    now = counted(census(keeper.tgid))
    for name in ("__main__.Session", "__main__.Slotted", "__main__.Titled", "set", "collections.deque",
                 "module"):
        assert now[name][0] == told[name], name


def test_counts_what_was_frozen(keeper):
    keeper.tell("keep", "frozen", 500)
    keeper.tell("freeze")
    told = keeper.tell("counts")
    assert "__main__.Session" not in told, "the collector itself does not see them"
    of = census(keeper.tgid)
    assert counted(of)["__main__.Session"][0] == 501
    assert number(of, "frozenObjects") > 500


@pytest.mark.parametrize("options", [[], ["--preload"], ["--worker-class", "gthread", "--threads", "3"]],
                         ids=["sync", "preload", "gthread"])
def test_names_the_variable_that_holds(serve, options):
    server = serve(*options)
    worker, = server.workers()
    with Client(server.port, keep_alive=False) as client:
        client.get("/keep/1203")
    of = census(worker, "--paths", "Session")
    assert counted(of)[SESSION][0] == 1203
    retainers, = of["retainers"]
    assert number(retainers, "objects") == 1203
    assert retainers["paths"] == [
        {"text": f"`kept_objects.SESSIONS` (list) -> {SESSION}", "objects": "1203"}]
    text = run("linger", "heap", "--pid", worker, "--paths", SESSION)
    assert text.status == DONE
    assert "holds 100 % of 1,203" in " ".join(text.stdout.split())


def test_what_grew_is_what_was_added(serve, directory):
    server = serve()
    worker, = server.workers()
    with Client(server.port, keep_alive=False) as client:
        client.get("/keep/50")
        with Running(directory, "linger", "heap", "--pid", worker, "--diff", "10m", "--format",
                     "json") as running:
            # It minds Ctrl-C from when the first census is done: the window then ends there.
            caught = Path(f"/proc/{running.tgid}/status")
            wait_until(lambda: int(re.search(r"SigCgt:\s*(\w+)", caught.read_text())[1], 16)
                       & 1 << signal.SIGINT - 1, 60, "the first census is taken")
            client.get("/keep/123")
            running.signal(signal.SIGINT)
            of = running.wait().json()
    growth = {each["type"]: number(each, "objects") for each in of["growth"]}
    assert growth[SESSION] == 123
    assert number(of, "windowNs") > 0
    assert of["earlierCopy"]["idle"]


SPINNING = "import sys\nkept = [[] for _ in range(1000)]\nprint(flush=True)\nwhile True: x = [1]"


def test_a_busy_worker_is_counted_exactly_where_it_may_be_stopped():
    with subprocess.Popen(["/usr/bin/python3", "-I", "-c", SPINNING], stdout=subprocess.PIPE) as child:
        try:
            child.stdout.readline()
            first, second = (census(child.pid, "--may-pause", "2s") for _ in range(2))
            state = Path(f"/proc/{child.pid}/status").read_text()
        finally:
            child.kill()
    assert first["copy"]["idle"] and second["copy"]["idle"]
    assert any(re.fullmatch(r"the worker was stopped for \d+ ms, as --may-pause allowed", gap)
               for gap in first["copy"]["gaps"])
    # All but the list of the turn that it was stopped in.
    assert abs(counted(first)["list"][0] - counted(second)["list"][0]) <= 1
    assert "State:\tR" in state and "TracerPid:\t0" in state


def test_a_busy_worker_is_counted_with_a_stated_error():
    with subprocess.Popen(["/usr/bin/python3", "-I", "-c", SPINNING],
                          stdout=subprocess.PIPE) as child:
        try:
            child.stdout.readline()
            of = census(child.pid)
        finally:
            child.kill()
    assert not of["copy"]["idle"]
    assert number(of["copy"], "attempts") > 1
    lists = counted(of)["list"][0]
    assert 1000 <= lists < 2000


def test_says_which_workers_a_master_has(serve):
    server = serve()
    worker, = server.workers()
    refused = run("linger", "heap", "--pid", server.tgid)
    assert refused.status == USAGE
    assert str(worker) in refused.stderr
    assert refused.stdout == ""


@pytest.mark.parametrize("options, status, words", [
    (["--paths", "NoSuchType"], USAGE, "NoSuchType"),
    (["--diff", "soon"], USAGE, "soon"),
], ids=["type", "duration"])
def test_refuses_what_makes_no_sense(keeper, options, status, words):
    refused = run("linger", "heap", "--pid", keeper.tgid, *options)
    assert refused.status == status
    assert words in refused.stderr
    assert refused.stdout == ""


def test_says_that_there_is_no_python():
    with subprocess.Popen(["/bin/sleep", "60"]) as child:
        refused = run("linger", "heap", "--pid", child.pid)
        child.kill()
    assert refused.status == NO_SUCH_SERVER
    assert "CPython" in refused.stderr
    gone = run("linger", "heap", "--pid", child.pid)
    assert gone.status == NO_SUCH_SERVER


def test_does_not_wait_for_a_process_that_ended(keeper, directory):
    with Running(directory, "linger", "heap", "--pid", keeper.tgid, "--diff", "10m") as running:
        caught = Path(f"/proc/{running.tgid}/status")
        wait_until(lambda: int(re.search(r"SigCgt:\s*(\w+)", caught.read_text())[1], 16)
                   & 1 << signal.SIGINT - 1, 60, "the first census is taken")
        os.kill(keeper.tgid, signal.SIGKILL)
        running.signal(signal.SIGINT)
        ended = running.wait()
    assert ended.status == NO_SUCH_SERVER
    assert ended.stdout == ""


def test_needs_the_permission_to_read_another_users_memory(keeper, directory):
    refused = run_as_nobody(directory, "heap", "--pid", keeper.tgid)
    assert refused.status == REFUSED
    assert refused.stdout == ""
    assert refused.stderr
