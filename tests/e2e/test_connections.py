"""What do workers hold open to databases and caches, and does it equal what those say?"""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import psycopg2
import pytest
from harness.agent import Running, run
from harness.client import Client
from harness.paths import WORKLOADS
from harness.report import endpoint_of, number
from harness.requirements import PROBES, SERVICES
from services.processes import wait_until

pytestmark = pytest.mark.requires(*PROBES, *SERVICES)

POOL, PER_REQUEST, CACHES = 3, 7, 4
LOCK = 7


def connect(dsn: str):
    connection = psycopg2.connect(dsn, application_name="test")
    connection.autocommit = True
    return closing(connection)


def backends(dsn: str) -> dict[str, int]:
    """PostgreSQL's own view of the application's connections: how many, by state."""
    with connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT state, count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
                       " AND application_name <> 'test' GROUP BY state")
        return dict(cursor.fetchall())


def peers_of(report: dict) -> dict[str, dict]:
    """The only worker's peers, by what they are."""
    [worker] = [worker for server in report["servers"] for worker in server["workers"]]
    return {("unix:" if peer["address"].startswith("unix:") else "") + peer["protocol"]: peer
            for peer in worker.get("connections", [])}


class Observed:
    """Reports, and what PostgreSQL and the application said of the same window."""

    def __init__(self):
        self.reports, self.backends, self.log = {}, {}, {}

    def peer(self, report: str, name: str) -> dict:
        return peers_of(self.reports[report])[name]


@pytest.fixture(scope="module")
def observed(session_directory):
    from services.gunicorn import Gunicorn
    from services.postgres import Postgres
    from services.redis_server import Redis
    directory = session_directory / "connections"
    directory.mkdir(mode=0o711)
    observed = Observed()
    with ExitStack() as stack:
        postgres = stack.enter_context(Postgres(directory))
        redis = stack.enter_context(Redis(directory, "--unixsocket", directory / "redis.sock"))
        server = stack.enter_context(Gunicorn(
            directory, "connections:app", "--workers", "1", chdir=WORKLOADS, ready_path="/hello",
            env={"CONNECTIONS_POSTGRESQL": postgres.dsn, "CONNECTIONS_REDIS": redis.url,
                 "CONNECTIONS_REDIS_SOCKET": str(directory / "redis.sock")}))
        client = stack.enter_context(Client(server.port, keep_alive=False))

        def start(command, *options):
            return stack.enter_context(Running(
                directory, "linger", command, *options, "--pid", server.tgid, "--duration",
                "10m").wait_attached())

        def log() -> dict:
            return json.loads(client.get("/log"))

        # What is open before anyone looks.
        client.get("/cache/unix:redis/keep")
        before = log()
        recording = start("record", "-o", directory / "run.lngr")
        diagnosis = start("diagnose", "--no-agent", "--format", "json")
        for path in (f"/pool/{POOL}", "/forget-commit", *["/connect-per-request"] * PER_REQUEST,
                     *["/cache/redis/close"] * CACHES, "/cache/redis/keep",
                     "/cache/unix:redis/keep", "/cache/unix:redis/close"):
            client.get(path)
        observed.log = {peer: {event: count - before[peer][event] for event, count in counts.items()}
                        for peer, counts in log().items()}
        observed.backends["idle"] = backends(postgres.dsn)
        observed.reports["idle"] = diagnosis.finish().json()
        assert recording.finish().status == 0
        replay = ["linger", "replay", directory / "run.lngr", "--format"]
        observed.reports["replayed"] = run(*replay, "json").json()
        observed.text = run(*replay, "text").stdout

        with connect(postgres.dsn) as holder, ThreadPoolExecutor(1) as thread:
            cursor = holder.cursor()
            cursor.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
            diagnosis = start("diagnose", "--no-agent", "--format", "json")
            held = thread.submit(client.get, f"/hold/{LOCK}")
            wait_until(lambda: "active" in backends(postgres.dsn), 30, "the application waits")
            observed.backends["held"] = backends(postgres.dsn)
            observed.reports["held"] = diagnosis.finish().json()
            cursor.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))
            held.result()
    return observed


