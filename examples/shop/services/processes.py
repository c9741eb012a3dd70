"""Child processes that are stopped by the number they were started with."""

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import time
from pathlib import Path


class ServiceError(Exception):
    """A service did not start, or ended by itself. The text ends with the tail of its log."""


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def can_connect(port: int) -> bool:
    """Whether somebody accepts connections on this port of loopback."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def wait_until(condition, seconds: float, what: str) -> None:
    """Returns as soon as condition() is true; ServiceError naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            raise ServiceError(f"{what}: not within {seconds:g} s")
        time.sleep(0.02)


class Process:
    """One child. It gets `stop_signal` from stop(), and from the kernel if the parent dies first.

    It has a session of its own, so that Ctrl-C reaches only the parent, who stops its children in
    order. As root, `user` makes it run as that user.
    """

    def __init__(self, argv, log: Path, *, env=None, directory=None, user=None,
                 stop_signal=signal.SIGTERM):
        guard = ["/usr/bin/setpriv", "--pdeathsig", stop_signal.name.removeprefix("SIG")]
        if user and os.geteuid() == 0:
            group = pwd.getpwnam(user).pw_gid
            guard += ["--reuid", user, "--regid", str(group), "--init-groups"]
        self.log = Path(log)
        self.name = Path(argv[0]).name
        self._stop_signal = stop_signal
        with open(self.log, "ab") as output:
            self._child = subprocess.Popen(
                [*guard, "--", *map(str, argv)], stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, env=env, cwd=directory, start_new_session=True)

    @property
    def tgid(self) -> int:
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child.poll() is None

    @property
    def exit_status(self):
        """None while it runs, negative when a signal ended it."""
        return self._child.poll()

    def wait_until(self, condition, seconds: float, what: str) -> None:
        """Like the function; also ends, with ServiceError, when the process does."""
        def done():
            if not self.running:
                raise ServiceError(
                    f"{what}: {self.name} ended with status {self.exit_status}\n{self.tail()}")
            return condition()
        try:
            wait_until(done, seconds, what)
        except ServiceError:
            self.stop()
            raise

    def tail(self, lines: int = 20) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal; nothing happens when the process has ended."""
        self._child.send_signal(number)

    def stop(self, seconds: float = 10) -> int:
        """Ends it, by SIGKILL after `seconds`. Returns its exit status. May be called again."""
        if self.running:
            self.signal(self._stop_signal)
            try:
                self._child.wait(seconds)
            except subprocess.TimeoutExpired:
                self._child.kill()
        status = self._child.wait()
        # A child that went without its own children leaves them in its process group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
