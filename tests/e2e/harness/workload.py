"""The application that knows its own truth, with the services that it waits for."""

import json
import os
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

from services.gunicorn import Gunicorn
from services.payment import Payment
from services.postgres import Postgres
from services.processes import free_port
from services.redis_server import Redis

from .paths import ROOT, WORKLOADS
from .resolver import Resolver
from .servers import Apache, Fronted, PythonServer, Uwsgi

UPSTREAM_DELAY_MS = 60
RESOLVER_DELAY_SECONDS = 0.040
DISK_BYTES = 48 * 1024 * 1024
WORKER_CLASSES = {
    "sync": ["--worker-class", "sync", "--workers", "2"],
    "gthread": ["--worker-class", "gthread", "--workers", "2", "--threads", "4"],
}
UWSGI = {
    "uwsgi": ["--master", "--processes", "2", "--enable-threads"],
    "uwsgi-threads": ["--master", "--processes", "2", "--threads", "4"],
    "uwsgi-thunder-lock": ["--master", "--processes", "2", "--threads", "2", "--thunder-lock"],
    "uwsgi-no-master": ["--processes", "2", "--threads", "2"],
    "uwsgi-router": ["--master", "--processes", "2", "--threads", "2"],
}
# uWSGI's own, in front of its workers.
ROUTER = ["--plugin", "http", "--http", "127.0.0.1:{port}"]
NGINX = ["nginx-gunicorn", "nginx-gunicorn-unix", "nginx-uwsgi", "nginx-uwsgi-unix"]
# One thread receives, others answer.
WAITRESS = ["--listen=127.0.0.1:{port}", "--threads=4", "ground_truth:app"]
# Apache in front of its processes.
MOD_WSGI = "processes=2 threads=3 display-name=%{GROUP}"
MODELS = [*WORKER_CLASSES, *UWSGI, *NGINX, "waitress", "mod_wsgi"]
# What each needs beside SERVICES.
NEEDS = {model: [name for name in ("uwsgi", "nginx", "waitress", "mod_wsgi") if name in model]
         for model in MODELS}


# Many requests share a thread; what blocks the thread blocks them all.
LOOP_CLASSES = {
    "gevent": ["--worker-class", "gevent", "--workers", "1", "--keep-alive", "30"],
    "eventlet": ["--worker-class", "eventlet", "--workers", "1", "--keep-alive", "30"],
}


@contextmanager
def large_file():
    """The path of a file on the disk of the tree, where /tmp may be memory, with nothing cached."""
    with tempfile.NamedTemporaryFile(dir=ROOT / "build", prefix="linger-disk-") as file:
        for _ in range(DISK_BYTES // (1 << 20)):
            file.write(os.urandom(1 << 20))
        file.flush()
        os.fsync(file.fileno())
        os.fchmod(file.fileno(), 0o644)
        yield file.name


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
            resolver = self._stack.enter_context(Resolver(RESOLVER_DELAY_SECONDS))
            disk = self._stack.enter_context(large_file())
            self._truth.touch()
            self._truth.chmod(0o666)  # Apache's processes are another user's
        except BaseException:
            self._stack.close()
            raise
        self._env = {"TRUTH_FILE": str(self._truth), "TRUTH_DATABASE": postgres.dsn,
                     "TRUTH_CACHE": redis.url, "TRUTH_UPSTREAM_PORT": str(upstream.port),
                     "TRUTH_RESOLVER": resolver.address, "TRUTH_DISK": disk}
        return self

    def __exit__(self, *_):
        self._stack.close()

    def serve(self, *options, app: str = "ground_truth:app") -> Gunicorn:
        """A server of an application; the caller's to stop. Its log is its own."""
        self._servers += 1
        directory = self._directory / f"server.{self._servers}"
        directory.mkdir()
        return Gunicorn(directory, app, *options, chdir=WORKLOADS, env=self._env,
                        ready_path="/hello")

    def start_other(self, server, *arguments, **more):
        """A server of a class of harness.servers; the caller's to stop."""
        self._servers += 1
        directory = self._directory / f"server.{self._servers}"
        directory.mkdir(mode=0o755)
        return server(directory, self._env, *arguments, **more)

    def start(self, model: str, *options):
        """A server of one of MODELS, with more options; the caller's to stop."""
        if model in WORKER_CLASSES:
            return self.serve(*WORKER_CLASSES[model], *options)
        if model == "uwsgi-router":
            return self.start_other(Uwsgi, *UWSGI[model], *options, listen=ROUTER)
        if model == "waitress":
            return self.start_other(PythonServer, model, *options, *WAITRESS)
        if model == "mod_wsgi":
            return self.start_other(Apache, MOD_WSGI)
        if model in UWSGI:
            return self.start_other(Uwsgi, *UWSGI[model], *options)
        self._servers += 1
        directory = self._directory / f"server.{self._servers}"
        directory.mkdir()
        return self._start_fronted(model, directory, options)

    def _start_fronted(self, model: str, directory: Path, options):
        unix = directory / "app.sock" if model.endswith("-unix") else None
        if "uwsgi" in model:
            address = str(unix) if unix else f"127.0.0.1:{free_port()}"
            server = Uwsgi(directory, self._env, *UWSGI["uwsgi-threads"], *options,
                           listen=["--socket", address])
            passing = f"uwsgi_pass {'unix:' if unix else ''}{address}"
        else:
            # Gunicorn serves its own port besides: that is where it is seen to be ready.
            bind = ["--bind", f"unix:{unix}"] if unix else []
            server = self.serve(*WORKER_CLASSES["gthread"], *bind, *options)
            address = f"unix:{unix}" if unix else f"127.0.0.1:{server.port}"
            passing = f"proxy_pass http://{address}"
        return Fronted(directory, server, passing)

    def forget_truths(self) -> None:
        self._truth.write_text("")

    def truths(self) -> dict[str, list[int]]:
        """What the application measured since, in nanoseconds, by route."""
        truths: dict[str, list[int]] = {}
        for line in self._truth.read_text().splitlines():
            entry = json.loads(line)
            truths.setdefault(entry["endpoint"], []).append(entry["truth_ns"])
        return truths
