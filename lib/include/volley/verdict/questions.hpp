// Questions beside the verdict: does the body stream, does work stop when the client leaves, does load here delay another path?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <volley/time.hpp>
#include <volley/verdict/observation.hpp>

namespace volley::verdict {

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
    std::size_t n = 0;          ///< requests that were abandoned
    Duration after{};           ///< how long after their start
    Duration service{};         ///< of a request alone, before
    std::optional<std::size_t> workers;  ///< that many are served at a time, as the verdict has it
    std::vector<Duration> next;  ///< a request alone, right afterwards: how long it took; `never` where it failed
    /// What the gauge said: before any request, while they ran, and soon after they were abandoned. Empty: there is no gauge.
    std::vector<double> gauge_before, gauge_during, gauge_after;
};

/// Another path of the server, asked for alone and beside bursts on the endpoint.
struct Isolation {
    std::string path;  ///< escaped
    std::size_t n = 0;  ///< requests at once on the endpoint
    std::vector<Canary> idle;
    std::vector<Canary> busy;
};

enum class Question : std::uint8_t { streaming, cancellation, isolation };
enum class Reply : std::uint8_t { yes, no, unknown };
[[nodiscard]] std::string_view to_string(Question q) noexcept;
[[nodiscard]] std::string_view to_string(Reply r) noexcept;

struct Answer {
    Question question = Question::streaming;
    Reply reply = Reply::unknown;  ///< yes is good: it streams, it stops, it is isolated
    std::string words;             ///< one sentence
    std::string advice;            ///< what to change; empty where nothing
};

/// Does the body arrive as it is made? `no`: it came at the end, all at once. What takes under 50 ms, or comes in one piece at
/// once, cannot be told.
[[nodiscard]] Answer judge_streaming(const std::vector<Stream>& streams);

/// Does work stop when the client goes away? By the gauge where there is one; else by what the next request waits for, which only a
/// server with a limit shows.
[[nodiscard]] Answer judge_cancellation(const Abandonment& seen);

/// Does load on the endpoint leave the other path alone? `no` where its median, or its worst by far, is beyond that of the idle server.
[[nodiscard]] Answer judge_isolation(const Isolation& seen, Duration service);

}  // namespace volley::verdict
