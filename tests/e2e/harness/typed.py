"""A shell that someone types into."""

import os
import pty
import select
import subprocess
import time


class TypedShell:
    """An interactive shell on a terminal of its own, killed at the end of the block."""

    def __init__(self, command: list, env: dict):
        self._terminal, theirs = pty.openpty()
        self._shell = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs,
                                       env=env, start_new_session=True)
        os.close(theirs)
        self.shown = ""

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def wait_for(self, text: str, seconds: float = 20) -> None:
        """Until it shows `text` after what was waited for before; AssertionError with what it shows."""
        end = time.monotonic() + seconds
        while text not in self.shown:
            left = end - time.monotonic()
            assert left > 0, f"no {text!r} in {self.shown!r}"
            if select.select([self._terminal], [], [], left)[0]:
                self.shown += os.read(self._terminal, 65536).decode(errors="replace")
        self.shown = self.shown.split(text, 1)[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._shell.kill()
        self._shell.wait()
        os.close(self._terminal)
