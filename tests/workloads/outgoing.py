"""A Flask application that asks others for things, with a secret in whatever it asks.

The environment names the secret (OUTGOING_SECRET: a word, and OUTGOING_NUMBER) and the services:
OUTGOING_POSTGRESQL (a psycopg2 connection string), OUTGOING_REDIS (a URL), OUTGOING_UPSTREAM_PORT,
OUTGOING_MARIADB_PORT and OUTGOING_RESOLVER (an IPv4 address).
"""

import http.client
import os
import socket

import psycopg2
import redis
from flask import Flask

SECRET = os.environ["OUTGOING_SECRET"]
NUMBER = int(os.environ["OUTGOING_NUMBER"])
WAIT_SECONDS = 0.03
LOOP_CALLS = 12

app = Flask(__name__)
kept = {}


def once(name: str, make):
    """One connection of a kind for each worker: its requests come one after the other."""
    if name not in kept:
        kept[name] = make()
    return kept[name]


def postgresql():
    connection = once("postgresql", lambda: psycopg2.connect(os.environ["OUTGOING_POSTGRESQL"]))
    connection.autocommit = True
    return connection.cursor()


@app.get("/hello")
def hello():
    return "hello"


@app.get("/postgresql/<int:number>")
def ask_postgresql(number):
    with postgresql() as cursor:
        cursor.execute("SELECT pg_sleep(%s) /* " + SECRET + " */ WHERE %s::text <> %s",
                       (WAIT_SECONDS, number, SECRET))
    return "asked"


@app.get("/loop")
def ask_in_a_loop():
    with postgresql() as cursor:
        for number in range(LOOP_CALLS):
            cursor.execute("SELECT %s WHERE %s = 1", (SECRET, number))
    return "asked"


@app.get("/transaction/<end>")
def in_a_transaction(end):
    """Begins one; ends it or does not."""
    connection = once("transaction", lambda: psycopg2.connect(os.environ["OUTGOING_POSTGRESQL"]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s", (SECRET,))
    if end == "commit":
        connection.commit()
    return "asked"


@app.get("/redis")
def ask_redis():
    cache = once("redis", lambda: redis.Redis.from_url(os.environ["OUTGOING_REDIS"]))
    cache.execute_command("SET", SECRET, NUMBER)
    cache.execute_command("BLPOP", SECRET + ":list", WAIT_SECONDS)
    return "asked"


@app.get("/upstream")
def ask_upstream():
    upstream = once("upstream", lambda: http.client.HTTPConnection(
        "127.0.0.1", int(os.environ["OUTGOING_UPSTREAM_PORT"]), timeout=10))
    upstream.request("POST", f"/pay/{NUMBER}?card={SECRET}", body=SECRET,
                     headers={"Authorization": SECRET})
    return upstream.getresponse().read()


@app.get("/mariadb")
def ask_mariadb():
    import pymysql
    connection = once("mariadb", lambda: pymysql.connect(
        host="127.0.0.1", port=int(os.environ["OUTGOING_MARIADB_PORT"]), user="root"))
    with connection.cursor() as cursor:
        cursor.execute('SELECT SLEEP(%s), %s, "' + SECRET + '"', (WAIT_SECONDS, SECRET))
    return "asked"


@app.get("/mariadb/transaction/<end>")
def in_a_transaction_of_mariadb(end):
    """Begins one; ends it or does not."""
    import pymysql
    connection = once("mariadb transaction", lambda: pymysql.connect(
        host="127.0.0.1", port=int(os.environ["OUTGOING_MARIADB_PORT"]), user="root"))
    connection.begin()
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s", (SECRET,))
        cursor.fetchall()
    if end == "commit":
        connection.commit()
    return "asked"


@app.get("/dns")
def ask_resolver():
    labels = b"".join(bytes([len(label)]) + label for label in (b"shop", b"example"))
    query = b"\x12\x34\x01\x00\x00\x01\0\0\0\0\0\0" + labels + b"\0" + b"\0\x01\0\x01"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as resolver:
        resolver.settimeout(10)
        resolver.sendto(query, (os.environ["OUTGOING_RESOLVER"], 53))
        resolver.recvfrom(512)
    return "asked"


@app.get("/raise")
def fail():
    try:
        raise RuntimeError(SECRET)
    except RuntimeError:
        app.logger.exception("failed")
    return "failed"
