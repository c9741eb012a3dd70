"""Where many requests share a thread, is each given its own time, and is who blocks them named?"""

from collections import Counter
from statistics import median

import pytest
from harness.agent import Running
from harness.client import Client
from harness.concurrent import check_own_sum, send_mixed
from harness.report import causes, counts, endpoint_of, fired, number
from harness.requirements import PROBES, SERVICES
from harness.slow_client import upload
from harness.workload import LOOP_CLASSES
from services.processes import wait_until

pytestmark = [pytest.mark.requires(*PROBES, *SERVICES),
              pytest.mark.requires("gevent", "eventlet")]

ROUNDS = 15
CAUSE_OF = {
    "/sleep": "sleep",
    "/smuggled": "sleep",
    "/database": "database",
    "/cpu": "onCpu",
    "/upstream": "upstream",
    "/cache": "cache",
    "/upload": "clientRead",
}
CONTROL = "/hello"
CONCURRENT, EACH = 200, 5
DIAGNOSE = ["diagnose", "--no-agent", "--format", "json", "--duration", "10m"]


def send_round(port: int, client: Client) -> None:
    client.get(CONTROL)
    for route in CAUSE_OF:
        if route == "/upload":
            upload(port, route)
        else:
            client.get(route)


@pytest.fixture(scope="module", params=sorted(LOOP_CLASSES))
def observed(request, workload, tmp_path_factory):
    """The requests that linger told of, one at a time, and the application's own truth."""
    directory = tmp_path_factory.mktemp("loops")
    with workload.serve(*LOOP_CLASSES[request.param]) as server, Client(server.port) as client:
        for _ in range(3):
            send_round(server.port, client)
        workload.forget_truths()
        with Running(directory, "linger", "watch", "requests", "--no-agent", "--format", "json",
                     "--pid", server.tgid).wait_attached() as watch:
            for _ in range(ROUNDS):
                send_round(server.port, client)
            wait_until(lambda: len(watch.lines()) >= ROUNDS * (len(CAUSE_OF) + 1), 10,
                       "every request is told of")
            return [line["request"] for line in watch.lines()], workload.truths()


@pytest.mark.parametrize("route", CAUSE_OF)
def test_shows_a_wait_as_long_as_the_application_measured_it(observed, route):
    requests, truths = observed
    of_route = [request for request in requests if request["route"] == route]
    assert len(of_route) == len(truths[route]) == ROUNDS
    # One client asks for one thing after the other, so both lists are in the same order. The calmest
    # third is compared: what other processes took from the rest says nothing about Linger.
    calm = sorted(zip(of_route, truths[route]),
                  key=lambda pair: number(pair[0]["time"], "runQueueNs"))[:ROUNDS // 3]
    shown = median(number(request["time"], f"{CAUSE_OF[route]}Ns") for request, _ in calm)
    queued = median(number(request["time"], "runQueueNs") for request, _ in calm)
    truth = median(truth for _, truth in calm)
    if CAUSE_OF[route] == "onCpu":
        shown -= median(number(request["time"], "onCpuNs") for request in requests
                        if request["route"] == CONTROL)
    assert truth > 25_000_000, "the application did not wait"
    # The hub's way back to the greenlet is in what the application measured.
    tolerance = max(0.02 * truth, 1_000_000)
    assert shown - tolerance <= truth <= shown + queued + tolerance


def test_gives_every_nanosecond_of_a_request_exactly_one_cause(observed):
    for request in observed[0]:
        wall = number(request["time"], "wallNs")
        assert wall > 0, request
        assert abs(sum(causes(request["time"]).values()) - wall) <= 0.01 * wall, request


def diagnosed(directory, server, routes: list[str]) -> tuple[dict, Counter]:
    with Running(directory, "linger", *DIAGNOSE, "--pid", server.tgid).wait_attached() as diagnosis:
        sent = send_mixed(server.port, routes, CONCURRENT, EACH)
        return diagnosis.finish().json(), sent


def times_by_route(report: dict) -> dict[str, dict[str, int]]:
    return {endpoint_of(e)[1]: causes(e["time"]) for e in report["endpoints"]}


@pytest.mark.parametrize("worker_class", sorted(LOOP_CLASSES))
def test_tells_the_times_of_200_concurrent_requests_apart(workload, directory, worker_class):
    routes = ["/nap/1500", "/upstream", "/hello"]
    with workload.serve(*LOOP_CLASSES[worker_class]) as server:
        workload.forget_truths()
        report, sent = diagnosed(directory, server, routes)
    assert counts(report) == Counter({("GET", "/nap/{}" if "nap" in path else path): count
                                      for (_, path), count in sent.items()})
    assert number(report["coverage"], "requestsBroken") == 0
    assert number(report["coverage"], "recordsLost") == 0
    times = times_by_route(report)
    truths = workload.truths()
    check_own_sum(times["/nap/{}"], truths["/nap/{}"], "sleep")
    check_own_sum(times["/upstream"], truths["/upstream"], "upstream")
    # Whose turn it is costs each of them time; what they wait for themselves must be theirs alone.
    for time in times.values():
        time.pop("eventLoop", 0)
        time.pop("acceptQueue", 0)
    assert max(times["/nap/{}"], key=times["/nap/{}"].get) == "sleep", times
    assert max(times["/upstream"], key=times["/upstream"].get) == "upstream", times
    assert max(times["/hello"], key=times["/hello"].get) in ("onCpu", "runQueue"), times
    naps = sum(count for (_, path), count in sent.items() if "nap" in path)
    assert times["/nap/{}"]["sleep"] >= 0.5 * naps * 1_500_000_000, times
    assert times["/nap/{}"].get("upstream", 0) < 0.01 * times["/nap/{}"]["sleep"], times
    assert times["/hello"].get("upstream", 0) == times["/hello"].get("sleep", 0) == 0, times
    assert "blocked-event-loop" not in fired(report) or \
        "GET /nap/{}" not in fired(report)["blocked-event-loop"]


@pytest.mark.parametrize("worker_class", sorted(LOOP_CLASSES))
def test_names_who_blocks_the_loop(workload, directory, worker_class):
    routes = ["/nap/20", "/smuggled", "/hello"]
    with workload.serve(*LOOP_CLASSES[worker_class]) as server:
        report, sent = diagnosed(directory, server, routes)
    assert sum(counts(report).values()) == sent.total()
    times = times_by_route(report)
    assert max(times["/hello"], key=times["/hello"].get) == "eventLoop", times
    assert fired(report)["blocked-event-loop"] == {"GET /smuggled"}
    for endpoint in report["endpoints"]:
        held = [site for site in endpoint.get("sites", []) if site.get("heldLoop")]
        if endpoint_of(endpoint) != ("GET", "/smuggled"):
            assert not held, endpoint
            continue
        assert {(site["cause"], site["what"]) for site in held} == {("sleep", "clock_nanosleep")}
        # A block after a cooperative wait may find no request to be blamed on.
        blocks = sum(number(site, "waits") for site in held)
        assert blocks >= 0.98 * sent["GET", "/smuggled"], endpoint
