// The built-in application: views whose behaviour is known, to try clients and load on.
#pragma once

#include <cstdint>
#include <string>

#include <boost/asio/awaitable.hpp>

#include <volley/error.hpp>
#include <volley/server/server.hpp>
#include <volley/view.hpp>

namespace volley::app {

/// Routes of the application. All views are asynchronous.
///
/// | path | answers |
/// |---|---|
/// | `/` | a page that explains the rest |
/// | `/offer` GET, POST | sleeps, then JSON: `slept` (what was asked for, seconds), `started`, `ended` (ISO 8601, UTC), `started_s`, `ended_s` (seconds since 1970), `elapsed`. How long: `?s=1`, or `sleep` in a JSON object or form; 0 to 60, default 1; else 400 |
/// | `/ping` | `pong` |
/// | `/echo` any method | method, target, path, query, headers, body, as JSON |
/// | `/status/{code}` any method | that status, 200 to 599 |
/// | `/inflight` | what runs and waits now, without the requests to `/inflight` itself |
/// | `/ticks?n=10&every=200ms` | n server-sent events (1 to 100,000), one each `every` (0 to 60 s) |
/// | `/bytes/{n}` | n bytes, up to 1 GiB |
[[nodiscard]] view::Routes make_routes();

struct ServeOptions {
    server::Kind kind;
    std::string host = "127.0.0.1";
    std::uint16_t port = 8000;  ///< 0: the system picks one
    bool log = false;           ///< a line for each request on standard error
    server::Limits limits;
};

/// Serves the application until SIGINT or SIGTERM, or for ever. Prints `listening on http://127.0.0.1:PORT (kind)` on standard output
/// as soon as clients can connect; errors go to standard error. Raises the descriptor limit. Blocks the calling thread.
/// @return 0 after a signal, 3 when it cannot listen.
int run_serve(const ServeOptions& options);

/// The same from words: `--kind coroutine|pool:W|serial`, `--host H`, `--port P`, `--log`, also as `--flag=value`. For the helper program.
/// @return as run_serve(); 2 for words that it does not know.
int serve_main(int argc, const char* const* argv);

}  // namespace volley::app
