"""Does each wait show under its cause, as long as the application itself measured it?"""

from dataclasses import dataclass
from statistics import median

import pytest
from harness.agent import Running
from harness.client import Client
from harness.report import causes, number
from harness.requirements import PROBES, SERVICES, first_missing
from harness.slow_client import upload
from harness.workload import MODELS, NEEDS, UWSGI
from services.processes import wait_until

pytestmark = pytest.mark.requires(*PROBES, *SERVICES)

ROUNDS = 15
CAUSE_OF = {
    "/sleep": "sleep",
    "/database": "database",
    "/cpu": "onCpu",
    "/upstream": "upstream",
    "/cache": "cache",
    "/lock": "lock",
    "/upload": "clientRead",
    "/child": "child",
}
# Waits for nothing: its time on the CPU is what Flask and the server themselves take for a request.
CONTROL = "/hello"
# The server itself reads the whole body before the application runs.
READS_AHEAD = ["waitress"]


@dataclass(frozen=True)
class Observed:
    """What linger said of each request, and the application of each wait, by route."""

    requests: list[dict]
    truths: dict[str, list[int]]

    def of_route(self, route: str) -> list[dict]:
        return [request for request in self.requests if request["route"] == route]


def send_round(port: int, client: Client) -> int:
    """How long the client itself took for its body."""
    client.get(CONTROL)
    for route in CAUSE_OF:
        if route == "/upload":
            uploaded_ns = upload(port, route)
        else:
            client.get(route)
    return uploaded_ns


@pytest.fixture(scope="module", params=MODELS)
def observed(request, workload, tmp_path_factory):
    if missing := first_missing(NEEDS[request.param]):
        pytest.skip(f"missing: {missing}")
    directory = tmp_path_factory.mktemp("causes")
    with workload.start(request.param) as server, \
            Client(server.port, keep_alive=request.param not in UWSGI) as client:
        # Every thread of every worker opens its connections before anything is compared.
        for _ in range(8):
            send_round(server.port, client)
        workload.forget_truths()
        with Running(directory, "linger", "watch", "requests", "--no-agent", "--format", "json",
                     "--pid", server.tgid).wait_attached() as watch:
            uploads = [send_round(server.port, client) for _ in range(ROUNDS)]
            wait_until(lambda: len(watch.lines()) >= ROUNDS * (len(CAUSE_OF) + 1), 10,
                       "every request is told of")
            truths = workload.truths()
            if request.param in READS_AHEAD:
                truths["/upload"] = uploads
            return Observed([line["request"] for line in watch.lines()], truths)


@pytest.mark.parametrize("route", CAUSE_OF)
def test_shows_a_wait_as_long_as_the_application_measured_it(observed, route):
    requests = observed.of_route(route)
    assert len(requests) == len(observed.truths[route]) == ROUNDS
    # One client asks for one thing after the other, so both lists are in the same order. The calmest
    # third is compared: what other processes took from the rest says nothing about Linger.
    calm = sorted(zip(requests, observed.truths[route]),
                  key=lambda pair: number(pair[0]["time"], "runQueueNs"))[:ROUNDS // 3]
    shown = median(number(request["time"], f"{CAUSE_OF[route]}Ns") for request, _ in calm)
    queued = median(number(request["time"], "runQueueNs") for request, _ in calm)
    truth = median(truth for _, truth in calm)
    if CAUSE_OF[route] == "onCpu":
        shown -= median(number(control["time"], "onCpuNs") for control in observed.of_route(CONTROL))
    assert truth > 25_000_000, "the application did not wait"
    # The application's clock goes on while the woken thread waits for a CPU. On a busy machine that
    # is time of its own, and Linger shows it as such.
    tolerance = max(0.02 * truth, 500_000)
    assert shown - tolerance <= truth <= shown + queued + tolerance


def test_gives_every_nanosecond_of_a_request_exactly_one_cause(observed):
    for request in observed.requests:
        wall = number(request["time"], "wallNs")
        assert wall > 0, request
        assert abs(sum(causes(request["time"]).values()) - wall) <= 0.01 * wall, request
