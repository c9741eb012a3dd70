"""Memory that requests keep, from C's allocator and from Python's own, and memory that they give back.

As a WSGI application; each path does one thing. / is there to be ready.

    /keep/bytes     keeps a bytes object of 3,000 bytes
    /keep/buffer    keeps a bytearray of 200,000 bytes
    /keep/malloc    keeps 1,000 bytes of C's malloc()
    /keep/mapping   keeps ten pages that it maps itself
    /keep/dict      keeps a dict of ten small objects
    /keep/cycle     keeps an instance that refers to itself, and its notes
    /keep/list      keeps twenty tuples in a list of the module that grows
    /keep/cache     asks a cache without bound for what it does not have
    /give/bytes     makes such objects and drops them
    /give/large     makes a bytes object of 5,000,000 bytes and drops it
    /give/malloc    allocates and frees in C
    /give/grown     lets a buffer grow by realloc() and drops it
    /give/mapping   maps pages and lets them go
    /give/cached    keeps 200,000 bytes in a cache of 3 entries

As a program it answers what one request of each of its arguments keeps in blocks of Python's allocator, as JSON: what
the interpreter says of itself.
"""

import collections
import ctypes
import functools
import json
import mmap
import os
import re
import sys
import tempfile

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


def keep_mapping():
    KEPT[next(NEXT)] = mmap.mmap(-1, 10 * mmap.PAGESIZE)


def keep_dict():
    KEPT[next(NEXT)] = {f"key{n}": f"value {n}" for n in range(10)}


class Session:
    def __init__(self):
        self.itself = self
        self.notes = [f"note {n}" for n in range(10)]


def keep_cycle():
    KEPT[next(NEXT)] = Session()


GROWING = []


def keep_list():
    GROWING.extend((f"first {n}", f"second {n}") for n in range(20))


@functools.lru_cache(maxsize=None)
def prices_of(argument):
    return [f"price {argument} {n}" for n in range(10)]


def keep_cache():
    prices_of(next(NEXT))


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


def give_mapping():
    mmap.mmap(-1, 100 * mmap.PAGESIZE).close()


def give_cached():
    CACHE.append(bytearray(200_000))


def ready():
    pass


ROUTES = {"/": ready, "/keep/bytes": keep_bytes, "/keep/buffer": keep_buffer, "/keep/malloc": keep_malloc,
          "/keep/mapping": keep_mapping, "/keep/dict": keep_dict, "/keep/cycle": keep_cycle, "/keep/list": keep_list,
          "/keep/cache": keep_cache, "/give/bytes": give_bytes, "/give/large": give_large, "/give/malloc": give_malloc,
          "/give/grown": give_grown, "/give/mapping": give_mapping, "/give/cached": give_cached}


def app(environ, start_response):
    ROUTES[environ["PATH_INFO"]]()
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


def pymalloc_bytes() -> int:
    """As the interpreter tells it, on standard error."""
    with tempfile.TemporaryFile() as told:
        saved = os.dup(2)
        os.dup2(told.fileno(), 2)
        sys._debugmallocstats()
        os.dup2(saved, 2)
        os.close(saved)
        told.seek(0)
        return int(re.search(rb"# bytes in allocated blocks\s*=\s*([\d,]+)", told.read())[1].replace(b",", b""))


def small_bytes_kept_by(does, calls=2_000) -> float:
    for _ in range(100):
        does()
    before = pymalloc_bytes()
    for _ in range(calls):
        does()
    return (pymalloc_bytes() - before) / calls


if __name__ == "__main__":
    json.dump({path: small_bytes_kept_by(ROUTES[path]) for path in sys.argv[1:]}, sys.stdout)
