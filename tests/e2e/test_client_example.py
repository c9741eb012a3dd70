"""Does the client that the documents show hear of findings, and of an agent that comes back?"""

import http.client
import signal
import subprocess
from pathlib import Path

import pytest
from harness.agent import DONE, Lingerd
from harness.paths import WORKLOADS
from harness.requirements import PROBES
from services.gunicorn import Gunicorn
from services.processes import wait_until

pytestmark = pytest.mark.requires(*PROBES, "gunicorn", "flask", "grpc")

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


def test_hears_of_findings_and_of_an_agent_that_comes_back(server, stubs, directory):
    with Lingerd(directory) as agent:
        address = agent.address
        with open(directory / "client.out", "wb") as out, open(directory / "client.err", "wb") as err:
            client = subprocess.Popen(["/usr/bin/python3", CLIENT / "watch_findings.py", address],
                                      env={"PYTHONPATH": str(stubs)}, stdout=out, stderr=err)
        try:
            def heard(text: str) -> int:
                return (directory / "client.out").read_text().count(text)

            def complained() -> bool:
                return "trying again" in (directory / "client.err").read_text()

            fail(server, 20)
            wait_until(lambda: heard("APPEARED") >= 1, 30, "the client hears of a finding")
            before = heard("APPEARED")
            assert "Do: " in (directory / "client.out").read_text()
            assert not complained()
            agent.signal(signal.SIGTERM)
            assert agent.wait().status == DONE
            wait_until(complained, 30, "the client says that there is no agent")
            with Lingerd(directory):
                fail(server, 20)
                wait_until(lambda: heard("APPEARED") > before, 60, "it hears of it from the new agent")
            client.send_signal(signal.SIGINT)
            assert client.wait(10) == 0
        finally:
            client.kill()
            client.wait()
