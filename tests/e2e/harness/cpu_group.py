"""A control group with a limit of CPU time, of version 1 or 2, whichever this machine has."""

from pathlib import Path

PERIOD_US = 100_000


def _version_1() -> Path | None:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(maxsplit=2)
        if kind == "cgroup" and "cpu" in options.split(","):
            return Path(before.split()[4])
    return None


def _version_2() -> Path | None:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        point = Path(before.split()[4])
        if after.split()[0] == "cgroup2" and "cpu" in (point / "cgroup.subtree_control").read_text().split():
            return point
    return None


def missing() -> str | None:
    return None if _version_1() or _version_2() else "a mounted cgroup controller cpu"


class CpuGroup:
    """Made when constructed, gone at the end of the block; what is in it then goes to the root."""

    def __init__(self, name: str, cpus: float):
        self._root = _version_1() or _version_2()
        self._path = self._root / name
        self.name = f"/{name}"
        self._path.mkdir()
        quota_us = int(cpus * PERIOD_US)
        if _version_1():
            (self._path / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (self._path / "cpu.cfs_quota_us").write_text(str(quota_us))
        else:
            (self._path / "cpu.max").write_text(f"{quota_us} {PERIOD_US}")

    def add(self, tgid: int) -> None:
        (self._path / "cgroup.procs").write_text(str(tgid))

    def counts(self) -> dict[str, int]:
        """The kernel's own: nr_periods, nr_throttled, throttled_ns."""
        stat = dict(line.split() for line in (self._path / "cpu.stat").read_text().splitlines())
        throttled_ns = int(stat["throttled_time"]) if "throttled_time" in stat else (
            int(stat["throttled_usec"]) * 1000)
        return {"nr_periods": int(stat["nr_periods"]), "nr_throttled": int(stat["nr_throttled"]),
                "throttled_ns": throttled_ns}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for tgid in (self._path / "cgroup.procs").read_text().split():
            (self._root / "cgroup.procs").write_text(tgid)
        self._path.rmdir()
