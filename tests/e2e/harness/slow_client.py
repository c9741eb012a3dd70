"""Clients that take their time."""

import socket
import time

PIECES = 4
PIECE_BYTES = 1000
PAUSE_SECONDS = 0.020
# The kernel gives a connection buffers by the size of its segments.
SEGMENT_BYTES = 536
READ_PAUSE_SECONDS = 0.040


def upload(port: int, path: str) -> int:
    """POSTs PIECES pieces with pauses between them, 60 ms in all; returns the nanoseconds from the
    first piece to the last. AssertionError unless the answer is 200."""
    head = (f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
            f"Content-Length: {PIECES * PIECE_BYTES}\r\n\r\n").encode()
    piece = bytes(PIECE_BYTES)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(head + piece)
        begin = time.monotonic_ns()
        for _ in range(PIECES - 1):
            time.sleep(PAUSE_SECONDS)
            connection.sendall(piece)
        waited_ns = time.monotonic_ns() - begin
        answer = b""
        while received := connection.recv(4096):
            answer += received
    assert answer.startswith(b"HTTP/1.1 200 "), answer[:200]
    return waited_ns


class Sent:
    """A GET on a connection of its own, for the length of the block."""

    def __init__(self, port: int, path: str, segment_bytes: int = 0):
        self._connection = socket.socket()
        self._connection.settimeout(30)
        if segment_bytes:
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment_bytes)
        self._connection.connect(("127.0.0.1", port))
        self._connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                                 "Connection: close\r\n\r\n".encode())

    def answer(self, pause_seconds: float = 0) -> int:
        """Reads it, with a pause behind its first bytes; returns the pause's nanoseconds.
        AssertionError unless its status is 200."""
        answer = self._connection.recv(64)
        begin = time.monotonic_ns()
        time.sleep(pause_seconds)
        paused_ns = time.monotonic_ns() - begin
        while self._connection.recv(1 << 20):
            pass
        assert answer.startswith((b"HTTP/1.1 200 ", b"HTTP/1.0 200 ")), answer
        return paused_ns

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()


def download(port: int, path: str) -> int:
    """GETs it and does not read for READ_PAUSE_SECONDS after the answer's first bytes; returns the
    nanoseconds that this took."""
    with Sent(port, path, SEGMENT_BYTES) as request:
        return request.answer(READ_PAUSE_SECONDS)
