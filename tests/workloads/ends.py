"""Endpoints that end their worker, and one that does not. While there is a NO_BOOT_FILE it does not load."""

import ctypes
import os
import sys
import time

HOG = []


def nap(seconds):
    time.sleep(float(seconds))


def segfault():
    ctypes.string_at(0)


def leave():
    os._exit(7)


def take_all():
    while True:
        HOG.append(bytearray(b"x") * (1 << 20))


if os.path.exists(os.environ["NO_BOOT_FILE"]):
    if os.environ.get("BOOT_ENDS") == "loop":
        sys.exit("Gunicorn tries again")
    raise RuntimeError("Gunicorn gives up")


def app(environ, start_response):
    _, name, *arguments = environ["PATH_INFO"].split("/")
    {"nap": nap, "segfault": segfault, "leave": leave, "take": take_all,
     "": lambda: None, "hello": lambda: None}[name](*arguments)
    body = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
