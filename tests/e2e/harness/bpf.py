"""BPF programs and links in the kernel, by their ids."""

import json
import re
import subprocess
import time
from contextlib import suppress
from pathlib import Path

ATTEMPTS = 20


def _ids(kind: str) -> set[tuple[str, int]]:
    """bpftool fails when an object goes away while it lists them; then it is asked again."""
    for _ in range(ATTEMPTS):
        listed = subprocess.run(["bpftool", "--json", kind, "list"], check=False, capture_output=True)
        if listed.returncode == 0:
            return {(kind, entry["id"]) for entry in json.loads(listed.stdout)}
        time.sleep(0.05)
    raise OSError(f"bpftool {kind} list: {listed.stderr.decode()}")


def attached() -> set[tuple[str, int]]:
    """Everything that is loaded or attached now: {("prog", 17), ("link", 4), ...}."""
    return _ids("prog") | _ids("link")


def held_by(tgid: int) -> set[tuple[str, int]]:
    """Of these, what a process has descriptors of; nothing of one that is gone."""
    held = set()
    for file in Path(f"/proc/{tgid}/fdinfo").glob("*"):
        with suppress(OSError):  # it may be closed meanwhile
            held |= {(kind, int(number)) for kind, number in
                     re.findall(r"^(prog|link)_id:\s*(\d+)$", file.read_text(), re.MULTILINE)}
    return held
