// How long a user waits before the next round.
#pragma once

#include <cstdint>

#include <volley/time.hpp>

namespace volley::load {

/// Pauses between the iterations of one user.
struct Think {
    enum class Kind { none, constant, exponential, uniform };
    Kind kind = Kind::none;
    Duration a{};  ///< constant: the pause; exponential: its mean; uniform: the shortest
    Duration b{};  ///< uniform: the longest; unused otherwise
};

/// The pause of a user after one iteration. A function of its arguments alone, so that a run can be repeated, whichever thread a user
/// falls to. @return 0 or more; what is negative in `think` counts as 0.
[[nodiscard]] Duration think_time(const Think& think, std::uint64_t seed, std::uint64_t user, std::uint64_t iteration) noexcept;

}  // namespace volley::load
