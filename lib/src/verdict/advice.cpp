// What usually causes a verdict, and what to change, by the server.
#include <algorithm>
#include <array>
#include <string_view>

#include "verdict/family.hpp"
#include "verdict/words.hpp"

namespace volley::verdict {
namespace {

struct Advice {
    Headline headline;
    Family family;  ///< unknown: for all that have no line of their own
    std::string_view cause;
    std::string_view advice;
};

// Of lines with the same headline, the family's own comes first, then the one for `unknown`.
constexpr std::array table{
    Advice{
        Headline::unstable, Family::unknown,
        "The kernel hands connections to whichever worker accepts first, so one may get most of them while others idle.",
        "Make each worker able to overlap requests, so that uneven shares do not matter; or let a proxy in front share them out (nginx "
        "`least_conn`), or give each worker its own socket (SO_REUSEPORT)."},
    Advice{Headline::backlog_small, Family::asgi,
           "The queue of connections that wait to be accepted is short, and the loop does not come to accept.",
           "Start uvicorn with `--backlog 2048` and look at net.core.somaxconn; above all, do not block the loop."},
    Advice{Headline::backlog_small, Family::wsgi, "The queue of connections that wait to be accepted is short.",
           "Raise `--backlog` of gunicorn and net.core.somaxconn."},
    Advice{Headline::backlog_small, Family::nginx, "The queue of connections that wait to be accepted is short.",
           "Write `listen 80 backlog=4096;` and raise net.core.somaxconn."},
    Advice{Headline::backlog_small, Family::node,
           "The queue of connections that wait to be accepted is short, and the loop does not come to accept.",
           "Give `server.listen` a larger backlog (511 is the default), raise net.core.somaxconn, and do not block the loop."},
    Advice{Headline::backlog_small, Family::unknown,
           "The queue of connections that wait to be accepted is short: clients send their SYN again after 1, 3 and 7 seconds.",
           "Raise the backlog that the server gives to listen(2), and net.core.somaxconn."},
    Advice{Headline::refusing, Family::asgi,
           "uvicorn's `--limit-concurrency` counts connections, not requests, and idle ones too; middleware may limit as well.",
           "Raise or remove `--limit-concurrency`, or queue in front of the server."},
    Advice{Headline::refusing, Family::nginx, "limit_conn, limit_req without `delay`, or a full upstream refuses.",
           "Look at limit_conn, at limit_req's burst, at max_conns of the upstream, and at worker_connections."},
    Advice{Headline::refusing, Family::node, "A limiter in front of the handler, or server.maxConnections, refuses.",
           "Look for server.maxConnections and for middleware such as express-rate-limit."},
    Advice{
        Headline::refusing, Family::unknown, "A limit on requests or connections is on purpose, or a queue is full.",
        "Look for the setting that limits concurrent requests or connections, and for the size of the queue before the workers."},
    Advice{
        Headline::cpu_bound, Family::django,
        "The view computes while it holds the thread or the loop: queries are not the cause, Python code is.",
        "Move the computation to another process (Celery, a ProcessPoolExecutor), and run as many workers as there are processors."},
    Advice{Headline::cpu_bound, Family::asgi,
           "The handler computes; threads do not help, since Python runs one of them at a time.",
           "Move the computation into a ProcessPoolExecutor or a task queue, and run `--workers` for the number of processors."},
    Advice{Headline::cpu_bound, Family::node,
           "The handler computes on the one thread that runs JavaScript: large JSON, templates, hashing, regular expressions.",
           "Move it to worker_threads, use the asynchronous forms (crypto.scrypt, zlib), or run a cluster."},
    Advice{Headline::cpu_bound, Family::unknown, "The handler computes: the processor is the limit, not waiting.",
           "Do less per request, keep results, or add processes up to the number of processors."},
    Advice{
        Headline::loop_blocked, Family::django,
        "A blocking call (ORM without `a...`, requests, time.sleep) stands in an async view or middleware.",
        "Await the asynchronous form (`aget`, httpx.AsyncClient, asyncio.sleep), wrap the call in sync_to_async, or make the view a plain `def`."},
    Advice{
        Headline::loop_blocked, Family::asgi,
        "A blocking call (requests, time.sleep, a database driver without await, a file) stands in an `async def` handler, dependency or "
        "middleware.",
        "Write `def` instead of `async def`, so that it runs in a thread; or await the asynchronous form (httpx.AsyncClient, asyncio.sleep, "
        "asyncpg); or `await run_in_threadpool(...)`. `PYTHONASYNCIODEBUG=1` names calls over 100 ms."},
    Advice{Headline::loop_blocked, Family::node,
           "A call ending in Sync (fs.readFileSync, crypto.pbkdf2Sync, execSync) or a long loop stands in the handler.",
           "Use the asynchronous form, or worker_threads. `node --trace-sync-io` names the calls."},
    Advice{Headline::loop_blocked, Family::unknown, "A blocking call stands in code that runs on the event loop.",
           "Await the asynchronous form of the call, or move it to a thread."},
    Advice{Headline::paced, Family::nginx, "limit_req with a burst delays requests to its rate.",
           "Raise `rate`, or add `nodelay` to `burst`."},
    Advice{
        Headline::paced, Family::unknown,
        "A rate limiter spaces requests; or a part of each waits for a pool (of connections, threads, permits) or a lock: then the rate is the "
        "pool's size divided by the time that each request holds one of it.",
        "Look for a limiter (rate, token bucket) first, then for a pool of database connections or threads, a lock or a semaphore that is held for "
        "a part of the request: enlarge it, or hold it for less time."},
    Advice{
        Headline::serial, Family::django,
        "Synchronous views under ASGI share one thread (thread-sensitive, all of Django before 4.0); a synchronous middleware does the same to "
        "async views.",
        "Make views and every middleware asynchronous, update to Django 4 or later, or use sync_to_async(thread_sensitive=False) for what is "
        "safe in any thread."},
    Advice{
        Headline::serial, Family::asgi,
        "Requests wait for one thread or lock: Django's thread-sensitive sync_to_async or synchronous middleware, an asyncio.Lock, a pool of one "
        "database connection, or a limiter of one token.",
        "With Django, make views and every middleware asynchronous or update to 4.0 or later; else look for the lock, or for a connection that is shared."},
    Advice{Headline::serial, Family::wsgi, "There is one worker, and it does one request at a time.",
           "Start more: `gunicorn --workers 4 --threads 8`; or an asynchronous worker class if the code awaits."},
    Advice{Headline::serial, Family::node,
           "Requests wait for each other: one database connection, a promise chain, a mutex, or UV_THREADPOOL_SIZE=1.",
           "Use a pool of connections, and look for a queue or mutex in the handler."},
    Advice{Headline::serial, Family::nginx,
           "The server behind the proxy takes one request at a time, or its connection limit is 1.",
           "Verify the server behind it directly."},
    Advice{Headline::serial, Family::unknown, "Requests wait for one thing: a lock, one thread, one worker or one connection.",
           "Look for what there is only one of: worker processes, threads, a database connection, a lock."},
    Advice{Headline::pool, Family::django, "Synchronous views run in a pool of threads, or the database's connections limit.",
           "Make the views asynchronous, or give the server more threads and the database more connections."},
    Advice{
        Headline::pool, Family::asgi,
        "`def` handlers run in anyio's 40 threads; run_in_executor and sync_to_async(thread_sensitive=False) in min(32, processors + 4); a pool of "
        "connections or a semaphore limits without threads.",
        "Make the handler `async def` and await in it, or raise the limit (anyio.to_thread.current_default_thread_limiter().total_tokens, the size of the pool)."},
    Advice{Headline::pool, Family::wsgi, "As many requests overlap as there are workers times threads.",
           "Raise `--workers` or `--threads`, or use an asynchronous server if requests mostly wait."},
    Advice{Headline::pool, Family::node,
           "A pool limits: database connections, an agent's maxSockets, or libuv's 4 threads (files, DNS, crypto).",
           "Raise the pool's size, maxSockets, or UV_THREADPOOL_SIZE."},
    Advice{Headline::pool, Family::nginx, "The server behind the proxy has so many workers, or max_conns limits.",
           "Verify the server behind it directly."},
    Advice{Headline::pool, Family::jvm,
           "The connector's threads limit (server.tomcat.threads.max, 200 by default), or a pool of connections.",
           "Raise threads.max or the pool, or use virtual threads or a reactive stack."},
    Advice{Headline::pool, Family::unknown, "So many workers, threads, connections or permits there are.",
           "Raise that number, or make the handler wait without holding one of them."},
    Advice{
        Headline::thread_per_request, Family::django,
        "Since Django 4.0 each synchronous view or middleware under ASGI gets a thread for its request.",
        "Make the view and every middleware asynchronous if many requests wait at once; each thread costs memory and there is a limit on them."},
    Advice{
        Headline::thread_per_request, Family::asgi,
        "A thread comes for each request: with Django a synchronous view or middleware under ASGI.",
        "Make the view and every middleware asynchronous if many requests wait at once; each thread costs memory and there is a limit on them."},
    Advice{Headline::thread_per_request, Family::unknown, "The server starts a thread for each request.",
           "That is fine for some hundreds; for more, wait without a thread."},
    Advice{Headline::concurrent, Family::nginx, "A proxy stands in front, so that what works behind it was not seen.",
           "Verify the server behind it directly, on its own machine, to see how it overlaps."},
    Advice{Headline::concurrent, Family::unknown, "No limit was met; by what the requests overlap was not seen.",
           "Run the verification on the server's machine, or with more requests (`--max`), to know more."},
};

}  // namespace

void advise(Record& record, const Assessment& a) {
    const Family family = family_of(a.seen);
    const auto find = [&](Family f) {
        return std::ranges::find_if(table, [&](const Advice& x) { return x.headline == record.headline && x.family == f; });
    };
    auto at = find(family);
    if (at == table.end()) at = find(Family::unknown);
    if (at == table.end()) return;
    record.cause = at->cause;
    record.advice = at->advice;
}

}  // namespace volley::verdict
