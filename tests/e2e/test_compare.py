"""Does `linger compare` tell a release that made the shop sick from one that changed nothing?"""

import pytest
from harness.agent import DONE, FINDING, USAGE, run
from harness.requirements import PROBES, SERVICES

pytestmark = pytest.mark.requires(*PROBES, *SERVICES)

# What two runs on a machine that does other things too may differ by; the faults of the sick shop
# are 100 ms and more.
WIDE = ["--tolerance", "50", "--tolerance-time", "20ms"]
# What each fault of the sick shop makes its endpoint wait for.
FAULTS = {
    "/report/{}": "database",
    "/checkout/{}": "upstream",
    "/upload": "sleep",
}


@pytest.fixture(scope="module")
def healthy(shop_recordings):
    return shop_recordings.of("healthy", "healthy")


@pytest.fixture(scope="module")
def healthy_again(shop_recordings):
    return shop_recordings.of("healthy", "healthy-again")


@pytest.fixture(scope="module")
def sick(shop_recordings):
    return shop_recordings.of("sick", "sick")


def test_two_recordings_of_the_same_shop_differ_in_nothing(healthy, healthy_again):
    compared = run("linger", "compare", healthy, healthy_again, *WIDE, "--fail-on", "info",
                   "--format", "json")
    endpoints = compared.json()["endpoints"]
    assert {endpoint["verdict"] for endpoint in endpoints} <= {
        "VERDICT_UNCHANGED", "VERDICT_NOT_COMPARED"}
    unchanged = [endpoint for endpoint in endpoints if endpoint["verdict"] == "VERDICT_UNCHANGED"]
    assert len(unchanged) >= 5, "there must have been something to compare"


def test_names_the_endpoints_that_a_release_made_slower_and_why(healthy, sick):
    compared = run("linger", "compare", healthy, sick, *WIDE, "--format", "json").json()
    regressed = {endpoint["route"]: endpoint for endpoint in compared["endpoints"]
                 if endpoint["verdict"] == "VERDICT_REGRESSED"}
    for route, cause in FAULTS.items():
        endpoint = regressed[route]
        added = {shift["cause"]: shift["mean"]["afterNs"] - shift["mean"]["beforeNs"]
                 for shift in endpoint["causes"]}
        # Before the accept queue: the sick shop has too few workers, too.
        added.pop("accept_queue", None)
        assert max(added, key=added.get) == cause, endpoint
        assert "ASPECT_TYPICAL_LATENCY" in {change["aspect"] for change in endpoint["regressions"]}
    new = {change["finding"]["rule"] for change in compared["findings"]
           if change["presence"] == "PRESENCE_APPEARED"}
    assert new >= {"blocking-io-in-request", "workers-saturated"}


def test_the_text_says_so_and_the_status_tells_the_shell(healthy, sick):
    worse = run("linger", "compare", healthy, sick, *WIDE, "--fail-on", "critical")
    assert worse.status == FINDING, worse.stderr
    assert "CRITICAL  GET /report/{}" in worse.stdout
    assert "slower: p50" in worse.stdout
    better = run("linger", "compare", sick, healthy, *WIDE, "--fail-on", "info")
    assert better.status == DONE, better.stdout
    assert "BETTER  GET /report/{}" in better.stdout
    assert run("linger", "compare", healthy, "/nowhere").status == USAGE


def test_with_a_baseline_only_new_findings_fail(healthy, sick):
    known = run("linger", "replay", sick, "--fail-on", "info", "--baseline", sick)
    assert known.status == DONE, known.stderr
    new = run("linger", "replay", sick, "--fail-on", "critical", "--baseline", healthy)
    assert new.status == FINDING
    assert "blocking-io-in-request" in new.stderr
