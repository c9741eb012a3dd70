"""Does a collector get what the agent saw, and nothing else, however it behaves itself?"""

import http.client
import re
import socket
import urllib.request
from pathlib import Path

import grpc
import pytest
from harness.agent import USAGE, Lingerd, run
from harness.authority import Authority
from harness.client import Client
from harness.collector import Collector, attributes, make_stubs
from harness.requirements import PROBES, SERVICES
from harness.workload import WORKER_CLASSES
from services.processes import free_port, wait_until

pytestmark = pytest.mark.requires(*PROBES, *SERVICES, "grpc", "openssl")

APP = "ground_truth:app"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
DATABASE_SECONDS = 0.080  # as ground_truth.py has it
SERVER, CLIENT = 2, 3  # SpanKind


@pytest.fixture(scope="module")
def server(workload, session_directory):
    make_stubs(session_directory / "otlp-stubs")
    with workload.serve(*WORKER_CLASSES["sync"]) as running:
        yield running


def configured(directory: Path, port: int, *lines: str) -> list:
    config = directory / "linger.toml"
    config.write_text("\n".join(["[otlp]", f'endpoint = "localhost:{port}"', "interval_s = 1",
                                 "slow_request_ms = 40", *lines]))
    return ["--config", config]


def get(server, path: str, **headers) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", path, headers=headers)
    assert connection.getresponse().read()
    connection.close()


def number(page: str, name: str) -> int:
    return int(re.search(rf"^{name} (\d+)$", page, re.M)[1])


def test_slow_requests_are_traces(server, directory):
    with Collector(free_port()) as collector, \
            Lingerd(directory, *configured(directory, collector.port)):
        get(server, "/hello")
        get(server, "/database?password=hunter2", traceparent=f"00-{TRACE}-{PARENT}-01",
            Authorization="Bearer hunter2")
        get(server, "/nap/60")
        wait_until(lambda: collector.spans(server.tgid, "GET /nap/{}"), 30, "the spans come")

        (resource, request), = collector.spans(server.tgid, "GET /database")
        assert resource["service.name"] == APP
        assert request.kind == SERVER
        assert (request.trace_id.hex(), request.parent_span_id.hex()) == (TRACE, PARENT)
        told = attributes(request)
        assert told["http.request.method"] == "GET" and told["http.route"] == "/database"
        assert told["http.response.status_code"] == 200
        assert told["linger.time.database"] >= DATABASE_SECONDS
        query, = [span for span in collector.below(request)
                  if attributes(span)["linger.cause"] == "database"
                  and span.end_time_unix_nano - span.start_time_unix_nano > DATABASE_SECONDS * 1e9]
        assert query.kind == CLIENT and query.trace_id == request.trace_id
        assert request.start_time_unix_nano <= query.start_time_unix_nano
        assert query.end_time_unix_nano <= request.end_time_unix_nano
        told = attributes(query)
        assert told["db.query.text"] == "SELECT pg_sleep(?)"
        assert told["db.system.name"] == "postgresql"
        assert told["code.file.path"].endswith("ground_truth.py")

        (_, other), = collector.spans(server.tgid, "GET /nap/{}")
        assert other.trace_id.hex() != TRACE and not other.parent_span_id
        assert not collector.spans(server.tgid, "GET /hello"), "it was quick"
        everything = b"".join(span.SerializeToString() for _, span in collector.spans(server.tgid))
        assert b"hunter2" not in everything and b"/nap/60" not in everything


def test_metrics_are_those_of_the_page(server, directory):
    port = free_port()
    with Collector(free_port()) as collector, \
            Lingerd(directory, *configured(directory, collector.port, 'send = ["metrics"]'),
                    "--http", f"127.0.0.1:{port}"):
        client = Client(server.port)
        for _ in range(7):
            client.get("/nap/50")

        def histogram():
            metric = collector.latest_metrics().get((str(server.tgid), "http.server.request.duration"))
            points = metric.histogram.data_points if metric else []
            return next((point for point in points
                         if attributes(point)["http.route"] == "/nap/{}"), None)
        wait_until(lambda: histogram() and histogram().count == 7, 30, "the metrics come")
        told = histogram()
        assert sum(told.bucket_counts) == 7
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            page = answer.read().decode()
        total = re.search(rf'http_server_request_duration_seconds_sum\{{.*master_tgid="{server.tgid}".*"/nap/\{{\}}"\}} (\S+)',
                          page)
        assert float(total[1]) == pytest.approx(told.sum)
        agent = collector.latest_metrics()[socket.gethostname(), "linger.agent.requests.seen"]
        assert agent.sum.is_monotonic and agent.sum.data_points[0].as_int >= 7
        assert not collector.spans(server.tgid)


def test_nothing_is_lost_while_no_collector_is_there(server, directory):
    http_port, collector = free_port(), Collector(free_port())
    with Lingerd(directory, *configured(directory, collector.port),
                 "--http", f"127.0.0.1:{http_port}") as agent:
        def page() -> str:
            with urllib.request.urlopen(f"http://127.0.0.1:{http_port}/metrics", timeout=10) as answer:
                return answer.read().decode()
        get(server, "/nap/70")
        wait_until(lambda: number(page(), "linger_otlp_exports_failed_total") > 0, 30, "sending fails")
        assert "nothing can be sent to the collector" in agent.stderr
        with collector:
            wait_until(lambda: collector.spans(server.tgid, "GET /nap/{}"), 60, "what waited comes")
            wait_until(lambda: number(page(), "linger_otlp_requests_sent_total") >= 1, 30, "it is counted")
        assert number(page(), "linger_otlp_requests_dropped_total") == 0


def test_a_collector_is_known_by_its_certificate(server, directory):
    authority = Authority(directory / "authority")
    certificate, key = authority.sign("collector", "DNS:localhost")
    credentials = grpc.ssl_server_credentials([(key.read_bytes(), certificate.read_bytes())])
    with Collector(free_port(), credentials) as collector, \
            Lingerd(directory, *configured(directory, collector.port,
                                           f'tls_ca = "{authority.certificate}"')):
        get(server, "/nap/50")
        wait_until(lambda: collector.spans(server.tgid, "GET /nap/{}"), 30, "the span comes")
    stranger = Authority(directory / "stranger")
    with Collector(free_port(), credentials) as collector, \
            Lingerd(directory, *configured(directory, collector.port,
                                           f'tls_ca = "{stranger.certificate}"')) as agent:
        get(server, "/nap/50")
        wait_until(lambda: "nothing can be sent" in agent.stderr, 30, "the agent says so")
        assert not collector.spans(server.tgid)


def test_what_cannot_be_an_endpoint_is_refused(directory):
    config = directory / "linger.toml"
    config.write_text('[otlp]\nendpoint = "collector"\n')
    ended = run("lingerd", "--config", config, "--http", "off",
                "--listen", f"unix://{directory}/linger.sock")
    assert ended.status == USAGE and "is no HOST:PORT" in ended.stderr