@pytest.mark.requires("gevent")
def test_each_request_of_an_event_loop_uses_its_own(directory):
    from redis import Redis as RedisClient
    from services.gunicorn import Gunicorn
    from services.redis_server import Redis
    with ExitStack() as stack:
        redis = stack.enter_context(Redis(directory))
        server = stack.enter_context(Gunicorn(
            directory, "connections:app", "--workers", "1", "--worker-class", "gevent",
            chdir=WORKLOADS, ready_path="/hello",
            env={"CONNECTIONS_POSTGRESQL": "", "CONNECTIONS_REDIS": redis.url,
                 "CONNECTIONS_REDIS_SOCKET": ""}))
        control = stack.enter_context(closing(RedisClient.from_url(redis.url)))
        diagnosis = stack.enter_context(Running(
            directory, "linger", "diagnose", "--no-agent", "--format", "json", "--pid",
            server.tgid, "--duration", "10m").wait_attached())

        def wait(_):
            with Client(server.port, keep_alive=False) as client:
                client.get("/cache/wait")
        with ThreadPoolExecutor(CACHES) as threads:
            waiting = [threads.submit(wait, i) for i in range(CACHES)]
            wait_until(lambda: control.info("clients")["blocked_clients"] == CACHES, 30,
                       "the requests wait for Redis")
            [peer] = peers_of(diagnosis.finish().json()).values()
            for _ in waiting:
                control.rpush("list", "x")
            for one in waiting:
                one.result()
    assert (number(peer, "open"), number(peer, "inUse"), number(peer, "opened")) == (
        CACHES, CACHES, CACHES)


@pytest.mark.parametrize("report", ["idle", "replayed"])
def test_a_pool_is_as_postgresql_sees_it(observed, report):
    peer = observed.peer(report, "postgresql")
    assert observed.backends["idle"] == {"idle": POOL - 1, "idle in transaction": 1}
    assert (number(peer, "open"), number(peer, "inUse")) == (POOL, 0)
    assert number(peer, "idle") == observed.backends["idle"]["idle"]
    assert number(peer, "idleInTransaction") == observed.backends["idle"]["idle in transaction"]
    assert 0 < number(peer, "longestTransactionNs") <= number(
        observed.reports[report]["window"], "durationNs")
    assert peer["name"] == "postgresql" and peer["cause"] == "database"


@pytest.mark.parametrize("report", ["idle", "replayed"])
@pytest.mark.parametrize("name", ["postgresql", "redis", "unix:redis"])
def test_counts_every_connection_however_short(observed, report, name):
    peer = observed.peer(report, name)
    assert {event: number(peer, event) for event in ("opened", "closed")} == observed.log[name]


@pytest.mark.parametrize("report", ["idle", "replayed"])
def test_says_which_endpoint_opens_them(observed, report):
    opened = {endpoint_of(e)[1]: e["opened"] for e in observed.reports[report]["endpoints"]}
    databases = {route: number(of, "databaseConnections") for route, of in opened.items()}
    assert databases.pop("/connect-per-request") == PER_REQUEST
    assert sum(databases.values()) == POOL
    assert sum(number(of, "cacheConnections") for of in opened.values()) == sum(
        observed.log[name]["opened"] for name in ("redis", "unix:redis"))


def test_tells_what_was_open_before(observed):
    assert observed.peer("idle", "unix:redis")["oldestIsOlder"]
    assert not observed.peer("idle", "redis").get("oldestIsOlder")
    assert number(observed.peer("idle", "unix:redis"), "open") == 2


def test_a_connection_that_a_request_waits_on_is_in_use(observed):
    peer = observed.peer("held", "postgresql")
    assert observed.backends["held"] == {"active": 1, "idle": 1, "idle in transaction": 1}
    assert (number(peer, "open"), number(peer, "inUse"), number(peer, "opened")) == (POOL, 1, 0)
    assert number(peer, "mostInUse") == 1


def test_the_text_has_a_line_for_each_peer(observed):
    lines = [line for line in observed.text.splitlines() if "(redis)" in line or "(postgresql)" in line]
    assert len([line for line in lines if line.split()[0] == str(POOL)]) == 1, observed.text


def test_an_agent_that_comes_later_does_not_know_of_old_transactions(observed):
    """It cannot: PostgreSQL says so with each answer, and there has been none."""
    assert number(observed.peer("held", "postgresql"), "idleInTransaction") == 0
