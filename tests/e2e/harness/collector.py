"""An OpenTelemetry collector that keeps what it gets."""

import importlib
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

from .paths import ROOT

PROTO = ROOT / "proto"
COLLECTOR = "opentelemetry.proto.collector"


def make_stubs(directory: Path) -> None:
    """Python's modules for the protocol, as protoc makes them; once a session."""
    directory.mkdir()
    plugin = subprocess.run(["which", "grpc_python_plugin"], check=True, capture_output=True,
                            text=True).stdout.strip()
    subprocess.run(["protoc", f"--proto_path={PROTO}", f"--python_out={directory}",
                    f"--grpc_out={directory}", f"--plugin=protoc-gen-grpc={plugin}",
                    *sorted((PROTO / "opentelemetry").rglob("*.proto"))], check=True)
    sys.path.insert(0, str(directory))


def attributes(of) -> dict:
    """Their names and values."""
    return {item.key: getattr(item.value, item.value.WhichOneof("value"))
            for item in of.attributes}


class Collector:
    """A context manager: listens inside of it, on `port`. Thread-safe."""

    def __init__(self, port: int, credentials=None):
        self.port = port
        self._credentials = credentials
        self._lock = threading.Lock()
        self._spans = []
        self._metrics = []
        self._server = None

    def _take_metrics(self, request, _):
        with self._lock:
            self._metrics.append(request)
        return importlib.import_module(
            f"{COLLECTOR}.metrics.v1.metrics_service_pb2").ExportMetricsServiceResponse()

    def _take_spans(self, request, _):
        with self._lock:
            self._spans += [(attributes(resource.resource), span)
                            for resource in request.resource_spans
                            for scope in resource.scope_spans for span in scope.spans]
        return importlib.import_module(
            f"{COLLECTOR}.trace.v1.trace_service_pb2").ExportTraceServiceResponse()

    def __enter__(self):
        self._server = grpc.server(ThreadPoolExecutor(4))
        for kind, name, take in (("metrics", "Metrics", self._take_metrics),
                                 ("trace", "Trace", self._take_spans)):
            stubs = importlib.import_module(f"{COLLECTOR}.{kind}.v1.{kind}_service_pb2_grpc")
            servicer = type(name, (getattr(stubs, f"{name}ServiceServicer"),),
                            {"Export": staticmethod(take)})()
            getattr(stubs, f"add_{name}ServiceServicer_to_server")(servicer, self._server)
        address = f"localhost:{self.port}"
        bound = (self._server.add_secure_port(address, self._credentials) if self._credentials
                 else self._server.add_insecure_port(address))
        assert bound == self.port
        self._server.start()
        return self

    def __exit__(self, *_):
        self._server.stop(None).wait()

    def spans(self, server: int, name: str | None = None) -> list:
        """Those of the server with this master, as others run beside it: of each its resource's attributes, and
        itself."""
        with self._lock:
            return [(resource, span) for resource, span in self._spans
                    if resource["service.instance.id"].endswith(f":{server}")
                    and (name is None or span.name == name)]

    def below(self, parent) -> list:
        with self._lock:
            return [span for _, span in self._spans if span.parent_span_id == parent.span_id]

    def latest_metrics(self) -> dict:
        """{(service.instance.id's end, metric's name): metric} of the latest message. It ends in a server's master."""
        with self._lock:
            latest = self._metrics[-1:]
        return {(attributes(resource.resource)["service.instance.id"].split(":")[-1], metric.name): metric
                for message in latest for resource in message.resource_metrics
                for scope in resource.scope_metrics for metric in scope.metrics}
