"""Is an agent on a port only for those whose certificate it knows, and who may have it look closer?"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from harness.agent import DONE, INTERNAL, NO_SUCH_SERVER, REFUSED, USAGE, Lingerd, run, run_as_nobody
from harness.authority import Authority, tls
from harness.paths import BINARIES, WORKLOADS
from harness.requirements import PROBES
from services.gunicorn import Gunicorn
from services.processes import free_port, wait_until

pytestmark = pytest.mark.requires(*PROBES, "gunicorn", "openssl")


@pytest.fixture(scope="module")
def place(session_directory):
    place = session_directory / "tls"
    place.mkdir(mode=0o755)
    return place


@pytest.fixture(scope="module")
def authority(place):
    return Authority(place / "authority")


@pytest.fixture(scope="module")
def gunicorn(place):
    with Gunicorn(place, "ground_truth:app", chdir=WORKLOADS, env={},
                  ready_path="/hello") as server:
        yield server


class TlsLingerd(Lingerd):
    """Listens on a port with TLS too. "alice" operates."""

    def __init__(self, directory: Path, authority: Authority, *arguments):
        self.port = free_port()
        configuration = directory / "linger.toml"
        configuration.write_text('[access]\noperator_subjects = ["alice"]\n'
                                 'operator_users = ["nobody"]\n')
        self.certificate, self.key = authority.sign("agent", "IP:127.0.0.1")
        super().__init__(directory, "--config", configuration, "--listen", f"127.0.0.1:{self.port}",
                         *tls(authority.certificate, self.certificate, self.key), *arguments)

    def asked(self, *arguments, host: str = "127.0.0.1"):
        return run("linger", *arguments, "--agent", f"{host}:{self.port}", seconds=60)


@pytest.fixture(scope="module")
def agent(gunicorn, authority, place):
    with TlsLingerd(place, authority) as running:
        yield running


def test_answers_those_whose_certificate_is_signed(agent, authority, gunicorn):
    servers = agent.asked("servers", "--format", "json",
                          *tls(authority.certificate, *authority.sign("bob"))).json()
    assert gunicorn.tgid in [server["masterTgid"] for server in servers["servers"]]


def test_answers_nobody_else(agent, authority, directory):
    stranger = Authority(directory / "stranger")
    assert agent.asked("servers").status in (NO_SUCH_SERVER, INTERNAL)  # not encrypted
    # Signed by somebody else.
    done = agent.asked("servers", *tls(authority.certificate, *stranger.sign("alice")))
    assert (done.status, done.stdout) == (NO_SUCH_SERVER, "")
    assert "--tls-cert" in done.stderr


def test_a_client_trusts_no_other_agent(agent, authority, directory):
    stranger = Authority(directory / "stranger")
    certificate = authority.sign("bob")
    assert agent.asked("servers", *tls(stranger.certificate, *certificate)).status == NO_SUCH_SERVER
    # The certificate is for 127.0.0.1.
    done = agent.asked("servers", *tls(authority.certificate, *certificate), host="localhost")
    assert done.status == NO_SUCH_SERVER


def test_only_operators_have_it_look_closer(agent, authority, gunicorn):
    worker, = gunicorn.workers()
    ways = [("heap", "--pid", worker), ("diagnose", "--duration", "2s", "--memory", "census"),
            ("diagnose", "--duration", "2s", "--memory", "allocations", "--settle", "1s"),
            ("profile", "--kind", "retained", "--duration", "2s", "--format", "folded")]
    alice = tls(authority.certificate, *authority.sign("alice"))
    bob = tls(authority.certificate, *authority.sign("bob"))
    for way in ways:
        refused = agent.asked(*way, *bob)
        assert (refused.status, refused.stdout) == (REFUSED, ""), way
        assert "to operators only" in refused.stderr
        allowed = agent.asked(*way, *alice)
        assert allowed.status == DONE, (way, allowed.stderr)
    assert agent.asked("diagnose", "--duration", "1s", *bob).status == DONE


def test_takes_up_a_certificate_that_is_replaced(gunicorn, directory):
    """Of another authority, which clients of the old one's do not know: they are told so then."""
    authority, other = Authority(directory / "authority"), Authority(directory / "other")
    client = authority.sign("bob")
    with TlsLingerd(directory, authority) as agent:
        assert agent.asked("servers", *tls(authority.certificate, *client)).status == DONE
        for new, old in zip(other.sign("agent", "IP:127.0.0.1"), (agent.certificate, agent.key)):
            os.replace(new, old)

        def taken_up() -> bool:
            return agent.asked("servers", *tls(other.certificate, *client)).status == DONE
        wait_until(taken_up, 30, "the new certificate is shown")
        assert agent.asked("servers",
                           *tls(authority.certificate, *client)).status == NO_SUCH_SERVER


@pytest.mark.parametrize("options,complaint", [
    (["--tls-cert", "/dev/null"], "is no PEM file"), (["--tls-cert", "/nowhere"], "No such file"),
    (["--tls-key", "/dev/null"], "--tls-cert is missing")])
def test_says_what_is_wrong_with_its_files(directory, options, complaint):
    done = run("lingerd", "--http", "off", "--listen", "127.0.0.1:0", *options)
    assert done.status == USAGE
    assert complaint in done.stderr


@pytest.mark.parametrize("users,status", [("", REFUSED), ('"nobody"', DONE)])
def test_on_the_socket_users_operate_who_are_named(gunicorn, directory, users, status):
    configuration = directory / "linger.toml"
    configuration.write_text(f"[access]\noperator_users = [{users}]\n")
    with Lingerd(directory, "--config", configuration) as agent:
        agent.socket.chmod(0o666)
        worker, = gunicorn.workers()
        heap = run_as_nobody(directory, "heap", "--pid", worker, "--agent", agent.address)
        assert heap.status == status, heap.stderr
        assert run_as_nobody(directory, "servers", "--agent", agent.address).status == DONE
        assert run("linger", "heap", "--pid", worker, "--agent", agent.address).status == DONE


def test_members_of_named_groups_operate(gunicorn, directory):
    configuration = directory / "linger.toml"
    configuration.write_text('[access]\noperator_groups = ["adm"]\n')
    with Lingerd(directory, "--config", configuration) as agent:
        agent.socket.chmod(0o666)
        worker, = gunicorn.workers()
        shutil.copy2(BINARIES / "linger", directory)
        for groups, status in (("adm", DONE), ("mail", REFUSED)):
            done = subprocess.run(
                ["/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", f"--groups={groups}", "--",
                 directory / "linger", "heap", "--pid", str(worker), "--agent", agent.address],
                capture_output=True, text=True, cwd="/")
            assert done.returncode == status, done.stderr


def test_without_tls_a_port_is_for_reading(gunicorn, directory):
    port = free_port()
    with Lingerd(directory, "--listen", f"127.0.0.1:{port}"):
        worker, = gunicorn.workers()
        assert run("linger", "servers", "--agent", f"127.0.0.1:{port}").status == DONE
        assert run("linger", "heap", "--pid", worker, "--agent",
                   f"127.0.0.1:{port}").status == REFUSED
