"""A whole Django project in one file: the four ways to write a view that sleeps.

Run by hand:  cd scenarios/django && /usr/bin/python3 -m uvicorn demo:application
Then:         curl -X POST 'localhost:8000/async-marker?s=0.2'

Written for Django 3.2, as Debian 12 has it; README.md beside this file says what each view shows.
"""

import asyncio
import json
import math
import time

from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1", "localhost", "[::1]"],
    DEBUG=False,
    LOGGING_CONFIG=None,
    # No middleware: one synchronous middleware would send every async view through a thread, and the question is about the view.
    MIDDLEWARE=[],
    ROOT_URLCONF=__name__,
    SECRET_KEY="not a secret: this server holds nothing and listens on loopback",
)

import django  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.http import HttpResponse, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.views import View  # noqa: E402


class BadSleep(Exception):
    pass


def wanted_sleep(request):
    """Seconds from `?s=0.2` or `{"sleep": 0.2}`; 1 when neither says. Raises BadSleep unless it is a number from 0 to 60."""
    try:
        if "s" in request.GET:
            seconds = float(request.GET["s"])
        elif request.body:
            seconds = json.loads(request.body).get("sleep", 1)
        else:
            seconds = 1
    except (ValueError, AttributeError) as error:
        raise BadSleep("sleep must be a number of seconds: ?s=0.2, or JSON {\"sleep\": 0.2}") from error
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not math.isfinite(seconds) or not 0 <= seconds <= 60:
        raise BadSleep("sleep must be from 0 to 60 seconds")
    return seconds


def answer(view, seconds, started):
    return JsonResponse({"view": view, "slept": seconds, "started": started, "ended": time.time()})


def refuse(error):
    return JsonResponse({"error": str(error)}, status=400)


class AsyncMarker(View):
    """An async class-based view: as_view() returns a plain function, so Django 3.2 must be told that calling it gives a coroutine."""

    async def post(self, request):
        started = time.time()
        try:
            seconds = wanted_sleep(request)
        except BadSleep as error:
            return refuse(error)
        await asyncio.sleep(seconds)
        return answer("async-marker", seconds, started)

    @classmethod
    def as_view(cls, **initkwargs):
        view = super().as_view(**initkwargs)
        # What asyncio.iscoroutinefunction() looks for. On the class alone it does nothing: Django asks about this function.
        view._is_coroutine = asyncio.coroutines._is_coroutine
        return view


class AsyncUnmarked(View):
    """The same without the marker: Django 3.2 gets a coroutine where it wants a response, and answers 500. (Django 4.1 does it itself.)"""

    async def post(self, request):
        return answer("async-unmarked", 0, time.time())


class AsyncCall:
    """A callable object. iscoroutinefunction() does not look at __call__ of an object, so the object carries the marker itself."""

    _is_coroutine = asyncio.coroutines._is_coroutine

    async def __call__(self, request):
        started = time.time()
        try:
            seconds = wanted_sleep(request)
        except BadSleep as error:
            return refuse(error)
        await asyncio.sleep(seconds)
        return answer("async-call", seconds, started)


class Sync(View):
    """A plain view: Django runs it in a thread, and all of them in the same one."""

    def post(self, request):
        started = time.time()
        try:
            seconds = wanted_sleep(request)
        except BadSleep as error:
            return refuse(error)
        time.sleep(seconds)
        return answer("sync", seconds, started)


async def blocking(request):
    """Async by its keyword only: time.sleep holds the event loop, and with it everybody else."""
    started = time.time()
    try:
        seconds = wanted_sleep(request)
    except BadSleep as error:
        return refuse(error)
    time.sleep(seconds)
    return answer("async-blocking", seconds, started)


async def healthz(request):
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns = [
    path("async-marker", AsyncMarker.as_view()),
    path("async-unmarked", AsyncUnmarked.as_view()),
    path("async-call", AsyncCall()),
    path("sync", Sync.as_view()),
    path("async-blocking", blocking),
    path("healthz", healthz),
]

django.setup()
application = get_asgi_application()
