"""A DNS resolver that knows no name, and takes its time to say so."""

import socket
import threading
import time
from contextlib import suppress

PORT = 53
RESPONSE = 0x8183  # recursion available, no such name


def bound_to_an_address_of_its_own() -> socket.socket:
    """On loopback, where neither the host's resolver is in the way nor that of another test."""
    for last in range(1, 255):
        with suppress(OSError):
            own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            own.bind((f"127.0.77.{last}", PORT))
            return own
    raise OSError(f"port {PORT} is taken on 127.0.77.0/24")


class Resolver:
    """A context manager: inside it queries by UDP to `address` are answered after `delay_seconds`."""

    def __init__(self, delay_seconds: float):
        self._delay_seconds = delay_seconds
        self._socket = bound_to_an_address_of_its_own()
        self.address = self._socket.getsockname()[0]
        self._thread = threading.Thread(target=self._answer)

    def _answer(self) -> None:
        while True:
            query, client = self._socket.recvfrom(512)
            if not query:
                return
            time.sleep(self._delay_seconds)
            self._socket.sendto(query[:2] + RESPONSE.to_bytes(2, "big") + query[4:], client)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        # An empty datagram ends the thread.
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()
