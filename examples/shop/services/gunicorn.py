"""Debian's Gunicorn with some application."""

import http.client
import os
from pathlib import Path

from .processes import Process, free_port

# What a caller's own environment might say to Gunicorn.
GUNICORN_VARIABLES = {"GUNICORN_CMD_ARGS", "WEB_CONCURRENCY", "GUNICORN_FD", "LISTEN_FDS"}


class Gunicorn(Process):
    """Serves `app` on 127.0.0.1:`port`; constructed when GET `ready_path` answers 200."""

    def __init__(self, directory: Path, app: str, *options, chdir: Path, env: dict,
                 ready_path: str):
        self.port = free_port()
        kept = {k: v for k, v in os.environ.items() if k not in GUNICORN_VARIABLES}
        self._ready_path = ready_path
        super().__init__(
            ["/usr/bin/gunicorn", "--bind", f"127.0.0.1:{self.port}", "--chdir", chdir, *options,
             app], Path(directory) / "gunicorn.log",
            env={**kept, "PYTHONDONTWRITEBYTECODE": "1", **env}, directory="/")
        self.wait_until(self._ready, 30, f"Gunicorn answers {ready_path}")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def workers(self) -> set[int]:
        """The tgids of the master's children now."""
        children = Path(f"/proc/{self.tgid}/task/{self.tgid}/children")
        return set(map(int, children.read_text().split()))

    def _ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", self._ready_path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
