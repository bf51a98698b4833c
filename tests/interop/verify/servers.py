"""Real servers from Debian, each with an endpoint whose behaviour is known because it was built so: a table.

A row says how to start the server, which URL takes the service time, what a correct judgement of it is, and how a burst must
come out, which servers_test.py checks with a client of its own."""
import dataclasses
import os
import pathlib
import typing

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass(frozen=True)
class Expected:
    """A correct judgement."""

    headlines: frozenset  # any of these is right
    shape: str = "unknown"  # async, pool, serial, unknown
    workers: int | None = None  # of a pool, exactly; None where there is no such number
    mechanisms: frozenset = frozenset()  # threads, processes, lock, semaphore; none: cannot be seen, or does not apply
    loop_blocked: float | None = None  # the share of the service time that each request holds the loop; None: it does not
    cpu_bound: bool = False
    refuses_above: int | None = None
    paced_at: float | None = None  # a second
    streams: bool | None = None  # of a stream: whether it arrives as it is made


@dataclasses.dataclass(frozen=True)
class Truth:
    """How a burst comes out."""

    n: int
    least: float  # makespan in service times; never less, however fast the machine is
    most: float  # generous: no more than this on a machine that gets to it
    statuses: typing.Mapping[int, int] | None = None  # None: all 200
    held: bool = True  # sockets are open before
    slowest_connect: float = 0  # seconds, at least


@dataclasses.dataclass(frozen=True)
class Server:
    name: str
    command: tuple  # {port}, {behind} and {folder} are filled in
    path: str  # {s} is the service time in seconds
    packages: tuple  # of Debian, beyond Python itself
    expected: Expected
    truth: Truth
    environment: typing.Mapping[str, str] = dataclasses.field(default_factory=dict)
    behind: tuple = ()  # the command of a server behind it, on the port {behind}
    files: typing.Mapping[str, str] = dataclasses.field(default_factory=dict)  # written to {folder}, filled in too
    service_time: float = 0.3  # for the burst above
    ready: str = "/ping"


def headlines(*words):
    return frozenset(words)


def asynchronous():
    return Expected(headlines("asynchronous"), shape="async")


def pool(workers, *mechanisms):
    return Expected(headlines("pool"), shape="pool", workers=workers, mechanisms=frozenset(mechanisms))


def serial(*mechanisms):
    return Expected(headlines("serial"), shape="serial", workers=1, mechanisms=frozenset(mechanisms))


def loop_blocked(share=1.0):
    return Expected(headlines("loop blocked"), shape="serial" if share == 1 else "unknown", loop_blocked=share)


def cpu_bound():
    return Expected(headlines("CPU bound"), shape="serial", loop_blocked=1.0, cpu_bound=True)


ALL_AT_ONCE = Truth(20, 0.95, 2.5)


def turns(workers):
    """2 W + 1 requests take three turns."""
    return Truth(2 * workers + 1, 2.95, 4.5)


ONE_BY_ONE = Truth(5, 4.9, 7.5)


def uvicorn(application, *flags, loop="uvloop", where=("--port", "{port}")):
    return ("/usr/bin/python3", "-m", "uvicorn", "--app-dir", str(HERE), "--no-access-log", "--log-level", "warning", "--loop", loop, "--http", "h11",
            *where, *flags, f"{application}:application")


def gunicorn(*flags):
    return ("/usr/bin/python3", "-m", "gunicorn.app.wsgiapp", "--chdir", str(HERE), "--bind", "127.0.0.1:{port}", "--log-level", "warning",
            *flags, "wsgi_app:application")


def on_django(name, view, expected, truth, loop="uvloop", **more):
    return Server(f"django {name}", uvicorn("django_app", loop=loop), f"/{view}?s={{s}}",
                  ("python3-django", "uvicorn", "python3-uvloop"), expected, truth, **more)


def on_starlette(name, view, expected, truth, *flags, loop="uvloop", **more):
    return Server(f"starlette {name}", uvicorn("starlette_app", *flags, loop=loop), f"/{view}?s={{s}}",
                  ("python3-starlette", "uvicorn", "python3-uvloop"), expected, truth, **more)


def on_gunicorn(name, expected, truth, *flags):
    return Server(f"gunicorn {name}", gunicorn(*flags), "/sleep?s={s}", ("gunicorn",), expected, truth)


def on_node(name, view, expected, truth):
    return Server(f"node {name}", ("/usr/bin/node", str(HERE / "node_server.js"), "{port}"), f"/{view}?s={{s}}", ("nodejs",), expected,
                  truth)


