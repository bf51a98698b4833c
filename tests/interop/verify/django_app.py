"""Django views that sleep for ?s= seconds, each in one way. VERIFY_MIDDLEWARE=sync puts a synchronous middleware around them."""
import asyncio
import concurrent.futures
import os
import time

import django
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpResponse
from django.urls import path


def sync_middleware(get_response):
    def middleware(request):
        return get_response(request)
    return middleware


settings.configure(DEBUG=False, SECRET_KEY="of no use", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__,
                   MIDDLEWARE=[f"{__name__}.sync_middleware"] if os.environ.get("VERIFY_MIDDLEWARE") == "sync" else [])
django.setup()

semaphore = None  # made on the loop that uses it
executor = concurrent.futures.ThreadPoolExecutor(8)


def seconds(request):
    return float(request.GET.get("s", "0.5"))


async def ping(request):
    return HttpResponse("pong\n")


async def asynchronous(request):
    await asyncio.sleep(seconds(request))
    return HttpResponse("slept\n")


def synchronous(request):
    time.sleep(seconds(request))
    return HttpResponse("slept\n")


async def blocking(request):
    time.sleep(seconds(request))
    return HttpResponse("slept\n")


async def thread_sensitive(request):
    await sync_to_async(time.sleep, thread_sensitive=True)(seconds(request))
    return HttpResponse("slept\n")


async def not_thread_sensitive(request):
    await sync_to_async(time.sleep, thread_sensitive=False)(seconds(request))
    return HttpResponse("slept\n")


async def semaphore_of_5(request):
    global semaphore
    semaphore = semaphore or asyncio.Semaphore(5)
    async with semaphore:
        await asyncio.sleep(seconds(request))
    return HttpResponse("slept\n")


async def executor_of_8(request):
    await asyncio.get_running_loop().run_in_executor(executor, time.sleep, seconds(request))
    return HttpResponse("slept\n")


urlpatterns = [path(view.__name__, view) for view in (
    ping, asynchronous, synchronous, blocking, thread_sensitive, not_thread_sensitive, semaphore_of_5, executor_of_8)]
application = get_asgi_application()
