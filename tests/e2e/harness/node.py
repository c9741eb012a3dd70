"""A node full of servers: each a Gunicorn in namespaces and a control group of its own, as a pod's are."""

import os
import re
import signal
import subprocess
import threading
import time
import uuid
from contextlib import ExitStack, suppress
from pathlib import Path

from services.processes import Process

from .paths import WORKLOADS
from .pods import Group

PORT = 8000
MANY_ENDPOINTS = Path(__file__).with_name("many_endpoints.lua")


class Pod(Process):
    """Gunicorn as process 1 of its own pid namespace, listening on port 8000 of its own loopback. Not ready when
    constructed: many start at once."""

    def __init__(self, directory: Path, number: int, workers: int):
        self.number, self._workers = number, workers
        serve = (f"ip link set lo up && exec /usr/bin/gunicorn --bind 127.0.0.1:{PORT} --workers {workers} --preload "
                 f"--timeout 120 --worker-tmp-dir /dev/shm --chdir {WORKLOADS} many_endpoints:app")
        # unshare ignores SIGTERM; killed, it takes along the process 1, and that everything else.
        super().__init__(
            ["/usr/bin/unshare", "--net", "--pid", "--mount", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc",
             "/bin/sh", "-c", serve], Path(directory) / f"pod.{number}.log",
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, directory="/", stop_signal=signal.SIGKILL)

    def wait_ready(self) -> None:
        self.wait_until(lambda: len(self.workers()) == self._workers, 120, f"{self._workers} workers of pod {self.number}")
        # A worker is there before it accepts.
        self.wait_until(self._listens, 60, f"pod {self.number} listens")

    @property
    def master(self) -> int:
        return self._master()

    def _master(self) -> int:
        (master,) = children_of(self.tgid)
        return master

    def workers(self) -> list[int]:
        with suppress(ValueError):
            return children_of(self._master())
        return []

    def _listens(self) -> bool:
        with suppress(OSError):
            return f":{PORT:04X} " in Path(f"/proc/{self._master()}/net/tcp").read_text()
        return False

    def load(self, seconds: float, connections: int, endpoints: int) -> subprocess.Popen:
        """wrk inside of its network."""
        return subprocess.Popen(
            ["/usr/bin/nsenter", f"--net=/proc/{self.master}/ns/net", "wrk", "-t", "1", "-c", str(connections), "-d",
             f"{seconds:g}s", "--timeout", "60s", "-s", MANY_ENDPOINTS, f"http://127.0.0.1:{PORT}/", "--",
             str(endpoints)], stdout=subprocess.PIPE, text=True)


def children_of(tgid: int) -> list[int]:
    with suppress(OSError):
        return list(map(int, Path(f"/proc/{tgid}/task/{tgid}/children").read_text().split()))
    return []


class Node:
    """Started when constructed; nothing of it is left at the end of the block."""

    def __init__(self, directory: Path, servers: int, workers: int):
        self.directory = Path(directory)
        self.logs = self.directory / "pods"
        self.logs.mkdir()
        self._stack = ExitStack()
        self.pods: list[Pod] = []
        try:
            for number in range(servers):
                self.pods.append(self._stack.enter_context(Pod(self.directory, number, workers)))
            for pod in self.pods:
                pod.wait_ready()
            for pod in self.pods:
                self._into_a_group(pod)
        except BaseException:
            self._stack.close()
            raise

    def _into_a_group(self, pod: Pod) -> None:
        uid = str(uuid.UUID(int=pod.number + (1 << 100)))
        name = (f"kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid.replace('-', '_')}.slice/"
                f"cri-containerd-{pod.number:064x}.scope")
        group = self._stack.enter_context(Group(f"linger-scale-{os.getpid()}-{pod.number}", name))
        group.add(pod.master, *pod.workers())
        container = self.logs / f"shop_web-{pod.number}_{uid}" / "app"
        container.mkdir(parents=True)
        (container / "0.log").touch()

    def workers(self) -> int:
        return sum(len(pod.workers()) for pod in self.pods)

    def load(self, seconds: float, connections: int, endpoints: int) -> "Load":
        """On all of them at once, as fast as they can."""
        return Load([pod.load(seconds, connections, endpoints) for pod in self.pods])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stack.close()


class Load:
    def __init__(self, running: list[subprocess.Popen]):
        self._running = running

    def finish(self) -> int:
        """The requests answered; AssertionError when one failed."""
        outputs = [wrk.communicate()[0] for wrk in self._running]
        assert all("Non-2xx" not in output for output in outputs), outputs
        return sum(int(re.search(r"(\d+) requests in ", output)[1]) for output in outputs)


class Churn:
    """Processes that come and go until the end of the block: `programs` a second that no server has to do with, and
    `replaced` workers that are asked to end, whose masters start others."""

    def __init__(self, node: Node, programs: float, replaced: float):
        self._node, self._over = node, threading.Event()
        self.started = 0
        self._asked = (0, time.monotonic())
        self._threads = [threading.Thread(target=self._every, args=[1 / rate, step]) for rate, step in
                         [(programs, self._run_a_program), (replaced, self._end_a_worker)] if rate > 0]

    def rate(self) -> float:
        """Starts a second since it was last asked."""
        before, began = self._asked
        self._asked = now = (self.started, time.monotonic())
        return (now[0] - before) / (now[1] - began)

    def _every(self, seconds: float, step) -> None:
        due = time.monotonic()
        while not self._over.wait(max(0.0, due - time.monotonic())):
            due += seconds
            step()

    def _run_a_program(self) -> None:
        subprocess.run(["/bin/true"], check=True)
        self.started += 1

    def _end_a_worker(self) -> None:
        pod = self._node.pods[self.started % len(self._node.pods)]
        if workers := pod.workers():
            with suppress(ProcessLookupError):
                os.kill(workers[0], signal.SIGTERM)
        self.started += 1

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()
