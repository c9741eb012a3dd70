"""The systemd unit, and its restrictions without systemd, which is seldom process 1 where tests run."""

import functools
import subprocess
from pathlib import Path

from .paths import BINARIES

UNIT = BINARIES.resolve().parent / "lingerd.service"


def settings(name: str) -> list[str]:
    """The values of all lines that set `name`, in order."""
    return [line.split("=", 1)[1] for line in UNIT.read_text().splitlines()
            if line.startswith(f"{name}=")]


def capabilities() -> list[str]:
    return " ".join(settings("CapabilityBoundingSet")).split()


@functools.cache
def _of_set(name: str) -> frozenset[str]:
    """The system calls of a set as "@system-service"; of a call, itself."""
    if not name.startswith("@"):
        return frozenset({name})
    listed = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter", name], check=True,
                            capture_output=True, text=True).stdout.splitlines()
    members = [line.strip() for line in listed[1:]
               if line.strip() and not line.strip().startswith("#")]
    return frozenset().union(*map(_of_set, members))


def system_calls() -> set[str]:
    """Those that SystemCallFilter= lets through."""
    allowed: set[str] = set()
    for value in settings("SystemCallFilter"):
        named = frozenset().union(*map(_of_set, value.removeprefix("~").split()))
        allowed = allowed - named if value.startswith("~") else allowed | named
    return allowed


def confined(writable: Path, held: list[str], *command) -> list:
    """A command line that runs `command` as the unit does: with these capabilities, its system calls
    and address families, and, but for `writable`, a file system that cannot be written and has
    nobody's home. tracefs is mounted, as Wants= sees to. The limits of memory and tasks, and
    PrivateTmp, are left to systemd."""
    bounding = ",".join(["-all", *(f"+{name.removeprefix('CAP_').lower()}" for name in held)])
    return ["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-ec", """
        writable=$1; shift
        mount --bind "$writable" "$writable"
        mountpoint -q /sys/kernel/tracing || mount -t tracefs -o ro tracefs /sys/kernel/tracing
        while read -r _ place _; do
          case $place in
            "$writable" | /proc | /proc/* | /sys | /sys/* | /dev | /dev/*) ;;
            *) mount -o remount,bind,ro "$place" 2>/dev/null || true ;;
          esac
        done </proc/self/mounts
        for home in /home /root; do mount -t tmpfs -o mode=0 tmpfs $home; done
        exec "$@" """, "sh", writable,
            "/usr/bin/setpriv", "--bounding-set", bounding, "--inh-caps", "-all",
            "--no-new-privs", "/usr/bin/python3", Path(__file__).with_name("filtered.py"),
            ",".join(sorted(system_calls())), ",".join(settings("RestrictAddressFamilies")[0].split()),
            *command]
