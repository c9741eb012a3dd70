"""A client that takes its time to upload."""

import socket
import time

PIECES = 4
PIECE_BYTES = 1000
PAUSE_SECONDS = 0.010


def upload(port: int, path: str) -> int:
    """POSTs PIECES pieces with pauses between them, 30 ms in all; returns the nanoseconds from the
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
