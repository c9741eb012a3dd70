"""What do requests ask of databases, caches and other services, and does nothing secret show?"""

from contextlib import ExitStack

import pytest
from harness.agent import Running, run
from harness.client import Client
from harness.paths import WORKLOADS
from harness.report import endpoint_of, number
from harness.requirements import MARIADB, PROBES, SERVICES

pytestmark = pytest.mark.requires(*PROBES, *SERVICES)

SECRET, NUMBER = "hunter2swordfish", 90210777
ROUNDS = 5
DELAY_MS = 30
# What each endpoint waits on: the cause, what the peer is called, and what is asked.
ASKED = {
    "/postgresql/{}": ("database", " (postgresql)", "SELECT pg_sleep(?) WHERE ?::text <> ?"),
    "/redis": ("cache", " (redis)", "BLPOP ?"),
    "/upstream": ("upstream", "", "POST /pay/{}"),
    "/dns": ("dns", "", "A shop.example"),
}
CALLS = {"/postgresql/{}": "databaseCalls", "/redis": "cacheCalls", "/upstream": "upstreamCalls",
         "/dns": "dnsCalls"}


class Observed:
    """A report, and everything that left Linger on the way."""

    def __init__(self, report: dict, left: dict[str, bytes]):
        self.report = report
        self.left = left

    def endpoint(self, route: str) -> dict:
        return next(e for e in self.report["endpoints"] if endpoint_of(e) == ("GET", route))

    def sites(self, route: str, cause: str) -> list[dict]:
        return [s for s in self.endpoint(route).get("sites", []) if s["cause"] == cause]


def observe(directory, services: dict[str, str], routes) -> Observed:
    """One worker, each route asked once to open its connections and then in rounds."""
    from services.gunicorn import Gunicorn
    env = {"OUTGOING_SECRET": SECRET, "OUTGOING_NUMBER": str(NUMBER), **services}
    recording = directory / "run.lngr"
    with ExitStack() as stack:
        server = stack.enter_context(Gunicorn(
            directory, "outgoing:app", "--workers", "1", chdir=WORKLOADS, env=env,
            ready_path="/hello"))
        client = stack.enter_context(Client(server.port, keep_alive=False))
        for route in routes:
            client.get(route)
        record = stack.enter_context(Running(
            directory, "linger", "record", "--pid", server.tgid, "-o", recording, "--duration",
            "10m").wait_attached())
        diagnosis = stack.enter_context(Running(
            directory, "linger", "diagnose", "--no-agent", "--format", "json", "--pid", server.tgid,
            "--duration", "10m").wait_attached())
        for _ in range(ROUNDS):
            for route in routes:
                client.get(route)
        diagnosed, recorded = diagnosis.finish(), record.finish()
    replayed = run("linger", "replay", recording, "--format", "text")
    assert recorded.status == replayed.status == 0, recorded.stderr + replayed.stderr
    left = {"the report": diagnosed.stdout.encode(), "its stderr": diagnosed.stderr.encode(),
            "the recording": recording.read_bytes(), "its own stderr": recorded.stderr.encode(),
            "the replay": (replayed.stdout + replayed.stderr).encode()}
    return Observed(diagnosed.json(), left)


@pytest.fixture(scope="module")
def observed(session_directory):
    from harness.resolver import Resolver
    from services.payment import Payment
    from services.postgres import Postgres
    from services.redis_server import Redis
    directory = session_directory / "outgoing"
    directory.mkdir(mode=0o711)
    with (Postgres(directory) as postgres, Redis(directory) as redis,
          Payment(directory, DELAY_MS) as upstream, Resolver(DELAY_MS / 1000) as resolver):
        services = {"OUTGOING_POSTGRESQL": postgres.dsn, "OUTGOING_REDIS": redis.url,
                    "OUTGOING_UPSTREAM_PORT": str(upstream.port), "OUTGOING_RESOLVER": resolver.address}
        yield observe(directory, services, [
            f"/postgresql/{NUMBER}", "/loop", "/redis", "/upstream", "/dns", "/transaction/leave",
            "/hello", "/transaction/commit", f"/hello?token={SECRET}", "/raise"])


@pytest.mark.parametrize("route", ASKED)
def test_tells_what_was_asked_of_whom(observed, route):
    cause, name, statement = ASKED[route]
    site = observed.sites(route, cause)[0]
    assert site["statement"] == statement
    assert site["what"].endswith(name) and site["what"].startswith("127.0."), site
    assert number(site, "requests") == ROUNDS


@pytest.mark.parametrize("route", CALLS)
def test_counts_the_calls(observed, route):
    calls = {name: int(count) for name, count in observed.endpoint(route)["calls"].items()}
    wanted = 2 if route == "/redis" else 1
    assert {name: count for name, count in calls.items() if count} == {
        CALLS[route]: wanted * ROUNDS}


def test_tells_what_a_loop_asks_however_short_the_answers(observed):
    endpoint = observed.endpoint("/loop")
    assert number(endpoint["calls"], "databaseCalls") == 12 * ROUNDS
    repeated = [s for s in endpoint["sites"] if number(s, "repeated")]
    assert [s["statement"] for s in repeated] == ["SELECT ? WHERE ? = ?"]
    # An answer that is there before the thread blocks is no wait: a request may have none.
    assert 1 <= number(repeated[0], "repeated") <= ROUNDS


def test_tells_which_requests_leave_a_transaction_open(observed):
    left_open = {endpoint["route"]: number(endpoint, "openTransactions")
                 for endpoint in observed.report["endpoints"]}
    assert left_open.pop("/transaction/leave") == ROUNDS
    assert "/transaction/commit" in left_open and not any(left_open.values()), left_open


def test_lets_no_literal_out(observed):
    for what, left in observed.left.items():
        for secret in (SECRET, "swordfish", str(NUMBER)):
            if what == "the recording" and secret == str(NUMBER):
                # The path of the worker's own request is in it, and says so in its documentation.
                left = left.replace(f"/postgresql/{NUMBER}".encode(), b"")
            assert secret.encode() not in left, what


@pytest.mark.requires(*MARIADB)
def test_tells_what_was_asked_of_mariadb(directory):
    from harness.mariadb import MariaDb
    with MariaDb(directory) as mariadb:
        observed = observe(directory, {"OUTGOING_MARIADB_PORT": str(mariadb.port)}, [
            "/mariadb", "/mariadb/transaction/leave", "/hello", "/mariadb/transaction/commit"])
    site = observed.sites("/mariadb", "database")[0]
    assert site["statement"] == "SELECT SLEEP(?), ?, ?"
    assert site["what"] == f"127.0.0.1:{mariadb.port} (mariadb)"
    assert number(site, "requests") == ROUNDS
    left_open = {endpoint["route"]: number(endpoint, "openTransactions")
                 for endpoint in observed.report["endpoints"]}
    assert left_open == {"/mariadb": 0, "/mariadb/transaction/leave": ROUNDS, "/hello": 0,
                         "/mariadb/transaction/commit": 0}
    for what, left in observed.left.items():
        assert SECRET.encode() not in left, what
