"""A Flask application that holds its connections in the ways that applications do.

The environment names the services: CONNECTIONS_POSTGRESQL (a psycopg2 connection string),
CONNECTIONS_REDIS (a URL) and CONNECTIONS_REDIS_SOCKET (a path). It writes what it opens and closes
itself: GET /log.
"""

import os
import socket

import psycopg2
from flask import Flask, jsonify

POSTGRESQL = os.environ["CONNECTIONS_POSTGRESQL"]
REDIS_PORT = int(os.environ["CONNECTIONS_REDIS"].rsplit(":", 1)[1].split("/")[0])
REDIS_SOCKET = os.environ["CONNECTIONS_REDIS_SOCKET"]

app = Flask(__name__)
pool = []
caches = []
left = []
log = {"postgresql": {"opened": 0, "closed": 0}, "redis": {"opened": 0, "closed": 0},
       "unix:redis": {"opened": 0, "closed": 0}}


def connect():
    connection = psycopg2.connect(POSTGRESQL)
    log["postgresql"]["opened"] += 1
    return connection


def query(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def ping(cache) -> None:
    cache.sendall(b"*1\r\n$4\r\nPING\r\n")
    assert cache.recv(100) == b"+PONG\r\n"


@app.get("/hello")
def hello():
    return "hello"


@app.get("/log")
def tell():
    return jsonify(log)


@app.get("/pool/<int:size>")
def fill_pool(size):
    """Fills the pool; each of its connections commits what it does."""
    while len(pool) < size:
        pool.append(connect())
        query(pool[-1])
        pool[-1].commit()
    return "filled"


@app.get("/forget-commit")
def forget_commit():
    query(pool[0])
    return "in transaction"


@app.get("/remember-commit")
def remember_commit():
    query(pool[0])
    pool[0].commit()
    return "committed"


@app.get("/sleep/<int:milliseconds>")
def sleep(milliseconds):
    with pool[0].cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s), 'secret'", (milliseconds / 1000,))
    pool[0].commit()
    return "slept"


@app.get("/hold/<int:lock>")
def hold(lock):
    """Returns when nobody else holds this lock of the database's."""
    with pool[1].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (lock,))
    pool[1].commit()
    return "held"


@app.get("/connect-per-request")
def connect_per_request():
    connection = connect()
    query(connection)
    connection.close()
    log["postgresql"]["closed"] += 1
    return "connected and closed"


@app.get("/forget-close")
def forget_close():
    left.append(connect())
    query(left[-1])
    left[-1].commit()
    return "connected and not closed"


@app.get("/cache/wait")
def wait_for_cache():
    """A connection that waits until something is pushed to the list."""
    with socket.create_connection(("127.0.0.1", REDIS_PORT)) as connection:
        connection.sendall(b"*3\r\n$5\r\nBLPOP\r\n$4\r\nlist\r\n$1\r\n0\r\n")
        return connection.recv(100)


@app.get("/cache/<kind>/<end>")
def cache(kind, end):
    """One connection to Redis, over TCP or its socket, kept or closed."""
    if kind == "redis":
        connection = socket.create_connection(("127.0.0.1", REDIS_PORT))
    else:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(REDIS_SOCKET)
    log[kind]["opened"] += 1
    ping(connection)
    ping(connection)
    if end == "keep":
        caches.append(connection)
    else:
        connection.close()
        log[kind]["closed"] += 1
    return "asked"
