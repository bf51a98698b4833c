// The standard normal distribution.
#pragma once

namespace volley::metrics {

/// P(Z <= z).
[[nodiscard]] double normal_cdf(double z) noexcept;
/// P(|Z| >= |z|).
[[nodiscard]] double normal_two_sided(double z) noexcept;
/// The z with P(Z <= z) = p, to about 1e-12. Infinite at 0 and 1.
[[nodiscard]] double normal_quantile(double p) noexcept;

}  // namespace volley::metrics
