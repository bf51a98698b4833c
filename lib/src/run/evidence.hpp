// What a phase shows of a threshold, and how surely: pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <volley/metrics/interval.hpp>
#include <volley/metrics/steady_state.hpp>
#include <volley/run/assess.hpp>

#include "run/figure.hpp"

namespace volley::run {

/// How far the sample of a percentile can be trusted.
struct Trust {
    metrics::QuantileInterval interval;  ///< of the figure as measured
    std::uint64_t n = 0;
    double n_eff = 0;
    std::uint64_t needed =
        0;                ///< right answers for a bound on the side of the limit, as dependent as these; 0: no number is enough
    bool bounded = true;  ///< there are as many
};

struct Evidence {
    Assessment measured = Assessment::unsure;  ///< of the figure as it is
    Assessment without_us =
        Assessment::unsure;      ///< of the same without our own lag; for figures that know no such thing the same
    std::optional<Trust> trust;  ///< where the interval was looked at
    /// Of a phase that had not settled: a percentile of it depends on where one looks, and what its interval showed is unsure. A failure
    /// that every half of such a phase shows by itself stays one.
    std::optional<metrics::SteadyState> drift;
    bool failed_in_part = false;  ///< the interval failed, and the drift alone made that unsure
};

/// Phases of a server as one, for thresholds that name none. Warm-up is left out.
struct Together {
    report::PhaseResult all;
    std::vector<const report::PhaseResult*> parts;
};
[[nodiscard]] Together together(std::span<const report::PhaseResult* const> phases);

/// @param parts  the phases that `phase` is made of, itself where it is one: dependence is that of each of them.
[[nodiscard]] Evidence weigh(const scenario::Threshold& t, const report::PhaseResult& phase, const Figure& figure,
                             std::span<const report::PhaseResult* const> parts);

/// As the public one, of several phases taken together.
[[nodiscard]] Assessment assess(const scenario::Threshold& t, const report::PhaseResult& phase,
                                std::span<const report::PhaseResult* const> parts);

/// Whether at least 99 % of the planned starts were made.
[[nodiscard]] bool starts_were_made(const report::PhaseResult& phase);

/// "(95 %: 1.88 to 1.97 ms, n_eff 3,120 of 10,000)".
[[nodiscard]] std::string trust_words(const scenario::Threshold& t, const Trust& trust);
/// "120 right answers cannot bound p99: 299 are needed, 3.00 s at this rate".
[[nodiscard]] std::string too_few_words(const scenario::Threshold& t, const Trust& trust, const report::PhaseResult& phase);

}  // namespace volley::run
