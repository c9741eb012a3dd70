"""Does a recording give the same report again, without BPF and without root?"""

import pytest
from harness.agent import DONE, Running, run, run_as_nobody
from harness.client import send_all
from harness.report import counts
from harness.requirements import PROBES, SERVICES
from harness.workload import WORKER_CLASSES

pytestmark = pytest.mark.requires(*PROBES, *SERVICES)

PLAN = [("GET", "/hello", None), ("GET", "/nap/3", None), ("POST", "/count/alpha", b"body")] * 40


@pytest.fixture(scope="module")
def recorded(workload, session_directory):
    """A recording, readable by everyone, and what was sent meanwhile."""
    recording = session_directory / "recording.linger"
    with workload.serve(*WORKER_CLASSES["gthread"]) as server, \
            Running(session_directory, "linger", "record", "-o", recording, "--pid", server.tgid,
                    "--duration", "10m").wait_attached() as running:
        sent = send_all(server.port, PLAN, clients=4, keep_alive=True)
        assert running.finish().status == DONE
    recording.chmod(0o644)
    return recording, sent


def test_holds_every_request(recorded):
    recording, sent = recorded
    expected = {(method, path.replace("/3", "/{}")): n for (method, path), n in sent.items()}
    assert counts(run("linger", "replay", recording, "--format", "json").json()) == expected


@pytest.mark.parametrize("form", ["json", "text"])
def test_gives_the_same_report_to_everyone_at_any_time(recorded, directory, form):
    recording, _ = recorded
    first = run("linger", "replay", recording, "--format", form)
    again = run_as_nobody(directory, "replay", recording, "--format", form)
    assert first.status == again.status == DONE, first.stderr + again.stderr
    assert first.stdout == again.stdout != ""


def test_fails_on_findings_as_diagnose_does(recorded):
    recording, _ = recorded
    report = run("linger", "replay", recording, "--format", "json").json()
    strict = run("linger", "replay", recording, "--fail-on", "info")
    assert strict.status == (1 if report.get("findings") else 0), strict.stderr


def test_tells_of_a_recording_that_was_cut(recorded, directory):
    recording, _ = recorded
    whole = recording.read_bytes()
    cut = directory / "cut.linger"
    cut.write_bytes(whole[:len(whole) // 2])
    replayed = run("linger", "replay", cut)
    assert replayed.status == 2, replayed.stderr
    assert "cut.linger" in replayed.stderr
