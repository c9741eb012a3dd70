"""Are five faults of one application all found, each told once, the dearest first?"""

import pytest
from harness.agent import Running
from harness.closed_load import closed_load
from harness.paths import WORKLOADS
from harness.report import findings_of
from harness.requirements import PROBES, SERVICES

pytestmark = pytest.mark.requires(*PROBES, *SERVICES)

SECONDS, CLIENTS = 30, 6
PATHS = ["/report/1", "/orders/2", "/product/3", "/cart/4", "/price/5", "/product/6", "/hello"]
FAULTS = {
    ("blocking-io-in-request", "GET /report/{}"),
    ("blocking-io-in-request", "GET /orders/{}"),
    ("memory-retained", "GET /product/{}"),
    ("idle-in-transaction", "GET /cart/{}"),
    ("connection-leak", "GET /price/{}"),
}


@pytest.fixture(scope="module")
def findings(session_directory):
    from services.gunicorn import Gunicorn
    from services.postgres import Postgres
    from services.redis_server import Redis
    directory = session_directory / "five_faults"
    directory.mkdir(mode=0o755)
    with Postgres(directory) as postgres, Redis(directory) as redis, Gunicorn(
            directory, "five_faults:app", "--worker-class", "sync", "--workers", "2", chdir=WORKLOADS,
            ready_path="/hello", env={"FAULTS_POSTGRESQL": postgres.dsn,
                                      "FAULTS_REDIS_PORT": redis.url.rsplit(":", 1)[1].split("/")[0]}) as server:
        closed_load(server.port, PATHS, CLIENTS, 5)
        with Running(directory, "linger", "diagnose", "--no-agent", "--format", "json", "--duration", "10m",
                     "--pid", server.tgid).wait_attached() as diagnosis:
            closed_load(server.port, PATHS, CLIENTS, SECONDS)
            return diagnosis.finish().json()["findings"]


def test_all_are_found_and_nothing_else(findings):
    named = {(finding["rule"], endpoint) for finding in findings for endpoint in finding.get("endpoints", [])}
    assert named >= FAULTS
    assert {endpoint for _, endpoint in named} == {endpoint for _, endpoint in FAULTS}


def test_what_follows_from_a_fault_stands_behind_it_and_says_so(findings):
    [saturated] = findings_of({"findings": findings}, "workers-saturated")
    ids = [finding["id"] for finding in findings]
    assert set(saturated["explainedBy"]) <= set(ids)
    assert ids.index(saturated["id"]) == ids.index(saturated["explainedBy"][0]) + 1
    assert "GET /report/{}" in saturated["detail"]
    for finding in findings:
        assert finding is saturated or "explainedBy" not in finding


def test_the_dearest_of_one_severity_comes_first(findings):
    causes = [finding for finding in findings if "explainedBy" not in finding]
    assert causes[0]["endpoints"] == ["GET /report/{}"]
    seconds = [finding.get("effect", {}).get("requestSecondsPerSecond", 0) for finding in causes
               if finding["rule"] == "blocking-io-in-request"]
    assert seconds == sorted(seconds, reverse=True)
    order = {(finding["rule"], finding["endpoints"][0]): place for place, finding in enumerate(causes)}
    assert order["blocking-io-in-request", "GET /orders/{}"] == 1
    [growing] = findings_of({"findings": findings}, "memory-retained")
    assert growing["effect"]["bytesPerHour"] > 0
