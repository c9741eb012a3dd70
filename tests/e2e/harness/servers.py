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
    """Debian's uWSGI. `listen` is how it listens; "{port}" in it is `port`, where it answers."""

    def __init__(self, directory: Path, env: dict, *options,
                 listen=("--http-socket", "127.0.0.1:{port}"), application: str = APPLICATION):
        self.port = free_port()
        socket = [word.format(port=self.port) for word in listen]
        super().__init__(
            ["/usr/bin/uwsgi", "--plugin", "python3", "--module", application, *socket, *options],
            Path(directory) / "uwsgi.log", env=environment(env), directory=WORKLOADS,
            stop_signal=signal.SIGINT)
        if socket != list(listen):
            self.wait_until(lambda: answers(self.port), SECONDS, "uWSGI answers")


class PythonServer(Server):
    """A server that is a Python module, on `port`: "{port}" in its arguments is that."""

    def __init__(self, directory: Path, env: dict, module: str, *arguments):
        self.port = free_port()
        super().__init__(
            ["/usr/bin/python3", "-m", module,
             *(str(argument).format(port=self.port) for argument in arguments)],
            Path(directory) / f"{module}.log", env=environment(env), directory=WORKLOADS)
        self.wait_until(lambda: answers(self.port), SECONDS, f"{module} answers")


class Apache(Server):
    """Debian's Apache with mod_wsgi's daemon mode, on `port`."""

    def __init__(self, directory: Path, env: dict, daemon: str):
        self.port = free_port()
        directory = Path(directory)
        script = directory / "app.wsgi"
        script.write_text("".join(f"import os; os.environ[{name!r}] = {value!r}\n"
                                  for name, value in env.items())
                          + "from ground_truth import app as application\n")
        modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
                            for name in ("mpm_event", "authz_core", "wsgi"))
        configuration = directory / "apache.conf"
        configuration.write_text(f"""
            {modules}
            ServerRoot {directory}
            ServerName localhost
            PidFile {directory}/apache.pid
            DefaultRuntimeDir {directory}
            Mutex file:{directory} default
            ErrorLog {directory}/apache.error.log
            User www-data
            Group www-data
            Listen 127.0.0.1:{self.port}
            WSGIDaemonProcess shop {daemon} python-path={WORKLOADS}
            WSGIProcessGroup shop
            WSGIApplicationGroup %{{GLOBAL}}
            WSGISocketPrefix {directory}/wsgi
            WSGIScriptAlias / {script}
            <Directory {directory}>
                Require all granted
            </Directory>
        """)
        super().__init__(["/usr/sbin/apache2", "-f", configuration, "-DFOREGROUND"],
                         directory / "apache.log", directory="/")
        self.wait_until(lambda: answers(self.port), SECONDS, "Apache answers")


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
                    include /etc/nginx/uwsgi_params;
                    location / {{ {passing}; }}
                    location = /upload {{
                        proxy_request_buffering off; uwsgi_request_buffering off; {passing};
                    }}
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
