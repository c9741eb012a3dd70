"""A MariaDB of one's own, with nothing kept."""

import os
import shutil
import subprocess
from pathlib import Path

from services.processes import Process, ServiceError, can_connect, free_port

USER = "mysql"


class MariaDb(Process):
    """Accepts connections on 127.0.0.1:`port` when constructed; any user, no password.

    The parents of `directory` must be searchable by everyone: root runs it as the user mysql.
    """

    def __init__(self, directory: Path):
        data = Path(directory) / "mariadb"
        data.mkdir(mode=0o700)
        become = []
        if os.geteuid() == 0:
            shutil.chown(data, USER, USER)
            become = [f"--user={USER}"]
        made = subprocess.run(
            ["/usr/bin/mariadb-install-db", "--no-defaults", f"--datadir={data}", *become,
             "--skip-test-db"], cwd="/", capture_output=True, text=True)
        if made.returncode:
            raise ServiceError(f"mariadb-install-db ended with {made.returncode}\n{made.stderr}")
        self.port = free_port()
        super().__init__(
            ["/usr/sbin/mariadbd", "--no-defaults", f"--datadir={data}", f"--port={self.port}",
             "--bind-address=127.0.0.1", f"--socket={data}/mariadb.sock",
             f"--pid-file={data}/mariadb.pid", "--skip-grant-tables", "--skip-name-resolve",
             "--innodb-flush-log-at-trx-commit=0", *become],
            Path(directory) / "mariadb.log", directory="/", user=USER)
        self.wait_until(lambda: can_connect(self.port), 30, "MariaDB accepts connections")
