// A percentile of a phase's response times, and how far its sample carries it.
#pragma once

#include <cstdint>

#include <volley/metrics/interval.hpp>
#include <volley/report/result.hpp>

namespace volley::report {

/// Of the intervals that reports show.
inline constexpr double shown_confidence = 0.95;

struct Percentile {
    /// none: too few answers to bound it from above, however independent they were. run: there are enough, but they hang together, and are
    /// worth too few independent ones; the value is that of this run and says little of the next. sure: it has a bound.
    enum class Carried { none, run, sure };
    Carried carried = Carried::none;
    Duration value{};
    std::uint64_t n = 0;                 ///< right answers
    double n_eff = 0;                    ///< independent ones that they are worth
    std::uint64_t needed = 0;            ///< independent ones that it takes
    metrics::QuantileInterval interval;  ///< of the value, at shown_confidence; not for bursts, whose answers are one event
};

/// @param q  above 0 and below 1.
[[nodiscard]] Percentile response_percentile(const PhaseResult& phase, double q);

}  // namespace volley::report
