"""Do the clients that the documents show hear of findings, and of an agent that comes back?"""

import http.client
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness import golang
from harness.agent import DONE, Lingerd
from harness.paths import WORKLOADS
from harness.requirements import PROBES
from services.gunicorn import Gunicorn
from services.processes import wait_until

pytestmark = pytest.mark.requires(*PROBES, "gunicorn", "flask")

CLIENT = Path(__file__).resolve().parents[2] / "examples" / "client"


@pytest.fixture
def server(directory):
    running = Gunicorn(directory, "faults:app", chdir=WORKLOADS, env={}, ready_path="/hello")
    yield running
    running.stop()


@pytest.fixture
def stubs(directory):
    subprocess.run([CLIENT / "make_stubs", directory / "stubs"], check=True)
    return directory / "stubs"


def fail(server, times: int) -> None:
    for _ in range(times):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request("GET", "/raise/key", headers={"Connection": "close"})
        connection.getresponse().read()
        connection.close()


class Heard:
    """A client in the background, and what it has written."""

    def __init__(self, directory, child: subprocess.Popen):
        self._directory = directory
        self.child = child

    @property
    def out(self) -> str:
        return (self._directory / "client.out").read_text()

    @property
    def complained(self) -> bool:
        return "trying again" in (self._directory / "client.err").read_text()


@contextmanager
def client(directory, command, environment):
    with open(directory / "client.out", "wb") as out, open(directory / "client.err", "wb") as err:
        # Where the tests run in the background SIGINT may be ignored, and a child would inherit that.
        child = subprocess.Popen(command, env=environment, stdout=out, stderr=err,
                                 preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    try:
        yield Heard(directory, child)
    finally:
        child.kill()
        child.wait()


def follows_findings_and_agents(server, directory, command, environment=None) -> str:
    """What it wrote until it was interrupted."""
    with Lingerd(directory) as agent, client(directory, [*command, agent.address], environment) as heard:
        fail(server, 20)
        wait_until(lambda: "APPEARED" in heard.out, 30, "the client hears of a finding")
        before = heard.out.count("APPEARED")
        assert "Do: " in heard.out
        assert not heard.complained
        agent.signal(signal.SIGTERM)
        assert agent.wait().status == DONE
        wait_until(lambda: heard.complained, 30, "the client says that there is no agent")
        with Lingerd(directory):
            fail(server, 20)
            wait_until(lambda: heard.out.count("APPEARED") > before, 60, "it hears of it from the new agent")
        heard.child.send_signal(signal.SIGINT)
        assert heard.child.wait(10) == 0
        return heard.out


@pytest.mark.requires("grpc")
def test_the_one_in_python_hears_of_findings_and_of_an_agent_that_comes_back(server, stubs, directory):
    follows_findings_and_agents(server, directory, ["/usr/bin/python3", CLIENT / "watch_findings.py"],
                                {"PYTHONPATH": str(stubs)})


@pytest.mark.requires("go-modules")
def test_the_one_in_go_hears_of_requests_too(server, directory):
    subprocess.run([CLIENT / "go" / "build", directory / "go"], env=golang.environment(), check=True)
    out = follows_findings_and_agents(server, directory, [directory / "go" / "follow"])
    assert "REQUEST   500 GET /raise/key took " in out
    # Its cursor is of the first agent.
    assert "MISSED    what ended before the agent was restarted" in out