def behind_nginx(name, view, expected, truth):
    return Server(f"nginx {name}", ("/usr/sbin/nginx", "-p", "{folder}", "-e", "stderr", "-c", "{folder}/nginx.conf"), f"/{view}?s={{s}}",
                  ("nginx-light", "python3-starlette", "uvicorn", "python3-uvloop"), expected, truth,
                  behind=uvicorn("starlette_app", where=("--port", "{behind}")),
                  files={"nginx.conf": (HERE / "nginx.conf").read_text()})


# concurrent.futures' own rule, which asyncio's default executor follows.
DEFAULT_EXECUTOR = min(32, (os.cpu_count() or 1) + 4)

SERVERS = (
    on_django("async view", "asynchronous", asynchronous(), ALL_AT_ONCE),
    on_django("async view, asyncio's loop", "asynchronous", asynchronous(), ALL_AT_ONCE, loop="asyncio"),
    on_django("sync view", "synchronous", serial("threads"), ONE_BY_ONE),
    on_django("time.sleep in an async view", "blocking", loop_blocked(), ONE_BY_ONE),
    on_django("time.sleep in an async view, asyncio's loop", "blocking", loop_blocked(), ONE_BY_ONE, loop="asyncio"),
    on_django("sync_to_async", "thread_sensitive", serial("threads"), ONE_BY_ONE),
    on_django("sync_to_async, not thread-sensitive", "not_thread_sensitive", pool(DEFAULT_EXECUTOR, "threads"), turns(DEFAULT_EXECUTOR)),
    on_django("semaphore of 5", "semaphore_of_5", pool(5, "semaphore"), turns(5)),
    on_django("executor of 8", "executor_of_8", pool(8, "threads"), turns(8)),
    # The middleware and the view take the same thread in turn, and the view awaits on a loop of its own below it.
    on_django("sync middleware around an async view", "asynchronous", serial("threads"), ONE_BY_ONE,
              environment={"VERIFY_MIDDLEWARE": "sync"}),
    on_starlette("async endpoint", "asynchronous", asynchronous(), ALL_AT_ONCE),
    on_starlette("def endpoint", "threaded", pool(40, "threads"), turns(40)),
    on_starlette("asyncio.Lock", "locked", serial("lock"), ONE_BY_ONE),
    on_starlette("jittered sleep", "jittered", asynchronous(), Truth(20, 0.7, 2.5)),
    on_starlette("30 % blocking", "partly_blocking", loop_blocked(0.3), Truth(11, 3.9, 6)),
    on_starlette("time.sleep", "blocking", loop_blocked(), ONE_BY_ONE),
    on_starlette("time.sleep, asyncio's loop", "blocking", loop_blocked(), ONE_BY_ONE, loop="asyncio"),
    on_starlette("computing", "computing", cpu_bound(), Truth(5, 4.9, 40)),
    on_starlette("stream", "stream", dataclasses.replace(asynchronous(), streams=True), ALL_AT_ONCE),
    on_starlette("stream behind BaseHTTPMiddleware", "behind/stream", dataclasses.replace(asynchronous(), streams=True), ALL_AT_ONCE),
    # The kernel spreads connections over the workers as it likes: from five in turn at best to all nine on one.
    on_starlette("time.sleep, two workers", "blocking",
                 Expected(headlines("unstable", "loop blocked", "pool"), workers=2, mechanisms=frozenset({"processes"}), loop_blocked=1.0),
                 Truth(9, 4.9, 12), "--workers", "2"),
    # It counts connections, the one that asks included, and refuses at the limit.
    on_starlette("--limit-concurrency 15", "asynchronous", Expected(headlines("refusing"), shape="async", refuses_above=14),
                 Truth(14, 0.95, 2.5), "--limit-concurrency", "15"),
    on_starlette("--backlog 5 and time.sleep", "blocking", Expected(headlines("backlog", "loop blocked"), shape="serial", loop_blocked=1.0),
                 Truth(16, 15.9, 60, held=False, slowest_connect=0.9), "--backlog", "5"),
    on_gunicorn("sync, 4 workers", pool(4, "processes"), Truth(9, 2.95, 6.5), "--workers", "4"),
    on_gunicorn("gthread, 8 threads", pool(8, "threads"), turns(8), "--worker-class", "gthread", "--threads", "8"),
    on_node("timer", "timer", asynchronous(), ALL_AT_ONCE),
    on_node("spinning", "spin", cpu_bound(), Truth(5, 4.9, 40)),
    # Ten a second: the last of 13 begins after 1.2 seconds, four service times, and takes one more.
    behind_nginx("limit_req", "paced", Expected(headlines("paced"), shape="async", paced_at=10.0), Truth(13, 4.9, 8)),
    behind_nginx("limit_conn", "few", Expected(headlines("refusing"), shape="async", refuses_above=10),
                 Truth(20, 0.95, 2.5, statuses={200: 10, 503: 10})),
)
