// How far a percentile of a sample can be trusted.
#pragma once

#include <cstdint>
#include <optional>

#include <volley/metrics/histogram.hpp>

namespace volley::metrics {

/// Ranks, from 1 to n, of the order statistics between which a quantile lies. None where the sample is too small to bound it there.
struct RankInterval {
    std::optional<std::uint64_t> low;
    std::optional<std::uint64_t> high;
};

/// The narrowest ranks l < u with P(B < l) and P(B >= u) at most (1 - confidence)/2 each, where B, the number of values below the
/// quantile, is binomial(n, q). Free of any assumption on the distribution of the values. Exact; the normal approximation takes over
/// where n*q*(1-q) is over 1,000,000, so that it is off by less than a hundredth of the width.
/// Source: Conover, "Practical Nonparametric Statistics", section 3.2; David, Nagaraja, "Order Statistics", section 7.1.
[[nodiscard]] RankInterval rank_interval(std::uint64_t n, double q, double confidence = 0.95);

/// A two-sided confidence interval; an end that is not there is not bounded by the sample.
struct QuantileInterval {
    std::optional<Duration> low;
    std::optional<Duration> high;
};

/// The interval of a quantile of what the histogram's values are a sample of.
///
/// @param q           from 0 to 1.
/// @param n_eff       how many independent values the sample is worth: see effective_samples(). At most its count is used. The ranks are
///                    those of so many values, and stand for the same fraction of the histogram's.
/// @param confidence  from 0 to below 1. A one-sided bound at confidence c is an end of the two-sided interval at 2c - 1.
/// @param beyond      so many more values are in the sample, of which it is known only that they are larger than all of the histogram's.
[[nodiscard]] QuantileInterval quantile_interval(const Histogram& histogram, double q, double n_eff, double confidence = 0.95,
                                                 std::uint64_t beyond = 0);

/// The value of nearest rank, as Histogram::quantile() has it, of such a sample; nothing where it is one of those beyond.
[[nodiscard]] std::optional<Duration> quantile_of(const Histogram& histogram, double q, std::uint64_t beyond);

/// How many values it takes until the largest one bounds the quantile from above, one-sided: the least n with q^n <= 1 - confidence.
/// For a bound from below ask for 1 - q. Nothing where no number is enough: q or confidence is 1 or more.
[[nodiscard]] std::optional<std::uint64_t> samples_needed(double q, double confidence = 0.95);

}  // namespace volley::metrics
