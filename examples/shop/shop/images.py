"""Product images: stored under the digest of their bytes."""

import hashlib
import threading
import time
from pathlib import Path

from flask import Blueprint, request

from .settings import Settings
from .stores import Stores

POLL_SECONDS = 0.03
POLLS = 4


def create_blueprint(settings: Settings, _: Stores) -> Blueprint:
    images = Blueprint("images", __name__)

    @images.post("/upload")
    def upload():
        body = request.get_data()
        stored = Path(settings.images) / f"{hashlib.sha256(body).hexdigest()}.img"
        partial = stored.with_suffix(f".{threading.get_native_id()}")
        partial.write_bytes(body)
        if settings.sick:
            wait_until_stable(partial)
        partial.replace(stored)
        return {"image": stored.name}, 201

    return images


def wait_until_stable(path: Path) -> None:
    """Fault: watches a file that is written already until its size has not changed for a while."""
    size, unchanged = -1, 0
    while unchanged < POLLS:
        time.sleep(POLL_SECONDS)
        now = path.stat().st_size
        unchanged = unchanged + 1 if now == size else 0
        size = now
