"""Where one thread runs many tasks of asyncio, is each request given its own task's time?"""

from collections import Counter

import pytest
from harness import models
from harness.agent import Running
from harness.concurrent import check_causes_add_up, check_own_waits, send_mixed
from harness.paths import WORKLOADS
from harness.report import counts, endpoint_of, fired, number
from harness.requirements import PROBES, SERVICES
from harness.servers import PythonServer
from harness.slow_client import upload
from services.processes import wait_until

pytestmark = [pytest.mark.requires(*PROBES, *SERVICES, "uvicorn"), pytest.mark.alone]

APPLICATION = "ground_truth_async:app"
CAUSE_OF = {"/nap/{}": "sleep", "/late": "upstream", "/cache": "cache"}
CLIENTS, EACH = 120, 3
UPLOADS = 20
MODELS = ["uvicorn", "gunicorn-uvicorn"]


def start(workload, model: str):
    if model == "uvicorn":
        return workload.start_other(PythonServer, "uvicorn", APPLICATION, "--port", "{port}",
                                    "--log-level", "warning")
    return workload.serve("--worker-class", "uvicorn.workers.UvicornWorker", app=APPLICATION)


@pytest.fixture(scope="module", params=MODELS)
def server(request, workload):
    with start(workload, request.param) as running:
        yield running


def routed(sent: Counter) -> Counter:
    return Counter({("/nap/{}" if path.startswith("/nap/") else path): count
                    for (_, path), count in sent.items()})


def test_gives_each_of_many_concurrent_requests_its_own_waits(workload, server, directory):
    workload.forget_truths()
    with Running(directory, "linger", "watch", "requests", "--no-agent", "--format", "json",
                 "--pid", server.tgid).wait_attached() as watch:
        sent = send_mixed(server.port, ["/nap/500", "/late", "/cache"], CLIENTS, EACH)
        wait_until(lambda: len(watch.lines()) >= sent.total(), 10, "every request is told of")
        requests = [line["request"] for line in watch.lines()]
    assert Counter(request["route"] for request in requests) == routed(sent)
    check_causes_add_up(requests)
    truths = workload.truths()
    for route, cause in CAUSE_OF.items():
        check_own_waits([request for request in requests if request["route"] == route],
                        truths[route], cause,
                        none_of=set(CAUSE_OF.values()) - {cause, "sleep"})


def line_of_the_sleep() -> str:
    lines = (WORKLOADS / "ground_truth_async.py").read_text().splitlines()
    (number_of_it,) = (i for i, line in enumerate(lines, 1) if "time.sleep(SMUGGLED" in line)
    return f"ground_truth_async.py:{number_of_it} in smuggled"


def test_names_the_request_and_the_line_that_blocks_the_loop(server, directory):
    with Running(directory, "linger", "diagnose", "--no-agent", "--format", "json", "--duration",
                 "10m", "--pid", server.tgid).wait_attached() as diagnosis:
        sent = send_mixed(server.port, ["/nap/20", "/smuggled", "/hello"], 30, 3)
        report = diagnosis.finish().json()
    assert Counter({route: count for (_, route), count in counts(report).items()}) == routed(sent)
    assert number(report["coverage"], "requestsBroken") == 0
    assert number(report["coverage"], "recordsLost") == 0
    assert fired(report)["blocked-event-loop"] == {"GET /smuggled"}
    for endpoint in report["endpoints"]:
        held = [site for site in endpoint.get("sites", [])
                if site.get("heldLoop") and site["cause"] == "sleep"]
        if endpoint_of(endpoint) != ("GET", "/smuggled"):
            assert not held, endpoint
            continue
        # One of them may find no request to be blamed on.
        assert sum(number(site, "waits") for site in held) >= sent["GET", "/smuggled"] - 1
        assert all(line_of_the_sleep() in site["code"] for site in held), held


@pytest.mark.requires("asyncpg")
@pytest.mark.parametrize("model", models.ASYNC)
def test_keeps_a_wait_for_the_client_through_the_servers_own_timers(model, workload, directory):
    """uvicorn's comes each 0.1 s, an upload lasts 0.06 s."""
    workload.forget_truths()
    with models.started(workload, model) as started, \
            Running(directory, "linger", "watch", "requests", "--no-agent", "--format", "json",
                    "--pid", started.tgid).wait_attached() as watch:
        for _ in range(UPLOADS):
            upload(started.port, "/upload")
        wait_until(lambda: len(watch.lines()) >= UPLOADS, 10, "every request is told of")
        requests = [line["request"] for line in watch.lines()]
    assert [number(request["time"], "sleepNs") for request in requests] == [0] * UPLOADS, requests
    check_causes_add_up(requests)
    check_own_waits(requests, workload.truths()["/upload"], "clientRead", none_of={"sleep"})
