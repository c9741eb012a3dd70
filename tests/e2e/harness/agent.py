"""The programs under test: linger and lingerd."""

import json
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from services.processes import ServiceError, wait_until

from . import bpf
from .paths import BINARIES

# Exit statuses of the contract.
DONE, FINDING, USAGE, REFUSED, NO_SUCH_SERVER, INTERNAL = range(6)
# Attaching is over when nothing was loaded or attached for so long.
ATTACHED_QUIET_SECONDS = 1.0


@dataclass(frozen=True)
class Finished:
    """How a program ended and what it said."""

    status: int
    stdout: str
    stderr: str

    def json(self) -> dict:
        """Its result; AssertionError with its diagnostics when it failed."""
        assert self.status == DONE, f"status {self.status}: {self.stderr}"
        return json.loads(self.stdout)


class Running:
    """linger or lingerd in the background. SIGKILLed at the end of the block if still there."""

    def __init__(self, directory: Path, program: str, *arguments):
        name = Path(program).name
        number = len(list(Path(directory).glob(f"{name}.*.out")))
        self._stdout = Path(directory) / f"{name}.{number}.out"
        self._stderr = Path(directory) / f"{name}.{number}.err"
        with open(self._stdout, "wb") as out, open(self._stderr, "wb") as err:
            self._child = subprocess.Popen([BINARIES / program, *map(str, arguments)],
                                           stdin=subprocess.DEVNULL, stdout=out, stderr=err)

    @property
    def tgid(self) -> int:
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child.poll() is None

    @property
    def stdout(self) -> str:
        return self._stdout.read_text()

    @property
    def stderr(self) -> str:
        return self._stderr.read_text()

    def attached(self) -> set[tuple[str, int]]:
        """What it holds in the kernel now."""
        return bpf.held_by(self.tgid)

    def wait_until(self, condition, seconds: float, what: str) -> None:
        """ServiceError, with its diagnostics, when it ends first or takes longer."""
        def done():
            if self._child.poll() is not None:
                raise ServiceError(f"{what}: ended with {self._child.returncode}\n{self.stderr}")
            return condition()
        wait_until(done, seconds, what)

    def wait_attached(self) -> "Running":
        """Returns when its probes are in place."""
        seen, since = set(), time.monotonic()

        def quiet() -> bool:
            nonlocal seen, since
            now = self.attached()
            if now != seen:
                seen, since = now, time.monotonic()
            linked = any(kind == "link" for kind, _ in now)
            return linked and time.monotonic() - since >= ATTACHED_QUIET_SECONDS
        self.wait_until(quiet, 30, "the probes are attached")
        return self

    def lines(self) -> list[dict]:
        """The JSON lines that it has written so far."""
        return [json.loads(line) for line in self._stdout.read_text().split("\n")[:-1]]

    def signal(self, number: signal.Signals) -> None:
        self._child.send_signal(number)

    def wait(self, seconds: float = 60) -> Finished:
        """Waits for its end; subprocess.TimeoutExpired after `seconds`."""
        status = self._child.wait(seconds)
        return Finished(status, self._stdout.read_text(), self.stderr)

    def finish(self) -> Finished:
        """Asks it, as Ctrl-C does, to end its window now and to report."""
        # What happened last is on its way through the ring buffer.
        time.sleep(0.5)
        self.signal(signal.SIGINT)
        return self.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._child.poll() is None:
            self._child.kill()
            self._child.wait()


class Lingerd(Running):
    """The agent, answering on a socket in `directory` when constructed."""

    def __init__(self, directory: Path, *arguments):
        self.socket = Path(directory) / "linger.sock"
        self.address = f"unix://{self.socket}"
        if "--http" not in arguments:
            arguments = ("--http", "off", *arguments)
        if "--history" not in arguments:
            arguments = ("--history", "off", *arguments)
        super().__init__(directory, "lingerd", "--listen", self.address, *arguments)
        try:
            self.wait_until(self.socket.exists, 30, "lingerd listens")
            self.wait_attached()
        except BaseException:
            self.__exit__()
            raise


def run(program: str, *arguments, seconds: float = 60, prefix=()) -> Finished:
    """Runs linger or lingerd to its end. `prefix` is a command that executes it."""
    done = subprocess.run([*prefix, BINARIES / program, *map(str, arguments)], timeout=seconds,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return Finished(done.returncode, done.stdout, done.stderr)


def run_as_nobody(directory: Path, *arguments) -> Finished:
    """Runs a copy of linger, which everyone may read, as the user nobody."""
    shutil.copy2(BINARIES / "linger", directory)
    done = subprocess.run(
        ["/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--",
         Path(directory) / "linger", *map(str, arguments)], timeout=60, cwd="/",
        stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return Finished(done.returncode, done.stdout, done.stderr)
