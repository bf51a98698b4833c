// How exactly the round trip of sound is known.
#pragma once

#include <chrono>

#include <volley/time.hpp>

namespace volley::metrics {

/// What a chirp's round trip is told to, through any codec: less is not told apart.
inline constexpr Duration chirp_resolution = std::chrono::microseconds(100);

}  // namespace volley::metrics
