"""Endpoints that leave something of a request behind, each beside one that does not.

LEFT_DATABASE is the file of an SQLite database, made when it is not there.
"""

import os
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

app = Flask(__name__)
engine = create_engine(f"sqlite:///{os.environ['LEFT_DATABASE']}", connect_args={"check_same_thread": False})
jobs = ThreadPoolExecutor(max_workers=1)
RECENT = []


def count_stock(session):
    return session.execute(text("SELECT 4711")).scalar_one()


def forget_to_pop():
    app.app_context().push()


def pop():
    with app.app_context():
        pass


@app.get("/hello")
def hello():
    return "hello"


@app.get("/context/left")
def leave_context():
    jobs.submit(forget_to_pop).result()
    return "left"


@app.get("/context/popped")
def pop_context():
    jobs.submit(pop).result()
    return "popped"


@app.get("/session/left")
def leave_session():
    session = Session(engine)
    RECENT.append(session)
    return str(count_stock(session))


@app.get("/session/closed")
def close_session():
    with Session(engine) as session:
        return str(count_stock(session))
