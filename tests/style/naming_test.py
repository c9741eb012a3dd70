"""clang-tidy's checks, names among them, are errors. It runs over what the build compiles, many files at once: most of
its time goes into the headers that they all include."""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import together  # noqa: E402


def commands(directory: pathlib.Path) -> list[dict]:
    """How the build compiles each layer, without GCC's precompiled headers, a group of its files at a time."""
    layers: dict[str, list[dict]] = {}
    for entry in json.loads((ROOT / "build/dev/compile_commands.json").read_text()):
        if entry["file"].startswith(str(ROOT / "agent")):
            layer = re.search(r"(\w+)\.dir/", entry["command"])[1]
            layers.setdefault(layer, []).append(entry)
    grouped = []
    for layer, entries in layers.items():
        group = {**entries[0]}
        words = re.sub(r" -Winvalid-pch| -include \S+cmake_pch\.hxx", "", group["command"]).split()
        for files in together.groups(pathlib.Path(entry["file"]) for entry in entries):
            unit = directory / f"{layer}.{len(grouped)}.cpp"
            unit.write_text("".join(f'#include "{file}"\n' for file in files))
            words[-1] = str(unit)
            grouped.append({"directory": group["directory"], "command": " ".join(words), "file": str(unit)})
    return grouped


def test_clang_tidy_has_nothing_to_say(tmp_path):
    compiled = commands(tmp_path)
    assert compiled
    (tmp_path / "compile_commands.json").write_text(json.dumps(compiled))
    (tmp_path / ".clang-tidy").symlink_to(ROOT / ".clang-tidy")
    command = ["xargs", "-P2", "-n1", "clang-tidy-14", "--quiet", "-p", str(tmp_path)]
    files = "\n".join(entry["file"] for entry in compiled)
    result = subprocess.run(command, input=files, capture_output=True, text=True, check=False)
    errors = [line for line in result.stdout.splitlines() if "error:" in line or "warning:" in line]
    assert result.returncode == 0, "\n".join(errors[:60]) or result.stderr[-2000:]
