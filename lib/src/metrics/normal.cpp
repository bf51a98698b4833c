#include "metrics/normal.hpp"

#include <cmath>
#include <limits>
#include <numbers>

namespace volley::metrics {

double normal_cdf(double z) noexcept { return std::erfc(-z / std::numbers::sqrt2) / 2; }

double normal_two_sided(double z) noexcept { return std::erfc(std::abs(z) / std::numbers::sqrt2); }

double normal_quantile(double p) noexcept {
    constexpr double infinite = std::numeric_limits<double>::infinity();
    if (!(p > 0)) return -infinite;
    if (!(p < 1)) return infinite;
    if (p > 0.5) return -normal_quantile(1 - p);
    // The start is good to 4.5e-4 (Abramowitz, Stegun, 26.2.23); each Newton step doubles the digits.
    const double t = std::sqrt(-2 * std::log(p));
    double z = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
    for (int step = 0; step < 3; ++step) z -= (normal_cdf(z) - p) * std::exp(z * z / 2) * std::sqrt(2 * std::numbers::pi);
    return z;
}

}  // namespace volley::metrics
