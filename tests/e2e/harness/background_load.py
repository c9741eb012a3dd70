"""Requests that go on while a test does something to the server."""

import http.client
import threading
from collections import Counter


class BackgroundLoad:
    """GETs `path`, on a new connection each, from its thread until the end of the block.

    `answers` counts the bodies of good answers; `errors` tells of every request that had none.
    """

    def __init__(self, port: int, path: str):
        self.answers = Counter()
        self.errors = []
        self._port = port
        self._path = path
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stopped.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            try:
                connection.request("GET", self._path, headers={"Connection": "close"})
                answer = connection.getresponse()
                text = answer.read().decode()
                if answer.status == 200:
                    self.answers[text] += 1
                else:
                    self.errors.append(f"status {answer.status}")
            except (OSError, http.client.HTTPException) as error:
                self.errors.append(repr(error))
            finally:
                connection.close()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._thread.join()
