"""A client that knows exactly what it sent and who answered."""

import http.client
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor


class Client:
    """Sends one request at a time. `sent` counts answered requests by (method, path), `sending_ns`
    is how long sending them took, with making a connection where one was made."""

    def __init__(self, port: int, keep_alive: bool = True):
        self.sent = Counter()
        self.sending_ns = Counter()
        self._keep_alive = keep_alive
        self._headers = {} if keep_alive else {"Connection": "close"}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def request(self, method: str, path: str, body: bytes | None = None) -> str:
        """The body of the answer. AssertionError unless its status is 200."""
        begin_ns = time.monotonic_ns()
        self._connection.request(method, path, body, self._headers)
        self.sending_ns[method, path] += time.monotonic_ns() - begin_ns
        answer = self._connection.getresponse()
        text = answer.read().decode()
        if not self._keep_alive:
            # Not every server says that it closes: uWSGI does not.
            self._connection.close()
        assert answer.status == 200, f"{method} {path}: {answer.status} {text}"
        self.sent[method, path] += 1
        return text

    def get(self, path: str) -> str:
        return self.request("GET", path)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def send_all(port: int, plan, clients: int, keep_alive: bool) -> Counter:
    """Each of `clients` threads sends the whole plan, a list of (method, path, body); what was
    sent in all."""
    def work(_) -> Counter:
        with Client(port, keep_alive) as client:
            for step in plan:
                client.request(*step)
            return client.sent
    with ThreadPoolExecutor(clients) as threads:
        return sum(threads.map(work, range(clients)), Counter())
