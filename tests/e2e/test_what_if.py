"""Does a server fare as predicted when the setting that is advised is tried?"""

import pytest
from harness.agent import Running
from harness.closed_load import closed_load
from harness.report import findings_of
from harness.requirements import PROBES, SERVICES
from harness.settings import options_of

pytestmark = [pytest.mark.requires(*PROBES, *SERVICES), pytest.mark.alone]

SECONDS, CLIENTS = 8, 12
# Waits that hardly compute: what others take of the machine matters little.
PATHS = ["/nap/120", "/nap/80", "/nap/160"]


def diagnosed(workload, directory, clients: int, *options):
    """The report on a server under a closed load, and what the clients saw."""
    with workload.serve(*options) as server, \
            Running(directory, "linger", "diagnose", "--no-agent", "--format", "json", "--duration", "10m",
                    "--pid", server.tgid).wait_attached() as diagnosis:
        seen = closed_load(server.port, PATHS, clients, SECONDS)
        return diagnosis.finish().json(), seen


@pytest.mark.parametrize("options", [
    ("--worker-class", "sync", "--workers", "2"),
    # One worker: how several of gthread share connections is left to chance.
    ("--worker-class", "gthread", "--workers", "1", "--threads", "2"),
])
def test_the_advised_setting_brings_about_what_is_predicted(workload, directory, options):
    report, before = diagnosed(workload, directory, CLIENTS, *options)
    what_if = report["servers"][0]["whatIf"]
    assert what_if["closed"]
    assert abs(what_if["clients"] - CLIENTS) <= 1
    [advised] = [one for one in what_if["alternatives"] if one.get("advised")]
    [finding] = findings_of(report, "workers-saturated")
    assert " ".join(options_of(advised)) in finding["remedy"]

    with workload.serve(*options_of(advised)) as server:
        after = closed_load(server.port, PATHS, CLIENTS, SECONDS)
    predicted = advised["performance"]
    assert after.requests_per_second > 1.5 * before.requests_per_second
    assert predicted["requestsPerSecond"] / 1.5 < after.requests_per_second < predicted["requestsPerSecond"] * 1.5
    assert int(predicted["wallP95Ns"]) / 2 < after.p95_ns < int(predicted["wallP95Ns"]) * 2


def test_nothing_is_predicted_where_nobody_waits(workload, directory):
    report, _ = diagnosed(workload, directory, 1, "--worker-class", "sync", "--workers", "2")
    assert "whatIf" not in report["servers"][0]
    assert not findings_of(report, "workers-saturated")
