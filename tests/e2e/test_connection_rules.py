"""Are connections that are not given back told of, and those that are, not?"""

import json
import time
from contextlib import ExitStack, closing, contextmanager

import psycopg2
import pytest
from harness.agent import Running
from harness.background_load import BackgroundLoad
from harness.client import Client
from harness.paths import WORKLOADS
from harness.report import cited, endpoint_of, findings_of, fired, number
from harness.requirements import PROBES, SERVICES
from services.processes import wait_until

pytestmark = pytest.mark.requires(*PROBES, *SERVICES)

FORGOTTEN_SECONDS = 8
REQUESTS, PAUSE_SECONDS = 40, 0.1
QUIET = {"idle-in-transaction", "connection-leak"}


class Served:
    """One worker with a database, and a diagnosis of it under way."""

    def __init__(self, postgres, server, client, diagnosis):
        self.dsn, self.port, self.client = postgres.dsn, server.port, client
        [self.worker] = server.workers()
        self._port, self._diagnosis = postgres.port, diagnosis

    @property
    def database(self) -> str:
        return f"127.0.0.1:{self._port}"

    def report(self) -> dict:
        return self._diagnosis.finish().json()


@contextmanager
def served(directory, *warm_up: str):
    from services.gunicorn import Gunicorn
    from services.postgres import Postgres
    with ExitStack() as stack:
        postgres = stack.enter_context(Postgres(directory))
        server = stack.enter_context(Gunicorn(
            directory, "connections:app", "--workers", "1", chdir=WORKLOADS, ready_path="/hello",
            env={"CONNECTIONS_POSTGRESQL": postgres.dsn, "CONNECTIONS_REDIS": "redis://127.0.0.1:1/0",
                 "CONNECTIONS_REDIS_SOCKET": ""}))
        client = stack.enter_context(Client(server.port, keep_alive=False))
        for path in warm_up:
            client.get(path)
        diagnosis = stack.enter_context(Running(
            directory, "linger", "diagnose", "--no-agent", "--format", "json", "--pid", server.tgid,
            "--duration", "10m").wait_attached())
        yield Served(postgres, server, client, diagnosis)


def oldest_transaction_seconds(dsn: str) -> float:
    """PostgreSQL's own view of the application's connections; 0 when none is in a transaction."""
    with closing(psycopg2.connect(dsn, application_name="test")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)"
                " FROM pg_stat_activity WHERE application_name <> 'test'"
                " AND backend_type = 'client backend' AND state LIKE 'idle in transaction%'")
            return float(cursor.fetchone()[0])


def wait_for_transaction(dsn: str) -> None:
    wait_until(lambda: oldest_transaction_seconds(dsn) >= FORGOTTEN_SECONDS, 60,
               "a transaction is left open")


@pytest.mark.parametrize("load", ["idle", "busy"])
def test_names_the_endpoint_that_forgets_to_commit(directory, load):
    with served(directory, "/pool/2") as server:
        if load == "idle":
            for path in ["/forget-commit"] * 5 + ["/hello"] * 5:
                server.client.get(path)
            wait_for_transaction(server.dsn)
        else:
            # Hardly ever is this worker seen without a request.
            with BackgroundLoad(server.port, "/forget-commit"):
                wait_for_transaction(server.dsn)
        report = server.report()
    [finding] = findings_of(report, "idle-in-transaction")
    assert finding["endpoints"] == ["GET /forget-commit"]
    assert finding["workers"] == [server.worker]
    assert 5e9 <= cited(finding, f"in a transaction for no request, worker {server.worker} at"
                                 f" {server.database}") <= number(report["window"], "durationNs")
    assert "idle_in_transaction_session_timeout" in finding["remedy"]


@pytest.mark.parametrize("load", ["idle", "busy"])
def test_says_nothing_of_one_that_commits(directory, load):
    with served(directory, "/pool/2") as server:
        with BackgroundLoad(server.port, "/remember-commit"):
            time.sleep(1 if load == "idle" else FORGOTTEN_SECONDS)
        if load == "idle":
            time.sleep(FORGOTTEN_SECONDS)
        report = server.report()
    assert not QUIET & fired(report).keys()


def test_names_a_slow_statement(directory):
    with served(directory, "/pool/2") as server:
        for _ in range(8):
            server.client.get("/sleep/150")
            server.client.get("/remember-commit")
        report = server.report()
    [finding] = findings_of(report, "slow-query")
    assert "SELECT pg_sleep(?), ?" in finding["title"]
    assert finding["endpoints"] == ["GET /sleep/{}"]
    assert cited(finding, "answers waited for") == 8
    assert cited(finding, "wait for an answer, mean") >= 149e6
    assert "in sleep" in finding["detail"]


def test_says_nothing_of_quick_statements(directory):
    with served(directory, "/pool/2") as server:
        for _ in range(40):
            server.client.get("/sleep/3")
        report = server.report()
    assert "slow-query" not in fired(report)


# PostgreSQL of the tests takes 60, and keeps 3 of them for superusers.
@pytest.mark.parametrize("pool, near", [(40, False), (48, True)])
def test_says_when_the_database_has_few_connections_left(directory, pool, near):
    with served(directory, f"/pool/{pool}") as server, closing(psycopg2.connect(server.dsn)):
        for _ in range(7):  # clients are counted every five seconds
            server.client.get("/remember-commit")
            time.sleep(1)
        report = server.report()
    findings = findings_of(report, "connections-near-limit")
    assert len(findings) == near
    for finding in findings:
        assert finding["workers"] == [server.worker]
        # The test itself has one.
        assert cited(finding, f"taken at {server.database}") == pool + 1
        assert cited(finding, "taken by this server's workers") == pool
        assert cited(finding, "limit for ordinary clients") == 57


def test_names_the_endpoint_that_forgets_to_close(directory):
    with served(directory, "/pool/2") as server:
        before = json.loads(server.client.get("/log"))["postgresql"]["opened"]
        for _ in range(REQUESTS):
            server.client.get("/forget-close")
            server.client.get("/remember-commit")
            time.sleep(PAUSE_SECONDS)
        opened = json.loads(server.client.get("/log"))["postgresql"]["opened"] - before
        report = server.report()
    [finding] = findings_of(report, "connection-leak")
    assert finding["endpoints"] == ["GET /forget-close"]
    assert finding["workers"] == [server.worker]
    assert finding["id"].endswith(server.database)
    assert cited(finding, "opened by GET /forget-close") == opened == REQUESTS
    assert cited(finding, f"open in worker {server.worker}") == REQUESTS + 2
    by_name = {endpoint_of(e)[1]: number(e["opened"], "databaseConnections") for e in report["endpoints"]}
    assert by_name["/forget-close"] == REQUESTS and by_name["/remember-commit"] == 0


def test_says_nothing_of_one_that_closes(directory):
    with served(directory) as server:
        for i in range(REQUESTS):
            server.client.get("/connect-per-request")
            # A pool that fills while it is looked at is no leak.
            server.client.get(f"/pool/{min(i, 12)}")
            time.sleep(PAUSE_SECONDS)
        report = server.report()
    assert not QUIET & fired(report).keys()
    by_name = {endpoint_of(e)[1]: number(e["opened"], "databaseConnections") for e in report["endpoints"]}
    assert by_name["/connect-per-request"] == REQUESTS
