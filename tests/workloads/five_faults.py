"""A Flask application with five faults, and one endpoint without.

The environment names the services: FAULTS_POSTGRESQL (a psycopg2 connection string) and FAULTS_REDIS_PORT.
"""

import os
import socket

import psycopg2
from flask import Flask

SLOW_SECONDS, ROWS, ROW_SECONDS = 0.300, 25, 0.0015
KEPT_OBJECTS, KEPT_OBJECT_BYTES = 400, 60

app = Flask(__name__)
database = psycopg2.connect(os.environ["FAULTS_POSTGRESQL"])
database.autocommit = True
session = psycopg2.connect(os.environ["FAULTS_POSTGRESQL"])
kept = []
left = []


def query(connection, statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


@app.get("/hello")
def hello():
    return "hello"


@app.get("/report/<int:number>")
def report(number):
    """A slow statement."""
    query(database, "SELECT pg_sleep(%s), %s", SLOW_SECONDS, number)
    return "reported"


@app.get("/orders/<int:number>")
def orders(number):
    """One statement a row, where one for all would do."""
    for row in range(ROWS):
        query(database, "SELECT pg_sleep(%s), %s", ROW_SECONDS, number + row)
    return "listed"


@app.get("/product/<int:number>")
def product(number):
    """Keeps something of each request for good."""
    kept.append([bytes([number % 256]) * (KEPT_OBJECT_BYTES + i % 3) for i in range(KEPT_OBJECTS)])
    return "shown"


@app.get("/cart/<int:number>")
def cart(number):
    """Forgets to commit."""
    query(session, "SELECT %s", number)
    return "filled"


@app.get("/price/<int:number>")
def price(number):
    """Forgets to close its connection."""
    connection = socket.create_connection(("127.0.0.1", int(os.environ["FAULTS_REDIS_PORT"])))
    connection.sendall(b"*1\r\n$4\r\nPING\r\n")
    assert connection.recv(100) == b"+PONG\r\n"
    left.append(connection)
    return str(number)
