"""Is the Debian package the same each time, does it work on a fresh Debian, and does it go again?"""

import hashlib
import json
import os
import re
import subprocess
import time

import pytest
from harness.agent import run
from harness.client import Client
from harness.installed import Debian, field, packed
from harness.paths import BINARIES, ROOT
from harness.report import number
from harness.requirements import PROBES
from harness.servers import answers
from harness.suites import Missing
from services.processes import Process, free_port

pytestmark = pytest.mark.requires("root", "cpack", "dpkg-shlibdeps")


@pytest.fixture(scope="module")
def package():
    return packed()


@pytest.fixture(scope="module")
def debian(package):
    try:
        debian = Debian(package)
    except Missing as missing:
        pytest.skip(f"missing: {missing}")
    return debian


@pytest.fixture(scope="module")
def before(debian):
    """What was there before the package."""
    return debian.files()


@pytest.fixture(scope="module")
def installed(debian, before):
    debian.install()
    yield debian
    if debian.within("dpkg-query", "-W", "linger").returncode == 0:
        debian.purge()


def test_says_what_it_is(package):
    version = re.search(r"project\(linger VERSION ([0-9.]+)",
                        (ROOT / "CMakeLists.txt").read_text()).group(1)
    architecture = field(package, "Architecture")
    assert package.name == f"linger_{version}_{architecture}.deb"
    assert run("linger", "--version").stdout == f"linger {version}\n"
    assert field(package, "Section") == "admin"
    assert "libgrpc++" in field(package, "Depends")


@pytest.mark.parametrize("program", ["linger", "lingerd"])
def test_wants_no_newer_c_library_than_the_oldest_release_has(program):
    """That of Ubuntu 22.04 (docs/install.md). What the libraries beside it want, scripts/portable says."""
    symbols = subprocess.run(["objdump", "-T", BINARIES / program], check=True, capture_output=True, text=True).stdout
    wanted = {tuple(map(int, version.split("."))) for version in re.findall(r"\bGLIBC_([0-9.]+)", symbols)}
    assert wanted and max(wanted) <= (2, 35)
    wanted = {tuple(map(int, version.split("."))) for version in re.findall(r"\bGLIBCXX_([0-9.]+)", symbols)}
    assert wanted and max(wanted) <= (3, 4, 30)


def test_the_same_build_gives_the_same_bytes(package):
    first = hashlib.sha256(package.read_bytes()).digest()
    time.sleep(1.1)  # whatever has a time in it would have another one
    assert hashlib.sha256(packed().read_bytes()).digest() == first


def test_installed_is_whole_and_starts_nothing(installed):
    status = installed.within("dpkg-query", "-W", "-f", "${Status}", "linger").stdout
    assert status == "install ok installed"
    assert installed.within("dpkg", "--verify", "linger").stdout == ""
    assert os.readlink(installed.root / "etc/systemd/system/multi-user.target.wants/lingerd.service"
                       ).endswith("lib/systemd/system/lingerd.service")
    assert not (installed.root / "run/linger").exists()
    rules = installed.root / "usr/share/linger/prometheus/linger.rules.yml"
    assert rules.read_text() == (ROOT / "deploy/prometheus/linger.rules.yml").read_text()


@pytest.mark.requires(*PROBES)
def test_installed_can_work(installed):
    done = installed.within("linger", "doctor", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["ready"]


@pytest.mark.requires(*PROBES)
def test_installed_diagnoses_a_gunicorn(installed, directory):
    port = free_port()
    server = Process(installed.command("/usr/bin/gunicorn", "--bind", f"127.0.0.1:{port}",
                                       "--chdir", "/srv", "waits:app"),
                     directory / "gunicorn.log", directory="/",
                     env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"})
    try:
        server.wait_until(lambda: answers(port), 30, "Gunicorn answers")
        diagnosis = Process(installed.command(
            "/usr/bin/linger", "diagnose", "--config", "/etc/linger/linger.toml", "--pid",
            server.tgid, "--duration", "8s", "--format", "json", "--output", "/srv/report.json"),
            directory / "linger.log", directory="/", env={"PATH": "/usr/bin:/bin"})
        with Client(port, keep_alive=False) as client:
            while diagnosis.running:
                client.get("/nap")
        assert diagnosis.exit_status == 0, diagnosis.tail()
    finally:
        server.stop()
    written = installed.root / "srv/report.json"
    report = json.loads(written.read_text())
    written.unlink()
    endpoint, = (each for each in report["endpoints"] if each["route"] == "/nap")
    assert number(endpoint, "requests") > 10
    site = max(endpoint["sites"], key=lambda site: number(site, "totalNs"))
    assert (site["cause"], site["code"].split(":")[0]) == ("sleep", "waits.py")


@pytest.mark.parametrize("page", ["linger", "linger-diagnose", "lingerd", "linger.toml"])
def test_installed_shows_its_manual(installed, page):
    done = installed.within("man", "--warnings", page)
    assert (done.returncode, done.stderr) == (0, "")
    assert "NAME" in done.stdout and f"{page} -" in " ".join(done.stdout.split())


def test_installed_completes(installed):
    done = installed.within("bash", "-c", """
        source /usr/share/bash-completion/completions/linger
        COMP_WORDS=(linger diagnose --fail-on w) COMP_CWORD=3; _linger; echo "${COMPREPLY[@]}" """)
    assert (done.stdout, done.stderr) == ("warning\n", "")


def test_installed_leaves_its_configuration_when_removed(installed, before):
    configuration = installed.root / "etc/linger/linger.toml"
    installed.remove()
    assert configuration.exists()
    assert not (installed.root / "usr/sbin/lingerd").exists()
    installed.install()
    configuration.write_text(configuration.read_text() + "# mine\n")
    installed.install()
    assert configuration.read_text().endswith("# mine\n")


def test_installed_leaves_nothing_when_purged(installed, before):
    installed.purge()
    assert installed.files() == before
