"""The application that knows its own truth, with the services that it waits for."""

import json
from contextlib import ExitStack
from pathlib import Path

from services.gunicorn import Gunicorn
from services.payment import Payment
from services.postgres import Postgres
from services.redis_server import Redis

from .paths import WORKLOADS

UPSTREAM_DELAY_MS = 60
WORKER_CLASSES = {
    "sync": ["--worker-class", "sync", "--workers", "2"],
    "gthread": ["--worker-class", "gthread", "--workers", "2", "--threads", "4"],
}


# Many requests share a thread; what blocks the thread blocks them all.
LOOP_CLASSES = {
    "gevent": ["--worker-class", "gevent", "--workers", "1"],
    "eventlet": ["--worker-class", "eventlet", "--workers", "1"],
}


class Workload:
    """A context manager: inside it the services run and servers can be started."""

    def __init__(self, directory: Path):
        self._directory = Path(directory)
        self._truth = self._directory / "truth.jsonl"
        self._stack = ExitStack()
        self._servers = 0

    def __enter__(self):
        try:
            postgres = self._stack.enter_context(Postgres(self._directory))
            redis = self._stack.enter_context(Redis(self._directory))
            upstream = self._stack.enter_context(Payment(self._directory, UPSTREAM_DELAY_MS))
        except BaseException:
            self._stack.close()
            raise
        self._env = {"TRUTH_FILE": str(self._truth), "TRUTH_DATABASE": postgres.dsn,
                     "TRUTH_CACHE": redis.url, "TRUTH_UPSTREAM_PORT": str(upstream.port)}
        return self

    def __exit__(self, *_):
        self._stack.close()

    def serve(self, *options) -> Gunicorn:
        """A server of the application; the caller's to stop. Its log is its own."""
        self._servers += 1
        directory = self._directory / f"server.{self._servers}"
        directory.mkdir()
        return Gunicorn(directory, "ground_truth:app", *options, chdir=WORKLOADS, env=self._env,
                        ready_path="/hello")

    def forget_truths(self) -> None:
        self._truth.unlink(missing_ok=True)

    def truths(self) -> dict[str, list[int]]:
        """What the application measured since, in nanoseconds, by route."""
        truths: dict[str, list[int]] = {}
        for line in self._truth.read_text().splitlines():
            entry = json.loads(line)
            truths.setdefault(entry["endpoint"], []).append(entry["truth_ns"])
        return truths
