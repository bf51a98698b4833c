// The built-in application: views whose behaviour is known, to try clients and load on.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <volley/error.hpp>
#include <volley/server/server.hpp>
#include <volley/time.hpp>
#include <volley/view.hpp>

namespace volley::app {

/// Where the server that answers can be reached by itself: known once it listens, and never taken from a request, whose Host field says
/// what its sender likes.
/// Thread safety: every member may be called from any thread.
class SelfAddress {
public:
    /// @param host  what is listened on; for all addresses (`0.0.0.0`, `::`) that is the loopback one
    void set(std::string_view host, std::uint16_t port);
    /// `http://127.0.0.1:8000`; empty before set().
    [[nodiscard]] std::string origin() const;

private:
    mutable std::mutex mutex_;
    std::string origin_;
};

/// The WebRTC calls that others begin with this process. They share one UDP port and one thread, which start with the first of them.
struct CallOptions {
    std::string host =
        "127.0.0.1";         ///< to bind; run_serve() takes the server's own. `0.0.0.0` and `::`: all addresses of the machine
    std::uint16_t port = 0;  ///< UDP; 0: the system picks one. Of several processes the first has it, and each other the next one
    std::size_t most = 1000;  ///< at a time; more are answered 503
    /// Of one address, as HTTP sees it; more are answered 429. Loopback addresses are not limited by it.
    std::size_t most_per_address = 100;
    /// Of a picture of any shape that is to be decoded, from 64 x 64 to 4096 x 4096; the video of a call with a larger one is not sent back.
    std::size_t most_pixels = std::size_t{1920} * 1200;
    Duration idle = std::chrono::minutes(10);  ///< a call on which nothing comes is ended; 0: never
    /// Told to clients, as `stun:host:port`: the page at `/` uses it, answers of /whip name it in a Link field. The server asks none itself.
    std::vector<std::string> stun{};
    std::vector<std::string> advertise{};  ///< addresses to name instead of those bound: of a one-to-one NAT
    /// What is played to callers that take audio: `echo` (what they send), `tone` (440 Hz), `none`, or a file, WAV or Opus in Ogg, over
    /// and over.
    std::string audio = "echo";
    /// What is played to callers that only receive video (WHEP): a file as `volley offer --video-source` takes it; empty: a moving picture.
    std::string video{};
    std::string record_to{};  ///< a folder for a WebM file of each call that sends media; empty: none is made
    /// Origins whose pages may use /whip and /whep, as `https://host[:port]`, or `*` alone: all. Those of this machine always may.
    std::vector<std::string> cors{};
};

struct AppOptions {
    std::shared_ptr<const SelfAddress> self{};            ///< for /fanout, which answers 503 without one
    unsigned query_connections = 5;                       ///< of /query; at least 1, opened when they are needed
    Duration fanout_patience = std::chrono::seconds(10);  ///< added to what the requests of /fanout take one after another
    CallOptions calls{};
};

/// Routes of the application. All views are asynchronous.
///
/// | path | answers |
/// |---|---|
/// | `/` | a page that explains the rest, and makes a WebRTC call; with `/client.css`, `/client.js` and `/client/{module}` |
/// | `/offer` GET, POST | sleeps, then JSON: `slept` (what was asked for, seconds), `started`, `ended` (ISO 8601, UTC), `started_s`, `ended_s` (seconds since 1970), `elapsed`. How long: `?s=1`, or `sleep` in a JSON object or form; 0 to 60, default 1; else 400. With `sdp` and `type: "offer"` in the JSON it sleeps only where that is asked for, and answers a WebRTC call: `sdp`, `type: "answer"`; 400, 413, 429, 503 with `error` otherwise |
/// | `/whip`, `/whep` POST | the same for `application/sdp`: 201 with the answer, and Location of a resource that takes PATCH and DELETE. Source: RFC 9725, draft-ietf-wish-whep |
/// | `/ping` | `pong` |
/// | `/echo` any method | method, target, path, query, headers, body, as JSON |
/// | `/status/{code}` any method | that status, 200 to 599 |
/// | `/inflight` | what runs and waits now, without the requests to `/inflight` itself |
/// | `/ticks?n=10&every=200ms` | n server-sent events (1 to 100,000), one each `every` (0 to 60 s) |
/// | `/bytes/{n}` | n bytes, up to 1 GiB |
/// | `/fanout?n=5&s=0.2` | asks this server n (1 to 100) times for `/offer?s=`, all at once, then JSON: `n`, `right`, `elapsed` (seconds), `fastest_ms`, `slowest_ms`, `statuses` (0: no answer); 502 with `error` too unless all were right |
/// | `/query?ms=50` | an SQL query in SQLite that takes `ms` (0 to 60,000), through a pool of connections, off the loop; then JSON: `rows`, `waited_ms` (for a connection), `ran_ms`, `connections`, `busy` (in use when it began, its own included), `ahead` (that had to come back first) |
/// | `/file?bytes=1048576` | reads that much (up to 64 MiB) of a temporary file, off the loop, then JSON: `bytes`, `sha256`, `read_ms` |
[[nodiscard]] view::Routes make_routes(const AppOptions& options = {});

struct ServeOptions {
    server::Kind kind;
    std::string host = "127.0.0.1";
    std::uint16_t port = 8000;   ///< 0: the system picks one
    bool log = false;            ///< a line for each request on standard error
    unsigned sync_threads = 32;  ///< see server::Options
    /// That serve the one address together, 1 to 64. With more than one this process starts them (by fork(2), so it has no thread yet) and deals
    /// connections out to them in turn, and calls go to that which has the fewest. `limits.connections` and the limits of calls hold for all
    /// together; what else counts, as faults and the gauge of `/inflight` do, is each one's own.
    unsigned processes = 1;
    server::Limits limits;
    AppOptions app;  ///< `self` is run_serve()'s own
};

/// `volley serve` as it was called. A setting is taken from the flags, else the environment, else the file that VOLLEY_SETTINGS names,
/// else the application file, else it has its default. See volley-serve(5).
struct ServeCall {
    std::string file;  ///< the application file; empty: VOLLEY_APP, `app` of the settings file, or the included application
    std::vector<std::pair<std::string, std::string>> flags;  ///< settings by name, as typed: `port`, `9000`; a later one wins
    std::map<std::string, std::string> environment;          ///< what of it begins with VOLLEY_
    std::vector<std::string> faults;                         ///< of `/offer` of the included application
    bool reload = false;                                     ///< takes up changes of the application file and its pages
    bool print_settings = false;                             ///< prints them and where each comes from, serves nothing
    bool print_routes = false;                               ///< prints the table of routes, serves nothing
};

/// Serves the application until SIGINT or SIGTERM, or for ever. Prints `listening on http://127.0.0.1:PORT (kind)` on standard output
/// as soon as clients can connect; errors go to standard error. Raises the descriptor limit. Blocks the calling thread.
/// @return 0 after a signal, 3 when it cannot listen, 1 when one of several processes has ended by itself.
int run_serve(const ServeOptions& options);

/// The same for files and settings. Mistakes in them go to standard error, all at once, each with its place.
/// @return 0 after a signal or when what was asked for is printed, 2 for a mistake, else as above.
int run_serve(const ServeCall& call);

/// The same from words, the program's name not among them: `--log`, `--fault F`, and the flags of `volley serve` that set something, also as
/// `--flag=value`. For the helper program, which asks neither the environment nor a file.
/// @return as run_serve(); 2 for words that it does not know.
int serve_main(int argc, const char* const* argv);

}  // namespace volley::app
