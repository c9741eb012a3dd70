"""Does `linger top` show what goes on, in a real terminal, and do its keys do what they say?

With LINGER_SCREENS=DIRECTORY the screens are kept there: those in docs/screens/ were.
"""

import os
import re
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness.agent import USAGE, Lingerd, run
from harness.authority import Authority, tls
from harness.client import send_all
from harness.paths import BINARIES
from harness.requirements import PROBES, SERVICES
from harness.workload import WORKER_CLASSES
from services.processes import free_port, wait_until

pytestmark = pytest.mark.requires(*PROBES, *SERVICES, "tmux", "openssl")

PATHS = ["/sleep", "/database", "/hello", "/count/alpha"]


class Tmux:
    """A terminal of 80 columns and 24 lines of its own, in which a command runs."""

    def __init__(self, directory, *command):
        self._socket = directory / "tmux.sock"
        self._run("new-session", "-d", "-x", "80", "-y", "24", " ".join(map(str, command)) + "; sleep 60")

    def _run(self, *arguments) -> str:
        return subprocess.run(["tmux", "-S", self._socket, "-f", "/dev/null", *arguments], check=True,
                              capture_output=True, text=True).stdout

    def screen(self) -> str:
        return self._run("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        self._run("send-keys", *keys)

    def resize(self, columns: int, lines: int) -> None:
        self._run("resize-window", "-x", str(columns), "-y", str(lines))

    def shows(self, *texts: str) -> str:
        """Waits until all of them are on the screen at once."""
        return self.matches(*map(re.escape, texts))

    def matches(self, *patterns: str) -> str:
        screen = ""

        def look() -> bool:
            nonlocal screen
            screen = self.screen()
            return all(re.search(pattern, screen) for pattern in patterns)
        try:
            wait_until(look, 30, "")
        except Exception as error:
            raise AssertionError(f"never on the screen: {patterns}\n{screen}") from error
        return screen

    def close(self) -> None:
        self._run("kill-server")


def keep(name: str, screen: str) -> None:
    if directory := os.environ.get("LINGER_SCREENS"):
        (Path(directory) / f"{name}.txt").write_text(screen)


@contextmanager
def loaded(workload):
    """A server with two workers that is asked, over and over."""
    plan = [("GET", path, None) for path in PATHS]
    with workload.serve(*WORKER_CLASSES["gthread"]) as server:
        yield server, lambda: send_all(server.port, plan * 3, clients=2, keep_alive=False)


@pytest.fixture
def top(workload, directory):
    with loaded(workload) as (server, load):
        terminal = Tmux(directory, BINARIES / "linger", "top", "--no-agent", "--interval", "500ms", "--pid",
                        server.tgid)
        try:
            terminal.shows("linger top", "ground_truth:app")
            yield terminal, load
        finally:
            terminal.close()


def test_shows_endpoints_their_lines_workers_and_findings(top):
    terminal, load = top
    load()
    screen = terminal.shows("ENDPOINT", "GET /sleep", "GET /database", "d database", "s sleep")
    keep("top-endpoints", screen)
    assert len(screen.splitlines()) <= 24
    assert max(map(len, screen.splitlines())) <= 80
    terminal.press("p")
    terminal.shows("PAUSED")
    # The slowest is chosen at first.
    terminal.press("Enter")
    keep("top-lines", terminal.shows("since the start", "ground_truth.py:"))
    terminal.press("Escape")
    terminal.press("/", "h", "e", "l", "l", "o", "Enter")
    screen = terminal.shows("filter: hello", "GET /hello")
    assert "GET /sleep" not in screen
    terminal.press("Tab")
    # It was paused at whatever moment it was.
    keep("top-workers", terminal.matches("WORKER", r"\d+ (idle|busy|blocked)"))
    terminal.press("?")
    terminal.shows("order endpoints by")


def test_follows_the_size_of_the_terminal_and_leaves_it_as_it_was(top):
    terminal, load = top
    load()
    terminal.shows("GET /sleep")
    terminal.resize(120, 40)
    terminal.shows("q quit")
    time.sleep(0.5)
    screen = terminal.screen()
    assert "q quit" in screen.splitlines()[39]
    terminal.press("q")
    wait_until(lambda: "linger top" not in terminal.screen(), 30, "the screen is given back")


def test_shows_several_nodes_and_one_that_dies_and_comes_back(workload, directory):
    authority = Authority(directory / "authority")
    certificate, key = authority.sign("agent", "IP:127.0.0.1")
    ports = [free_port(), free_port()]

    def agent(number: int) -> Lingerd:
        place = directory / str(number)
        place.mkdir(exist_ok=True)
        return Lingerd(place, "--listen", f"127.0.0.1:{ports[number]}", *tls(authority.certificate, certificate, key))
    nodes = [word for port in ports for word in ("--node", f"127.0.0.1:{port}")]
    first, second = (f"127.0.0.1:{port}" for port in ports)
    # There may be servers of other tests.
    answers = [re.escape(node) + r": \d+ server" for node in (first, second)]
    with loaded(workload) as (_, load), agent(0) as dying, agent(1):
        terminal = Tmux(directory, BINARIES / "linger", "top", "--interval", "500ms", *nodes,
                        *tls(authority.certificate, *authority.sign("alice")))
        try:
            terminal.matches(*answers)
            terminal.press("/", "s", "l", "e", "e", "p", "Enter")
            load()
            terminal.shows(f"{first} GET /sleep"[:23], f"{second} GET /sleep"[:23])
            dying.signal(signal.SIGTERM)
            dying.wait()
            terminal.matches(re.escape(first) + ": (no agent answered|the agent on .* went away)", answers[1])
            with agent(0):
                terminal.matches(*answers)
            terminal.press("q")
        finally:
            terminal.close()


@pytest.mark.parametrize("options,complaint", [
    (["--node", "nowhere"], "nowhere"), (["--node", "127.0.0.1:9", "--agent", "127.0.0.1:9"], "--agent"),
    (["--tls-cert", "a", "--tls-key", "b", "--tls-ca", "c"], "--node"),
    (["--node", "127.0.0.1:9", "--tls-cert", "/nowhere"], "the certificate /nowhere")])
def test_refuses_what_cannot_be_meant(options, complaint):
    done = run("linger", "top", *options)
    assert (done.status, done.stdout) == (USAGE, "")
    assert complaint in done.stderr


def test_says_that_it_needs_a_terminal(workload):
    with workload.serve(*WORKER_CLASSES["sync"]) as server:
        done = subprocess.run([BINARIES / "linger", "top", "--no-agent", "--pid", str(server.tgid)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert "this is no terminal" in done.stderr
