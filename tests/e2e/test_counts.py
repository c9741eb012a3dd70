"""Is every request counted, and when records were lost, is it said how many?"""

from collections import Counter

import pytest
from harness import wrk
from harness.agent import Running
from harness.client import send_all
from harness.report import counts, number
from harness.requirements import PROBES, SERVICES
from harness.workload import WORKER_CLASSES

pytestmark = pytest.mark.requires(*PROBES, *SERVICES)

PATHS = ["/hello", "/count/alpha", "/count/beta"]
DIAGNOSE = ["diagnose", "--no-agent", "--format", "json", "--duration", "10m"]


def diagnosed(directory, server, send, *options) -> tuple[dict, Counter]:
    """The report on the time in which `send` ran, and what that returned."""
    with Running(directory, "linger", *DIAGNOSE, "--pid", server.tgid,
                 *options).wait_attached() as diagnosis:
        sent = send()
        return diagnosis.finish().json(), sent


@pytest.mark.requires("wrk")
@pytest.mark.parametrize("worker_class, keep_alive",
                         [("sync", False), ("gthread", False), ("gthread", True)])
def test_counts_every_request_at_full_load(workload, directory, worker_class, keep_alive):
    with workload.serve(*WORKER_CLASSES[worker_class]) as server:
        report, sent = diagnosed(directory, server, lambda: wrk.send_exactly(
            server.port, PATHS, each=800, keep_alive=keep_alive))
    assert counts(report) == sent
    assert number(report["coverage"], "requestsSeen") == sent.total()
    assert number(report["coverage"], "requestsBroken") == 0
    assert number(report["coverage"], "recordsLost") == 0


@pytest.mark.parametrize("worker_class", sorted(WORKER_CLASSES))
def test_counts_methods_and_bodies_apart(workload, directory, worker_class):
    # 20,000 bytes need several reads: still one request.
    plan = [("GET", "/count/alpha", None), ("POST", "/count/alpha", b"x" * 20_000),
            ("POST", "/count/beta", b""), ("GET", "/clean", None)] * 50
    with workload.serve(*WORKER_CLASSES[worker_class]) as server:
        report, sent = diagnosed(directory, server, lambda: send_all(
            server.port, plan, clients=4, keep_alive=True))
    assert counts(report) == sent
    assert number(report["coverage"], "recordsLost") == 0


@pytest.mark.requires("wrk")
def test_tells_how_many_requests_a_tiny_ring_buffer_lost(workload, directory):
    with workload.serve(*WORKER_CLASSES["sync"]) as server:
        report, sent = diagnosed(
            directory, server, lambda: wrk.send_exactly(server.port, PATHS, each=800,
                                                        keep_alive=False),
            "--ring-buffer-bytes", "4096")
    coverage = report["coverage"]
    assert number(coverage, "requestsLost") > 0, "nothing was lost: the test forced nothing"
    assert number(coverage, "recordsLost") >= number(coverage, "requestsLost")
    assert sent.total() == sum(number(coverage, name) for name in (
        "requestsSeen", "requestsBroken", "requestsLost"))
