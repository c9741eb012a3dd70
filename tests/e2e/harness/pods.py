"""Control groups and a directory of logs as the kubelet and the container runtimes name them."""

from pathlib import Path

POD = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"
STATIC_POD = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
ID = "0123456789abcdef" * 4


def _slice(quality: str, uid: str) -> str:
    """Where systemd has the pod's group: each dash is a level."""
    escaped = uid.replace("-", "_")
    if not quality:
        return f"kubepods.slice/kubepods-pod{escaped}.slice"
    return f"kubepods.slice/kubepods-{quality}.slice/kubepods-{quality}-pod{escaped}.slice"


# The group, the runtime, the pod's uid.
GROUPS = {
    "containerd-systemd": (f"{_slice('burstable', POD)}/cri-containerd-{ID}.scope", "containerd", POD),
    "containerd-systemd-guaranteed": (f"{_slice('', POD)}/cri-containerd-{ID}.scope", "containerd", POD),
    "containerd-cgroupfs": (f"kubepods/besteffort/pod{POD}/{ID}", "", POD),
    "containerd-init": (f"{_slice('besteffort', POD)}/cri-containerd-{ID}.scope/init.scope", "containerd", POD),
    "crio-systemd": (f"{_slice('burstable', POD)}/crio-{ID}.scope", "cri-o", POD),
    "crio-cgroupfs": (f"kubepods/burstable/pod{POD}/crio-{ID}", "cri-o", POD),
    "docker-of-a-pod": (f"{_slice('besteffort', POD)}/docker-{ID}.scope", "docker", POD),
    "static-pod": (f"{_slice('burstable', STATIC_POD)}/cri-containerd-{ID}.scope", "containerd", STATIC_POD),
    "docker-systemd": (f"system.slice/docker-{ID}.scope", "docker", None),
    "docker-cgroupfs": (f"docker/{ID}", "docker", None),
    "podman-systemd": (f"machine.slice/libpod-{ID}.scope/container", "podman", None),
    "podman-cgroupfs": (f"libpod_parent/libpod-{ID}", "podman", None),
}
# The pod's logs: its directory, and the containers in it.
LOGS = {POD: (f"shop_web-7d9c5b8f6d-x2x4z_{POD}", ["app"]),
        STATIC_POD: (f"kube-system_etcd-node1_{STATIC_POD}", ["etcd"])}


def _hierarchy() -> Path | None:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        if after.split()[0] == "cgroup2":
            return Path(before.split()[4])
    return None


def missing() -> str | None:
    return None if _hierarchy() else "a mounted cgroup hierarchy of version 2"


class Group:
    """A group of that name below one of our own, `top`; all gone at the end of the block, and what is in
    them goes back to the root."""

    def __init__(self, top: str, name: str):
        self._root = _hierarchy()
        self._top = self._root / top
        self.path = self._top / name
        self.path.mkdir(parents=True)

    def add(self, *tgids: int) -> None:
        for tgid in tgids:
            (self.path / "cgroup.procs").write_text(str(tgid))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        at = self.path
        while at != self._root:
            for tgid in (at / "cgroup.procs").read_text().split():
                (self._root / "cgroup.procs").write_text(tgid)
            at.rmdir()
            at = at.parent


def write_logs(directory: Path) -> None:
    """As /var/log/pods is on a node that runs those pods, and others."""
    for name, containers in LOGS.values():
        for container in containers:
            (directory / name / container).mkdir(parents=True)
            (directory / name / container / "0.log").touch()
    (directory / f"shop_db-0_{POD[:-1]}0" / "postgres").mkdir(parents=True)
