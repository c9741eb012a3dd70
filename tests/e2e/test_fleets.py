"""Do the configurations for many nodes work: a real Prometheus with the recording rules, what another one federates
from it, the dashboard over them, and the profiles that are sent to a store?"""

import base64
import gzip
import json
import os
import re
import shutil
import subprocess
import threading
import urllib.parse
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml
from harness.agent import Lingerd, Running
from harness.client import Client
from harness.paths import BINARIES, ROOT
from harness.requirements import PROBES, SERVICES
from harness.scraper import Prometheus
from harness.workload import WORKER_CLASSES
from services.processes import free_port, wait_until

PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARD = ROOT / "deploy" / "grafana" / "linger-fleet.json"
COLLECTOR = ROOT / "deploy" / "opentelemetry" / "collector.yml"
PUSH = ROOT / "deploy" / "profiles" / "push-profile"
RULES_TEST = Path(__file__).parent / "harness" / "fleet_rules.yml"


def promtool(*arguments) -> None:
    done = subprocess.run(["/usr/bin/promtool", *map(str, arguments)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.requires("prometheus")
@pytest.mark.parametrize("name", ["cluster.yml", "global.yml"])
def test_prometheus_takes_the_configurations(name):
    promtool("check", "config", PROMETHEUS / name)


@pytest.mark.requires("prometheus")
def test_the_rules_add_up_what_belongs_together(directory):
    test = directory / "rules.yml"
    test.write_text(RULES_TEST.read_text().replace("RULES", str(PROMETHEUS / "fleet.rules.yml")))
    promtool("test", "rules", test)


def recorded() -> set[str]:
    groups = yaml.safe_load((PROMETHEUS / "fleet.rules.yml").read_text())["groups"]
    return {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}


def panels() -> list[str]:
    return [target["expr"].replace("$app", ".*") for panel in json.loads(DASHBOARD.read_text())["panels"]
            for target in panel["targets"]]


def test_the_dashboard_asks_for_nothing_but_what_is_recorded():
    asked = set(re.findall(r"\b(?:workload|app|route|instance):\w+:\w+", "".join(panels())))
    assert asked and asked <= recorded()
    for expression in panels():
        assert not re.search(r"\b(linger|http_server)_\w+", re.sub(r"\w+:\w+:\w+", "", expression)), expression


@pytest.mark.requires(*PROBES, *SERVICES, "prometheus")
def test_a_global_prometheus_gets_what_the_dashboard_asks_for(workload, directory):
    port = free_port()
    with workload.serve(*WORKER_CLASSES["sync"]) as server, Lingerd(directory, "--http", f"127.0.0.1:{port}"), \
            Prometheus(directory, f"127.0.0.1:{port}", PROMETHEUS / "fleet.rules.yml") as prometheus:
        client = Client(server.port)

        def counted() -> bool:
            client.get("/hello")
            return any(float(found["value"][1]) > 0
                       for found in prometheus.ask("workload:http_server_requests:rate5m"))
        wait_until(counted, 60, "the requests are recorded")
        for expression in panels():
            prometheus.ask_strictly(expression)
        match = yaml.safe_load((PROMETHEUS / "global.yml").read_text())["scrape_configs"][0]["params"]["match[]"]
        page = prometheus.fetch("/federate?" + urllib.parse.urlencode([("match[]", each) for each in match]))
    names = set(re.findall(r"^([a-z][\w:]*)\{", page, re.M))
    assert {"workload:http_server_requests:rate5m", "instance:linger_agent_cpu_seconds:rate5m",
            "route:linger_endpoint_time_seconds:rate5m"} <= names <= recorded()


def test_the_collectors_pipelines_use_what_is_configured():
    configuration = yaml.safe_load(COLLECTOR.read_text())
    for pipeline in configuration["service"]["pipelines"].values():
        for kind in ("receivers", "processors", "exporters"):
            assert set(pipeline[kind]) <= set(configuration[kind])
        # What it has no memory for must not come any further.
        assert pipeline["processors"][0] == "memory_limiter"
        assert pipeline["processors"][-1] == "batch"


@pytest.mark.requires("otelcol")
def test_the_collector_takes_its_configuration(directory):
    # Files that it names are read when it checks them.
    text = COLLECTOR.read_text()
    for name in ("collector.pem", "collector.key"):
        (directory / name).touch()
    configuration = directory / "collector.yml"
    configuration.write_text(text.replace("/etc/otelcol/tls", str(directory)))
    done = subprocess.run([os.environ.get("OTELCOL") or shutil.which("otelcol"), "validate", "--config",
                           configuration], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@contextmanager
def store():
    """Takes what is posted: paths and bodies."""
    taken = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.path, self.headers["Content-Type"], body))
            self.send_response(500 if "refuse" in self.path else 200)
            self.end_headers()

        def log_message(self, *_):
            pass
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def push(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([PUSH, *map(str, arguments)], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "PATH": f"{BINARIES}:{os.environ['PATH']}"})


@pytest.mark.requires(*PROBES, *SERVICES, "curl")
def test_profiles_reach_a_store(workload, directory):
    recording = directory / "a.linger"
    with workload.serve(*WORKER_CLASSES["sync"]) as server, \
            Running(directory, "linger", "record", "-o", recording, "--duration", "1m", "--pid",
                    server.tgid).wait_attached() as record:
        Client(server.port).get("/sleep")
        assert record.finish().status == 0
    options = ["--kind", "blocked", "--from", recording]
    with store() as (url, taken):
        for name in ("pyroscope", "parca"):
            done = push(name, url, *options)
            assert done.returncode == 0, done.stderr
        (path, kind, body), (other_path, other_kind, other_body) = taken
        assert kind.startswith("multipart/form-data") and other_kind == "application/json"
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)
        assert urllib.parse.urlsplit(path).path == "/ingest" and query["format"] == ["pprof"]
        assert re.fullmatch(r"linger\.blocked\{host=.+\}", query["name"][0])
        assert int(query["from"][0]) <= int(query["until"][0])
        profile = gzip.decompress(body[body.index(b"\x1f\x8b"):body.rindex(b"\r\n--")])
        assert b"/sleep" in profile
        assert other_path == "/profiles/writeraw"
        sample = json.loads(other_body)["series"][0]["samples"][0]
        assert gzip.decompress(base64.b64decode(sample["rawProfile"])) == profile

        assert push("pyroscope", f"{url}/refuse", *options).returncode != 0
        assert push("pyroscope", url, "--from", directory / "nowhere").returncode != 0
        assert push("elsewhere", url, *options).returncode == 2
