"""What an application says that its requests waited for, and waits that only the kernel makes.

Each wait is one line of JSON in TRUTH_FILE: {"endpoint", "tgid", "tid", "truth_ns"}.
"""

import ctypes
import json
import mmap
import os
import socket
import sys
import threading
import time

GIL_SECONDS = 0.040
KERNEL_SECONDS = 0.030
# One page of each is read, so that none is read along with another.
STRIDE_BYTES = 32 * 1024
READ_BYTES = 1024 * 1024
RESOLVER_PORT = 53
QUERY = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x05truth\x07example\0\0\x01\0\x01"


def log(endpoint: str, truth_ns: int) -> None:
    """One write of one line, so that workers may share the file."""
    line = json.dumps({"endpoint": endpoint, "tgid": os.getpid(),
                       "tid": threading.get_native_id(), "truth_ns": truth_ns})
    file = os.open(os.environ["TRUTH_FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, line.encode() + b"\n")
    finally:
        os.close(file)


class Measured:
    """The wall time of its block, logged at its end."""

    def __init__(self, endpoint: str):
        self._endpoint = endpoint

    def __enter__(self):
        self._begin = time.monotonic_ns()

    def __exit__(self, *_):
        log(self._endpoint, time.monotonic_ns() - self._begin)


class Waited:
    """Likewise, without what the thread ran meanwhile: how long its block waited."""

    def __init__(self, endpoint: str):
        self._endpoint = endpoint

    def __enter__(self):
        self._begin = time.monotonic_ns() - time.thread_time_ns()

    def __exit__(self, *_):
        log(self._endpoint, time.monotonic_ns() - time.thread_time_ns() - self._begin)


def original(module: str, name: str):
    """What gevent and eventlet replaced, as a module finds it that was imported before them."""
    if "gevent" in sys.modules:
        return sys.modules["gevent.monkey"].get_original(module, name)
    if "eventlet" in sys.modules:
        return getattr(sys.modules["eventlet.patcher"].original(module), name)
    return getattr(__import__(module), name)


def read_uncached(endpoint: str) -> None:
    """Reads TRUTH_DISK around the cache until it took long enough."""
    file = os.open(os.environ["TRUTH_DISK"], os.O_RDONLY | os.O_DIRECT)
    try:
        size = os.fstat(file).st_size
        with mmap.mmap(-1, READ_BYTES) as buffer, Waited(endpoint):
            end, offset = time.monotonic() + KERNEL_SECONDS, 0
            while time.monotonic() < end:
                os.preadv(file, [buffer], offset % size)
                offset += READ_BYTES
    finally:
        os.close(file)


def fault_pages(endpoint: str) -> None:
    """Touches pages of TRUTH_DISK that are not in memory until it took long enough."""
    file = os.open(os.environ["TRUTH_DISK"], os.O_RDONLY)
    try:
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        with mmap.mmap(file, 0, prot=mmap.PROT_READ) as pages:
            pages.madvise(mmap.MADV_RANDOM)
            with Waited(endpoint):
                end = time.monotonic() + KERNEL_SECONDS
                for offset in range(0, len(pages), STRIDE_BYTES):
                    pages[offset]
                    if time.monotonic() >= end:
                        break
    finally:
        os.close(file)


def wait_for_gil(endpoint: str) -> None:
    """Another thread, a real one, sleeps and does not let the interpreter's lock go for it."""
    allocate_lock = original("_thread", "allocate_lock")
    ready, done = allocate_lock(), allocate_lock()
    ready.acquire()
    done.acquire()

    def hold():
        ready.release()
        begin = time.monotonic_ns()
        ctypes.PyDLL(None).usleep(int(GIL_SECONDS * 1e6))
        log(endpoint, time.monotonic_ns() - begin)
        done.release()
    original("_thread", "start_new_thread")(hold, ())
    ready.acquire()
    done.acquire()


def resolve(endpoint: str) -> None:
    """Asks the resolver at TRUTH_RESOLVER for a name."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as resolver:
        resolver.connect((os.environ["TRUTH_RESOLVER"], RESOLVER_PORT))
        with Waited(endpoint):
            resolver.send(QUERY)
            resolver.recv(512)
