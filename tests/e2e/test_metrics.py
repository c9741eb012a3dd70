"""Do scrapers get true figures? A real Prometheus scrapes a real agent."""

import json
import re
import subprocess
import urllib.parse
from pathlib import Path

import pytest
from harness.agent import Lingerd
from harness.client import Client
from harness.requirements import PROBES, SERVICES
from harness.scraper import Prometheus, fetch
from harness.workload import WORKER_CLASSES
from services.processes import free_port, wait_until

pytestmark = [pytest.mark.requires(*PROBES, *SERVICES, "prometheus"), pytest.mark.sole]

REQUESTS = 40
ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy" / "prometheus" / "linger.rules.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "linger.json"


@pytest.fixture(scope="module")
def server(workload):
    with workload.serve(*WORKER_CLASSES["sync"]) as running:
        yield running


@pytest.fixture
def agent(server, directory):
    port = free_port()
    with Lingerd(directory, "--http", f"127.0.0.1:{port}") as running:
        running.metrics = f"http://127.0.0.1:{port}/metrics"
        yield running


def value(page: str, name: str, **labels) -> float:
    """The sum of the samples of this name that have these labels."""
    total, found = 0.0, False
    for line in page.splitlines():
        sample = re.fullmatch(re.escape(name) + r"(?:\{(.*)\})? (\S+)", line)
        if sample and all(f'{key}="{wanted}"' in (sample[1] or "") for key, wanted in labels.items()):
            total, found = total + float(sample[2]), True
    assert found, f"{name} {labels} is not on\n{page}"
    return total


def named(text: str) -> set[str]:
    """The families that it speaks of."""
    names = re.findall(r"\b(?:linger_|http_server_)[a-z_]+", text)
    return {re.sub(r"_(total|info|bucket|count|sum)$", "", name) for name in names}


def panels() -> list[str]:
    """What the dashboard asks, with its variables as Grafana would put them in."""
    asked = [target["expr"] for panel in json.loads(DASHBOARD.read_text())["panels"]
             for target in panel["targets"]]
    return [expression.replace("$instance", ".*").replace("$app", ".*")
            .replace("$__rate_interval", "1m") for expression in asked]


def load(server) -> None:
    client = Client(server.port)
    for _ in range(REQUESTS):
        client.get("/hello")


@pytest.fixture
def prometheus(agent, directory):
    with Prometheus(directory, urllib.parse.urlsplit(agent.metrics).netloc, RULES) as running:
        yield running


def test_counts_the_requests_that_were_sent(agent, server):
    load(server)
    labels = {"http_route": "/hello", "http_request_method": "GET"}

    def told() -> float:
        page = fetch(agent.metrics)
        return value(page, "http_server_request_duration_seconds_count", **labels) \
            if "/hello" in page else 0
    wait_until(lambda: told() >= REQUESTS, 10, "the requests are told")

    page = fetch(agent.metrics)
    assert value(page, "http_server_request_duration_seconds_count", **labels) == REQUESTS
    assert value(page, "http_server_request_duration_seconds_bucket", le="+Inf", **labels) == REQUESTS
    assert value(page, "linger_worker_requests_total") == REQUESTS
    wall = value(page, "http_server_request_duration_seconds_sum", **labels)
    assert value(page, "linger_endpoint_time_seconds_total", **labels) == pytest.approx(wall, rel=1e-6)


def test_is_read_by_promtool(agent, server):
    load(server)
    for accept in ("text/plain", "application/openmetrics-text"):
        page = fetch(agent.metrics, Accept=accept)
        # promtool reads the older format only.
        if accept == "text/plain":
            checked = subprocess.run(["/usr/bin/promtool", "check", "metrics"], input=page, text=True,
                                     capture_output=True, timeout=60)
            assert checked.returncode == 0, checked.stderr + checked.stdout
        else:
            assert page.endswith("# EOF\n")


def test_its_alert_rules_are_valid():
    checked = subprocess.run(["/usr/bin/promtool", "check", "rules", RULES], capture_output=True,
                             text=True, timeout=60)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_its_page_its_dashboard_and_its_rules_speak_of_the_same(server, directory):
    port, config = free_port(), directory / "linger.toml"
    config.write_text(f'[otlp]\nendpoint = "127.0.0.1:{free_port()}"\n')
    with Lingerd(directory, "--http", f"127.0.0.1:{port}", "--config", config,
                 "--history", directory / "history.db"):
        load(server)
        page = fetch(f"http://127.0.0.1:{port}/metrics", Accept="application/openmetrics-text")
    families = set(re.findall(r"^# TYPE (\S+) ", page, re.M))
    # "`linger_agent_requests_seen_total`, `_broken_total`, `_lost_total`"
    described = named((ROOT / "docs" / "metrics.md").read_text())
    assert families - described == {"linger_agent_requests_broken", "linger_agent_requests_lost",
                                    "linger_history_looks_lost", "linger_otlp_requests_dropped"}
    assert described <= families
    assert named("".join(panels()) + RULES.read_text()) <= families


def test_its_dashboard_is_understood(agent, server, prometheus):
    load(server)
    wait_until(lambda: prometheus.ask("linger_server_info"), 30, "Prometheus has scraped")
    for expression in panels():
        prometheus.ask_strictly(expression)
    # A rate needs two scrapes.
    wait_until(lambda: prometheus.ask(panels()[1]), 30, "the second panel shows something")


def test_is_scraped_by_prometheus(agent, server, prometheus):
    load(server)
    query = 'sum(http_server_request_duration_seconds_count{http_route="/hello"})'
    wait_until(lambda: any(float(found["value"][1]) == REQUESTS
                           for found in prometheus.ask(query)), 30, "Prometheus has the requests")
    up = prometheus.ask('up{job="linger"}')
    assert [found["value"][1] for found in up] == ["1"]
    # What it is told comes as OpenMetrics: Prometheus asks for that first.
    assert prometheus.ask("linger_server_info")


def test_prometheus_finds_the_trace_of_a_slow_request(agent, server, prometheus):
    trace, other = "4bf92f3577b34da6a3ce929d0e0e4736", "0af7651916cd43dd8448eb211c80319c"
    for identity, flags in ((trace, "01"), (other, "00")):  # the second one is recorded by nobody
        subprocess.run(["curl", "-sf", "-o", "/dev/null", "-H",
                        f"traceparent: 00-{identity}-b7ad6b7169203331-{flags}",
                        f"http://127.0.0.1:{server.port}/sleep"], check=True, timeout=30)

    def told() -> list[dict]:
        return prometheus.exemplars('http_server_request_duration_seconds_bucket{http_route="/sleep"}')
    wait_until(told, 30, "Prometheus has the exemplar")
    assert {exemplar["labels"]["trace_id"] for exemplar in told()} == {trace}
    assert 0.05 < float(told()[0]["value"]) < 10


def test_tells_findings_while_they_hold(server, directory):
    config = directory / "linger.toml"
    config.write_text("[findings]\nwindow_s = 3\n")
    port = free_port()
    with Lingerd(directory, "--http", f"127.0.0.1:{port}", "--config", config):
        client = Client(server.port)

        def told() -> bool:
            client.get("/sleep")
            return 'rule="blocking-io-in-request"' in fetch(f"http://127.0.0.1:{port}/metrics")
        wait_until(told, 30, "the finding is told")
        wait_until(lambda: "blocking-io" not in fetch(f"http://127.0.0.1:{port}/metrics"), 30,
                   "the finding is gone")
