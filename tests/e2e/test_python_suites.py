"""On the CPythons of Debian's other releases, each with the glibc and the Gunicorn of its own:
the right line for every wait, and the right count for every object."""

import pytest
from harness.agent import Running
from harness.client import Client
from harness.heap import Keeper, census, counted
from harness.paths import WORKLOADS
from harness.report import number
from harness.requirements import PROBES
from harness.suites import APPLICATIONS, SUITES, Missing, SuiteGunicorn, root_of, within

pytestmark = pytest.mark.requires(*PROBES)

ROUNDS = 3
SOURCE = (WORKLOADS / "waits.py").read_text().splitlines()
# The cause of each route's one long wait, and the function of its line, which has its class from
# 3.11 on.
WAITS = {
    "/nap": ("sleep", "nap"),
    "/lambda": ("sleep", "<lambda>"),
    "/generator": ("sleep", "generator"),
    "/callback": ("sleep", "callback"),
    "/lines": ("sleep", "several_lines"),
    "/non-ascii": ("sleep", "wärten"),
    "/lock": ("lock", "lock"),
    "/receive": ("upstream", "receive"),
}
KEPT = 500


def line_of(path: str) -> int:
    """The number of the line that waits for `path`."""
    return next(number for number, line in enumerate(SOURCE, 1) if line.endswith(f"# {path}"))


@pytest.fixture(scope="module", params=SUITES)
def suite(request):
    try:
        root_of(request.param)
    except Missing as missing:
        pytest.skip(f"missing: {missing}")
    return request.param


@pytest.fixture(scope="module")
def report(suite, tmp_path_factory):
    directory = tmp_path_factory.mktemp("suites")
    with SuiteGunicorn(suite, directory, "waits:app") as server, \
            Running(directory, "linger", "diagnose", "--no-agent", "--format", "json", "--pid",
                    server.master, "--duration", "60s").wait_attached() as diagnosis:
        with Client(server.port, keep_alive=False) as client:
            for path in [*WAITS, "/gil"]:
                for _ in range(ROUNDS):
                    client.get(path)
        return diagnosis.finish().json()


def endpoint(report: dict, route: str) -> dict:
    return next(each for each in report["endpoints"] if each["route"] == route)


def test_names_the_line_of_every_wait(report):
    for path, (cause, function) in WAITS.items():
        of = endpoint(report, path)
        site = max(of["sites"], key=lambda site: number(site, "totalNs"))
        assert number(of, "requests") == ROUNDS
        assert site["cause"] == cause, of
        line, name = site["code"].split(" in ")
        assert line == f"waits.py:{line_of(path)}", of
        assert name.split(".")[-1] == function, of


def test_names_who_waits_for_the_interpreters_lock(report):
    of = endpoint(report, "/gil")
    site = max((site for site in of["sites"] if site["cause"] == "gil"),
               key=lambda site: number(site, "totalNs"))
    assert site["what"] == "GIL"
    assert site["code"].startswith("waits.py:") and " in burn" in site["code"]


def test_has_no_excuse(report):
    assert not [gap for gap in report["coverage"].get("gaps", []) if "Python" in gap]


def test_counts_every_object_that_is_kept(suite):
    keeper = within(suite, "/usr/bin/python3", "-I", f"/{APPLICATIONS}/kept_objects.py")
    with Keeper(keeper) as keeper:
        keeper.tell("keep", "warm", 1)
        keeper.tell("counts")
        before = census(keeper.tgid)
        told = keeper.tell("keep", "measured", KEPT)
        told_counts = keeper.tell("counts")
        after = census(keeper.tgid, "--paths", "Session")
        keeper.tell("freeze")
        frozen = census(keeper.tgid)
    assert before["copy"]["idle"] and after["copy"]["idle"] and frozen["copy"]["idle"]
    then, now = counted(before), counted(after)
    for name in ("bytearray", "complex", "frozenset", "collections.deque", "__main__.Session",
                 "__main__.Slotted", "__main__.Titled"):
        grown = [b - a for a, b in zip(then.get(name, (0, 0)), now[name])]
        assert grown == told[name], name
    for name in ("__main__.Session", "__main__.Slotted", "set", "module"):
        assert now[name][0] == told_counts[name], name
    assert counted(frozen)["__main__.Session"][0] == KEPT + 1
    assert number(frozen, "frozenObjects") > KEPT
    retainers, = after["retainers"]
    assert all("`__main__.KEPT` (dict)" in path["text"] for path in retainers["paths"]), retainers
