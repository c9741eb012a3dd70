"""Are exceptions that nobody handled told of by type and line, and never by their message?"""

import http.client
from contextlib import ExitStack

import pytest
from harness.agent import Running, run
from harness.paths import WORKLOADS
from harness.report import cited, findings_of, fired
from harness.requirements import PROBES
from harness.servers import Uwsgi

pytestmark = pytest.mark.requires(*PROBES, "gunicorn", "flask")

RULE = "unhandled-exception"
REQUESTS = 10
SECRET = "secret-4711"


def line_of(text: str) -> int:
    lines = (WORKLOADS / "faults.py").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.strip() == text)


def ask(port: int, path: str) -> None:
    """Whatever it answers, if anything: uWSGI closes the connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path + "?key=" + SECRET, headers={"Connection": "close"})
        connection.getresponse().read()
    except http.client.RemoteDisconnected:
        pass
    finally:
        connection.close()


def gunicorn(directory, application: str, *options):
    from services.gunicorn import Gunicorn
    return Gunicorn(directory, f"faults:{application}", *options, chdir=WORKLOADS, env={},
                    ready_path="/hello")


def recorded(directory, server, *paths: str) -> dict:
    """The report on REQUESTS of each; neither it nor the recording holds anything of a message.
    One failed request before makes the agent look for tracebacks."""
    recording = directory / "recording"
    with ExitStack() as stack:
        recorder = stack.enter_context(Running(
            directory, "linger", "record", "-o", recording, "--duration", "10m", "--pid",
            server.tgid).wait_attached())
        attached = recorder.attached()
        ask(server.port, "/silent")
        recorder.wait_until(lambda: recorder.attached() != attached, 10, "tracebacks are looked for")
        for path in [path for _ in range(REQUESTS) for path in paths]:
            ask(server.port, path)
        assert recorder.finish().status == 0
    replayed = run("linger", "replay", recording, "--format", "json")
    assert SECRET.encode() not in recording.read_bytes()
    assert SECRET not in replayed.stdout
    return replayed.json()


KEY_ERROR = f"KeyError at faults.py:{line_of('return prices[SECRET]')} in total (500)"
OUT_OF_STOCK = "raise OutOfStock(f\"{SECRET}\\nTraceback of {SECRET}\")"
OWN = f"faults.OutOfStock at faults.py:{line_of(OUT_OF_STOCK)} in raise_own (500)"


@pytest.mark.parametrize("options", [
    (), ("--worker-class", "gthread", "--threads", "4"), ("--log-file", "/dev/null")], ids=" ".join)
def test_names_type_and_line_of_what_the_framework_logs(directory, options):
    with gunicorn(directory, "app", *options) as server:
        report = recorded(directory, server, "/raise/key", "/raise/own", "/hello")
    found = {finding["endpoints"][0]: finding for finding in findings_of(report, RULE)}
    assert found.keys() == {"GET /raise/key", "GET /raise/own"}
    for endpoint, way in ("GET /raise/key", KEY_ERROR), ("GET /raise/own", OWN):
        assert cited(found[endpoint], "failed requests") == REQUESTS
        assert cited(found[endpoint], way) == REQUESTS
        assert found[endpoint]["severity"] == "SEVERITY_CRITICAL"


def test_names_what_the_server_logs(directory):
    with gunicorn(directory, "raw") as server:
        report = recorded(directory, server, "/raise")
    [finding] = findings_of(report, RULE)
    assert finding["endpoints"] == ["GET /raise"]
    assert cited(finding, KEY_ERROR) == REQUESTS


@pytest.mark.requires("uwsgi")
def test_names_what_is_written_line_by_line(directory):
    with Uwsgi(directory, {}, "--master", application="faults:raw") as server:
        report = recorded(directory, server, "/raise")
    [finding] = findings_of(report, RULE)
    assert cited(finding, "failed requests") == REQUESTS
    assert f"KeyError at faults.py:{line_of('return prices[SECRET]')} in total" in finding["title"]


def test_says_so_where_no_traceback_was_seen(directory):
    with gunicorn(directory, "app") as server:
        report = recorded(directory, server, "/silent")
    [finding] = findings_of(report, RULE)
    assert cited(finding, "answered with 500, no traceback seen") == REQUESTS + 1
    assert "No traceback was seen" in finding["detail"]


def test_says_nothing_of_what_is_handled_or_answered_on_purpose(directory):
    with gunicorn(directory, "app") as server:
        report = recorded(directory, server, "/handled", "/unavailable", "/missing", "/hello")
    assert RULE not in fired(report)
