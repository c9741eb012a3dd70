"""Does the page show what goes on, in a real browser, to everyone?

The scripts in page/ drive Debian's Chromium with playwright-core, which the build has fetched. With
LINGER_SCREENS=DIRECTORY pictures are kept there: those in docs/screens/ were.
"""

import gzip
import json
import os
import re
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest
from harness.agent import DONE, Lingerd, Running, run
from harness.paths import DASHBOARD, SHOP
from harness.requirements import PROBES, SERVICES
from harness.synthetic_stream import SyntheticStream
from services.processes import free_port, wait_until

SCRIPTS = Path(__file__).parent / "page"
MOST_COMPRESSED_BYTES = 150_000
VISITS_A_SECOND = 40

browser = pytest.mark.requires("chromium", "page")
probes = pytest.mark.requires(*PROBES, *SERVICES)


class Script:
    """A script of page/ in the background."""

    def __init__(self, directory: Path, name: str, *arguments):
        self._child = subprocess.Popen(
            ["node", SCRIPTS / name, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "LINGER_DASHBOARD": str(DASHBOARD), "HOME": str(directory)})

    def wait_for(self, line: str) -> None:
        """AssertionError with what it said when it ends first."""
        said = []
        for text in self._child.stdout:
            said.append(text)
            if text.strip() == line:
                return
        raise AssertionError("".join(said))

    def succeeds(self) -> None:
        said, _ = self._child.communicate(timeout=120)
        assert self._child.returncode == 0, said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._child.poll() is None:
            self._child.kill()
            self._child.wait()


@pytest.fixture(scope="module")
def shop(session_directory):
    """The sick shop under load."""
    from services.shop import Shop
    directory = session_directory / "shop"
    directory.mkdir(mode=0o755)
    with Shop(directory, "sick") as running:
        load = subprocess.Popen(["/usr/bin/python3", SHOP / "load.py", running.gunicorn.url, "--duration",
                                 "600", "--rate", str(VISITS_A_SECOND)], stdout=subprocess.DEVNULL)
        try:
            yield running
        finally:
            load.terminate()
            load.wait()


@browser
@probes
def test_shows_a_sick_shop_live(shop, directory):
    port = free_port()
    (directory / "linger.toml").write_text("[access]\npage_census = true\n")
    with Lingerd(directory, "--http", f"127.0.0.1:{port}", "--config", directory / "linger.toml") as agent, \
            Script(directory, "live.mjs", f"http://127.0.0.1:{port}/", shop.gunicorn.tgid) as script:
        script.wait_for("lose")
        agent.signal(signal.SIGTERM)
        assert agent.wait().status == DONE
        script.succeeds()


@browser
@probes
def test_shows_a_recording(shop, directory):
    recording = directory / "sick.linger"
    recorded = run("linger", "record", "-o", recording, "--duration", "8s", "--pid", shop.gunicorn.tgid)
    assert recorded.status == DONE, recorded.stderr
    with Running(directory, "linger", "replay", "--serve", recording) as replay:
        replay.wait_until(lambda: replay.stdout.endswith("/\n"), 30, "it says where the page is")
        with Script(directory, "recording.mjs", replay.stdout.strip()) as script:
            script.succeeds()
        replay.signal(signal.SIGINT)
        assert replay.wait().status == DONE


@browser
def test_shows_400_workers_and_2000_endpoints(directory):
    with SyntheticStream(DASHBOARD / "dist") as stream, Script(directory, "scale.mjs", stream.url) as script:
        script.succeeds()


@pytest.mark.requires("page")
def test_is_small_and_asks_nobody():
    files = [path for path in (DASHBOARD / "dist").rglob("*") if path.is_file()]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < MOST_COMPRESSED_BYTES
    for path in files:
        # Namespaces are names, not addresses.
        addresses = re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]+[/\w.]*", path.read_text().replace("http://www.w3.org/", ""))
        assert not addresses, path


@pytest.mark.requires("page")
def test_its_logic_and_its_types_hold():
    for script in ("check", "test"):
        done = subprocess.run(["npm", "run", "--silent", script], cwd=DASHBOARD, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.requires(*PROBES)
def test_ends_at_once_while_a_page_is_open(directory):
    port = free_port()
    with Lingerd(directory, "--http", f"127.0.0.1:{port}") as agent:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/stream", timeout=10) as stream:
            wait_until(lambda: stream.readline().startswith(b"event: report"), 10, "the report comes")
            report = json.loads(stream.readline().removeprefix(b"data: "))
            assert "coverage" in report
            agent.signal(signal.SIGTERM)
            assert agent.wait(20).status == DONE


def test_serve_goes_with_no_format():
    done = run("linger", "replay", "--serve", "--format", "json", "/dev/null")
    assert done.status == 2
    assert "--format" in done.stderr
