// How many independent values a series of dependent ones is worth.
#pragma once

#include <cstdint>

#include <volley/metrics/time_series.hpp>

namespace volley::metrics {

/// Effective sample size of the response times for their q-quantile, by batch means. An answer that waits behind slow ones is slow too, so
/// a thousand answers of a queue say less than a thousand independent ones.
///
/// With n_i answers in batch i of k, a share s_i of them slower than the quantile, and s that share over all, the dispersion
///     phi = 1/(k - 1) * sum n_i (s_i - s)^2 / (s (1 - s))
/// is 1 on average where the answers are independent, and the variance of s is phi times that of as many independent ones:
/// n_eff = n / phi. Batches are slices at first, then 2, 4, ... of them as long as 16 are left, since dependence may outlast a slice; the
/// largest phi counts. Batches of equal size make it the ratio of variances of the batch means method.
/// Source: Law, "Simulation Modeling and Analysis", section 9.5.3; Schmeiser, "Batch size effects in the analysis of simulation
/// output", Operations Research 1982 (10 to 30 batches); Chen, Kelton, "Quantile and tolerance-interval estimation in simulation",
/// EJOR 2006 (the indicator of being beyond the quantile); McCullagh, Nelder, "Generalized Linear Models", section 4.5 (unequal sizes).
///
/// @return from the number of slices with answers (each is worth one at least) to the number of answers. The latter too where there is
///         nothing to tell dependence by: fewer than 8 such slices, or all answers in one bucket of a slice's histogram.
[[nodiscard]] double effective_samples(const TimeSeries& series, double q);

/// The same for n answers of which the series may hold fewer, or none: the ratio counts.
[[nodiscard]] double effective_samples(const TimeSeries& series, std::uint64_t n, double q);

}  // namespace volley::metrics
