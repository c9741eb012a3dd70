"""A Debian 12 that is not running, with the package's dependencies and the package."""

import hashlib
import shutil
import subprocess
from pathlib import Path

from . import suites
from .paths import ROOT, WORKLOADS

SUITE = "bookworm"
# Where the tests' application is, and manual pages are shown by.
MORE = ["gunicorn", "man-db"]


def packed() -> Path:
    """The package of the build under test, made anew."""
    done = subprocess.run([ROOT / "scripts" / "package", "dev"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return ROOT / done.stdout.strip()


def field(package: Path, name: str) -> str:
    return subprocess.run(["dpkg-deb", "-f", package, name], check=True, capture_output=True,
                          text=True).stdout.strip()


class Debian:
    """Its root directory, in which commands run with /proc and /sys of this machine. What is mounted
    for them is seen by nobody else and goes with them."""

    def __init__(self, package: Path):
        needed = [name.split()[0] for name in field(package, "Depends").split(", ")]
        wanted = ",".join([*MORE, *needed])
        self.root = suites.ROOTS / f"{SUITE}-{hashlib.sha256(wanted.encode()).hexdigest()[:8]}"
        if not self.root.exists():
            suites.make(SUITE, self.root, wanted, "essential")
        self._package = package
        if self.within("dpkg-query", "-W", "linger").returncode == 0:
            self.purge()
        (self.root / suites.APPLICATIONS).mkdir(exist_ok=True)
        shutil.copy(WORKLOADS / "waits.py", self.root / suites.APPLICATIONS)

    def command(self, *command) -> list:
        return ["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-ec",
                'mount --rbind /proc "$0/proc"; mount --rbind /sys "$0/sys"; exec /usr/sbin/chroot "$0" "$@"',
                self.root, *command]

    def within(self, *command) -> subprocess.CompletedProcess:
        return subprocess.run(
            [*map(str, self.command(*command))], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=120,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                 "DEBIAN_FRONTEND": "noninteractive"})

    def install(self) -> None:
        shutil.copy(self._package, self.root / "linger.deb")
        try:
            done = self.within("dpkg", "--install", "/linger.deb")
        finally:
            (self.root / "linger.deb").unlink()
        assert done.returncode == 0, done.stderr

    def remove(self) -> None:
        done = self.within("dpkg", "--remove", "linger")
        assert done.returncode == 0 and "warning" not in done.stderr, done.stderr

    def purge(self) -> None:
        done = self.within("dpkg", "--purge", "linger")
        assert done.returncode == 0 and "warning" not in done.stderr, done.stderr

    def files(self) -> set[str]:
        """Everything there is but what dpkg and man note for themselves."""
        names = (str(path.relative_to(self.root)) for path in self.root.rglob("*"))
        return {name for name in names if not name.startswith(("var/log/", "var/cache/man"))}
