"""Does the time in which a worker waits for the next request stay out of the last one?"""

import time

import pytest
from harness.agent import Running
from harness.client import Client
from harness.report import number
from harness.requirements import PROBES, SERVICES, first_missing
from harness.workload import MODELS, NEEDS, UWSGI

pytestmark = [pytest.mark.requires(*PROBES, *SERVICES), pytest.mark.alone]

REQUESTS = 60
PAUSE_SECONDS = 0.030


@pytest.mark.parametrize("model", MODELS)
def test_a_request_takes_no_longer_than_its_client_saw(workload, directory, model):
    if missing := first_missing(NEEDS[model]):
        pytest.skip(f"missing: {missing}")
    seen_ns = []
    with workload.start(model) as server, \
            Client(server.port, keep_alive=model not in UWSGI) as client, \
            Running(directory, "linger", "watch", "requests", "--no-agent", "--format", "json",
                    "--pid", server.tgid).wait_attached() as watch:
        for _ in range(REQUESTS):
            begin_ns = time.monotonic_ns()
            client.get("/hello")
            seen_ns.append(time.monotonic_ns() - begin_ns)
            time.sleep(PAUSE_SECONDS)
        # A response of unknown length has ended when nothing more came for a second.
        time.sleep(2)
        watch.finish()
        shown_ns = [number(line["request"]["time"], "wallNs") for line in watch.lines()]
    # One client sends one request after the other, so both lists are in the same order.
    assert len(shown_ns) == REQUESTS
    # A server may be put aside between its last byte and the end of that call.
    slack_ns = PAUSE_SECONDS * 1e9 / 2
    assert [(shown, seen) for shown, seen in zip(shown_ns, seen_ns) if shown > seen + slack_ns] == []
