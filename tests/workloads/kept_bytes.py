"""Memory that requests keep outside of what Python counts, and memory that they give back.

As a WSGI application; each path does one thing. / is there to be ready.

    /keep/bytes     keeps a bytes object of 3,000 bytes
    /keep/buffer    keeps a bytearray of 200,000 bytes
    /keep/malloc    keeps 1,000 bytes of C's malloc()
    /give/bytes     makes such objects and drops them
    /give/large     makes a bytes object of 5,000,000 bytes and drops it
    /give/malloc    allocates and frees in C
    /give/grown     lets a buffer grow by realloc() and drops it
    /give/cached    keeps 200,000 bytes in a cache of 3 entries
"""

import collections
import ctypes
import os

LIBRARY = ctypes.CDLL(None)
LIBRARY.malloc.restype = ctypes.c_void_p
LIBRARY.malloc.argtypes = [ctypes.c_size_t]
LIBRARY.free.argtypes = [ctypes.c_void_p]
LIBRARY.realloc.restype = ctypes.c_void_p
LIBRARY.realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]

KEPT = [None] * 1_000_000  # does not grow by itself
CACHE = collections.deque(maxlen=3)  # turns over well within the time that a request takes to settle
NEXT = iter(range(len(KEPT)))


def keep_bytes():
    KEPT[next(NEXT)] = os.urandom(3_000)


def keep_buffer():
    KEPT[next(NEXT)] = bytearray(200_000)


def keep_malloc():
    KEPT[next(NEXT)] = LIBRARY.malloc(1_000)


def give_bytes():
    return [os.urandom(3_000) for _ in range(5)]


def give_large():
    return bytes(5_000_000)


def give_malloc():
    for _ in range(5):
        LIBRARY.free(LIBRARY.malloc(20_000))


def give_grown():
    block = None
    for size in range(1_000, 100_000, 5_000):
        block = LIBRARY.realloc(block, size)
    LIBRARY.free(block)


def give_cached():
    CACHE.append(bytearray(200_000))


def ready():
    pass


ROUTES = {"/": ready, "/keep/bytes": keep_bytes, "/keep/buffer": keep_buffer,
          "/keep/malloc": keep_malloc, "/give/bytes": give_bytes, "/give/large": give_large,
          "/give/malloc": give_malloc, "/give/grown": give_grown, "/give/cached": give_cached}


def app(environ, start_response):
    ROUTES[environ["PATH_INFO"]]()
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
