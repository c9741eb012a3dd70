"""Waits in one place a path, for any CPython from 3.8 on without a package. The line that waits for
/PATH ends in "# /PATH".

usage: waits.py DESCRIPTOR. A server of one thread: accepts on the listening socket, serves one request
a connection. As a WSGI application it waits likewise.
"""

import socket
import sys
import threading
import time

SECONDS = 0.04


def nap():
    time.sleep(SECONDS)  # /nap


class Waits:
    def method(self):
        (lambda: time.sleep(SECONDS))()  # /lambda


def generator():
    yield 1
    time.sleep(SECONDS)  # /generator
    yield 2


def callback(_):
    time.sleep(SECONDS / 2)  # /callback
    return 0


def several_lines():
    return dict(
        one=1,
        two=time.sleep(SECONDS),  # /lines
        three=3)


def wärten():
    time.sleep(SECONDS)  # /non-ascii


def lock():
    contended = threading.Lock()
    contended.acquire()
    threading.Timer(SECONDS, contended.release).start()
    contended.acquire()  # /lock


def hold(contended):
    time.sleep(SECONDS)
    contended.release()  # /released


def released():
    contended = threading.Lock()
    contended.acquire()
    threading.Thread(target=hold, args=[contended]).start()
    contended.acquire()


def receive():
    ours, theirs = socket.socketpair()
    threading.Timer(SECONDS, theirs.send, [b"x"]).start()
    ours.recv(1)  # /receive


def burn():
    """Burns in two threads, so that one of them waits for the interpreter's lock."""
    other = threading.Thread(target=burn_alone)
    other.start()
    burn_alone()
    other.join()


def burn_alone():
    end = time.monotonic() + 10 * SECONDS
    while time.monotonic() < end:
        pass  # /gil


HANDLERS = {
    "/nap": nap,
    "/lambda": Waits().method,
    "/generator": lambda: list(generator()),
    "/callback": lambda: sorted([1, 2], key=callback),
    "/lines": several_lines,
    "/non-ascii": wärten,
    "/lock": lock,
    "/released": released,
    "/receive": receive,
    "/gil": burn,
}


def wait_for(path):
    HANDLERS.get(path, lambda: None)()


def app(environ, start_response):
    wait_for(environ["PATH_INFO"])
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


def main():
    listener = socket.socket(fileno=int(sys.argv[1]))
    while True:
        connection, _ = listener.accept()
        request = connection.recv(4096).decode()
        wait_for(request.split(" ")[1])
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        connection.close()


if __name__ == "__main__":
    main()
