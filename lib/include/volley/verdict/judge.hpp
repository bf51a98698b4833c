// From what was seen to a verdict, and to what should be looked at next. Pure: no clock, no socket.
#pragma once

#include <cstdint>
#include <string>

#include <volley/verdict/observation.hpp>
#include <volley/verdict/record.hpp>

namespace volley::verdict {

/// The verdict on what has been seen so far. Never throws; what cannot be told is inconclusive, with what to do in `advice`.
/// Model: M(N) = S ceil(N/W) + b N + c, fitted robustly; c is what the control shows for the same N.
[[nodiscard]] Record judge(const Observation& seen);

/// What to do next.
struct Step {
    enum class What : std::uint8_t {
        burst,    ///< n requests (1: a request alone) of the endpoint
        control,  ///< n requests of our own server
        done,
    };
    What what = What::done;
    std::size_t n = 0;
    Sockets sockets = Sockets::held;
    bool canaries = false;
    Duration expected{};  ///< how long it should take
    std::string why;      ///< for a live line: "is the limit exactly 5?"
};

/// The next step of the ladder: climbs only while undecided, then sharpens (exactly W, W + 1), within `left`. The whole verification is
///   while ((step = next_step(seen, left, seed)).what != Step::What::done) append what it showed to seen.bursts or seen.control;
/// A burst that takes longer than `left` is to be cut by the caller (Burst::cut): what ended until then still tells.
/// @param left  time that remains, for the step and all that must follow it
/// @param seed  orders repeats
[[nodiscard]] Step next_step(const Observation& seen, Duration left, std::uint64_t seed);

}  // namespace volley::verdict
