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
        assert finding is saturated or not finding.get("explainedBy")


SEVERITIES = ["SEVERITY_INFO", "SEVERITY_WARNING", "SEVERITY_CRITICAL"]


def weight(effect: dict) -> float:
    """As docs/design/ranking.md has it."""
    return (effect["requestSecondsPerSecond"] + effect["requestsLostPerHour"] / 3600 * 30
            + effect["bytesPerHour"] / 2**30)


def test_the_dearest_of_one_severity_comes_first(findings):
    [saturated] = findings_of({"findings": findings}, "workers-saturated")
    causes = [finding for finding in findings if finding is not saturated]

    def rank(finding: dict):
        severity, cost = SEVERITIES.index(finding["severity"]), weight(finding["effect"])
        if finding["id"] not in saturated["explainedBy"]:
            return severity, cost
        part = weight(saturated["effect"]) / len(saturated["explainedBy"])
        return max(severity, SEVERITIES.index(saturated["severity"])), cost + part
    ranks = [rank(finding) for finding in causes]
    assert ranks == sorted(ranks, reverse=True)
    assert causes[0]["endpoints"] == ["GET /report/{}"]
    costs = {(finding["rule"], finding["endpoints"][0]): finding["effect"] for finding in causes}
    slow, many = (costs["blocking-io-in-request", f"GET /{name}/{{}}"]["requestSecondsPerSecond"]
                  for name in ("report", "orders"))
    assert slow > many > 0
    assert costs["memory-retained", "GET /product/{}"]["bytesPerHour"] > 0
