// Whether a phase had settled, and from when on.
#pragma once

#include <cstddef>
#include <span>

#include <volley/metrics/time_series.hpp>

namespace volley::metrics {

struct SteadyState {
    enum class State { steady, unsteady, unknown };
    State state = State::unknown;
    std::size_t cut = 0;  ///< slices at the beginning that belong to the transient
    double drift = 0;     ///< in percent: the median of the second half of the rest against the first's; 0 where unknown
    double p = 1;         ///< of a difference between the halves as large as this one or larger, if there were none
};

/// Cuts the transient at the beginning off by MSER-5 on the slices' medians, and compares the halves of what is left.
///
/// MSER: of all cuts d in the first half the one that makes sum (y - mean)^2 / (k - d)^2 least; in batches of 5 means where there are 50
/// slices, of fewer before. Unsteady where the halves of the rest differ by Mann and Whitney's test with p below 0.01 and by 2 % or more,
/// since in a long run any difference is significant. With the least value at the very middle, behind which the transient may go on, the
/// halves of the whole are compared.
/// Unknown with fewer than 10 slices that hold answers, or left after the cut.
/// Source: White, "An effective truncation heuristic for bias reduction in simulation output", Simulation 1997; Franklin, White,
/// "Stationarity tests and MSER-5", WSC 2008.
[[nodiscard]] SteadyState steady_state(const TimeSeries& series);

/// The same for medians that are there already, one for each slice.
[[nodiscard]] SteadyState steady_state(std::span<const double> medians);

/// How many values MSER-5 cuts off the beginning; half of them where the least value stands at that bound.
[[nodiscard]] std::size_t mser_cut(std::span<const double> values);

/// The U of the first sample, and the two-sided p by the normal approximation with continuity and ties corrected (fit for 5 and more in
/// each). p is 1 where one of them is empty or all values are equal. Source: Mann, Whitney, Annals of Mathematical Statistics 1947.
struct RankTest {
    double u = 0;
    double p = 1;
};
[[nodiscard]] RankTest mann_whitney(std::span<const double> a, std::span<const double> b);

}  // namespace volley::metrics
