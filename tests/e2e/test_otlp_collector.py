"""Does a real OpenTelemetry Collector understand what it gets? scripts/otlp-collector builds one."""

import os
import subprocess

import pytest
from harness.agent import Lingerd
from harness.paths import WORKLOADS
from harness.requirements import PROBES
from services.gunicorn import Gunicorn
from services.processes import free_port, wait_until

COLLECTOR = os.environ.get("LINGER_COLLECTOR")
pytestmark = [pytest.mark.requires(*PROBES, "gunicorn", "flask"),
              pytest.mark.skipif(not COLLECTOR, reason="Debian has no OpenTelemetry Collector; "
                                                       "LINGER_COLLECTOR names one")]
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def collector(directory):
    """Its port, and what it has printed so far."""
    port, config = free_port(), directory / "collector.yml"
    config.write_text(f"""
receivers: {{ otlp: {{ protocols: {{ grpc: {{ endpoint: "127.0.0.1:{port}" }} }} }} }}
exporters: {{ debug: {{ verbosity: detailed }} }}
service:
  telemetry: {{ metrics: {{ level: none }} }}
  pipelines:
    metrics: {{ receivers: [otlp], exporters: [debug] }}
    traces: {{ receivers: [otlp], exporters: [debug] }}
""")
    output = directory / "collector.err"
    with open(output, "wb") as err:
        child = subprocess.Popen([COLLECTOR, "--config", config], stdin=subprocess.DEVNULL, stdout=err,
                                 stderr=err)
    try:
        wait_until(lambda: "Everything is ready" in output.read_text(), 30, "the collector is ready")
        yield port, output.read_text
    finally:
        child.terminate()
        child.wait()


def test_a_real_collector_understands_both(collector, directory):
    port, printed = collector
    config = directory / "linger.toml"
    config.write_text(f'[otlp]\nendpoint = "127.0.0.1:{port}"\ninterval_s = 1\nslow_request_ms = 0\n')
    with Gunicorn(directory, "ground_truth:app", chdir=WORKLOADS, env={}, ready_path="/hello") as server, \
            Lingerd(directory, "--config", config) as agent:
        subprocess.run(["curl", "-s", "-H", f"traceparent: 00-{TRACE}-{PARENT}-01",
                        f"http://127.0.0.1:{server.port}/hello"], check=True, capture_output=True)
        wait_until(lambda: TRACE in printed(), 30, "the collector has the trace")
        for wanted in (f"Parent ID      : {PARENT}", "Kind           : Server",
                       "http.route: Str(/hello)", "service.name: Str(ground_truth:app)"):
            assert wanted in printed(), wanted
        wait_until(lambda: "http.server.request.duration" in printed(), 30, "the collector has metrics")
        for wanted in ("AggregationTemporality: Cumulative", "IsMonotonic: true", "DataType: Histogram",
                       "Unit: By"):
            assert wanted in printed(), wanted
        assert "cannot be sent" not in agent.stderr and "refused" not in agent.stderr
