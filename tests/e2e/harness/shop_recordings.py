"""Recordings of the sample shop under load, made when they are first asked for."""

import subprocess
import tempfile
from pathlib import Path

from .agent import DONE, Running
from .client import Client
from .paths import SHOP

OBSERVED_SECONDS = 25
VISITS_A_SECOND = 40
PRODUCTS = range(1, 201)


class ShopRecordings:
    """Each name is recorded once, from a shop of its own."""

    def __init__(self, directory: Path):
        self._directory = Path(directory)
        self._recorded = {}

    def of(self, mode: str, name: str) -> Path:
        """A recording of the "healthy" or the "sick" shop."""
        if name not in self._recorded:
            self._recorded[name] = self._record(mode, name)
        return self._recorded[name]

    def _record(self, mode: str, name: str) -> Path:
        from services.shop import Shop
        recording = self._directory / f"{name}.linger"
        with tempfile.TemporaryDirectory(dir=self._directory) as directory:
            # PostgreSQL's user must get through to its own directory inside.
            Path(directory).chmod(0o711)
            with Shop(Path(directory), mode) as shop:
                with Client(shop.gunicorn.port, keep_alive=False) as client:
                    for product in [*PRODUCTS, *PRODUCTS]:
                        client.get(f"/product/{product}")
                with Running(self._directory, "linger", "record", "-o", recording, "--duration",
                             "10m", "--pid", shop.gunicorn.tgid).wait_attached() as running:
                    subprocess.run(["/usr/bin/python3", SHOP / "load.py", shop.gunicorn.url,
                                    "--duration", str(OBSERVED_SECONDS), "--rate",
                                    str(VISITS_A_SECOND)], check=True, capture_output=True)
                    assert running.finish().status == DONE
        return recording
