"""Starlette endpoints that sleep for ?s= seconds, each in one way, and two streams."""
import asyncio
import random
import time

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route

lock = None  # made on the loop that uses it


def seconds(request):
    return float(request.query_params.get("s", "0.5"))


def slept():
    return PlainTextResponse("slept\n")


async def ping(request):
    return PlainTextResponse("pong\n")


async def asynchronous(request):
    await asyncio.sleep(seconds(request))
    return slept()


def threaded(request):
    time.sleep(seconds(request))
    return slept()


async def locked(request):
    global lock
    lock = lock or asyncio.Lock()
    async with lock:
        await asyncio.sleep(seconds(request))
    return slept()


async def jittered(request):
    await asyncio.sleep(seconds(request) * random.uniform(0.7, 1.3))
    return slept()


async def blocking(request):
    time.sleep(seconds(request))
    return slept()


async def partly_blocking(request):
    time.sleep(0.3 * seconds(request))
    await asyncio.sleep(0.7 * seconds(request))
    return slept()


async def computing(request):
    end = time.thread_time() + seconds(request)
    while time.thread_time() < end:
        pass
    return slept()


async def stream(request):
    async def pieces():
        for i in range(5):
            await asyncio.sleep(seconds(request) / 5)
            yield f"{i}\n"
    return StreamingResponse(pieces(), media_type="text/plain")


class Passing(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        return await call_next(request)


application = Starlette(routes=[Route("/" + view.__name__, view) for view in (
    ping, asynchronous, threaded, locked, jittered, blocking, partly_blocking, computing, stream)]
    + [Mount("/behind", app=Starlette(routes=[Route("/stream", stream)], middleware=[Middleware(Passing)]))])
