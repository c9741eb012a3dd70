"""Other suites of Debian: their CPython, their glibc and their Gunicorn, in roots of their own."""

import functools
import os
import shutil
import signal
import subprocess
from pathlib import Path

from services.processes import Process, free_port

from .paths import ROOT, WORKLOADS
from .servers import answers

MIRROR = os.environ.get("LINGER_DEBIAN_MIRROR", "http://deb.debian.org/debian")
# What is in a root: the packages with what they depend on, extracted and not set up.
PACKAGES = "gunicorn,base-files"
ROOTS = ROOT / "build" / "roots"
SUITES = ["bullseye", "bookworm", "trixie", "sid"]
# Within a root.
APPLICATIONS = "srv"
SECONDS = 60


class Missing(Exception):
    """There is no root and none can be made; the text says why."""


@functools.cache
def root_of(suite: str) -> Path:
    """The suite's root file system, with the workloads in it. It is kept for the next run."""
    root = ROOTS / suite
    if not root.exists():
        make(suite, root)
    (root / APPLICATIONS).mkdir(exist_ok=True)
    for script in ("waits.py", "kept_objects.py"):
        shutil.copy(WORKLOADS / script, root / APPLICATIONS)
    return root


def make(suite: str, root: Path, packages: str = PACKAGES, variant: str = "extract") -> None:
    """Variant "essential" sets the packages up besides, so that more can be installed."""
    if not shutil.which("mmdebstrap"):
        raise Missing("mmdebstrap (package mmdebstrap)")
    ROOTS.mkdir(parents=True, exist_ok=True)
    part = root.with_suffix(f".{os.getpid()}")
    options = ["Acquire::Retries \"0\"", "Acquire::http::Timeout \"15\"",
               # A machine's clock, or a mirror, may be behind: what is signed is good enough.
               "Acquire::Check-Valid-Until \"false\""]
    made = subprocess.run(
        ["mmdebstrap", "--quiet", "--mode=root", "--dpkgopt=force-unsafe-io",
         f"--variant={variant}", f"--include={packages}",
         *(f"--aptopt={option}" for option in options), suite, part, MIRROR],
        stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if made.returncode:
        shutil.rmtree(part, ignore_errors=True)
        problem = next((line for line in made.stderr.splitlines() if line.startswith("E:")), "E:")
        raise Missing(f"Debian {suite} from {MIRROR}: mmdebstrap says {problem}")
    part.rename(root)


def within(suite: str, *command) -> list:
    """A command line that runs `command` in the suite's root."""
    return ["/usr/sbin/chroot", root_of(suite), *command]


class SuiteGunicorn(Process):
    """The suite's own Gunicorn with a workload, on `port`, in namespaces of its own as in a
    container: its root, its mounts, its numbers of processes."""

    def __init__(self, suite: str, directory: Path, application: str, *options):
        self.port = free_port()
        root = root_of(suite)
        super().__init__(
            ["/usr/bin/unshare", "--mount", "--pid", "--fork", "--kill-child",
             f"--mount-proc={root}/proc", *within(
                 suite, "/usr/bin/python3", "/usr/bin/gunicorn", "--bind", f"127.0.0.1:{self.port}",
                 "--chdir", f"/{APPLICATIONS}", *options, application)],
            Path(directory) / f"{suite}.log", directory="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"})
        self.wait_until(lambda: answers(self.port), SECONDS, f"Gunicorn of {suite} answers")

    @property
    def master(self) -> int:
        """Its tgid as the host numbers it."""
        return int(Path(f"/proc/{self.tgid}/task/{self.tgid}/children").read_text())

    def signal(self, number: signal.Signals) -> None:
        # unshare waits for its child and passes nothing on.
        os.kill(self.master, number)
