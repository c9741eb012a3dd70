"""Do profiles hold what the report of the same recording holds, in formats that other tools read?"""

import gzip
import json
import re
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import golang
from harness.agent import DONE, Lingerd, Running, run, run_as_nobody
from harness.client import Client
from harness.paths import ROOT, WORKLOADS
from harness.report import causes, endpoint_of
from harness.requirements import PROBES
from services.gunicorn import Gunicorn

pytestmark = pytest.mark.requires(*PROBES, "gunicorn")

WAITS = ["/nap", "/lock", "/lines"]
TRACE = ["--settle", "1s", "--sample-bytes", "256", "--trace-budget", "100"]
# The last one is the one that the kind is about, and first in the other formats.
VALUES = {"blocked": ["waits", "blocked"], "on-cpu": ["samples", "cpu"],
          "allocated": ["alloc_objects", "alloc_space", "retained_objects", "retained_space"],
          "retained": ["alloc_objects", "alloc_space", "retained_objects", "retained_space"]}
MAIN = {"blocked": "blocked", "on-cpu": "cpu", "allocated": "alloc_space",
        "retained": "retained_space"}


def load(port: int, paths: list[str], seconds: float) -> None:
    until = time.monotonic() + seconds
    with Client(port, keep_alive=False) as client:
        while time.monotonic() < until:
            for path in paths:
                client.get(path)


def recorded(directory, server, paths, *options) -> tuple:
    """A recording of such requests, and the report that it replays to."""
    recording = directory / f"{server.tgid}.linger"
    with Running(directory, "linger", "record", "-o", recording, "--pid", server.tgid,
                 "--duration", "6s", *options).wait_attached() as running, \
            ThreadPoolExecutor(3) as clients:
        list(clients.map(lambda _: load(server.port, paths, 4), range(3)))
        assert running.wait().status == DONE
    recording.chmod(0o644)
    return recording, run("linger", "replay", recording, "--format", "json").json()


@pytest.fixture(scope="module")
def waits(session_directory):
    server = Gunicorn(session_directory, "waits:app", "--workers", "2", chdir=WORKLOADS, env={},
                      ready_path="/")
    try:
        yield recorded(session_directory, server, WAITS)
    finally:
        server.stop()


@pytest.fixture(scope="module")
def kept(session_directory):
    server = Gunicorn(session_directory, "kept_bytes:app", "--workers", "1", chdir=WORKLOADS,
                      env={}, ready_path="/")
    try:
        yield recorded(session_directory, server, ["/keep/bytes", "/give/bytes"], "--memory",
                       "allocations", *TRACE)
    finally:
        server.stop()


def profile(recording, kind: str, form: str, path):
    done = run("linger", "profile", "--kind", kind, "--format", form, "--from", recording, "-o", path)
    assert done.status == DONE, done.stderr
    assert done.stdout == ""
    return path


def folded(path) -> Counter:
    """Values by stack, a tuple of frames with the outermost first."""
    stacks = Counter()
    for line in path.read_text().splitlines():
        stack, _, value = line.rpartition(" ")
        stacks[tuple(stack.split(";"))] += int(value)
    return stacks


def decoded(path) -> list[dict]:
    """The samples of a pprof file: values by name, labels by key, and frames with the outermost first.
    Read by protoc, in its text format, of which this needs no more than repeated fields."""
    text = subprocess.run(
        ["protoc", "--decode=linger.profile.v1.PprofProfile", f"--proto_path={ROOT / 'proto'}",
         "linger/profile/v1/pprof.proto"], input=gzip.decompress(path.read_bytes()),
        capture_output=True, check=True).stdout.decode()
    stack, root = [], {}
    message = root
    for line in text.splitlines():
        if opened := re.fullmatch(r"\s*(\w+) \{", line):
            stack.append(message)
            message.setdefault(opened[1], []).append(message := {})
        elif line.strip() == "}":
            message = stack.pop()
        else:
            name, _, value = line.strip().partition(": ")
            message.setdefault(name, []).append(json.loads(value) if value[0] != '"' else value[1:-1])
    strings = root["string_table"]
    assert strings[0] == ""
    names = [strings[value["type"][0]] for value in root["sample_type"]]
    functions = {f["id"][0]: strings[f["name"][0]] for f in root["function"]}
    locations = {place["id"][0]: functions[place["line"][0]["function_id"][0]]
                 for place in root["location"]}
    return [{"values": dict(zip(names, sample["value"], strict=True)),
             "labels": {strings[l["key"][0]]: strings[l["str"][0]] for l in sample["label"]},
             "frames": [locations[place] for place in reversed(sample["location_id"])]}
            for sample in root["sample"]]


