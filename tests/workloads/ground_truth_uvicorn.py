"""ground_truth.py as an ASGI application, one request at a time: its waits let the loop go on, where
asyncio has such a wait. For the environment see there."""

import asyncio
import os
import time

import asyncpg
import redis.asyncio
import truth
from truth import Waited

SLEEP_SECONDS = 0.120
DATABASE_SECONDS = 0.080
CACHE_SECONDS = 0.040
SMUGGLED_SECONDS = 0.050
TURN_SECONDS = 0.020
CPU_NS = 50_000_000
PAGE_BYTES = 4 * 1024 * 1024

opened = {}


async def once(name: str, open_it):
    """One connection of a kind for the worker."""
    if name not in opened:
        opened[name] = await open_it()
    return opened[name]


async def open_database():
    words = dict(word.split("=", 1) for word in os.environ["TRUTH_DATABASE"].split())
    return await asyncpg.connect(host=words["host"], port=int(words["port"]), user=words["user"],
                                 database=words["dbname"], ssl=False)


async def open_upstream():
    return await asyncio.open_connection("127.0.0.1", int(os.environ["TRUTH_UPSTREAM_PORT"]))


async def open_cache():
    return redis.asyncio.Redis.from_url(os.environ["TRUTH_CACHE"])


async def connected(*_):
    await once("database", open_database)
    await once("upstream", open_upstream)
    await (await once("cache", open_cache)).ping()


async def nothing(*_):
    pass


async def sleep(*_):
    with Waited("/sleep"):
        await asyncio.sleep(SLEEP_SECONDS)


async def turn(*_):
    """By how much it woke up too late: another task had the thread."""
    begin_ns = time.monotonic_ns()
    await asyncio.sleep(TURN_SECONDS)
    truth.log("/turn", time.monotonic_ns() - begin_ns - int(TURN_SECONDS * 1e9))


async def smuggled(*_):
    """Holds up the loop."""
    with Waited("/smuggled"):
        time.sleep(SMUGGLED_SECONDS)


async def database(*_):
    connection = await once("database", open_database)
    with Waited("/database"):
        await connection.execute(f"SELECT pg_sleep({DATABASE_SECONDS})")


async def cache(*_):
    connection = await once("cache", open_cache)
    with Waited("/cache"):
        await connection.execute_command("DEBUG", "SLEEP", CACHE_SECONDS)


async def upstream(*_):
    reader, writer = await once("upstream", open_upstream)
    with Waited("/upstream"):
        writer.write(b"GET / HTTP/1.1\r\nHost: upstream\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().splitlines() if b"content-length" in line)
        await reader.readexactly(int(length.split(b":")[1]))


class Answer(asyncio.DatagramProtocol):
    """The first datagram that comes."""

    def __init__(self):
        self.came = asyncio.get_running_loop().create_future()

    def datagram_received(self, data, _):
        if not self.came.done():
            self.came.set_result(data)


async def dns(*_):
    transport, answer = await asyncio.get_running_loop().create_datagram_endpoint(
        Answer, remote_addr=(os.environ["TRUTH_RESOLVER"], truth.RESOLVER_PORT))
    with Waited("/dns"):
        transport.sendto(truth.QUERY)
        await answer.came
    transport.close()


async def cpu(*_):
    begin = now = time.thread_time_ns()
    while now - begin < CPU_NS:
        now = time.thread_time_ns()
    truth.log("/cpu", now - begin)


async def upload(_, receive, __):
    with Waited("/upload"):
        while (await receive()).get("more_body"):
            pass


async def page(_, __, send):
    """Its client takes its time to read. A second piece waits until the first has gone: uvicorn alone
    would not wait for what is left when the kernel has taken nearly all of it."""
    send.__self__.transport.set_write_buffer_limits(0)
    await begin(send, PAGE_BYTES)
    with Waited("/page"):
        await send({"type": "http.response.body", "body": bytes(PAGE_BYTES), "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def disk(*_):
    truth.read_uncached("/disk")


async def page_fault(*_):
    truth.fault_pages("/page-fault")


async def gil(*_):
    truth.wait_for_gil("/gil")


HANDLERS = {"connected": connected, "sleep": sleep, "turn": turn, "smuggled": smuggled,
            "database": database, "cache": cache, "upstream": upstream, "dns": dns, "cpu": cpu,
            "upload": upload, "page": page, "disk": disk, "page-fault": page_fault, "gil": gil}


async def begin(send, length: int) -> None:
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-length", str(length).encode())]})


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    handler = HANDLERS.get(scope["path"].split("/")[1], nothing)
    await handler(scope["path"], receive, send)
    if handler is not page:
        await begin(send, 2)
        await send({"type": "http.response.body", "body": b"ok"})
