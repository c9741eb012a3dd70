"""A file includes the standard headers that it uses, itself or by a header of the project that it includes. The build
does not ask for it: it includes the common ones for all files before they begin."""

import functools
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
AGENT = ROOT / "agent"
NAMES_OF = {
    "algorithm": r"ranges::(?:sort|any_of|all_of|none_of|find_if|find|max_element|copy_if|transform|count_if)",
    "array": r"array<",
    "chrono": r"chrono::",
    "cstdint": r"u?int(?:8|16|32|64)_t",
    "functional": r"function<",
    "map": r"(?:multi)?map<",
    "memory": r"(?:unique_ptr|shared_ptr|weak_ptr|make_unique|make_shared)<",
    "optional": r"optional<",
    "string": r"string\b",
    "string_view": r"string_view\b",
    "utility": r"(?:pair<|exchange\()",
    "variant": r"(?:variant|get_if|holds_alternative)<",
    "vector": r"vector<",
}
INCLUDE = re.compile(r'^#include [<"]([^">]+)[">]', re.MULTILINE)
# Comments and strings name things that they do not use.
NOT_CODE = re.compile(r'//[^\n]*|"(?:[^"\\\n]|\\.)*"')


@functools.cache
def included(path: pathlib.Path) -> frozenset[str]:
    names: set[str] = set()
    for name in INCLUDE.findall(path.read_text()):
        names.add(name)
        if (AGENT / name).is_file():
            names |= included(AGENT / name)
    return frozenset(names)


def missing(path: pathlib.Path) -> list[str]:
    code = NOT_CODE.sub("", INCLUDE.sub("", path.read_text()))
    used = [header for header, names in NAMES_OF.items() if re.search(rf"\bstd::{names}", code)]
    return [f"{path.relative_to(ROOT)}: <{header}>" for header in used if header not in included(path)]


def test_a_file_includes_what_it_uses():
    files = [*AGENT.rglob("*.cpp"), *AGENT.rglob("*.h")]
    assert len(files) > 300
    assert not [name for file in sorted(files) for name in missing(file)]
