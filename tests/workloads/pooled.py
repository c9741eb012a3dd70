"""Requests that take a connection of a pool and hold it for as long as they last."""

import time

from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.pool import QueuePool

app = Flask(__name__)


def pool_of(size):
    return create_engine("sqlite://", poolclass=QueuePool, pool_size=size, max_overflow=0,
                         connect_args={"check_same_thread": False})


POOLS = {size: pool_of(size) for size in (1, 8)}


@app.get("/hello")
def hello():
    return "hello"


@app.get("/with/<int:size>")
def with_connection(size):
    with POOLS[size].connect() as connection:
        stock = connection.execute(text("SELECT 4711")).scalar_one()
        time.sleep(0.03)
    return str(stock)
