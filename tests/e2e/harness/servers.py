"""Other servers than Gunicorn with the ground-truth application, and nginx in front of them."""

import http.client
import os
import signal
from contextlib import ExitStack
from pathlib import Path

from services.processes import Process, free_port

from .paths import WORKLOADS

APPLICATION = "ground_truth:app"
READY_PATH = "/hello"
SECONDS = 30


def environment(env: dict) -> dict:
    """The caller's own, without what it might say to a server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UWSGI_")}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(WORKLOADS), **env}


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", READY_PATH)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Server(Process):
    """A process that serves, with its children."""

    def workers(self) -> set[int]:
        """The tgids of its children now."""
        children = Path(f"/proc/{self.tgid}/task/{self.tgid}/children")
        return set(map(int, children.read_text().split()))


class Uwsgi(Server):
    """Debian's uWSGI, at `listen`: an option and an address, or at --http-socket on `port`."""

    def __init__(self, directory: Path, env: dict, *options, listen=None):
        self.port = free_port()
        socket = listen or ["--http-socket", f"127.0.0.1:{self.port}"]
        super().__init__(
            ["/usr/bin/uwsgi", "--plugin", "python3", "--module", APPLICATION, *socket, *options],
            Path(directory) / "uwsgi.log", env=environment(env), directory=WORKLOADS,
            stop_signal=signal.SIGINT)
        if listen is None:
            self.wait_until(lambda: answers(self.port), SECONDS, "uWSGI answers")


class Nginx(Process):
    """Passes everything on: `passing` is its directive, "proxy_pass http://127.0.0.1:8000"."""

    def __init__(self, directory: Path, passing: str):
        self.port = free_port()
        directory = Path(directory)
        temporary = "\n".join(f"{name}_temp_path {directory}/{name};"
                              for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        configuration = directory / "nginx.conf"
        configuration.write_text(f"""
            daemon off; master_process off; user root;
            pid {directory}/nginx.pid; error_log {directory}/nginx.error.log;
            events {{ worker_connections 256; }}
            http {{
                access_log off; {temporary}
                server {{
                    listen 127.0.0.1:{self.port};
                    client_max_body_size 10m;
                    proxy_request_buffering off; uwsgi_request_buffering off;
                    include /etc/nginx/uwsgi_params;
                    location / {{ {passing}; }}
                }}
            }}
        """)
        super().__init__(["/usr/sbin/nginx", "-p", directory, "-c", configuration],
                         directory / "nginx.log")
        self.wait_until(lambda: answers(self.port), SECONDS, "nginx passes on an answer")


class Fronted:
    """A server that nginx passes requests on to: its processes, at nginx's port."""

    def __init__(self, directory: Path, server, passing: str):
        self._stack = ExitStack()
        self._server = self._stack.enter_context(server)
        try:
            self.port = self._stack.enter_context(Nginx(directory, passing)).port
        except BaseException:
            self._stack.close()
            raise

    def __getattr__(self, name):
        return getattr(self._server, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stack.close()
