"""Each rule against every workload here: does it speak of those that have its fault, and of no other?

With LINGER_PRECISION=DIRECTORY what was found is kept there; scripts/precision makes the table in
docs/precision.md of it.
"""

import http.client
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness.agent import Running
from harness.client import Client
from harness.paths import WORKLOADS
from harness.requirements import PROBES
from harness.slow_client import Sent, download, upload

pytestmark = pytest.mark.requires(*PROBES, "gunicorn", "flask", "sqlalchemy", "gevent", "postgres", "psycopg2")

TOLD = {"SEVERITY_WARNING", "SEVERITY_CRITICAL"}
THREADS = ("--worker-class", "gthread", "--workers", "1", "--threads", "4", "--graceful-timeout", "1")
GREENLETS = ("--worker-class", "gevent", "--workers", "1")
CPUS = os.cpu_count()


def get(*paths: str, clients: int = 2, each: int = 40, pause: float = 0.0) -> Callable:
    """Each client asks for the paths in turn, whatever the answers say, each on a new connection."""
    def ask(port: int) -> None:
        for number in range(each):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            try:
                connection.request("GET", paths[number % len(paths)], headers={"Connection": "close"})
                connection.getresponse().read()
            except (http.client.HTTPException, ConnectionError):
                pass
            finally:
                connection.close()
            time.sleep(pause)

    def load(port: int) -> None:
        with ThreadPoolExecutor(clients) as threads:
            list(threads.map(ask, [port] * clients))
    return load


def among_others(path: str) -> Callable:
    return get(path, "/hello", "/hello", clients=1, each=180, pause=0.01)


def failing(*paths: str) -> Callable:
    """The first failed requests make the agent look for tracebacks."""
    def load(port: int) -> None:
        get("/silent", clients=1, each=1)(port)
        time.sleep(1)
        get(*paths, pause=0.01)(port)
    return load


def hang(*paths: str) -> Callable:
    def load(port: int) -> None:
        with ExitStack() as stack:
            for path in paths:
                stack.enter_context(Sent(port, path))
            time.sleep(13)
    return load


def in_turn(*loads: Callable) -> Callable:
    def load(port: int) -> None:
        for each in loads:
            each(port)
    return load


def once(path: str) -> Callable:
    return get(path, clients=1, each=1)


def nothing(seconds: float) -> Callable:
    return lambda port: time.sleep(seconds)


def several(ask: Callable, path: str) -> Callable:
    def load(port: int) -> None:
        for _ in range(12):
            ask(port, path)
    return load


def post(path: str) -> Callable:
    def load(port: int) -> None:
        with Client(port, keep_alive=False) as client:
            for _ in range(20):
                client.request("POST", path, b"x" * 4000)
    return load


@dataclass(frozen=True)
class Case:
    name: str
    load: Callable
    # The rules that are right about it, and those that may be: they tell of its consequences.
    rules: frozenset = frozenset()
    besides: frozenset = frozenset()
    options: tuple = ()
    application: str = "faults:app"
    memory: str = "growth"
    # Which the findings must name, where that can be told.
    endpoint: str = ""
    ready_path: str = "/hello"
    # What is found does not hang on how fast the machine is: other tests may run beside it.
    steady: bool = False


QUEUES = frozenset({"accept-queue-wait", "workers-saturated"})


def case(name: str, load: Callable, *rules: str, besides=frozenset(), **more) -> Case:
    return Case(name, load, frozenset(rules), frozenset(besides), **more)


def among_pauses(*paths: str) -> Callable:
    """So that there are times without a request."""
    return get(*paths, clients=1, each=16, pause=0.12)


