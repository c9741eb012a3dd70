"""Does each wait name the line of the application that waited?"""

import ast

import pytest
from harness.agent import Running
from harness.client import Client
from harness.paths import WORKLOADS
from harness.report import number
from harness.requirements import PROBES, SERVICES
from harness.slow_client import upload
from harness.workload import WORKER_CLASSES

pytestmark = pytest.mark.requires(*PROBES, *SERVICES)

ROUNDS = 4
FILE = "ground_truth.py"
SOURCE = (WORKLOADS / FILE).read_text()
# What the one long wait of each route is written as, and the cause that it counts as.
WAITS = {
    "/sleep": ("time.sleep(SLEEP_SECONDS)", "sleep"),
    "/database": ("cursor.execute(", "database"),
    "/upstream": ("connections.upstream.getresponse().read()", "upstream"),
    "/cache": ("cache.execute_command(", "cache"),
    "/lock": ("contended.acquire()", "lock"),
    "/upload": ("request.get_data()", "client_read"),
    "/child": ("process.wait()", "child"),
}


def function_of(route: str) -> ast.FunctionDef:
    """The view of a route."""
    return next(node for node in ast.parse(SOURCE).body if isinstance(node, ast.FunctionDef)
                and any(f"'{route}'" in ast.unparse(decorator) for decorator in node.decorator_list))


def code_of(route: str) -> str:
    """Where the view of a route waits, as Linger should say it: the last line that holds the call."""
    view = function_of(route)
    lines = SOURCE.splitlines()
    numbers = [number for number in range(view.lineno, view.end_lineno + 1)
               if WAITS[route][0] in lines[number - 1]]
    return f"{FILE}:{numbers[-1]} in {view.name}"


def dominant_site(report: dict, route: str) -> dict:
    endpoint = next(e for e in report["endpoints"] if e["route"] == route)
    return max(endpoint["sites"], key=lambda site: number(site, "totalNs"))


@pytest.fixture(scope="module", params=sorted(WORKER_CLASSES))
def report(request, workload, tmp_path_factory):
    directory = tmp_path_factory.mktemp("lines")
    with workload.serve(*WORKER_CLASSES[request.param]) as server, Client(server.port) as client:
        with Running(directory, "linger", "diagnose", "--no-agent", "--format", "json", "--pid",
                     server.tgid, "--duration", "60s").wait_attached() as diagnosis:
            for _ in range(ROUNDS):
                for _ in range(3):
                    client.get("/cpu")
                for route in WAITS:
                    if route == "/upload":
                        upload(server.port, route)
                    else:
                        client.get(route)
            return diagnosis.finish().json()


@pytest.mark.parametrize("route", WAITS)
def test_names_the_line_that_waited(report, route):
    site = dominant_site(report, route)
    assert site["cause"] == WAITS[route][1]
    assert site["code"] == code_of(route)


def test_names_the_lines_that_ran(report):
    endpoint = next(e for e in report["endpoints"] if e["route"] == "/cpu")
    view = function_of("/cpu")
    lines = {f"{FILE}:{line} in cpu" for line in range(view.lineno, view.end_lineno + 1)}
    ran = sum(number(site, "totalNs") for site in endpoint["sites"]
              if site["cause"] == "on_cpu" and site["code"] in lines)
    assert ran > number(endpoint["time"], "onCpuNs") / 2


def test_has_no_excuse(report):
    assert not [gap for gap in report["coverage"].get("gaps", []) if "Python line" in gap]
