"""Is every request counted, and when records were lost, is it said how many?"""

from collections import Counter

import pytest
from harness import wrk
from harness.agent import Running
from harness.client import send_all
from harness.report import counts, number
from harness.requirements import PROBES, SERVICES, first_missing
from harness.workload import NEEDS, NGINX, UWSGI, WORKER_CLASSES

pytestmark = pytest.mark.requires(*PROBES, *SERVICES)

PATHS = ["/hello", "/count/alpha", "/count/beta"]
# At nginx's the client's connections are kept, the server's are not.
KEPT = ["gthread", *NGINX, "waitress", "mod_wsgi"]
CLOSED = ["sync", "gthread", *UWSGI, "waitress"]
DIAGNOSE = ["diagnose", "--no-agent", "--format", "json", "--duration", "10m"]


def skip_without(model) -> None:
    if missing := first_missing(NEEDS[model]):
        pytest.skip(f"missing: {missing}")


def diagnosed(directory, server, send, *options) -> tuple[dict, Counter]:
    """The report on the time in which `send` ran, and what that returned."""
    with Running(directory, "linger", *DIAGNOSE, "--pid", server.tgid,
                 *options).wait_attached() as diagnosis:
        sent = send()
        return diagnosis.finish().json(), sent


@pytest.mark.requires("wrk")
@pytest.mark.parametrize("model, keep_alive", [*((model, False) for model in CLOSED),
                                               *((model, True) for model in KEPT)])
def test_counts_every_request_at_full_load(workload, directory, model, keep_alive):
    skip_without(model)
    with workload.start(model) as server:
        report, sent = diagnosed(directory, server, lambda: wrk.send_exactly(
            server.port, PATHS, each=800, keep_alive=keep_alive))
    assert counts(report) == sent
    assert number(report["coverage"], "requestsSeen") == sent.total()
    assert number(report["coverage"], "requestsBroken") == 0
    assert number(report["coverage"], "recordsLost") == 0


@pytest.mark.parametrize("model", [*WORKER_CLASSES, "uwsgi-threads", "nginx-uwsgi",
                                   "nginx-uwsgi-unix", "waitress", "mod_wsgi"])
def test_counts_methods_and_bodies_apart(workload, directory, model):
    skip_without(model)
    # 20,000 bytes need several reads: still one request.
    plan = [("GET", "/count/alpha", None), ("POST", "/count/alpha", b"x" * 20_000),
            ("POST", "/count/beta", b""), ("GET", "/clean", None)] * 50
    # Else uWSGI resets connections whose body the application has not read.
    options = ["--post-buffering", "8192"] if "uwsgi" in model else []
    with workload.start(model, *options) as server:
        report, sent = diagnosed(directory, server, lambda: send_all(
            server.port, plan, clients=4, keep_alive=model not in UWSGI))
    assert counts(report) == sent
    assert number(report["coverage"], "recordsLost") == 0


@pytest.mark.parametrize("model", ["nginx-uwsgi", "nginx-uwsgi-unix"])
def test_tells_the_path_behind_a_long_query_and_nothing_of_it(workload, directory, model):
    skip_without(model)
    # nginx sends the query in front of everything else.
    plan = [("GET", f"/count/alpha?token={'secret' * 100}", None)] * 10
    with workload.start(model) as server:
        report, _ = diagnosed(directory, server, lambda: send_all(
            server.port, plan, clients=1, keep_alive=True))
    assert counts(report) == {("GET", "/count/alpha"): 10}
    assert "secret" not in str(report)


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
