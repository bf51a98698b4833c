// Figures of a phase that more than one report shows: percentiles, and how far the sample carries them; classes of statuses.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include <volley/metrics/interval.hpp>
#include <volley/report/result.hpp>

namespace volley::report {

/// Of the intervals that reports show.
inline constexpr double shown_confidence = 0.95;

/// That reports show of response times, by their names.
inline constexpr std::array<std::pair<const char*, double>, 6> shown_percentiles{
    {{"p50", 0.5}, {"p75", 0.75}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}}};

struct Percentile {
    /// none: too few answers to bound it from above, however independent they were. run: there are enough, but they hang together, and are
    /// worth too few independent ones; the value is that of this run and says little of the next. sure: it has a bound.
    enum class Carried { none, run, sure };
    Carried carried = Carried::none;
    bool lost = false;  ///< it is one of the pings that never came back, and larger than any value; nothing carries it then
    Duration value{};
    std::uint64_t n = 0;                 ///< right answers, and the pings that never came back
    double n_eff = 0;                    ///< independent ones that they are worth
    std::uint64_t needed = 0;            ///< independent ones that it takes
    metrics::QuantileInterval interval;  ///< of the value, at shown_confidence; not for bursts, whose answers are one event
};

/// @param q  above 0 and below 1.
[[nodiscard]] Percentile response_percentile(const PhaseResult& phase, double q);

/// How long load was applied, without the wait for what was still under way then.
[[nodiscard]] Duration loaded_time(const PhaseResult& phase) noexcept;
/// Requests for each second of it; 0 where it took no time.
[[nodiscard]] double request_rate(const PhaseResult& phase) noexcept;

/// What was still under way when the load ended, where the wait for it was long: over 5 % of the load's time and 100 ms.
struct Stragglers {
    Duration took{};                     ///< from the end of the load
    std::optional<std::uint64_t> count;  ///< known where a slice of the series begins with the end
};
[[nodiscard]] std::optional<Stragglers> stragglers(const PhaseResult& phase);

/// How many answers had a status of each class, by its first digit.
[[nodiscard]] std::map<int, std::uint64_t> status_classes(const metrics::Tally& tally);

/// A quantile of the answers of a slice, within what the phase's finer histogram has seen. Zero where there were none.
[[nodiscard]] Duration slice_quantile(const PhaseResult& phase, const metrics::Slice& slice, double q) noexcept;

/// How long a slice of the phase's series lasted: the phase ends within its last one.
[[nodiscard]] Duration slice_length(const PhaseResult& phase, std::size_t index) noexcept;

}  // namespace volley::report
