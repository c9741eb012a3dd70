"""A Flask application that knows what its requests wait for.

Each endpoint makes one kind of wait and appends what it measured itself to TRUTH_FILE (truth.py); /cpu
what it ran. An endpoint without a wait writes nothing. The
environment names the services: TRUTH_DATABASE (a psycopg2 connection string), TRUTH_CACHE (a Redis
URL), TRUTH_UPSTREAM_PORT, TRUTH_RESOLVER (an IPv4 address) and TRUTH_DISK (a large file).
"""

import http.client
import os
import signal
import subprocess
import threading
import time

import psycopg2
import redis
import truth
from flask import Flask, Response, request, send_file
from truth import Measured, Waited, log, original

SLEEP_SECONDS = 0.120
DATABASE_SECONDS = 0.080
CPU_NS = 50_000_000
CACHE_SECONDS = 0.040
LOCK_SECONDS = 0.070
SMUGGLED_SECONDS = 0.050
CHILD_SECONDS = 0.050
TURN_SECONDS = 0.020
STREAM_SECONDS = 1.5
PAGE_BYTES = 4 * 1024 * 1024
# With the list's slot and the objects' headers, 28 KB of small objects.
KEPT_OBJECTS, KEPT_OBJECT_BYTES = 240, 60

app = Flask(__name__)
connections = threading.local()
cache = redis.Redis.from_url(os.environ.get("TRUTH_CACHE", "redis://127.0.0.1:6379"))
KEPT = []


@app.get("/hello")
def hello():
    """Answers with the worker's tgid."""
    return str(os.getpid())


@app.route("/count/<name>", methods=["GET", "POST"])
def count(name):
    """Several endpoints with nothing to do, for counting."""
    return name


@app.get("/sleep")
def sleep():
    with Waited("/sleep"):
        time.sleep(SLEEP_SECONDS)
    return "slept"


@app.get("/nap/<int:ms>")
def nap(ms):
    with Measured("/nap/{}"):
        time.sleep(ms / 1000)
    return "slept"


@app.get("/smuggled")
def smuggled():
    """Sleeps as a module does that gevent and eventlet have not patched: holds up the whole loop."""
    with Measured("/smuggled"):
        original("time", "sleep")(SMUGGLED_SECONDS)
    return "slept"


def database_connection():
    """The thread's own."""
    if not hasattr(connections, "database"):
        connections.database = psycopg2.connect(os.environ["TRUTH_DATABASE"])
        connections.database.autocommit = True
    return connections.database


@app.get("/connected")
def connected():
    """Opens what is opened once a thread."""
    database_connection()
    return "connected"


@app.get("/turn")
def turn():
    """By how much it woke up too late: another greenlet had the thread."""
    begin = time.monotonic_ns()
    time.sleep(TURN_SECONDS)
    log("/turn", time.monotonic_ns() - begin - int(TURN_SECONDS * 1e9))
    return "slept"


@app.get("/database")
def database():
    with database_connection().cursor() as cursor:
        with Waited("/database"):
            cursor.execute("SELECT pg_sleep(%s)", (DATABASE_SECONDS,))
    return "queried"


@app.get("/cpu")
def cpu():
    """Burns its thread's time, whoever else takes the processor meanwhile."""
    begin = now = time.thread_time_ns()
    while now - begin < CPU_NS:
        now = time.thread_time_ns()
    log("/cpu", now - begin)
    return "burnt"


@app.get("/upstream")
def upstream():
    if not hasattr(connections, "upstream"):
        connections.upstream = http.client.HTTPConnection(
            "127.0.0.1", int(os.environ["TRUTH_UPSTREAM_PORT"]), timeout=10)
    with Measured("/upstream"):
        connections.upstream.request("GET", "/")
        return connections.upstream.getresponse().read()


@app.get("/cache")
def cached():
    """DEBUG SLEEP keeps Redis, and so its caller, for the exact time; timeouts are rounded."""
    with Waited("/cache"):
        cache.execute_command("DEBUG", "SLEEP", CACHE_SECONDS)
    return "fetched"


@app.get("/lock")
def lock():
    """Waits for a lock that another thread holds."""
    contended = threading.Lock()
    contended.acquire()
    holder = threading.Timer(LOCK_SECONDS, contended.release)
    # Starting a thread and joining it are waits for locks too.
    with Waited("/lock"):
        holder.start()
        contended.acquire()
        holder.join()
    return "locked"


@app.post("/upload")
def upload():
    with Waited("/upload"):
        body = request.get_data()
    return str(len(body))


@app.get("/page")
def page():
    """Its client takes its time to read."""
    def pieces():
        with Waited("/page"):
            yield bytes(PAGE_BYTES)
    return Response(pieces(), headers={"Content-Length": str(PAGE_BYTES)})


@app.get("/dns")
def dns():
    truth.resolve("/dns")
    return "resolved"


@app.get("/disk")
def disk():
    truth.read_uncached("/disk")
    return "read"


@app.get("/page-fault")
def page_fault():
    truth.fault_pages("/page-fault")
    return "read"


@app.get("/gil")
def gil():
    truth.wait_for_gil("/gil")
    return "ran"


@app.get("/child")
def child():
    process = subprocess.Popen(["/bin/sleep", str(CHILD_SECONDS)])
    with Waited("/child"):
        process.wait()
    return "waited"


@app.get("/stream")
def stream():
    """Says a word, pauses for longer than a response of unknown length may, and says another."""
    def words():
        yield b"first"
        time.sleep(STREAM_SECONDS)
        yield b"last"
    return Response(words())


@app.get("/file")
def file():
    return send_file(__file__)


def small_objects() -> list[str]:
    return [os.urandom(KEPT_OBJECT_BYTES // 2).hex() for _ in range(KEPT_OBJECTS)]


@app.get("/leak")
def leak():
    KEPT.append(small_objects())
    return "kept"


@app.get("/clean")
def clean():
    return str(len(small_objects()))


@app.get("/crash")
def crash():
    os.kill(os.getpid(), signal.SIGKILL)
    return "unreachable: the kill returns only in another process"
