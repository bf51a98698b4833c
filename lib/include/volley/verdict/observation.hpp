// What was seen of an endpoint: everything that a verdict is made from, and nothing else. Plain values, so that what was recorded can be
// judged again, and what was simulated as if it had been recorded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <volley/metrics/sample.hpp>
#include <volley/time.hpp>

namespace volley::verdict {

/// An instant that was not reached.
inline constexpr Duration never = Duration::min();

/// So many requests at once are looked at and no more. Beyond it what is measured is the kernel and the generator.
inline constexpr std::size_t most_at_once = 10'000;

/// One request of a burst. Instants count from the burst's planned start.
struct Shot {
    Duration started = never;     ///< by us: our own lag
    Duration connected = never;   ///< a connection was there; equal to `started` where it had been held open
    Duration sent = never;        ///< the first byte of the request was handed to the kernel
    Duration first_byte = never;  ///< of the answer
    Duration done = never;        ///< the last byte, or the failure
    std::uint64_t bytes = 0;
    int status = 0;  ///< 0: no answer
    metrics::Outcome outcome = metrics::Outcome::cancelled;
    bool right = false;  ///< answered as the request alone is
};

/// A small request beside the burst, on a connection of its own. Planned every so often; one that falls due while two are out waits for
/// one of them, and its latency counts from when it was planned.
struct Canary {
    Duration planned{};     ///< from the burst's planned start
    Duration done = never;  ///< from the burst's planned start; never: still out when the burst had ended
    int status = 0;
    metrics::Outcome outcome = metrics::Outcome::cancelled;
};

/// The server's process tree over a burst, from /proc.
struct Process {
    int threads_before = 0;
    int threads_peak = 0;
    int processes_before = 0;
    int processes_peak = 0;
    int descriptors_before = 0;
    int descriptors_peak = 0;
    std::uint64_t rss_before = 0;  ///< bytes
    std::uint64_t rss_peak = 0;
    Duration cpu{};        ///< user and system, from the planned start to the last answer
    Duration run_delay{};  ///< its threads were ready to run and no processor was free. Source: /proc/PID/task/TID/schedstat
    int upstream = 0;      ///< connections that the process opened itself meanwhile: more than a few, and it is a proxy
};

/// How the connections of a burst come to be.
enum class Sockets : std::uint8_t {
    held,  ///< all open before the burst starts
    cold,  ///< all connect at its start: what a small backlog refuses or delays
};

/// N requests at one instant.
struct Burst {
    Sockets sockets = Sockets::held;
    bool canaries = false;       ///< were sent beside it
    Duration at{};               ///< its planned start, from the beginning of the verification
    std::vector<Shot> shots;     ///< N of them, also those that failed; N = 1 is a request alone
    std::vector<Canary> app;     ///< of a cheap path
    std::vector<Canary> parser;  ///< of a malformed request line, which the server's parser answers
    std::optional<Process> process;
    std::optional<std::size_t>
        connections;   ///< of HTTP/2, over which it went: more than one where the streams of one did not suffice
    bool cut = false;  ///< ended early: time was over or it was interrupted
};

/// One answer whose body was watched as it arrived. Instants count from the first byte sent.
struct Stream {
    struct Piece {
        Duration at{};
        std::uint64_t bytes = 0;
    };
    Duration head = never;      ///< the answer's head was complete
    Duration done = never;      ///< the last byte
    std::vector<Piece> pieces;  ///< of the body, as the kernel handed them over; at most 10,000, later ones in the last
    bool right = false;
};

/// What abandoned requests leave behind.
struct Abandonment {
    std::size_t n = 0;      ///< requests that were abandoned
    Duration after{};       ///< how long after their start
    Duration next = never;  ///< a request alone, right afterwards: how long it took; not asked where there is a gauge
    /// What the gauge said: before any request, while they ran, and soon after they were abandoned. Empty: there is no gauge.
    std::vector<double> gauge_before, gauge_during, gauge_after;
};

/// Another path of the server, asked for alone and beside bursts on the endpoint.
struct Isolation {
    std::string path;   ///< escaped
    std::size_t n = 0;  ///< requests at once on the endpoint
    std::vector<Canary> idle;
    std::vector<Canary> busy;
};

/// All of it.
struct Observation {
    std::string target;          ///< for people: method and URL, secrets masked
    std::string server;          ///< the answer's Server field, escaped; with `via`, what advice goes by
    std::string via;             ///< names a proxy, from the Via field
    Duration given_service{};    ///< the service time as the user gave it; 0: found by requests alone
    Duration budget{};           ///< time for the whole
    std::size_t most = 512;      ///< largest burst
    bool http2 = false;          ///< requests at once are streams of one HTTP/2 connection
    bool local = false;          ///< the server is on this host
    std::string process_name;    ///< of the server's first process, escaped; empty: not seen
    bool process_ended = false;  ///< meanwhile, although requests were answered: it was not the one that answers
    int thread_limit = 0;        ///< how many threads its processes may have (ulimit, cgroup), 0: not known
    int processors = 0;          ///< that the server may use, 0: not known
    std::vector<Burst> bursts;   ///< in the order in which they were fired, requests alone too
    std::vector<Burst> control;  ///< the same against our own coroutine server, whose service time is exact
    Duration control_service{};
    std::vector<Canary> idle_app;  ///< while nothing else was sent
    std::vector<Canary> idle_parser;
    std::vector<Stream> streams;             ///< where streaming was asked for
    std::optional<Abandonment> abandonment;  ///< where cancellation was
    std::optional<Isolation> isolation;      ///< where that was
    bool out_of_time = false;
    bool interrupted = false;
};

}  // namespace volley::verdict