def speedscope(path) -> tuple[str, Counter]:
    """The unit of its first profile, and its weights by stack of names."""
    content = json.loads(path.read_text())
    assert content["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    names = [frame["name"] for frame in content["shared"]["frames"]]
    first = content["profiles"][0]
    assert first["type"] == "sampled"
    assert first["endValue"] == sum(first["weights"])
    stacks = Counter()
    for stack, weight in zip(first["samples"], first["weights"], strict=True):
        stacks[tuple(names[frame] for frame in stack)] += weight
    return first["unit"], stacks


def time_by_endpoint(report: dict, kind: str) -> dict[str, int]:
    sums = {}
    for endpoint in report["endpoints"]:
        spent = causes(endpoint["time"])
        on_cpu = spent.pop("onCpu", 0)
        sums[" ".join(endpoint_of(endpoint))] = \
            on_cpu if kind == "on-cpu" else sum(spent.values()) - spent.get("idle", 0)
    return {name: ns for name, ns in sums.items() if ns}


@pytest.mark.parametrize("kind", ["blocked", "on-cpu"])
def test_no_nanosecond_of_the_report_is_missing(waits, directory, kind):
    recording, report = waits
    expected = time_by_endpoint(report, kind)
    assert expected
    by_endpoint = Counter()
    for stack, ns in folded(profile(recording, kind, "folded", directory / "folded")).items():
        by_endpoint[stack[0]] += ns
    assert by_endpoint == expected
    by_label = Counter()
    samples = decoded(profile(recording, kind, "pprof", directory / "pprof"))
    for sample in samples:
        assert list(sample["values"]) == VALUES[kind]
        by_label[sample["labels"]["endpoint"]] += sample["values"][MAIN[kind]]
    assert by_label == expected
    unit, stacks = speedscope(profile(recording, kind, "speedscope", directory / "speedscope"))
    assert unit == "nanoseconds"
    assert sum(stacks.values()) == sum(expected.values())
    # Both workers served.
    (server,) = report["servers"]
    served = {str(worker["tgid"]) for worker in server["workers"] if int(worker.get("requests", 0))}
    assert {sample["labels"]["worker"] for sample in samples} == served
    assert {sample["labels"]["server"] for sample in samples} == {str(server["masterTgid"])}


def test_blocked_time_is_at_its_cause_and_line(waits, directory):
    recording, _ = waits
    stacks = folded(profile(recording, "blocked", "folded", directory / "folded"))
    naps = {stack: ns for stack, ns in stacks.items() if stack[0] == "GET /nap"}
    most = max(naps, key=naps.get)
    assert re.fullmatch(r"worker \d+", most[1])
    assert re.fullmatch(r"nap \(.*waits\.py:\d+\)", most[2])
    assert most[3] == "sleep"
    locks = {stack: ns for stack, ns in stacks.items() if stack[0] == "GET /lock"}
    assert "lock" in max(locks, key=locks.get)


def test_a_page_shows_each_endpoint_and_needs_nobody(waits, directory):
    recording, report = waits
    page = profile(recording, "blocked", "html", directory / "page.html").read_text()
    for endpoint in time_by_endpoint(report, "blocked"):
        assert f"<li>{endpoint}: " in page
    assert re.search(r"<li>nap \(.*waits\.py:\d+\): .*\n<ul>\n<li>sleep: ", page)
    assert "<script" not in page
    assert not re.search(r"https?://", page)


@pytest.mark.parametrize("kind", ["allocated", "retained"])
def test_memory_is_at_its_line(kept, directory, kind):
    recording, _ = kept
    samples = decoded(profile(recording, kind, "pprof", directory / "pprof"))
    keeps = Counter()
    for sample in samples:
        assert list(sample["values"]) == VALUES[kind]
        keeps[sample["labels"]["endpoint"], sample["frames"][0]] += sample["values"][MAIN[kind]]
    place = ("GET /keep/bytes", "keep_bytes")
    assert keeps[place] > 3_000 * 20
    if kind == "retained":
        given = sum(bytes_kept for (endpoint, _), bytes_kept in keeps.items()
                    if endpoint == "GET /give/bytes")
        assert given < 0.05 * keeps[place]
    unit, stacks = speedscope(profile(recording, kind, "speedscope", directory / "speedscope"))
    assert unit == "bytes"
    assert sum(stacks.values()) == sum(keeps.values())
    assert sum(folded(profile(recording, kind, "folded", directory / "folded")).values()) == \
        sum(keeps.values())


def test_needs_no_root_and_gives_the_same_bytes_again(waits, directory):
    recording, _ = waits
    options = ["profile", "--kind", "blocked", "--format", "folded", "--from", recording]
    first, again = run("linger", *options), run_as_nobody(directory, *options)
    assert first.status == again.status == DONE, first.stderr + again.stderr
    assert first.stdout == again.stdout != ""


def test_a_recording_without_allocations_has_no_profile_of_them(waits):
    recording, _ = waits
    done = run("linger", "profile", "--kind", "retained", "--from", recording)
    assert done.status == 2
    assert "--memory allocations" in done.stderr


@pytest.mark.parametrize("by_agent", [False, True], ids=["alone", "agent"])
def test_profiles_a_running_server(directory, by_agent):
    server = Gunicorn(directory, "waits:app", "--workers", "1", chdir=WORKLOADS, env={},
                      ready_path="/")
    try:
        if by_agent:
            with Lingerd(directory) as agent:
                stacks = observed(directory, server, "--agent", agent.address)
        else:
            stacks = observed(directory, server, "--no-agent")
    finally:
        server.stop()
    (worker,) = {stack[1] for stack in stacks}
    assert re.fullmatch(r"worker \d+", worker)
    most = max(stacks, key=stacks.get)
    assert most[0] == "GET /nap" and most[3] == "sleep"


def observed(directory, server, *source) -> Counter:
    path = directory / "observed.folded"
    with Running(directory, "linger", "profile", "--kind", "blocked", "--format", "folded", "-o", path,
                 *source, "--duration", "4s", "--pid", server.tgid) as running:
        load(server.port, ["/nap"], 5)
        assert running.wait().status == DONE
    return folded(path)


@pytest.mark.requires("go")
@pytest.mark.parametrize("kind", ["blocked", "on-cpu"])
def test_gos_pprof_reads_it(waits, directory, kind):
    recording, report = waits
    path = profile(recording, kind, "pprof", directory / "pprof")
    go = {**golang.environment(), "HOME": str(directory)}
    tags = subprocess.run(["go", "tool", "pprof", "-tags", path], capture_output=True, text=True, env=go,
                          check=True).stdout
    for endpoint in time_by_endpoint(report, kind):
        assert endpoint in tags
    top = subprocess.run(["go", "tool", "pprof", "-top", "-cum", "-unit=ns", path], capture_output=True,
                         text=True, check=True, env=go).stdout
    total = sum(time_by_endpoint(report, kind).values())
    assert f"of {total}ns total" in top or f"{total}ns, 100%" in top, (total, top)
