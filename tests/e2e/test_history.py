"""Is the past known after the fact, whatever happened to the agent, its disk and its file?"""

import re
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest
from harness.agent import DONE, NO_SUCH_SERVER, Lingerd, run
from harness.client import Client
from harness.paths import WORKLOADS
from harness.requirements import PROBES
from services.gunicorn import Gunicorn
from services.processes import free_port, wait_until

pytestmark = pytest.mark.requires(*PROBES, "gunicorn", "flask")

APP = "faults:app"


@pytest.fixture(scope="module")
def server(session_directory):
    place = session_directory / "history"
    place.mkdir(mode=0o755)
    with Gunicorn(place, APP, chdir=WORKLOADS, env={}, ready_path="/hello") as running:
        yield running


class Keeper(Lingerd):
    """An agent whose minutes are a second long."""

    def __init__(self, directory: Path, history: Path):
        self.port = free_port()
        self.config = directory / "linger.toml"
        self.config.write_text(f'[history]\npath = "{history}"\ninterval_s = 1\n')
        super().__init__(directory, "--config", self.config, "--history", history,
                         "--http", f"127.0.0.1:{self.port}")

    def count(self, name: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            return int(re.search(rf"^linger_history_looks_{name}_total (\d+)$",
                                 answer.read().decode(), re.M)[1])


def send(server, requests: int) -> None:
    with Client(server.port) as client:
        for _ in range(requests):
            client.get("/hello")


def since(server, *arguments):
    """Of this server alone, as others run beside it."""
    return run("linger", "diagnose", "--since", "10m", "--format", "json", "--pid", server.tgid, *arguments)


def requests_to_hello(report: dict) -> int:
    return sum(int(endpoint["requests"]) for endpoint in report["endpoints"]
               if endpoint["route"] == "/hello")


def test_the_past_is_told_by_the_agent_and_without_it(server, directory):
    history = directory / "kept" / "history.db"
    with Keeper(directory, history) as agent:
        send(server, 30)

        def told() -> int:
            answer = since(server, "--agent", agent.address)
            return requests_to_hello(answer.json()) if answer.status == DONE else 0
        wait_until(lambda: told() >= 30, 30, "the minutes are over")
        send(server, 12)
        wait_until(lambda: told() >= 42, 30, "the next ones too")
        report = since(server, "--agent", agent.address).json()
        assert requests_to_hello(report) == 42, "each request is in one minute"
        hello, = [endpoint for endpoint in report["endpoints"] if endpoint["route"] == "/hello"]
        times = {name: int(value) for name, value in hello["time"].items()}
        assert sum(times.values()) == 2 * times["wallNs"]
        assert "This is of the host's history" in " ".join(report["coverage"]["gaps"])
        text = run("linger", "diagnose", "--since", "10m", "--pid", server.tgid, "--agent", agent.address)
        assert text.status == DONE and "GET /hello" in text.stdout
        nobody = run("linger", "diagnose", "--since", "10m", "--agent", agent.address, "--pid", 1)
        assert nobody.status == NO_SUCH_SERVER
        agent.signal(signal.SIGKILL)
        agent.wait()
    assert requests_to_hello(since(server, "--config", agent.config).json()) == 42


def test_a_full_disk_costs_minutes_and_nothing_else(server, directory):
    disk = directory / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=True)
    try:
        history, filler = disk / "history.db", disk / "filler"
        with Keeper(directory, history) as agent:
            send(server, 20)
            wait_until(lambda: agent.count("kept") >= 2, 30, "minutes are kept")
            with open(filler, "wb", buffering=0) as file, pytest.raises(OSError):
                while True:
                    file.write(bytes(4096))

            def lost() -> bool:
                send(server, 5)
                return agent.count("lost") >= 1
            wait_until(lost, 60, "a minute finds no room")
            assert "a minute of the history is lost" in agent.stderr
            assert requests_to_hello(since(server, "--agent", agent.address).json()) >= 20
            filler.unlink()
            kept = agent.count("kept")
            send(server, 5)
            wait_until(lambda: agent.count("kept") > kept, 30, "minutes are kept again")
            wait_until(lambda: "the history goes on" in agent.stderr, 30, "the log says so")
            agent.signal(signal.SIGTERM)
            assert agent.wait().status == DONE
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_damaged_file_is_moved_aside(server, directory):
    history = directory / "history.db"
    history.write_bytes(b"no database at all, but long enough for one " * 200)
    assert "is not a database" in since(server, "--config", configured(directory, history)).stderr
    with Keeper(directory, history) as agent:
        assert re.search(r"history\.db is damaged .* moved to \S+history\.db\.damaged-\d+", agent.stderr)
        send(server, 5)
        wait_until(lambda: agent.count("kept") >= 1, 30, "a new one begins")
        other = directory / "second"
        other.mkdir()
        with Keeper(other, history) as second:
            assert "only one agent can" in second.stderr
            refused = since(server, "--agent", second.address)
            assert refused.status != DONE and "keeps no history" in refused.stderr
    aside, = directory.glob("history.db.damaged-*")
    assert aside.read_bytes().startswith(b"no database at all")


def configured(directory: Path, history: Path) -> Path:
    config = directory / "reader.toml"
    config.write_text(f'[history]\npath = "{history}"\n')
    return config


def test_there_may_be_no_history(server, directory):
    answer = since(server, "--config", configured(directory, directory / "none.db"))
    assert answer.status == NO_SUCH_SERVER
    assert "there is no history at" in answer.stderr and not answer.stdout
