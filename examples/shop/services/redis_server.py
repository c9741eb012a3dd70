"""A Redis of one's own, in memory only."""

from pathlib import Path

from .processes import Process, can_connect, free_port


class Redis(Process):
    """Accepts connections on 127.0.0.1:`port` when constructed. Persists nothing.

    Clients on this host may use DEBUG SLEEP, the one command that keeps a caller waiting for an
    exact time.
    """

    def __init__(self, directory: Path, *options):
        self.port = free_port()
        super().__init__(
            ["/usr/bin/redis-server", "--port", self.port, "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", directory, "--enable-debug-command", "local",
             *options],
            Path(directory) / "redis.log")
        self.wait_until(lambda: can_connect(self.port), 10, "Redis accepts connections")

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"
