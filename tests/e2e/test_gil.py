"""Are waits for the interpreter's lock told apart from waits for other locks?"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.agent import Running
from harness.client import Client
from harness.report import causes, number
from harness.requirements import PROBES, SERVICES

pytestmark = [pytest.mark.requires(*PROBES, *SERVICES), pytest.mark.alone]

ROUNDS = 6
ONE_WORKER = ["--worker-class", "gthread", "--workers", "1", "--threads", "4"]


@pytest.fixture(scope="module")
def endpoints(workload, tmp_path_factory):
    """By route, as one process served them: two threads that burn, then one that waits for a lock."""
    directory = tmp_path_factory.mktemp("gil")
    with workload.serve(*ONE_WORKER) as server:
        with Running(directory, "linger", "diagnose", "--no-agent", "--format", "json", "--pid",
                     server.tgid, "--duration", "60s").wait_attached() as diagnosis:
            def burn(_):
                with Client(server.port) as client:
                    for _ in range(ROUNDS):
                        client.get("/cpu")
            with ThreadPoolExecutor(2) as threads:
                list(threads.map(burn, range(2)))
            with Client(server.port) as client:
                for _ in range(ROUNDS):
                    client.get("/lock")
            report = diagnosis.finish().json()
    return {endpoint["route"]: endpoint for endpoint in report["endpoints"]}


def test_two_threads_that_burn_wait_for_the_gil(endpoints):
    burnt = endpoints["/cpu"]
    spent = causes(burnt["time"])
    # Each needs the lock for 50 ms, and one of them has it.
    assert spent["gil"] >= number(burnt, "requests") * 10_000_000
    assert spent["gil"] > 20 * spent.get("lock", 0)
    site = max((site for site in burnt["sites"] if site["cause"] == "gil"),
               key=lambda site: number(site, "totalNs"))
    assert site["what"] == "GIL"
    assert site["code"].startswith("ground_truth.py:") and site["code"].endswith(" in cpu")


def test_a_lock_of_the_application_is_no_gil(endpoints):
    spent = causes(endpoints["/lock"]["time"])
    assert spent["lock"] >= number(endpoints["/lock"], "requests") * 40_000_000
    assert spent["lock"] > 20 * spent.get("gil", 0)
