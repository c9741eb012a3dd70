"""Podman with a store of its own: the agent's image, a server's container, and nothing left of either."""

import json
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

from .paths import BINARIES, ROOT

CONTAINERFILE = ROOT / "deploy" / "container" / "Containerfile"
SECCOMP = ROOT / "deploy" / "container" / "seccomp.json"
# Not every test environment lets one raise them.
LIMITS = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]
GROUPS = Path("/sys/fs/cgroup")
LOCKS = Path("/dev/shm/libpod_lock")


class Podman:
    """All containers are gone at the end of the block."""

    def __init__(self, directory: Path):
        self.directory = directory
        self._tarnished = not LOCKS.exists()
        self._groups = self._own_groups()

    def call(self, *arguments, check: bool = True, prefix=()) -> subprocess.CompletedProcess:
        """AssertionError with what podman says when it fails."""
        done = subprocess.run(
            [*prefix, "/usr/bin/podman", "--root", self.directory / "root", "--runroot", self.directory / "run",
             "--tmpdir", self.directory / "tmp", "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs",
             "--events-backend", "none", "--runtime", "runc", *map(str, arguments)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        assert not check or done.returncode == 0, done.stderr
        return done

    def build(self, tag: str) -> str:
        """The agent's image with the programs that were built here; its id."""
        programs = self.directory / f"{tag}.programs"
        programs.mkdir(parents=True)
        subprocess.run([ROOT / "deploy" / "container" / "collect", BINARIES.resolve(), programs / "image"],
                       check=True)
        return self.call("build", "--quiet", "--no-cache", "--isolation", "chroot", "--timestamp", "0",
                         "--build-context", f"build={programs}", "--file", CONTAINERFILE, "--tag", tag,
                         programs).stdout.strip()

    def import_skeleton(self, tag: str) -> None:
        """An image in which the host's /usr, mounted there, is all there is."""
        skeleton = self.directory / "skeleton"
        for name in ("usr", "etc", "proc", "sys", "dev", "tmp", "run", "srv"):
            (skeleton / name).mkdir(parents=True)
        for name in ("bin", "lib", "lib64", "sbin"):
            (skeleton / name).symlink_to(f"usr/{name}")
        with tarfile.open(self.directory / "skeleton.tar", "w") as archive:
            archive.add(skeleton, arcname=".")
        self.call("import", "--quiet", self.directory / "skeleton.tar", tag)

    def run(self, name: str, *arguments, detach: bool = True, check: bool = True):
        """tracefs is mounted where the containers' mounts come from, and nowhere else."""
        return self.call("run", "--name", name, *(["--detach"] if detach else ["--rm"]), *LIMITS, "--network", "none",
                         *arguments, check=check, prefix=[
                             "/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-ec",
                             "mountpoint -q /sys/kernel/tracing || mount -t tracefs -o ro tracefs /sys/kernel/tracing;"
                             ' exec "$@"', "sh"])

    def tgid_of(self, name: str) -> int:
        return json.loads(self.call("inspect", name).stdout)[0]["State"]["Pid"]

    def id_of(self, name: str) -> str:
        return json.loads(self.call("inspect", name).stdout)[0]["Id"]

    def log_of(self, name: str) -> str:
        done = self.call("logs", name)
        return done.stdout + done.stderr

    def _own_groups(self) -> set[Path]:
        return set(GROUPS.glob("*/libpod_parent")) | set(GROUPS.glob("*/kubepods"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.call("rm", "--all", "--force", "--time", "1", check=False)
        self.call("umount", "--all", "--force", check=False)
        shutil.rmtree(self.directory, ignore_errors=True)
        if self._tarnished:
            LOCKS.unlink(missing_ok=True)
        for top in self._own_groups() - self._groups:
            _remove(top)


def _remove(group: Path) -> None:
    """A process may take its time to leave."""
    for below in [each for each in group.iterdir() if each.is_dir()]:
        _remove(below)
    for _ in range(100):
        try:
            group.rmdir()
            return
        except OSError:
            time.sleep(0.02)
    group.rmdir()
