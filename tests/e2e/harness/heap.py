"""Processes that know what they keep, and what a census says of them."""

import json
import subprocess

from .agent import run
from .paths import WORKLOADS
from .report import number


class Keeper:
    """tests/workloads/kept_objects.py, which does as it is told and waits."""

    def __init__(self, command=("/usr/bin/python3", "-I", WORKLOADS / "kept_objects.py")):
        self._child = subprocess.Popen(command, text=True, stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE)

    @property
    def tgid(self) -> int:
        return self._child.pid

    def tell(self, *words) -> dict:
        """Its answer."""
        self._child.stdin.write(" ".join(map(str, words)) + "\n")
        self._child.stdin.flush()
        return json.loads(self._child.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._child.kill()
        self._child.communicate()


def census(tgid: int, *options) -> dict:
    return run("linger", "heap", "--pid", tgid, "--format", "json", *options).json()


def counted(of: dict) -> dict[str, tuple[int, int]]:
    """Objects and bytes by type."""
    return {each["type"]: (number(each, "objects"), number(each, "bytes")) for each in of["types"]}