SHARED = {"application": "shared_state:app", "memory": "census"}
CENSUS = {"application": "left:app", "memory": "census", "steady": True}
POOLED = {"application": "pooled:app", "options": THREADS}
ENDS = {"application": "ends:app", "steady": True}
KEPT = {"application": "kept:app", "ready_path": "/", "steady": True}
DATABASE = {"application": "connections:app", "steady": True}
CASES = [
    case("exceptions", failing("/raise/key", "/hello"), "unhandled-exception", steady=True),
    case("handled exceptions", failing("/handled", "/hello"), steady=True),
    case("503 on purpose", failing("/unavailable", "/missing"), steady=True),
    case("threads that compute", get("/compute/20", clients=4), "gil-contention",
         besides=QUEUES, options=THREADS),
    case("processes that compute", get("/compute/20", clients=1, pause=0.02),
         options=("--workers", "2")),
    case("one process that computes", get("/compute/20", clients=4), "cpu-underused"),
    case("greenlets that compute", get("/compute/20", clients=4), "worker-class-mismatch",
         "blocked-event-loop", besides=QUEUES, options=GREENLETS),
    case("greenlets that wait", get("/nap/100", clients=4, each=20), options=GREENLETS),
    case("a pool that is too small", get("/with/1", clients=4), "pool-exhausted",
         endpoint="GET /with/{}", **POOLED),
    case("a pool that is large enough", get("/with/8", clients=4), "blocking-io-in-request",
         besides=QUEUES, **POOLED),
    case("threads in one lock", get("/locked", clients=4), "lock-contention",
         besides=QUEUES, options=THREADS),
    case("threads in no lock", get("/unlocked", clients=2, pause=0.02),
         "blocking-io-in-request", options=THREADS),
    case("threads that wait for others", get("/handed-over", clients=2, pause=0.02), options=THREADS),
    case("deadlock", hang("/deadlock/1", "/deadlock/2"), "deadlock", options=THREADS, steady=True),
    case("locks in one order", get("/in-order", clients=4, pause=0.01), options=THREADS),
    case("a lock that is held for long", hang("/hold/20", "/locked"), options=THREADS, steady=True),
    case("slow uploads", several(upload, "/upload"), "slow-client", besides=QUEUES),
    case("fast uploads", post("/upload")),
    case("slow downloads", several(download, "/page"), "slow-client", besides=QUEUES),
    case("sleeping requests", get("/nap/100", clients=4, each=20), "blocking-io-in-request",
         "workers-saturated", besides=QUEUES),
    case("quick requests", get("/hello", pause=0.01)),
    case("requests near the timeout", get("/nap/2600", "/hello", clients=1, each=4), "request-near-timeout",
         besides={"blocking-io-in-request"}, endpoint="GET /nap/{}", options=("--timeout", "3")),
    case("requests far from the timeout", get("/nap/1000", "/hello", clients=1, each=4),
         besides={"blocking-io-in-request"}, options=("--timeout", "3")),
    case("more workers than CPUs", get("/compute/30", clients=4 * CPUS, each=20), "cpu-overcommitted",
         options=("--workers", str(4 * CPUS))),
    case("contexts that are not popped", among_others("/context/left"),
         "context-not-popped", endpoint="GET /context/left", **CENSUS),
    case("contexts that are popped", among_others("/context/popped"),
         **CENSUS),
    case("sessions that are not closed", among_others("/session/left"),
         "session-not-closed", besides={"global-state-grows"}, endpoint="GET /session/left", **CENSUS),
    case("sessions that are closed", among_others("/session/closed"),
         **CENSUS),
    case("a variable that requests overwrite", among_pauses("/overwrite"), "global-state-written-by-requests",
         endpoint="GET /overwrite", options=THREADS, **SHARED),
    case("variables that requests may overwrite", among_pauses("/count", "/context", "/lazy"),
         options=THREADS, **SHARED),
    case("a variable that greenlets overwrite", among_pauses("/overwrite"), "global-state-written-by-requests",
         endpoint="GET /overwrite", options=GREENLETS, **SHARED),
    case("variables that greenlets may overwrite", among_pauses("/count", "/context", "/lazy"),
         options=GREENLETS, **SHARED),
    case("a request that outlasts the timeout", once("/nap/6"), "worker-timeout",
         besides=QUEUES | {"blocking-io-in-request"}, options=("--timeout", "2"), **ENDS),
    case("a worker that crashes", get("/segfault", "/hello", clients=1, each=2), "worker-crash", **ENDS),
    case("workers that are replaced", get("/hello", clients=1, each=30, pause=0.05),
         options=("--workers", "2", "--max-requests", "5"), **ENDS),
    case("requests that keep memory", get("/keep/buffer", "/", clients=1, each=400, pause=0.01), "memory-retained",
         endpoint="GET /keep/buffer", **KEPT),
    case("a cache with a ceiling", get("/give/cached", "/", clients=1, each=400, pause=0.01), **KEPT),
    case("a transaction that is left open", in_turn(once("/pool/1"), get("/forget-commit", clients=1, each=5),
                                                    nothing(8)),
         "idle-in-transaction", endpoint="GET /forget-commit", **DATABASE),
    case("transactions that end", in_turn(once("/pool/1"), get("/remember-commit", clients=1, each=5), nothing(8)),
         **DATABASE),
    case("connections that are not closed",
         get("/forget-close", "/hello", clients=1, each=70, pause=0.1), "connection-leak",
         besides={"memory-retained"}, endpoint="GET /forget-close", **DATABASE),
    case("connections that are closed",
         in_turn(once("/pool/1"), get("/connect-per-request", "/remember-commit", clients=1, each=70, pause=0.1)),
         besides={"blocking-io-in-request"}, **DATABASE),
    case("a slow statement", in_turn(once("/pool/1"), get("/sleep/150", "/hello", clients=1, each=40)), "slow-query",
         "blocking-io-in-request", endpoint="GET /sleep/{}", **DATABASE),
    case("quick statements", in_turn(once("/pool/1"), get("/sleep/3", "/hello", clients=1, each=80)), **DATABASE),
    case("a database with few connections left",
         in_turn(once("/pool/48"), get("/remember-commit", clients=1, each=7, pause=1)),
         "connections-near-limit", **DATABASE),
    case("a database with many left", in_turn(once("/pool/12"), get("/remember-commit", clients=1, each=7, pause=1)),
         **DATABASE),
    case("a list that grows", among_pauses("/append"), "global-state-grows", endpoint="GET /append", **SHARED),
    case("containers that reach a ceiling", among_pauses("/bounded", "/cached"), **SHARED),
]


