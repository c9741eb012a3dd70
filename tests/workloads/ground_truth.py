"""A Flask application that knows what its requests wait for.

Each endpoint makes one kind of wait and appends what it measured itself to TRUTH_FILE: one JSON
object a line, {"endpoint", "tgid", "tid", "truth_ns"}, by the monotonic clock (for /cpu: by the
thread's own). An endpoint without a wait writes nothing. The environment names the services:
TRUTH_DATABASE (a psycopg2 connection string), TRUTH_CACHE (a Redis URL) and TRUTH_UPSTREAM_PORT.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

import psycopg2
import redis
from flask import Flask, Response, request, send_file

SLEEP_SECONDS = 0.120
DATABASE_SECONDS = 0.080
CPU_NS = 50_000_000
CACHE_SECONDS = 0.040
LOCK_SECONDS = 0.070
SMUGGLED_SECONDS = 0.050
CHILD_SECONDS = 0.050
STREAM_SECONDS = 1.5
DISK_BYTES = 4 * 1024 * 1024
# With the list's slot and the objects' headers, 28 KB of small objects.
KEPT_OBJECTS, KEPT_OBJECT_BYTES = 240, 60

app = Flask(__name__)
connections = threading.local()
cache = redis.Redis.from_url(os.environ.get("TRUTH_CACHE", "redis://127.0.0.1:6379"))
KEPT = []


def log(endpoint: str, truth_ns: int) -> None:
    """One write of one line, so that workers may share the file."""
    line = json.dumps({"endpoint": endpoint, "tgid": os.getpid(),
                       "tid": threading.get_native_id(), "truth_ns": truth_ns})
    file = os.open(os.environ["TRUTH_FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, line.encode() + b"\n")
    finally:
        os.close(file)


class Measured:
    """The wall time of its block, logged at its end."""

    def __init__(self, endpoint: str):
        self._endpoint = endpoint

    def __enter__(self):
        self._begin = time.monotonic_ns()

    def __exit__(self, *_):
        log(self._endpoint, time.monotonic_ns() - self._begin)


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
    with Measured("/sleep"):
        time.sleep(SLEEP_SECONDS)
    return "slept"


@app.get("/nap/<int:ms>")
def nap(ms):
    with Measured("/nap/{}"):
        time.sleep(ms / 1000)
    return "slept"


def unpatched_sleep(seconds: float) -> None:
    """The time.sleep that gevent and eventlet replaced, as a module finds it that was imported
    before them: it holds up the whole event loop."""
    if "gevent" in sys.modules:
        sys.modules["gevent.monkey"].get_original("time", "sleep")(seconds)
    elif "eventlet" in sys.modules:
        sys.modules["eventlet.patcher"].original("time").sleep(seconds)
    else:
        time.sleep(seconds)


@app.get("/smuggled")
def smuggled():
    with Measured("/smuggled"):
        unpatched_sleep(SMUGGLED_SECONDS)
    return "slept"


@app.get("/database")
def database():
    if not hasattr(connections, "database"):
        connections.database = psycopg2.connect(os.environ["TRUTH_DATABASE"])
        connections.database.autocommit = True
    with connections.database.cursor() as cursor:
        with Measured("/database"):
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
    with Measured("/cache"):
        cache.execute_command("DEBUG", "SLEEP", CACHE_SECONDS)
    return "fetched"


@app.get("/lock")
def lock():
    """Waits for a lock that another thread holds."""
    contended = threading.Lock()
    contended.acquire()
    holder = threading.Timer(LOCK_SECONDS, contended.release)
    # Starting a thread and joining it are waits for locks too.
    with Measured("/lock"):
        holder.start()
        contended.acquire()
        holder.join()
    return "locked"


@app.post("/upload")
def upload():
    with Measured("/upload"):
        body = request.get_data()
    return str(len(body))


@app.get("/disk")
def disk():
    with tempfile.TemporaryFile() as file:
        with Measured("/disk"):
            file.write(bytes(DISK_BYTES))
            file.flush()
            os.fsync(file.fileno())
    return "written"


@app.get("/child")
def child():
    process = subprocess.Popen(["/bin/sleep", str(CHILD_SECONDS)])
    with Measured("/child"):
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
