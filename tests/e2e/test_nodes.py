"""Can the agents of several hosts be asked at once, and followed while one of them is away?"""

import json
import signal

import pytest
from harness.agent import DONE, NO_SUCH_SERVER, USAGE, Lingerd, Running, run
from harness.authority import Authority, tls
from harness.client import Client
from harness.paths import WORKLOADS
from harness.requirements import PROBES
from services.gunicorn import Gunicorn
from services.processes import free_port, wait_until

pytestmark = pytest.mark.requires(*PROBES, "gunicorn", "openssl")


class Nodes:
    """Two agents on ports with TLS, as if of two hosts; who asks them is alice."""

    def __init__(self, directory):
        self._directory = directory
        authority = Authority(directory / "authority")
        certificate, key = authority.sign("agent", "IP:127.0.0.1")
        self._tls = tls(authority.certificate, certificate, key)
        self.addresses = [f"127.0.0.1:{free_port()}" for _ in range(2)]
        named = [word for address in self.addresses for word in ("--node", address)]
        self.options = [*named, *tls(authority.certificate, *authority.sign("alice"))]
        self.agents = [self.start(0), self.start(1)]

    def start(self, number: int) -> Lingerd:
        place = self._directory / str(number)
        place.mkdir(exist_ok=True)
        return Lingerd(place, "--listen", self.addresses[number], *self._tls)

    def end(self, number: int) -> None:
        self.agents[number].signal(signal.SIGTERM)
        assert self.agents[number].wait(10).status == DONE


@pytest.fixture
def nodes(directory):
    running = Nodes(directory)
    yield running
    for agent in running.agents:
        agent.__exit__()


@pytest.fixture
def server(directory):
    with Gunicorn(directory, "waits:app", "--workers", "1", chdir=WORKLOADS, env={}, ready_path="/") as running:
        yield running


def test_lists_the_servers_of_all_nodes_that_answer(server, nodes):
    done = run("linger", "servers", *nodes.options, "--format", "json")
    assert done.status == DONE, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["node"] for answer in answers] == nodes.addresses
    for answer in answers:
        assert server.tgid in [found["masterTgid"] for found in answer["servers"]]

    nodes.end(0)
    done = run("linger", "servers", *nodes.options)
    assert done.status == NO_SUCH_SERVER
    assert nodes.addresses[0] in done.stderr
    lines = done.stdout.splitlines()
    assert {line.split()[0] for line in lines} == {nodes.addresses[1]}
    assert any(f"gunicorn {server.tgid}: waits:app" in line for line in lines)


def test_follows_the_requests_of_all_nodes_while_one_is_away(server, nodes, directory):
    with Running(directory, "linger", "watch", "requests", *nodes.options, "--format", "json") as watch, \
            Client(server.port) as client:
        def told(route: str) -> list[str]:
            return sorted(line["node"] for line in watch.lines() if line.get("request", {}).get("route") == route)

        def both_hear() -> bool:
            client.get("/open")
            return set(told("/open")) == set(nodes.addresses)
        watch.wait_until(both_hear, 30, "both nodes tell of requests")
        client.get("/both")
        watch.wait_until(lambda: told("/both") == sorted(nodes.addresses), 20, "both nodes tell of it")
        nodes.end(0)
        watch.wait_until(lambda: "trying again: " in watch.stderr, 10, "it says that a node is away")
        client.get("/one")
        watch.wait_until(lambda: told("/one") == [nodes.addresses[1]], 20, "the other one goes on")
        nodes.agents[0] = nodes.start(0)
        watch.wait_until(lambda: f"an agent answers on {nodes.addresses[0]}" in watch.stderr, 30, "it is back")
        client.get("/again")
        watch.wait_until(lambda: told("/again") == sorted(nodes.addresses), 20, "both nodes tell of it")
        assert told("/one") == [nodes.addresses[1]]
        watch.signal(signal.SIGINT)
        assert watch.wait(10).status == DONE


def test_each_line_has_its_node_in_front_and_one_that_never_was_there_is_waited_for(server, nodes, directory):
    nodes.end(1)
    with Running(directory, "linger", "watch", "workers", *nodes.options) as watch:
        watch.wait_until(lambda: watch.stdout, 20, "workers come")
        wait_until(lambda: f"trying again: no agent answered on {nodes.addresses[1]}" in watch.stderr, 20,
                   "it says who is not there")
        assert {line.split()[0] for line in watch.stdout.splitlines()} == {nodes.addresses[0]}
        watch.signal(signal.SIGINT)
        assert watch.wait(10).status == DONE


@pytest.mark.parametrize("command", [["servers"], ["watch", "requests"]], ids=lambda words: words[0])
@pytest.mark.parametrize("options,complaint", [
    (["--node", "nowhere"], "nowhere"), (["--node", "127.0.0.1:9", "--agent", "127.0.0.1:9"], "--agent"),
    (["--node", "127.0.0.1:9", "--pid", "1"], "--pid"),
    (["--tls-cert", "a", "--tls-key", "b", "--tls-ca", "c"], "--node"),
    (["--node", "127.0.0.1:9", "--tls-cert", "/nowhere"], "the certificate /nowhere")])
def test_refuses_what_cannot_be_meant(command, options, complaint):
    done = run("linger", *command, *options)
    assert (done.status, done.stdout) == (USAGE, "")
    assert complaint in done.stderr