def found_in(report: dict) -> set[str]:
    return {f["rule"] for f in report.get("findings", []) if f["severity"] in TOLD}


def keep(each: Case, found: set[str]) -> None:
    directory = os.environ.get("LINGER_PRECISION")
    if directory:
        (Path(directory) / f"{CASES.index(each):02}.json").write_text(json.dumps(
            {"name": each.name, "rules": sorted(each.rules), "besides": sorted(each.besides),
             "found": sorted(found)}))


def environment(each: Case, directory: Path, stack: ExitStack) -> dict[str, str]:
    """What the applications want to know, with a database for those that need one."""
    found = {"LEFT_DATABASE": str(directory / "left.db"), "NO_BOOT_FILE": str(directory / "no-boot")}
    if each.application == DATABASE["application"]:
        from services.postgres import Postgres
        found |= {"CONNECTIONS_POSTGRESQL": stack.enter_context(Postgres(directory)).dsn,
                  "CONNECTIONS_REDIS": "redis://127.0.0.1:1/0", "CONNECTIONS_REDIS_SOCKET": ""}
    return found


@pytest.mark.parametrize("each", [
    pytest.param(each, id=each.name.replace(" ", "-"), marks=() if each.steady else pytest.mark.alone)
    for each in CASES])
def test_finds_what_is_there_and_nothing_else(directory, each):
    from services.gunicorn import Gunicorn
    with ExitStack() as stack:
        server = stack.enter_context(Gunicorn(directory, each.application, *each.options, chdir=WORKLOADS,
                                              ready_path=each.ready_path,
                                              env=environment(each, directory, stack)))
        diagnosis = stack.enter_context(Running(
            directory, "linger", "diagnose", "--no-agent", "--format", "json", "--pid", server.tgid,
            "--duration", "10m", "--memory", each.memory).wait_attached())
        if each.memory == "census":
            time.sleep(2)  # the first look
        each.load(server.port)
        report = diagnosis.finish().json()
        found = found_in(report)
    keep(each, found)
    assert each.rules <= found <= each.rules | each.besides
    for finding in report.get("findings", []):
        if each.endpoint and finding["rule"] in each.rules:
            assert finding["endpoints"] == [each.endpoint], finding
