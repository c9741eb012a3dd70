"""Requests that keep memory in each of the usual ways, and requests that only look as if they did.

As a WSGI application; each path does one thing. / is there to be ready.

    /keep/dict          keeps a dict of ten small objects in a list of the module
    /keep/objects       keeps twenty small objects
    /keep/bytes         keeps a bytes object of 3,000 bytes
    /keep/buffer        keeps a bytearray of 200,000 bytes
    /keep/cycle         keeps an instance that refers to itself
    /keep/lru-cache     asks a cache without bound for what it does not have
    /keep/malloc        keeps 1,000 bytes of C's malloc()
    /give/objects       makes two hundred small objects and drops them
    /give/cycle         makes an instance that refers to itself and drops it: the collector's
    /give/cached        keeps 200,000 bytes in a cache of 3 entries
    /give/fragments     makes objects of many sizes and drops them in another order, but for one in a while
    /give/large         makes a bytes object of 5,000,000 bytes and drops it
    /give/import        imports a module when it is first asked

As a program it answers what one request of each keeps, in bytes of anonymous memory, as JSON.
"""

import ctypes
import functools
import gc
import json
import os
import random
import sys
from collections import deque

LIBRARY = ctypes.CDLL(None)
LIBRARY.malloc.restype = ctypes.c_void_p
LIBRARY.malloc.argtypes = [ctypes.c_size_t]

RECENT = []
KEPT = [None] * 1_000_000  # does not grow by itself
NEXT = iter(range(len(KEPT)))
CACHE = deque(maxlen=3)
FRAGMENTS = deque(maxlen=50)
ARGUMENTS = iter(range(1 << 60))
WARM_UP, CALLS = 300, 3_000


class Session:
    def __init__(self):
        self.itself = self
        self.notes = bytearray(1_500)


def keep(what):
    KEPT[next(NEXT)] = what


def keep_dict():
    RECENT.append({f"key{n}": n * 1.5 for n in range(10)})


def keep_objects():
    keep([object() if n % 2 else n * 1.5 for n in range(20)])


def keep_bytes():
    keep(os.urandom(3_000))


def keep_buffer():
    keep(bytearray(200_000))


def keep_cycle():
    keep(Session())


@functools.lru_cache(maxsize=None)
def price_of(argument):
    return f"price {argument} " * 60


def keep_lru_cache():
    price_of(next(ARGUMENTS))


def keep_malloc():
    block = LIBRARY.malloc(1_000)
    ctypes.memset(block, 1, 1_000)
    keep(block)


def give_objects():
    return len([{"a": n * 1.5} for n in range(200)])


def give_cycle():
    Session()


def give_cached():
    CACHE.append(bytearray(200_000))


def give_fragments():
    made = [bytearray(random.randrange(10, 5_000)) for _ in range(100)]
    random.shuffle(made)
    FRAGMENTS.append(made.pop())
    while made:
        made.pop()


def give_large():
    return len(bytes(5_000_000))


def give_import():
    import unittest.mock  # noqa: F401  large, and used by nobody else


def ready():
    pass


ROUTES = {"/" + name.replace("_", "/", 1).replace("_", "-"): does
          for name, does in sorted(globals().items())
          if name.startswith(("keep_", "give_"))} | {"/": ready}


def app(environ, start_response):
    ROUTES[environ["PATH_INFO"]]()
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


def anonymous_bytes() -> int:
    with open("/proc/self/smaps_rollup") as file:
        (line,) = [line for line in file if line.startswith("Anonymous:")]
    return int(line.split()[1]) * 1024


def kept_by(does) -> float:
    for _ in range(WARM_UP):
        does()
    gc.collect()
    before = anonymous_bytes()
    for _ in range(CALLS):
        does()
    gc.collect()
    return (anonymous_bytes() - before) / CALLS


if __name__ == "__main__":
    json.dump({path: kept_by(ROUTES[path]) for path in sys.argv[1:]}, sys.stdout)
