"""Endpoints that fail or get into each other's way, each beside one that does neither."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from flask import Flask, abort, request

SECRET = "secret-4711"
HELD_SECONDS = 0.02
PAGE_BYTES = 4 << 20

app = Flask(__name__)
lock = threading.Lock()
first, second = threading.Lock(), threading.Lock()
met = threading.Barrier(2)


class OutOfStock(Exception):
    pass


@app.get("/hello")
def hello():
    return "hello"


def total(prices):
    return prices[SECRET]


@app.get("/raise/key")
def raise_key_error():
    return total({})


@app.get("/raise/own")
def raise_own():
    try:
        total({})
    except KeyError:
        raise OutOfStock(f"{SECRET}\nTraceback of {SECRET}")


@app.get("/handled")
def handled():
    """Logs what it knows how to go on from."""
    try:
        total({})
    except KeyError:
        logging.getLogger("gunicorn.error").exception("none of %s", SECRET)
    return "handled"


@app.get("/unavailable")
def unavailable():
    abort(503)


@app.get("/missing")
def missing():
    abort(404)


@app.get("/silent")
def silent():
    """A server error of which nothing is written to a log."""
    abort(500)


def raw(environ, start_response):
    """Leaves the exception to the server."""
    if environ["PATH_INFO"] != "/hello":
        total({})
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]


@app.get("/compute/<int:milliseconds>")
def compute(milliseconds):
    """Pure Python for so long on the CPU."""
    end = time.thread_time() + milliseconds / 1000
    while time.thread_time() < end:
        pass
    return "computed"


@app.get("/nap/<int:milliseconds>")
def nap(milliseconds):
    time.sleep(milliseconds / 1000)
    return "slept"


@app.get("/locked")
def locked():
    with lock:
        time.sleep(HELD_SECONDS)
    return "locked"


@app.get("/unlocked")
def unlocked():
    time.sleep(HELD_SECONDS)
    return "unlocked"


@app.get("/handed-over")
def handed_over():
    """Waits for what another thread does: nobody is in its way."""
    done = threading.Event()

    def work():
        time.sleep(HELD_SECONDS)
        done.set()
    threading.Thread(target=work).start()
    done.wait()
    return "done"


@app.get("/deadlock/<int:order>")
def deadlock(order):
    """Two of them, in different orders, never end."""
    outer, inner = (first, second) if order == 1 else (second, first)
    with outer:
        met.wait()
        with inner:
            return "never"


@app.get("/in-order")
def in_order():
    with first:
        with second:
            return "in order"


@app.get("/relock")
def relock():
    """A lock that its own thread waits for."""
    with lock:
        with lock:
            return "never"


@app.get("/hold/<int:seconds>")
def hold(seconds):
    """Others wait for the lock until this one has slept."""
    with lock:
        time.sleep(seconds)
    return "held"


@app.get("/event/<int:seconds>")
def event(seconds):
    """Waits for a thread that sleeps."""
    done = threading.Event()

    def work():
        time.sleep(seconds)
        done.set()
    threading.Thread(target=work).start()
    done.wait()
    return "done"


@app.get("/pieces/<int:seconds>")
def pieces(seconds):
    """Waits for a pool that does many small things."""
    with ThreadPoolExecutor(2) as pool:
        for result in [pool.submit(time.sleep, 0.05) for _ in range(seconds * 40)]:
            result.result()
    return "done"


@app.get("/page")
def page():
    return bytes(PAGE_BYTES)


@app.post("/upload")
def upload():
    return str(len(request.get_data()))
