"""Fixtures of the end-to-end tests.

A test says what it needs: @pytest.mark.requires("root", "bpf"). It is skipped, with the missing
thing named, where that is not there; whether that is allowed is for tests/summary.py to say.
"""

import os
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples" / "shop"))

from harness.requirements import SERVICES, first_missing  # noqa: E402

def pytest_configure(config):
    config.addinivalue_line("markers", "requires(*names): what of harness.requirements it needs")
    config.addinivalue_line("markers", "sole: looks at the whole machine: no other test may run beside it")
    config.addinivalue_line("markers", "alone: compares times: nothing else at all may run beside it")


def pytest_runtest_setup(item):
    names = [name for mark in item.iter_markers("requires") for name in mark.args]
    if missing := first_missing(names):
        pytest.skip(f"missing: {missing}")


def _directory():
    with tempfile.TemporaryDirectory(prefix="linger-e2e-") as directory:
        # Other users' processes, PostgreSQL's among them, have their files inside.
        os.chmod(directory, 0o711)
        yield Path(directory)


@pytest.fixture
def directory():
    """An empty directory, searchable by everyone."""
    yield from _directory()


@pytest.fixture(scope="session")
def session_directory():
    yield from _directory()


@pytest.fixture(scope="session")
def shop_recordings(session_directory):
    """Recordings of the sample shop, each made when it is first asked for."""
    from harness.shop_recordings import ShopRecordings
    return ShopRecordings(session_directory)


@pytest.fixture(scope="session")
def workload(session_directory):
    """The ground-truth application's services; servers are started by the tests."""
    if missing := first_missing(SERVICES):
        pytest.skip(f"missing: {missing}")
    from harness.workload import Workload
    with Workload(session_directory) as running:
        yield running
