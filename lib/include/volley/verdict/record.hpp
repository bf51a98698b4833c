// The verdict: a record of what an endpoint does with many requests at once, and the sentence that it amounts to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <volley/time.hpp>

namespace volley::verdict {

/// How requests overlap.
enum class Shape : std::uint8_t {
    unknown,
    async,   ///< all at once, as far as was looked
    pool,    ///< W at a time
    serial,  ///< one at a time
};

/// By what they overlap, or do not.
enum class Mechanism : std::uint8_t {
    unknown,
    event_loop,  ///< no threads came for the requests
    thread_per_request,
    threads,    ///< a pool of them
    processes,  ///< likewise
    semaphore,  ///< neither: a connection pool, a semaphore, a limiter in a proxy
    lock,       ///< one at a time while the server answers other requests: a lock, or one shared thread
};

enum class Confidence : std::uint8_t { low, medium, high };

/// The one word of a record, in the order in which the first that holds is taken.
enum class Headline : std::uint8_t {
    inconclusive,
    unstable,       ///< workers that get unequal shares
    backlog_small,  ///< connections at one instant are refused or wait for a retransmission
    refusing,       ///< above L
    cpu_bound,
    loop_blocked,
    paced,  ///< starts or answers are spaced: by a limiter, or by a pool or lock that is held for a part of each request
    serial,
    pool,
    thread_per_request,
    concurrent,  ///< no limit was met, but the process could not be seen
    asynchronous,
};

[[nodiscard]] std::string_view to_string(Shape s) noexcept;
[[nodiscard]] std::string_view to_string(Mechanism m) noexcept;
[[nodiscard]] std::string_view to_string(Confidence c) noexcept;
[[nodiscard]] std::string_view to_string(Headline h) noexcept;

struct Record {
    Headline headline = Headline::inconclusive;
    Shape shape = Shape::unknown;
    std::optional<std::size_t> workers;       ///< W, or how many surely overlap
    bool workers_at_least = false;            ///< no limit was met up to there
    std::optional<std::size_t> workers_most;  ///< not to be counted exactly, or growing: between `workers` and this
    Mechanism mechanism = Mechanism::unknown;
    bool loop_blocked = false;
    bool loop_known = false;  ///< whether the loop is held was to be seen: by requests to the parser, or because requests overlap
    Duration blocked_for{};   ///< b: how long each request holds the loop (or, CPU bound, a processor)
    bool cpu_bound = false;
    bool cpu_known = false;                    ///< likewise: the process was seen, or all requests overlap
    std::optional<std::size_t> refuses_above;  ///< L: so many at once are answered, more are refused
    int refusal = 0;                 ///< the status of the refusals, also 200; 0: connections are refused, reset or closed
    std::optional<double> paced_at;  ///< per second
    bool backlog_small = false;
    bool backlog_known = false;  ///< connections at one instant were tried
    bool unstable = false;
    std::optional<std::size_t> ends_at;  ///< thread per request: at how many requests threads run out
    Confidence confidence = Confidence::low;

    // The figures that `--expect` tests, of the largest burst that decided.
    Duration service{};                     ///< S, median of requests alone
    Duration service_spread{};              ///< between the quartiles
    std::size_t n = 0;                      ///< requests at once
    Duration makespan{};                    ///< M, the generator's own cost taken off
    double ratio = 0;                       ///< M/S
    std::optional<double> serial_fraction;  ///< (M/S - 1)/(N - 1)
    bool stall_known = false;               ///< canaries were sent, or a stall was seen without them
    Duration loop_stall{};  ///< the longest that a canary, or a whole burst, waited beyond what it takes on an idle server
    std::vector<std::size_t> groups;  ///< of completions
    int threads_grown = 0;            ///< in that burst
    int processes = 0;                ///< of the server; 0: not seen

    std::string words;                  ///< one sentence: what it is
    std::string cause;                  ///< what usually causes it there
    std::string advice;                 ///< what to change
    std::vector<std::string> evidence;  ///< what shows it, one fact each
    std::vector<std::string> doubts;    ///< what speaks against, and what could not be looked at
};

}  // namespace volley::verdict
