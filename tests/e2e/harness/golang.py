"""Go, where there is one."""

import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from .paths import ROOT

CLIENT = ROOT / "examples" / "client" / "go"
PLACE = "/usr/local/go/bin"


def environment() -> dict[str, str]:
    """The process's own, with Go's usual place on the path."""
    return {**os.environ, "PATH": f"{os.environ['PATH']}:{PLACE}"}


def missing() -> str | None:
    there = shutil.which("go", path=environment()["PATH"])
    return None if there else "go (package golang-go)"


@functools.cache
def missing_modules() -> str | None:
    """What keeps the example client from being built: no Go, one that is too old, or no proxy of modules."""
    if without := missing():
        return without
    with tempfile.TemporaryDirectory() as directory:
        for name in ("go.mod", "go.sum"):
            shutil.copy(CLIENT / name, directory)
        try:
            done = subprocess.run(["go", "mod", "download"], cwd=Path(directory), env=environment(), timeout=120,
                                  capture_output=True, text=True)
        except subprocess.TimeoutExpired:
            return "an answer of Go's module proxy within two minutes"
    return f"Go's modules: {' '.join(done.stderr.split())[:200]}" if done.returncode else None
