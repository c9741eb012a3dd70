"""Rules of the whole tree that a machine can check."""

import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINES_AT_MOST = 500


def tracked(*suffixes):
    names = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout.splitlines()
    return [ROOT / name for name in names if name.endswith(suffixes) and (ROOT / name).exists()]


def test_sources_are_formatted():
    files = tracked(".cpp", ".h", ".bpf.c")
    result = subprocess.run(["clang-format-14", "--dry-run", "--Werror", *files], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-4000:]


def test_no_source_grows_without_end():
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines())
            for path in tracked(".cpp", ".h", ".c", ".py", ".proto", ".ts", ".tsx", ".mjs", ".css")}
    assert not {name: lines for name, lines in long.items() if lines > LINES_AT_MOST}


def test_nothing_in_the_kernel_side_is_called_pid():
    allowed = re.compile(r"task->pid|\bint pid;|\"pid\"")
    found = [f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
             for path in tracked(".bpf.c", ".bpf.h") + list((ROOT / "bpf/wire").glob("*.h"))
             for number, line in enumerate(path.read_text().splitlines(), 1)
             if re.search(r"\bpid\b", line) and not allowed.search(line)]
    assert not found, "\n".join(found)


def test_every_script_runs_with_the_systems_interpreter():
    broken = [str(path.relative_to(ROOT)) for path in tracked(".py")
              if (first := path.read_text().splitlines()[:1]) and first[0].startswith("#!") and first[0] != "#!/usr/bin/python3"]
    assert not broken


@pytest.mark.parametrize("path", [path.name for path in (ROOT / "docs/findings").glob("*.md")] or ["none"])
def test_every_rule_has_its_page(path):
    rules = {match for source in (ROOT / "agent/diagnose").rglob("*.cpp")
             for match in re.findall(r'"([a-z]+(?:-[a-z]+)+)"|finding_of\("([a-z]+)"', source.read_text())
             for match in match if match}
    assert path.removesuffix(".md") in rules, f"docs/findings/{path} describes no rule"


def test_every_file_is_text():
    """What is not was fetched or made, and comes from a package or a command. The fuzzers' seeds are bytes, and so
    are a few pictures of the page, each of which a test can make again."""
    allowed = {ROOT / "tests/fuzz/corpus"}
    pictures = sorted((ROOT / "docs/screens").glob("*.png"))
    binary = [str(path.relative_to(ROOT)) for path in tracked("")
              if b"\0" in path.read_bytes() and not allowed & set(path.parents) and path not in pictures]
    assert not binary
    assert len(pictures) <= 4 and all(picture.stat().st_size < 100_000 for picture in pictures)
