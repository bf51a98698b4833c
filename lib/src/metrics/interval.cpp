#include <volley/metrics/interval.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "metrics/log_linear.hpp"
#include "metrics/normal.hpp"

namespace volley::metrics {
namespace {

/// The probabilities of binomial(n, q) around its mode, as far out as they matter: exact but for rounding, since only their ratios
/// are needed and each follows from its neighbour.
class Binomial {
public:
    Binomial(std::uint64_t n, double q) {
        const auto mode = std::min(n, static_cast<std::uint64_t>(static_cast<double>(n + 1) * q));
        constexpr double negligible = 1e-25;
        const double odds = q / (1 - q);
        std::vector<double> below;
        double weight = 1;
        for (std::uint64_t k = mode; k > 0 && weight > negligible; --k) {
            weight *= static_cast<double>(k) / (static_cast<double>(n - k + 1) * odds);
            below.push_back(weight);
        }
        first_ = mode - below.size();
        weights_.assign(below.rbegin(), below.rend());
        weights_.push_back(1);
        weight = 1;
        for (std::uint64_t k = mode; k < n && weight > negligible; ++k) {
            weight *= static_cast<double>(n - k) * odds / static_cast<double>(k + 1);
            weights_.push_back(weight);
        }
        for (const double w : weights_) sum_ += w;
    }

    /// The largest l with P(B < l) <= tail.
    [[nodiscard]] std::uint64_t low(double tail) const {
        double passed = 0;
        std::size_t i = 0;
        while (i < weights_.size() && passed + weights_[i] <= tail * sum_) passed += weights_[i++];
        return first_ + i;
    }
    /// The smallest u with P(B >= u) <= tail.
    [[nodiscard]] std::uint64_t high(double tail) const {
        double passed = 0;
        std::size_t i = weights_.size();
        while (i > 0 && passed + weights_[i - 1] <= tail * sum_) passed += weights_[--i];
        return first_ + i;
    }

private:
    std::uint64_t first_ = 0;
    std::vector<double> weights_;
    double sum_ = 0;
};

}  // namespace

RankInterval rank_interval(std::uint64_t n, double q, double confidence) {
    const double tail = (1 - std::max(confidence, 0.0)) / 2;
    if (n == 0 || !(q > 0) || !(q < 1) || !(tail > 0)) return {};
    constexpr double most_exact = 1e6;
    const double size = static_cast<double>(n);
    const double variance = size * q * (1 - q);
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    if (variance <= most_exact) {
        const Binomial binomial(n, q);
        low = binomial.low(tail);
        high = binomial.high(tail);
    } else {
        const double reach = -normal_quantile(tail) * std::sqrt(variance);
        low = static_cast<std::uint64_t>(std::max(std::floor(size * q - reach), 0.0));
        high = static_cast<std::uint64_t>(std::ceil(size * q + reach)) + 1;
    }
    RankInterval out;
    if (low >= 1) out.low = low;
    if (high <= n) out.high = high;
    return out;
}

QuantileInterval quantile_interval(const Histogram& histogram, double q, double n_eff, double confidence, std::uint64_t beyond) {
    const auto n = histogram.count() + beyond;
    if (histogram.empty() || !(n_eff >= 1)) return {};
    const auto worth = n_eff >= static_cast<double>(n) ? n : static_cast<std::uint64_t>(n_eff);
    const auto ranks = rank_interval(worth, q, confidence);
    // Each of the independent values stands for n/worth neighbours in rank; of those the outer one, so that the interval is not too narrow.
    const double each = static_cast<double>(n) / static_cast<double>(worth);
    QuantileInterval out;
    if (ranks.low) out.low = histogram.value_at(static_cast<std::uint64_t>(static_cast<double>(*ranks.low - 1) * each) + 1);
    if (!ranks.high) return out;
    const auto high = static_cast<std::uint64_t>(std::ceil(static_cast<double>(*ranks.high) * each));
    if (beyond == 0 || high <= histogram.count()) out.high = histogram.value_at(high);
    return out;
}

std::optional<Duration> quantile_of(const Histogram& histogram, double q, std::uint64_t beyond) {
    const auto rank = nearest_rank(q, histogram.count() + beyond);
    if (histogram.empty() || rank > histogram.count()) return std::nullopt;
    return histogram.value_at(rank);
}

std::optional<std::uint64_t> samples_needed(double q, double confidence) {
    if (!(q < 1) || !(confidence < 1)) return std::nullopt;
    if (!(q > 0) || !(confidence > 0)) return 1;
    const double n = std::ceil(std::log1p(-confidence) / std::log(q));
    if (!(n < 1e18)) return std::nullopt;
    return std::max<std::uint64_t>(static_cast<std::uint64_t>(n), 1);
}

}  // namespace volley::metrics
