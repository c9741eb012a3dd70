"""Are pages that forked workers share told as shared?"""

import time
from pathlib import Path

import pytest
from harness.agent import Running
from harness.client import Client
from harness.paths import WORKLOADS
from harness.report import number
from harness.requirements import PROBES
from services.gunicorn import Gunicorn

pytestmark = pytest.mark.requires(*PROBES, "gunicorn", "flask")

WORKERS = 3


def proportional_bytes(tgid: int) -> int:
    lines = Path(f"/proc/{tgid}/smaps_rollup").read_text().splitlines()
    [share] = [line.split()[1] for line in lines if line.startswith("Pss:")]
    return 1024 * int(share)


def ask(port: int, requests: int) -> None:
    with Client(port, keep_alive=False) as client:
        for _ in range(requests):
            client.get("/hello")


def test_forked_workers_need_less_than_the_sum_of_their_resident_sets(directory):
    with Gunicorn(directory, "faults:app", "--preload", "--workers", str(WORKERS), chdir=WORKLOADS,
                  ready_path="/hello", env={}) as server:
        ask(server.port, 10 * WORKERS)  # the first requests copy pages that were shared
        with Running(directory, "linger", "diagnose", "--no-agent", "--format", "json", "--pid", server.tgid,
                     "--duration", "10m").wait_attached() as diagnosis:
            time.sleep(4 + 2 * WORKERS)  # one of them is looked at each second, and not at once
            ask(server.port, WORKERS)
            truth = {tgid: proportional_bytes(tgid) for tgid in server.workers()}
            report = diagnosis.finish().json()
    [found] = report["servers"]
    shares = {w["tgid"]: number(w["memory"], "proportionalBytes") for w in found["workers"]}
    resident = [number(w["memory"], "residentBytes") for w in found["workers"]]
    assert shares.keys() == truth.keys()
    assert shares == {tgid: pytest.approx(share, rel=0.1) for tgid, share in truth.items()}
    assert sum(shares.values()) < 0.8 * sum(resident)
