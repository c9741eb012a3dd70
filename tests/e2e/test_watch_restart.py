"""Do those who watch hear of an agent that comes back, and how much they missed?"""

import signal
from contextlib import ExitStack

import pytest
from harness.agent import DONE, NO_SUCH_SERVER, Lingerd
from harness.client import Client
from harness.paths import WORKLOADS
from harness.requirements import PROBES
from harness.watched import Watch, requests, skipped
from services.gunicorn import Gunicorn
from services.processes import wait_until

# What one who comes from another run missed is counted for all servers together: there must be one alone.
pytestmark = [pytest.mark.requires(*PROBES, "gunicorn"), pytest.mark.sole]

READERS = 4
# More than a queue of 4,096 and the buffers behind it have room for.
MANY = 8000
# More than the buffers between the agent and one who does not read.
SOME = 400


def serve(directory) -> Gunicorn:
    return Gunicorn(directory, "waits:app", "--workers", "1", chdir=WORKLOADS, env={}, ready_path="/")


@pytest.fixture
def server(directory):
    with serve(directory) as running:
        yield running


def watch(stack, directory, agent, what: str, *options) -> Watch:
    return stack.enter_context(Watch(directory, agent.address, what, *options))


def ask(client: Client, path: str, times: int) -> None:
    for _ in range(times):
        client.get(path)


def end(agent: Lingerd, how: signal.Signals) -> None:
    agent.signal(how)
    # One who has stopped reading holds it up: gRPC looks after such a connection for ten seconds.
    assert agent.wait(30).status == (DONE if how == signal.SIGTERM else -how)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
def test_goes_on_with_the_agent_that_comes_back_and_counts_exactly(server, directory, how):
    with ExitStack() as stack, Client(server.port) as client:
        agent = stack.enter_context(Lingerd(directory))
        readers = [watch(stack, directory, agent, "requests", "--pid", server.tgid) for _ in range(READERS)]
        slow = watch(stack, directory, agent, "requests", "--pid", server.tgid)
        everyone = [*readers, slow]

        def all_hear() -> bool:
            client.get("/open")
            return all(watcher.lines() for watcher in everyone)
        wait_until(all_hear, 30, "the streams are open")

        # One stops reading. The others do not notice, and it is told what it missed.
        slow.signal(signal.SIGSTOP)
        ask(client, "/many", MANY)
        for reader in readers:
            reader.wait_until(lambda r=reader: requests(r.lines(), "/many") == MANY, 60, "readers have each one")
            assert skipped(reader.lines()) == 0
        slow.signal(signal.SIGCONT)
        slow.wait_until(lambda: requests(slow.lines(), "/many") + skipped(slow.lines()) == MANY, 60,
                        "the slow one got each one, or was told of it")
        assert skipped(slow.lines()) > 0

        # The agent goes while that one does not read once more; nobody watches for a while.
        slow.signal(signal.SIGSTOP)
        ask(client, "/some", SOME)
        for reader in readers:
            reader.wait_until(lambda r=reader: requests(r.lines(), "/some") == SOME, 60, "readers have each one")
        end(agent, how)
        for reader in readers:
            reader.wait_until(lambda r=reader: r.says("trying again: ") == 1, 10, "it says that the agent is gone")
        ask(client, "/unseen", SOME)

        before = client.sent.total()
        again = stack.enter_context(Lingerd(directory))
        ask(client, "/early", SOME)
        for reader in readers:
            reader.wait_until(lambda r=reader: r.says(f"an agent answers on {again.address}, after ") == 1, 30,
                              "it says that it goes on")
            reader.wait_until(lambda r=reader: r.of_run(1), 10, "the new agent says that it is another one")
        ask(client, "/late", SOME)
        slow.signal(signal.SIGCONT)
        expected = client.sent.total() - before
        for watcher in everyone:
            watcher.wait_until(lambda w=watcher: requests(w.of_run(1), "/late") == SOME, 60, "all have the latest ones")
            lines = watcher.of_run(1)
            assert [line["restarted"] for line in lines] == [True] + [False] * (len(lines) - 1)
            assert requests(lines) + skipped(lines) == expected
            assert [int(line["sequence"]) for line in lines] == list(range(1, len(lines) + 1))
            assert requests(watcher.lines(), "/unseen") == 0
            assert watcher.says("trying again: ") == 1
        for reader in readers:
            assert requests(reader.of_run(0), "/some") == SOME
            assert skipped(reader.of_run(0)) == 0
        for watcher in everyone:
            watcher.signal(signal.SIGINT)
            assert watcher.wait(10).status == DONE


def test_workers_and_findings_go_on_too(server, directory):
    with ExitStack() as stack:
        agent = stack.enter_context(Lingerd(directory))
        workers = watch(stack, directory, agent, "workers", "--pid", server.tgid)
        findings = watch(stack, directory, agent, "findings")
        workers.wait_until(workers.lines, 20, "workers come")
        end(agent, signal.SIGTERM)
        for watcher in (workers, findings):
            watcher.wait_until(lambda w=watcher: w.says("trying again: "), 10, "it says that the agent is gone")
        stack.enter_context(Lingerd(directory))
        for watcher, told in ((workers, "its workers follow"), (findings, "follow once more")):
            watcher.wait_until(lambda w=watcher, t=told: w.says(t), 30, "it says how it goes on")
        before = len(workers.lines())
        workers.wait_until(lambda: len(workers.lines()) > before, 20, "workers come once more")
        for watcher in (workers, findings):
            watcher.signal(signal.SIGINT)
            assert watcher.wait(10).status == DONE


def test_gives_up_when_the_server_is_gone_and_ends_while_it_waits(server, directory):
    (directory / "other").mkdir()
    with ExitStack() as stack:
        with serve(directory / "other") as other:
            agent = stack.enter_context(Lingerd(directory))
            following = watch(stack, directory, agent, "requests", "--pid", other.tgid)
            waiting = watch(stack, directory, agent, "requests")
            with Client(other.port) as client:
                def heard() -> bool:
                    client.get("/open")
                    return following.lines() and waiting.lines()
                wait_until(heard, 20, "the streams are open")
            end(agent, signal.SIGTERM)
        waiting.wait_until(lambda: waiting.says("trying again: "), 10, "it waits for the agent")
        waiting.signal(signal.SIGINT)
        assert waiting.wait(5).status == DONE
        stack.enter_context(Lingerd(directory))
        done = following.wait(30)
        assert done.status == NO_SUCH_SERVER
        assert str(other.tgid) in done.stderr.splitlines()[-1]
