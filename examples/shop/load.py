#!/usr/bin/python3
"""Customers for the shop: a weighted mix of visits from a number of threads.

Prints one JSON object at the end: for each endpoint its requests, its errors and the quantiles of
its latency in milliseconds. Exit status 0 when every request got an answer below 500.
"""

import argparse
import http.client
import json
import os
import random
import signal
import sys
import threading
import time
from collections import defaultdict
from urllib.parse import urlsplit

IMAGE = os.urandom(60_000)
JSON = {"Content-Type": "application/json"}


def visits(rng: random.Random):
    """One visit after the other, each a list of (endpoint, method, path, body, headers)."""
    customer, product, year = rng.randrange(1, 500), rng.randrange(1, 201), 2024
    item = json.dumps({"product": product, "quantity": 1}).encode()
    add = ("POST /cart", "POST", f"/cart/{customer}", item, JSON)
    kinds = {
        "health": (4, [("GET /health", "GET", "/health", None, {})]),
        "browse": (2, [("GET /products", "GET", "/products", None, {})]),
        "view": (8, [("GET /product", "GET", f"/product/{product}", None, {})]),
        "cart": (2, [add, ("GET /cart", "GET", f"/cart/{customer}", None, {})]),
        "buy": (2, [add, ("POST /checkout", "POST", f"/checkout/{customer}", b"", {})]),
        "report": (1, [("GET /report", "GET", f"/report/{year}", None, {})]),
        "upload": (1, [("POST /upload", "POST", "/upload", IMAGE, {})]),
    }
    weights, plans = zip(*kinds.values())
    return rng.choices(plans, weights)[0]


class Customer(threading.Thread):
    """Makes visits until `stopped` is set, at most one each `pause` seconds. One at a time."""

    def __init__(self, address, keep_alive: bool, pause: float, seed: int, stopped):
        super().__init__(name=f"customer {seed}")
        self.latencies = defaultdict(list)
        self.errors = defaultdict(int)
        self._address = address
        self._keep_alive = keep_alive
        self._pause = pause
        self._rng = random.Random(seed)
        self._stopped = stopped
        self._connection = None

    def run(self) -> None:
        due = time.monotonic() + self._rng.random() * self._pause
        while not self._stopped.wait(max(0, due - time.monotonic())):
            due = max(due + self._pause, time.monotonic())
            for step in visits(self._rng):
                self._request(*step)
        self._disconnect()

    def _request(self, endpoint, method, path, body, headers) -> None:
        if not self._keep_alive:
            headers = {**headers, "Connection": "close"}
        begin = time.monotonic()
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(*self._address, timeout=30)
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            answer.read()
            failed = answer.status >= 500
            if answer.will_close:
                self._disconnect()
        except (OSError, http.client.HTTPException):
            failed = True
            self._disconnect()
        self.latencies[endpoint].append(time.monotonic() - begin)
        self.errors[endpoint] += failed

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def summary(customers) -> dict:
    """Counts, errors and latencies of all customers together, by endpoint."""
    result = {}
    for endpoint in sorted({name for customer in customers for name in customer.latencies}):
        latencies = sorted(s for customer in customers for s in customer.latencies[endpoint])
        at = lambda q: round(latencies[int(q * (len(latencies) - 1))] * 1000, 3)
        result[endpoint] = {
            "requests": len(latencies),
            "errors": sum(customer.errors[endpoint] for customer in customers),
            "latency_ms": {"p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "max": at(1)},
        }
    return result


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("url")
    options.add_argument("--duration", type=float, default=10, metavar="SECONDS")
    options.add_argument("--customers", type=int, default=8, help="threads; each waits its turn")
    options.add_argument("--rate", type=float, default=0,
                         help="visits a second of all customers together; 0: as fast as they can")
    options.add_argument("--close", action="store_true", help="a new connection for each request")
    chosen = options.parse_args()
    url = urlsplit(chosen.url)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    pause = chosen.customers / chosen.rate if chosen.rate else 0
    customers = [Customer((url.hostname, url.port or 80), not chosen.close, pause, seed, stopped)
                 for seed in range(chosen.customers)]
    for customer in customers:
        customer.start()
    stopped.wait(chosen.duration)
    stopped.set()
    for customer in customers:
        customer.join()
    result = summary(customers)
    print(json.dumps(result, indent=2))
    return 1 if any(endpoint["errors"] for endpoint in result.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
