"""Does a diagnosis with a census name the variables that requests overwrite, and those that grow?"""

import time

import pytest
from harness.agent import Running, run
from harness.client import Client
from harness.paths import WORKLOADS
from harness.requirements import PROBES
from services.gunicorn import Gunicorn

# What is looked at ten times a second is missed by a machine that is busy with other tests.
pytestmark = [pytest.mark.requires(*PROBES, "gunicorn"), pytest.mark.sole]

SECONDS = 6
PATHS = ("/overwrite", "/append", "/count")
WRITTEN, GROWS = "global-state-written-by-requests", "global-state-grows"


def ask(port: int, until: float) -> None:
    """One path after the other, with pauses in which only the thread in the background writes."""
    with Client(port) as client:
        while time.monotonic() < until:
            for path in PATHS:
                client.get(path)
                time.sleep(0.2)


def of_globals(report: dict) -> dict:
    return {(f["rule"], f["id"].rsplit(":", 1)[1]): f for f in report.get("findings", [])
            if f["rule"] in (WRITTEN, GROWS)}


def test_names_what_requests_overwrite_and_what_grows(directory):
    recording = directory / "run.lngr"
    with Gunicorn(directory, "shared_state:app", "--worker-class", "gthread", "--workers", "1", "--threads", "4",
                  chdir=WORKLOADS, env={}, ready_path="/hello") as server:
        with Running(directory, "linger", "record", "--memory", "census", "-o", recording, "--pid",
                     server.tgid, "--duration", f"{SECONDS}s") as recorded:
            ask(server.port, time.monotonic() + SECONDS + 1)
            recorded.wait()
    replayed = [run("linger", "replay", recording, "--format", "json").json() for _ in range(2)]
    assert replayed[0] == replayed[1]
    found = of_globals(replayed[0])
    assert set(found) == {(WRITTEN, "shared_state.CURRENT_VISITOR"), (GROWS, "shared_state.SEEN")}
    overwritten = found[WRITTEN, "shared_state.CURRENT_VISITOR"]
    assert overwritten["endpoints"] == ["GET /overwrite"]
    assert "shared_state.Visitor" in overwritten["detail"]
    assert found[GROWS, "shared_state.SEEN"]["endpoints"] == ["GET /append"]
    assert b"secret-" not in recording.read_bytes()
