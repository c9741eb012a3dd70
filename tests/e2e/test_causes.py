"""Does each wait show under its cause, as long as it was, in every kind of worker?

With LINGER_ACCURACY=DIRECTORY the figures are kept there, for scripts/accuracy to make the table in
docs/accuracy.md of them.
"""

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from harness import models
from harness.agent import Running
from harness.client import Client
from harness.injected import INJECTIONS, Compared, Rounds, Target, compared, largest_error
from harness.report import causes, number
from harness.requirements import PROBES, SERVICES, first_missing
from harness.workload import UWSGI
from services.processes import wait_until

pytestmark = [pytest.mark.requires(*PROBES, *SERVICES), pytest.mark.alone]

# More for the table of figures, which is for reading.
ROUNDS = 9 if os.environ.get("LINGER_ACCURACY") else 5
# So many requests that every thread of every worker has had one.
CONNECTING = 24
LARGEST_ERROR = 0.01


def tolerance_ns(truth_ns: float) -> float:
    return max(0.01 * truth_ns, 300_000)


@dataclass(frozen=True)
class Observed:
    """What linger said of each request, and what is known of each wait, by cause."""

    requests: list[dict]
    truths: dict[str, list[int]]
    sent: int

    def compared(self, cause: str, closest: bool = False) -> Compared:
        return compared(cause, self.requests, self.truths[cause], closest)


def record(model: str, observed: Observed) -> None:
    """Keeps the figures where they are asked for."""
    directory = os.environ.get("LINGER_ACCURACY")
    if not directory:
        return
    measured = {cause: asdict(observed.compared(cause)) for cause in observed.truths}
    Path(directory, re.sub(r"\W+", "-", model) + ".json").write_text(json.dumps({
        "model": model, "causes": measured, "not_asked": models.not_asked(model),
        "sent": observed.sent, "told": len(observed.requests), "rounds": ROUNDS,
        "largest_error": largest_error(observed.requests)}, indent=1))


@pytest.fixture(scope="module", params=models.ALL)
def observed(request, workload, tmp_path_factory):
    model = request.param
    if missing := first_missing(models.REQUIRED[model]):
        pytest.skip(f"missing: {missing}")
    directory = tmp_path_factory.mktemp("causes")
    with models.started(workload, model) as server, \
            Client(server.port, keep_alive=model not in UWSGI) as client, \
            Client(server.port) as other:
        for _ in range(CONNECTING):
            client.get("/connected")
        target = Target(server.port, server.tgid, client, other)
        Rounds(target, models.asked(model)).one()
        workload.forget_truths()
        rounds = Rounds(target, models.asked(model))
        with Running(directory, "linger", "watch", "requests", "--no-agent", "--format", "json",
                     "--pid", server.tgid).wait_attached() as watch:
            for _ in range(ROUNDS):
                rounds.one()
            wait_until(lambda: len(watch.lines()) >= rounds.sent, 10, "every request is told of")
            told = [line["request"] for line in watch.lines()]
        truths = workload.truths()
    known = {cause: rounds.own_truths[cause] if cause in models.told_by_client(model)
             else truths.get(INJECTIONS[cause].route, []) for cause in models.asked(model)}
    observed = Observed(told, known, rounds.sent)
    record(model, observed)
    return model, observed


@pytest.mark.parametrize("cause", INJECTIONS)
def test_shows_a_wait_as_long_as_it_was(observed, cause):
    model, of = observed
    if cause in models.not_asked(model):
        return
    figures = of.compared(cause, closest=True)
    assert figures.truth_ns > 10_000_000, "nothing waited"
    # The application's clock goes on while the woken thread waits for a CPU. On a busy machine that
    # is time of its own, and Linger shows it as such.
    tolerance = tolerance_ns(figures.truth_ns)
    more, less = (slack + figures.work_ns for slack in models.slack_ns(model, cause))
    assert figures.shown_ns - tolerance - more <= figures.truth_ns
    assert figures.truth_ns <= figures.shown_ns + figures.queued_ns + tolerance + less


def test_gives_every_nanosecond_of_a_request_exactly_one_cause(observed):
    for request in observed[1].requests:
        wall = number(request["time"], "wallNs")
        assert wall > 0, request
        assert abs(sum(causes(request["time"]).values()) - wall) <= LARGEST_ERROR * wall, request


def test_tells_of_as_many_requests_as_were_sent(observed):
    assert len(observed[1].requests) == observed[1].sent
