"""A PostgreSQL of one's own, fast to start and with nothing kept."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg2

from .processes import Process, ServiceError, free_port

BINARIES = Path("/usr/lib/postgresql/15/bin")
USER = "postgres"


class Postgres(Process):
    """Accepts connections on 127.0.0.1:`port` when constructed.

    `directory` must not hold a "postgres" yet, and its parents must be searchable by everyone:
    PostgreSQL refuses to run as root, so root runs it as the user postgres.
    """

    def __init__(self, directory: Path):
        data = Path(directory) / "postgres"
        data.mkdir(mode=0o700)
        log = Path(directory) / "postgres.log"
        become = []
        if os.geteuid() == 0:
            shutil.chown(data, USER, USER)
            become = ["/usr/bin/setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups"]
        made = subprocess.run(
            [*become, BINARIES / "initdb", "-D", data, "-U", USER, "-A", "trust", "--no-sync",
             "-E", "UTF8", "--locale=C"], cwd="/", capture_output=True, text=True)
        if made.returncode:
            raise ServiceError(f"initdb ended with status {made.returncode}\n{made.stderr}")
        self.port = free_port()
        settings = {
            "listen_addresses": "127.0.0.1", "port": self.port, "max_connections": 60,
            "unix_socket_directories": data, "fsync": "off", "full_page_writes": "off",
            "synchronous_commit": "off", "shared_buffers": "32MB", "autovacuum": "off",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        # SIGINT is the shutdown that does not wait for clients to leave.
        super().__init__([BINARIES / "postgres", "-D", data, *options], log, directory="/",
                         user=USER, stop_signal=signal.SIGINT)
        self.wait_until(self._ready, 30, "PostgreSQL accepts connections")

    @property
    def dsn(self) -> str:
        """The connection string for psycopg2."""
        return f"host=127.0.0.1 port={self.port} user={USER} dbname=postgres"

    def execute(self, *scripts: str) -> None:
        """Runs SQL scripts, each in one transaction."""
        connection = psycopg2.connect(self.dsn)
        try:
            for script in scripts:
                with connection, connection.cursor() as cursor:
                    cursor.execute(script)
        finally:
            connection.close()

    def _ready(self) -> bool:
        try:
            psycopg2.connect(self.dsn, connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True
