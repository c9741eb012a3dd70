"""Is the public protocol documented, and does what was published of it stay?"""

import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "scripts" / "reference"
BUF = os.environ.get("BUF") or shutil.which("buf")


def check(directory: pathlib.Path) -> subprocess.CompletedProcess:
    return subprocess.run(["/usr/bin/python3", directory / "scripts" / "reference", "--check"],
                          capture_output=True, text=True, check=False)


def copied(tmp_path: pathlib.Path) -> pathlib.Path:
    for folder in ("scripts", "proto", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def test_the_reference_is_that_of_the_protocol():
    checked = check(ROOT)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(("wanted", "instead", "said"), [
    ("  uint64 objects = 5;", "  uint64 objects = 15;", "Census.objects = 5 uint64: was published, and is no more"),
    ("  uint64 objects = 5;", "  uint32 objects = 5;", "Census.objects = 5 uint64: was published, and is no more"),
    ("  // Sums over all types.\n", "", "Census.objects = 5 uint64: no comment"),
    ("  uint64 objects = 5;", "  uint64 objects = 5;\n  // New.\n  bool new = 99;",
     "Census.new = 99 bool: not in published.txt"),
])
def test_what_was_published_cannot_change_unseen(tmp_path, wanted, instead, said):
    copy = copied(tmp_path)
    census = copy / "proto" / "linger" / "v1" / "census.proto"
    text = census.read_text()
    assert wanted in text
    census.write_text(text.replace(wanted, instead, 1))
    checked = check(copy)
    assert checked.returncode == 1
    assert said in checked.stdout


@pytest.mark.skipif(not BUF, reason="no buf: Debian has none; npm's @bufbuild/buf does, and BUF names it")
def test_buf_has_nothing_to_say():
    linted = subprocess.run([BUF, "lint"], cwd=ROOT / "proto", capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout + linted.stderr
