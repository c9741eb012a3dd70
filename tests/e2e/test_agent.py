"""Does the running agent answer, stream and go as its contract says?"""

import signal
import stat
import time

import pytest
from harness import bpf
from harness.agent import DONE, USAGE, Lingerd, Running, run
from harness.background_load import BackgroundLoad
from harness.client import Client
from harness.report import counts, findings_of
from harness.requirements import PROBES, SERVICES
from harness.workload import WORKER_CLASSES
from services.processes import wait_until

pytestmark = pytest.mark.requires(*PROBES, *SERVICES)


@pytest.fixture(scope="module")
def server(workload):
    with workload.serve(*WORKER_CLASSES["sync"]) as running:
        yield running


@pytest.fixture
def agent(server, directory):
    with Lingerd(directory) as running:
        yield running


def ask(agent, directory, *arguments) -> Running:
    return Running(directory, "linger", *arguments, "--agent", agent.address, "--format", "json")


def call(agent, method: str, request: bytes) -> bytes:
    """The answer's bytes. No stubs: the messages of gRPC's health service are tiny."""
    import grpc
    with grpc.insecure_channel(agent.address) as channel:
        return channel.unary_unary(method, request_serializer=bytes, response_deserializer=bytes)(request, timeout=10)


def test_lets_only_its_user_and_group_in(agent):
    mode = agent.socket.stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o660


@pytest.mark.requires("grpc")
def test_is_healthy(agent):
    # HealthCheckResponse { status: SERVING }
    assert call(agent, "/grpc.health.v1.Health/Check", b"") == b"\x08\x01"


@pytest.mark.requires("grpc")
def test_whoever_knows_no_more_than_it_tells_can_call_it(agent, server):
    from harness.reflected import Reflected
    with Reflected(agent.address) as reflected:
        assert "linger.v1.Diagnostics" in reflected.services()
        listed = reflected.call("linger.v1.Diagnostics", "ListServers", {"tgids": [server.tgid]})
        assert [found["masterTgid"] for found in listed["servers"]] == [server.tgid]
        report = reflected.call("linger.v1.Diagnostics", "GetReport", {"window": "1s"})
        assert int(report["report"]["window"]["durationNs"]) >= 1e9
        shown = reflected.call("linger.v1.Diagnostics", "WatchWorkers", {"interval": "0.1s"})
        assert server.tgid in [found["masterTgid"] for found in shown["servers"]]


def test_reports_without_a_second_set_of_probes(agent, server, directory):
    with ask(agent, directory, "diagnose", "--pid", server.tgid, "--duration", "3s") as diagnosis, \
            BackgroundLoad(server.port, "/hello") as load:
        wait_until(lambda: load.answers.total() > 100, 10, "the load runs")
        added = diagnosis.attached()
        report = diagnosis.wait().json()
    assert added == set()
    assert [s["masterTgid"] for s in report["servers"]] == [server.tgid]
    assert 0 < counts(report)["GET", "/hello"] <= load.answers.total()


def test_streams_each_request(agent, server, directory):
    with ask(agent, directory, "watch", "requests", "--pid", server.tgid) as watch, \
            Client(server.port) as client:
        def subscribed() -> bool:
            client.get("/clean")
            return bool(watch.lines())
        watch.wait_until(subscribed, 10, "the stream began")
        for _ in range(20):
            client.get("/hello")
        watch.wait_until(lambda: len(hellos(watch)) >= 20, 10, "each request is streamed")
        lines = watch.lines()
    assert len(hellos(watch)) == 20
    assert {request["status"] for request in hellos(watch)} == {200}
    assert [int(line["sequence"]) for line in lines] == list(range(1, len(lines) + 1))


def hellos(watch) -> list[dict]:
    requests = [line.get("request", {}) for line in watch.lines()]
    return [request for request in requests if request.get("route") == "/hello"]


def test_streams_just_the_requests_that_are_asked_for(agent, server, directory):
    with ask(agent, directory, "watch", "requests", "--pid", server.tgid, "--endpoint", "GET /sleep",
             "--cause", "sleep", "--min-wall", "20ms") as watch, Client(server.port) as client:
        def told() -> bool:
            client.get("/hello")
            client.get("/sleep")
            return len(watch.lines()) >= 3
        watch.wait_until(told, 20, "requests are streamed")
        lines = watch.lines()
    assert {line["request"]["route"] for line in lines} == {"/sleep"}
    cursors = [int(line["cursor"]) for line in lines]
    assert cursors == sorted(set(cursors))
    refused = run("linger", "watch", "workers", "--agent", agent.address, "--cause", "sleep")
    assert refused.status == USAGE
    assert "linger watch requests" in refused.stderr


def test_streams_the_workers_at_once(agent, server, directory):
    with ask(agent, directory, "watch", "workers", "--pid", server.tgid) as watch:
        watch.wait_until(lambda: len(watch.lines()) >= 2, 10, "two messages")
        (shown,) = watch.lines()[0]["servers"]
    assert shown["masterTgid"] == server.tgid
    assert {worker["tgid"] for worker in shown["workers"]} == server.workers()


def test_streams_a_finding_when_it_appears(agent, server, directory):
    with ask(agent, directory, "watch", "findings", "--pid", server.tgid) as watch, \
            BackgroundLoad(server.port, "/sleep"):
        def appeared() -> list[dict]:
            return [line["finding"] for line in watch.lines() if line["change"] == "CHANGE_APPEARED"
                    and line["finding"]["rule"] == "blocking-io-in-request"]
        watch.wait_until(appeared, 45, "the finding appears")
        assert "GET /sleep" in appeared()[0]["endpoints"]


@pytest.mark.parametrize("allowed", ["little", "enough"])
def test_tells_what_watching_costs_where_that_is_more_than_is_allowed(server, directory, allowed):
    config = directory / "linger.toml"
    most = {"little": "overhead_max_ratio = 0.0001", "enough": "overhead_max_ratio = 1.0"}[allowed]
    config.write_text(f"[findings]\n{most}\noverhead_min_cpus = 0.0001\noverhead_min_window_ms = 1000\n")
    with Running(directory, "linger", "diagnose", "--no-agent", "--format", "json", "--config", config,
                 "--pid", server.tgid, "--duration", "10m").wait_attached() as diagnosis, \
            BackgroundLoad(server.port, "/hello") as load:
        wait_until(lambda: load.answers.total() > 500, 30, "the load runs")
        time.sleep(1)
        report = diagnosis.finish().json()
    found = findings_of(report, "overhead-budget-exceeded")
    assert bool(found) == (allowed == "little")
    assert {finding["severity"] for finding in found} <= {"SEVERITY_INFO"}


def test_detaches_and_exits_0_at_sigterm(agent):
    own = agent.attached()
    assert own
    agent.signal(signal.SIGTERM)
    assert agent.wait(10).status == DONE
    wait_until(lambda: not own & bpf.attached(), 10, "the kernel forgot the probes")
    assert not agent.socket.exists()
