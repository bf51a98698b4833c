// Times of day, for results and answers: nothing is measured with them.
#pragma once

#include <chrono>
#include <string>

namespace volley {

/// `2024-05-01T12:00:00Z`: ISO 8601, UTC. @param milliseconds  with three digits for them.
[[nodiscard]] std::string iso_time(std::chrono::system_clock::time_point when, bool milliseconds = false);

}  // namespace volley
