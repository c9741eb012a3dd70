"""clang-tidy's checks, names among them, are errors. It runs over what the build compiles."""

import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_clang_tidy_has_nothing_to_say():
    database = ROOT / "build/dev/compile_commands.json"
    files = sorted({entry["file"] for entry in json.loads(database.read_text())
                    if entry["file"].startswith(str(ROOT / "agent"))})
    assert files
    command = ["xargs", "-P2", "-n6", "clang-tidy-14", "--quiet", "-p", str(database.parent)]
    result = subprocess.run(command, input="\n".join(files), capture_output=True, text=True, check=False)
    errors = [line for line in result.stdout.splitlines() if "error:" in line or "warning:" in line]
    assert result.returncode == 0, "\n".join(errors[:60]) or result.stderr[-2000:]
