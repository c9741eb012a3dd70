"""A control group with a limit of memory, of version 1 or 2, whichever this machine has."""

from pathlib import Path


def _mounted(kind: str, has) -> Path | None:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        point = Path(before.split()[4])
        if after.split()[0] == kind and has(point, after):
            return point
    return None


def _version_1() -> Path | None:
    return _mounted("cgroup", lambda _, after: "memory" in after.split(maxsplit=2)[2].split(","))


def _version_2() -> Path | None:
    return _mounted("cgroup2", lambda point, _: "memory" in (
        point / "cgroup.subtree_control").read_text().split())


def missing() -> str | None:
    return None if _version_1() or _version_2() else "a mounted cgroup controller memory"


def missing_beside_version_2() -> str | None:
    """For tests whose groups of version 2 have other names."""
    return None if _version_1() else "a mounted cgroup controller memory of version 1"


class MemoryGroup:
    """Made when constructed, gone at the end of the block; what is in it then goes to the root."""

    def __init__(self, name: str, limit_bytes: int):
        self._root = _version_1() or _version_2()
        self._path = self._root / name
        self.name = f"/{name}"
        self._path.mkdir()
        limit = "memory.limit_in_bytes" if _version_1() else "memory.max"
        (self._path / limit).write_text(str(limit_bytes))

    def add(self, tgid: int) -> None:
        (self._path / "cgroup.procs").write_text(str(tgid))

    def used_bytes(self) -> int:
        """The kernel's own count, files' pages included."""
        name = "memory.usage_in_bytes" if _version_1() else "memory.current"
        return int((self._path / name).read_text())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for tgid in (self._path / "cgroup.procs").read_text().split():
            (self._root / "cgroup.procs").write_text(tgid)
        self._path.rmdir()
