"""A DNS resolver that knows no name, and takes its time to say so."""

import socket
import threading
import time

# Port 53 of addresses of its own on loopback, so that no resolver of the host is in the way.
ADDRESS = ("127.0.0.77", 53)
WORKLOAD_ADDRESS = ("127.0.0.78", 53)
RESPONSE = 0x8183  # recursion available, no such name


class Resolver:
    """A context manager: inside it queries by UDP are answered after `delay_seconds`."""

    def __init__(self, delay_seconds: float, address=ADDRESS):
        self._delay_seconds = delay_seconds
        self._address = address
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(self._address)
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
        self._socket.sendto(b"", self._address)
        self._thread.join()
        self._socket.close()
