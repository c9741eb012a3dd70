"""Do the three rules name what is wrong with the sick shop, and nothing about the healthy one?"""

import subprocess

import pytest
from harness.agent import Running
from harness.client import Client
from harness.paths import SHOP
from harness.report import endpoint_of, fired, number
from harness.requirements import PROBES, SERVICES

pytestmark = pytest.mark.requires(*PROBES, *SERVICES)

OBSERVED_SECONDS = 25
PRODUCTS = range(1, 201)
# What each sick endpoint waits on; all of them make new connections of their own.
MOSTLY = {
    ("GET", "/report/{}"): "databaseNs",
    ("POST", "/checkout/{}"): "upstreamNs",
    ("POST", "/upload"): "sleepNs",
}


def diagnosed(directory, mode: str, *load_options) -> dict:
    """The report on a shop under load, its cache filled before."""
    from services.shop import Shop
    with Shop(directory, mode) as shop:
        with Client(shop.gunicorn.port, keep_alive=False) as client:
            for product in [*PRODUCTS, *PRODUCTS]:
                client.get(f"/product/{product}")
        with Running(directory, "linger", "diagnose", "--no-agent", "--format", "json",
                     "--duration", "10m", "--pid", shop.gunicorn.tgid).wait_attached() as diagnosis:
            subprocess.run(["/usr/bin/python3", SHOP / "load.py", shop.gunicorn.url, "--duration",
                            str(OBSERVED_SECONDS), *load_options], check=True, capture_output=True)
            return diagnosis.finish().json()


def test_names_what_is_wrong_with_the_sick_shop(directory):
    report = diagnosed(directory, "sick")
    rules = fired(report)
    assert rules.keys() >= {"blocking-io-in-request", "workers-saturated", "memory-retained"}
    assert rules["blocking-io-in-request"] >= {
        "GET /report/{}", "POST /checkout/{}", "POST /upload"}
    assert rules["memory-retained"] == {"GET /product/{}"}
    assert number(report["coverage"], "requestsBroken") == 0
    for endpoint in report["endpoints"]:
        cause = MOSTLY.get(endpoint_of(endpoint))
        # Before the accept queue: the shop has too few workers, on purpose.
        served = number(endpoint["time"], "wallNs") - number(endpoint["time"], "acceptQueueNs")
        assert cause is None or number(endpoint["time"], cause) > served / 2, endpoint


def test_says_nothing_about_the_healthy_shop(directory):
    rules = fired(diagnosed(directory, "healthy", "--rate", "30"))
    assert rules == {}
