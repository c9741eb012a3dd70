"""The ground truth of an ASGI application: many requests wait on one thread at a time.

As ground_truth.py, whose truth file and services it uses. What it measures is from before an await
to after it, so the time in which others held the loop is part of it.
"""

import asyncio
import os
import time
from urllib.parse import urlsplit

from ground_truth import CPU_NS, SMUGGLED_SECONDS
from truth import Measured, log

CACHE_SECONDS = 0.250
QUESTION = b"GET / HTTP/1.1\r\nHost: payment\r\nConnection: close\r\n\r\n"


async def ask(port: int, question: bytes) -> bytes:
    """What a service on this host answers until it closes, or at once when it has a short answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(question)
    answer = await reader.read(65536)
    writer.close()
    return answer


async def nap(ms: str) -> bytes:
    with Measured("/nap/{}"):
        await asyncio.sleep(int(ms) / 1000)
    return b"slept"


async def upstream() -> bytes:
    with Measured("/upstream"):
        await ask(int(os.environ["TRUTH_UPSTREAM_PORT"]), QUESTION)
    return b"fetched"  # a body that begins as a response does would look like one


async def late() -> bytes:
    """Turns to the service only after others have had the loop."""
    await asyncio.sleep(0.010)
    with Measured("/late"):
        await ask(int(os.environ["TRUTH_UPSTREAM_PORT"]), QUESTION)
    return b"fetched"  # a body that begins as a response does would look like one


async def cached() -> bytes:
    """Waits for an element of a list that nobody will push."""
    seconds = b"%.3f" % CACHE_SECONDS
    with Measured("/cache"):
        return await ask(urlsplit(os.environ["TRUTH_CACHE"]).port,
                         b"*3\r\n$5\r\nBLPOP\r\n$7\r\nnothing\r\n$%d\r\n%s\r\n"
                         % (len(seconds), seconds))


async def smuggled() -> bytes:
    """After it has given way to others."""
    await asyncio.sleep(0.01)
    with Measured("/smuggled"):
        time.sleep(SMUGGLED_SECONDS)
    return b"slept"


async def cpu() -> bytes:
    begin = now = time.thread_time_ns()
    while now - begin < CPU_NS:
        now = time.thread_time_ns()
    log("/cpu", now - begin)
    return b"burnt"


async def pool() -> bytes:
    """Another thread does the work."""
    with Measured("/pool"):
        await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.050)
    return b"slept"


async def hello() -> bytes:
    return str(os.getpid()).encode()


ROUTES = {"/hello": hello, "/upstream": upstream, "/late": late, "/cache": cached, "/smuggled": smuggled,
          "/cpu": cpu, "/pool": pool}


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    path = scope["path"]
    if path.startswith("/nap/"):
        body = await nap(path.removeprefix("/nap/"))
    else:
        body = await ROUTES[path]()
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})
