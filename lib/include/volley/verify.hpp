// volley verify as a library: is an endpoint really asynchronous? For programs, and for tests of somebody's own server.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <volley/client/transport.hpp>
#include <volley/verdict/judge.hpp>
#include <volley/verdict/observation.hpp>
#include <volley/verdict/questions.hpp>
#include <volley/verdict/record.hpp>

namespace volley::verify {

struct Options {
    Duration time = std::chrono::seconds(60);  ///< a hard limit for the whole
    Duration service_time{};                   ///< how long a request alone takes; 0: found out
    std::size_t most = 512;  ///< requests at once; lowered to verdict::most_at_once, and to what descriptors allow
    /// Path of a cheap request that is sent beside the bursts. Empty: one that surely does not exist.
    std::string canary;
    bool parser_canary = false;  ///< send malformed request lines to servers on other hosts, too
    bool distinct = false;       ///< each request has a query of its own, for servers and caches that share equal ones
    int pid = 0;                 ///< of the server's first process; 0: found by its listening socket, where that is on this host
    std::uint64_t seed = 0;      ///< orders repeats
    bool http2 = false;          ///< bursts are streams of one HTTP/2 connection

    bool streaming = false;     ///< ask too: does the body arrive as it is made?
    bool cancellation = false;  ///< ask too: does work stop when the client goes away?
    /// For that: a path that tells how many requests are in progress, and behind `#` a JSON pointer (RFC 6901) into its answer. Empty: the
    /// delay that abandoned requests leave behind must tell.
    std::string gauge;
    std::string isolation;  ///< ask too: does load on the endpoint delay this path? Empty: not asked
};

/// What goes on, for a live line.
struct Progress {
    verdict::Step step;
    std::uint64_t done = 0;  ///< requests of the step that have ended
    Duration elapsed{};
    Duration limit{};
};

struct Result {
    verdict::Observation seen;
    verdict::Record record;
    std::vector<verdict::Answer> answers;  ///< to what was asked beside the verdict
    /// The target never worked, in words: refused, no such path, a login, elsewhere. Then `record` says nothing. What came from the peer
    /// is escaped.
    std::string unreachable;
};

/// Why a process cannot be watched (Options::pid), in words; empty where it can.
[[nodiscard]] std::string pid_trouble(int pid);

/// Finds out. Sends the request again and again, alone and many at once, each on a connection of its own.
/// A `pid` that cannot be watched is `unreachable`, and nothing is sent.
/// Cancellation (terminal) ends it early: what was seen is judged, marked interrupted. Throws: std::system_error when the system has no more threads.
/// @param request   `timeout` bounds each exchange; the time that is left does, too
/// @param progress  called some times a second; may be empty
boost::asio::awaitable<Result> run(client::DirectRequest request, Options options,
                                   std::function<void(const Progress&)> progress = {});

/// The same for a GET of a URL, on an event loop of its own; blocks. For tests:
/// `EXPECT_EQ(volley::verify::url("http://127.0.0.1:8000/offer").record.shape, volley::verdict::Shape::async)`.
/// A server in the calling process must not run on the calling thread; its threads cannot be told from ours, so mechanisms stay unknown.
/// Errors: those of http::parse_url(), in `unreachable`.
[[nodiscard]] Result url(const std::string& url, const Options& options = {});

}  // namespace volley::verify
