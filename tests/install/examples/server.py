"""Somebody's server: asyncio, one path that awaits and one that blocks."""

import asyncio
import sys
import time


async def answer(reader, writer):
    request = await reader.readuntil(b"\r\n\r\n")
    if b" /async " in request:
        await asyncio.sleep(0.1)
    else:
        time.sleep(0.1)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nslept\n")
    await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", int(sys.argv[1]), backlog=1000)
    await server.serve_forever()


asyncio.run(main())
