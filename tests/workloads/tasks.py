"""An HTTP server of asyncio's own streams: tasks that wait, and tasks that do not let others run.

    python3 tasks.py FD PORT

serves on the listening socket FD; PORT is a service on this host that answers slowly.
"""

import asyncio
import socket
import sys
import time

SECONDS = 0.040
# Long enough to be taken for a request's turn.
TICK_SECONDS = 0.0003
TICKING = []
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def nap(*_):
    await asyncio.sleep(2 * SECONDS)


async def hold(*_):
    await asyncio.sleep(SECONDS)
    time.sleep(SECONDS)  # /hold


async def late(_, port):
    """Asks the service after all the others have been received."""
    await asyncio.sleep(SECONDS / 2)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    await reader.read(1)
    writer.close()


async def body(client, _):
    """As slow as it comes, in two pieces of one byte."""
    await client.readexactly(1)
    await client.readexactly(1)


async def answer(_, port):
    """Asks the service once, after a nap, for an answer that it gives in two pieces of one byte."""
    await asyncio.sleep(SECONDS)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    await reader.readexactly(1)
    await reader.readexactly(1)
    writer.close()


async def tick():
    """Runs often, for no request, and touches no socket."""
    while True:
        await asyncio.sleep(SECONDS / 8)
        end = time.monotonic() + TICK_SECONDS
        while time.monotonic() < end:
            pass


async def start_ticking(*_):
    TICKING.append(asyncio.create_task(tick()))


HANDLERS = {b"/nap": nap, b"/hold": hold, b"/late": late, b"/body": body, b"/answer": answer,
            b"/tick": start_ticking}


async def serve(reader, writer):
    while line := await reader.readline():
        await reader.readuntil(b"\r\n")
        handler = HANDLERS.get(line.split()[1])
        if handler:
            await handler(reader, int(sys.argv[2]))
        writer.write(RESPONSE)
    writer.close()


async def main():
    listener = socket.socket(fileno=int(sys.argv[1]))
    listener.setblocking(False)
    server = await asyncio.start_server(serve, sock=listener)
    await server.serve_forever()


asyncio.run(main())
