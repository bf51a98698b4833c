// The only clock types in the project.
#pragma once

#include <chrono>
#include <compare>
#include <string>
#include <string_view>

#include <volley/error.hpp>

namespace volley {

/// Monotonic clock of every measurement (CLOCK_MONOTONIC on Linux, nanosecond resolution).
using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = std::chrono::nanoseconds;

/// Events per time, stored as events per second.
struct Rate {
    double per_second = 0;
    auto operator<=>(const Rate&) const = default;
};

/// Reads `300ms`, `1.5s`, `2m`, `1h`, `20us`, `5ns`. The unit is required, so that `10` is never guessed at.
/// @return a duration of 0 or more. Errors: ParseErrc::no_unit, bad_unit, bad_number, out_of_range (over 1,000 h).
[[nodiscard]] Result<Duration> parse_duration(std::string_view text) noexcept;

/// Reads `100/s`, `6000/m`, `3600/h`. @return above 0. Errors: as parse_duration.
[[nodiscard]] Result<Rate> parse_rate(std::string_view text) noexcept;

/// Prints three significant digits with the unit that suits a reader: `1.23 ms`, `200 ms`, `1.05 s`, `2 m 3 s`.
[[nodiscard]] std::string format_duration(Duration d);

/// Seconds as a double, for arithmetic on figures.
[[nodiscard]] constexpr double to_seconds(Duration d) noexcept { return std::chrono::duration<double>(d).count(); }

/// The nearest nanosecond; saturates at the ends of Duration.
[[nodiscard]] Duration from_seconds(double s) noexcept;

}  // namespace volley
