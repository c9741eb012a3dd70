"""Objects that somebody keeps, counted and measured by the process itself.

As a program it reads commands from its standard input, a line each, and answers each with a line of JSON:

    keep NAME COUNT   makes COUNT objects of each type of MAKERS and keeps them, in KEPT[NAME]
    counts            how many objects of each type gc.get_objects() names
    freeze            gc.freeze()

As a WSGI application, /keep/COUNT keeps so many sessions and / answers with the count of them. /grow/COUNT keeps
them too, but looks at no other object.
"""

import collections
import gc
import json
import sys


class Session:
    """Has attributes, as most objects do."""

    def __init__(self, number):
        self.number = number
        self.items = [number]


class Slotted:
    __slots__ = ("first", "second", "__weakref__")

    def __init__(self, number):
        self.first, self.second = [number], None


class Titled(str):
    """A str with attributes."""


class Registry:
    sessions = []


SESSIONS = []
KEPT = {}
# What is made of each type, by a number; all of a type together are of several sizes.
MAKERS = {
    "bytes": lambda number: bytes(number % 90 + 2),
    "bytearray": lambda number: bytearray(number % 90 + 1),
    "str": lambda number: ("kept %d" % number) + "é" * (number % 3) + "\u20ac" * (number % 5 // 4),
    "int": lambda number: 2 ** (1000 + number % 64) + number,
    "float": lambda number: number + 0.5,
    "complex": lambda number: complex(number, 1),
    "tuple": lambda number: (None,) * (number % 9 + 1) + ([],),
    "list": lambda number: [None] * (number % 9),
    "dict": lambda number: {str(key): None for key in range(number % 40)},
    "set": lambda number: set(range(number % 70)),
    "frozenset": lambda number: frozenset(range(number % 70 + 1)),
    "collections.deque": lambda number: collections.deque(range(number % 200)),
    "Session": Session,
    "Slotted": Slotted,
    "Titled": lambda number: Titled("kept %d" % number),
}


def name_of(of: type) -> str:
    """As Linger names it."""
    return of.__qualname__ if of.__module__ == "builtins" else f"{of.__module__}.{of.__qualname__}"


def keep(name: str, count: int) -> dict:
    """What is kept: by type, how many and how many bytes."""
    kept = KEPT[name] = {maker: [make(number) for number in range(count)]
                         for maker, make in MAKERS.items()}
    return {name_of(type(objects[0])): [len(objects), sum(map(sys.getsizeof, objects))]
            for objects in kept.values()}


def counts() -> dict:
    gc.collect()
    return collections.Counter(name_of(type(each)) for each in gc.get_objects())


def app(environ, start_response):
    _, command, *rest = environ["PATH_INFO"].split("/")
    if command == "keep":
        SESSIONS.extend(Session(number) for number in range(int(rest[0])))
    if command == "grow":
        SESSIONS.extend(Session(number) for number in range(int(rest[0])))
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]
    kept = sum(type(each) is Session for each in gc.get_objects())
    body = json.dumps({"sessions": len(SESSIONS), "tracked": kept}).encode()
    start_response("200 OK", [("Content-Type", "application/json"),
                              ("Content-Length", str(len(body)))])
    return [body]


def main() -> None:
    for line in sys.stdin:
        command, *rest = line.split()
        if command == "keep":
            answer = keep(rest[0], int(rest[1]))
        elif command == "counts":
            answer = counts()
        else:
            gc.freeze()
            answer = {}
        del rest
        print(json.dumps(answer), flush=True)
        del answer


if __name__ == "__main__":
    main()
