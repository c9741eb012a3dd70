"""Are clients that hold a worker up told of, and those that keep up, not?"""

from contextlib import ExitStack

import pytest
from harness.agent import Running
from harness.client import Client
from harness.paths import WORKLOADS
from harness.report import cited, findings_of, fired
from harness.requirements import PROBES
from harness.slow_client import download, upload

pytestmark = pytest.mark.requires(*PROBES, "gunicorn", "flask")

REQUESTS = 12
QUIET = {"slow-client", "blocking-io-in-request"}


def diagnosed(directory, ask, *options: str) -> dict:
    from services.gunicorn import Gunicorn
    with ExitStack() as stack:
        server = stack.enter_context(Gunicorn(directory, "faults:app", *options, chdir=WORKLOADS,
                                              env={}, ready_path="/hello"))
        diagnosis = stack.enter_context(Running(
            directory, "linger", "diagnose", "--no-agent", "--format", "json", "--pid", server.tgid,
            "--duration", "10m").wait_attached())
        for _ in range(REQUESTS):
            ask(server.port)
        return diagnosis.finish().json()


@pytest.mark.parametrize("ask, path, endpoint, cause", [
    (upload, "/upload", "POST /upload", "client_read"),
    (download, "/page", "GET /page", "client_write")], ids=["upload", "download"])
def test_names_clients_that_take_their_time(directory, ask, path, endpoint, cause):
    report = diagnosed(directory, lambda port: ask(port, path))
    [finding] = findings_of(report, "slow-client")
    assert finding["endpoints"] == [endpoint]
    assert cited(finding, f"{cause} per request, mean") >= 20e6
    # The clients are on this host, as a proxy would be.
    assert cited(finding, "from clients on this host") == REQUESTS
    assert "have it so that it takes the whole" in finding["remedy"]
    # One finding for one cause.
    assert "blocking-io-in-request" not in fired(report)


@pytest.mark.parametrize("method, path", [("POST", "/upload"), ("GET", "/page")])
def test_says_nothing_of_clients_that_keep_up(directory, method, path):
    def ask(port: int) -> None:
        with Client(port, keep_alive=False) as client:
            client.request(method, path, b"x" * 4000 if method == "POST" else None)
    assert not QUIET & fired(diagnosed(directory, ask)).keys()
