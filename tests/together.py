"""Which source files of a layer can be compiled as one, so that what they all include is read once.

Names of an unnamed namespace may not meet in one unit: neither each other nor what a header of the
layer declares. Prints one group a line.
"""

import pathlib
import re
import sys
from collections.abc import Iterable

UNNAMED = re.compile(r"^namespace \{$(.*?)^\} // namespace$", re.MULTILINE | re.DOTALL)
DECLARED = re.compile(r"^(?!//|using namespace)[\w\[][^({=;\n]*?(\w+)(?: :|\s*[({=\[;]|$)", re.MULTILINE)


def declared(text: str) -> set[str]:
    return set(DECLARED.findall(text))


def groups(paths: Iterable[pathlib.Path]) -> list[list[pathlib.Path]]:
    files = sorted(paths)
    headers = {header for file in files for header in file.parent.glob("*.h")}
    outside = {name for header in headers for name in declared(header.read_text())}
    alone: list[list[pathlib.Path]] = []
    found: list[tuple[list[pathlib.Path], set[str]]] = []
    for path in files:
        own = {name for block in UNNAMED.findall(path.read_text()) for name in declared(block)}
        place = next((group for group in found if own.isdisjoint(group[1])), None)
        if not own.isdisjoint(outside):
            alone.append([path])
        elif place is None:
            found.append(([path], own))
        else:
            place[0].append(path)
            place[1].update(own)
    return [group for group, _ in found] + alone


if __name__ == "__main__":
    for group in groups(map(pathlib.Path, sys.argv[1:])):
        print(*group)
