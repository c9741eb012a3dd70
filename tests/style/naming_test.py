"""clang-tidy's checks, names among them, are errors. It runs over what the build compiles."""

import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def commands() -> list[dict]:
    """How the build compiles each file, without GCC's precompiled headers."""
    built = json.loads((ROOT / "build/dev/compile_commands.json").read_text())
    for entry in built:
        entry["command"] = re.sub(r" -Winvalid-pch| -include \S+cmake_pch\.hxx", "", entry["command"])
    return [entry for entry in built if entry["file"].startswith(str(ROOT / "agent"))]


def test_clang_tidy_has_nothing_to_say(tmp_path):
    compiled = commands()
    (tmp_path / "compile_commands.json").write_text(json.dumps(compiled))
    files = sorted({entry["file"] for entry in compiled})
    assert files
    command = ["xargs", "-P2", "-n6", "clang-tidy-14", "--quiet", "-p", str(tmp_path)]
    result = subprocess.run(command, input="\n".join(files), capture_output=True, text=True, check=False)
    errors = [line for line in result.stdout.splitlines() if "error:" in line or "warning:" in line]
    assert result.returncode == 0, "\n".join(errors[:60]) or result.stderr[-2000:]
