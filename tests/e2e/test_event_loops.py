"""Where many requests share a thread, is each given its own time, and is who blocks them named?"""

from collections import Counter

import pytest
from harness.agent import Running
from harness.concurrent import check_own_sum, send_mixed_timed
from harness.report import causes, counts, endpoint_of, fired, number
from harness.requirements import PROBES, SERVICES
from harness.workload import LOOP_CLASSES

pytestmark = [pytest.mark.requires(*PROBES, *SERVICES),
              pytest.mark.requires("gevent", "eventlet"), pytest.mark.alone]

CONCURRENT, EACH = 200, 5
DIAGNOSE = ["diagnose", "--no-agent", "--format", "json", "--duration", "10m"]


def diagnosed(directory, server, routes: list[str]) -> tuple[dict, Counter, Counter]:
    """The report on mixed requests, how many they were and how long sending them took."""
    with Running(directory, "linger", *DIAGNOSE, "--pid", server.tgid).wait_attached() as diagnosis:
        sent, sending_ns = send_mixed_timed(server.port, routes, CONCURRENT, EACH)
        return diagnosis.finish().json(), sent, sending_ns


def times_by_route(report: dict) -> dict[str, dict[str, int]]:
    return {endpoint_of(e)[1]: causes(e["time"]) for e in report["endpoints"]}


@pytest.mark.parametrize("worker_class", sorted(LOOP_CLASSES))
def test_tells_the_times_of_200_concurrent_requests_apart(workload, directory, worker_class):
    routes = ["/nap/1500", "/upstream", "/hello"]
    with workload.serve(*LOOP_CLASSES[worker_class]) as server:
        workload.forget_truths()
        report, sent, sending_ns = diagnosed(directory, server, routes)
    assert counts(report) == Counter({("GET", "/nap/{}" if "nap" in path else path): count
                                      for (_, path), count in sent.items()})
    assert number(report["coverage"], "requestsBroken") == 0
    assert number(report["coverage"], "recordsLost") == 0
    times = times_by_route(report)
    truths = workload.truths()
    check_own_sum(times["/nap/{}"], truths["/nap/{}"], "sleep")
    check_own_sum(times["/upstream"], truths["/upstream"], "upstream")
    # The worker waits for no client longer than that needs, whenever it turns to the connection.
    for (_, path), ns in sending_ns.items():
        route = "/nap/{}" if "nap" in path else path
        assert times[route].get("clientRead", 0) <= ns, (route, times, sending_ns)
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
        report, sent, _ = diagnosed(directory, server, routes)
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
