"""Requests that write to variables of a module, each beside one that only looks as if it did.

    /overwrite      puts who asks into a variable that all threads share
    /context        puts it into a context variable
    /count          counts requests, and notes when the last one came
    /lazy           sets a variable when it is first asked
    /append         appends to a list without bound
    /bounded        appends to a deque with a ceiling that is reached before long
    /cached         keeps the answer of the first time in a dict
    /hello          does nothing

Beside all that, a thread overwrites another variable several times a second.
"""

import contextvars
import itertools
import threading
import time
from collections import deque

NUMBERS = itertools.count()
CURRENT_VISITOR = None
REQUESTS = 0
LAST_REQUEST_AT = 0.0
SETTINGS = None
SEEN = []
LATEST = deque(maxlen=20)
ANSWERS = {}
HEARTBEAT = ""
visitor = contextvars.ContextVar("visitor")


class Visitor:
    def __init__(self):
        self.name = f"secret-{next(NUMBERS)}"


def overwrite():
    global CURRENT_VISITOR
    CURRENT_VISITOR = Visitor()


def context():
    visitor.set(Visitor())


def count():
    global REQUESTS, LAST_REQUEST_AT
    REQUESTS += 1
    LAST_REQUEST_AT = time.time()


def lazy():
    global SETTINGS
    if SETTINGS is None:
        SETTINGS = {"currency": "EUR"}


def append():
    for _ in range(10):
        SEEN.append(Visitor())


def bounded():
    for _ in range(5):
        LATEST.append(Visitor())


def cached():
    ANSWERS.setdefault(next(NUMBERS) % 40, "an answer")


def beat():
    global HEARTBEAT
    while True:
        HEARTBEAT = f"alive at {time.time()}"
        time.sleep(0.15)


threading.Thread(target=beat, daemon=True).start()
ROUTES = {"/" + does.__name__: does for does in (overwrite, context, count, lazy, append, bounded, cached)}


def app(environ, start_response):
    ROUTES.get(environ["PATH_INFO"], lambda: None)()
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
