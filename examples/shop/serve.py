#!/usr/bin/python3
"""Serves the sample shop, with a PostgreSQL, a Redis and a payment service of its own.

Prints one line when it answers, "MASTER_TGID PORT", and serves until SIGINT or SIGTERM. Everything
runs on loopback and on free ports; the data goes to a temporary directory, removed at the end.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from services.processes import ServiceError
from services.shop import Shop


def stop(*_) -> None:
    """Once: a second signal must not interrupt the cleaning up."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def tell(sentence: str) -> None:
    print(f"shop: {sentence}", file=sys.stderr, flush=True)


def serve(mode: str, directory: Path) -> int:
    with Shop(directory, mode, tell) as shop:
        print(shop.gunicorn.tgid, shop.gunicorn.port, flush=True)
        while shop.gunicorn.running:
            time.sleep(0.2)
        tell(f"Gunicorn ended with status {shop.gunicorn.exit_status}\n{shop.gunicorn.tail()}")
        return 1


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("mode", choices=["healthy", "sick"])
    chosen = options.parse_args()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with tempfile.TemporaryDirectory(prefix="linger-shop-") as directory:
        # PostgreSQL's user must get through to its own directory inside.
        os.chmod(directory, 0o711)
        try:
            return serve(chosen.mode, Path(directory))
        except KeyboardInterrupt:
            return 0
        except ServiceError as error:
            tell(str(error))
            return 1


if __name__ == "__main__":
    sys.exit(main())
