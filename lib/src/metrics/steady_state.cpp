#include <volley/metrics/steady_state.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "metrics/normal.hpp"

namespace volley::metrics {
namespace {

constexpr std::size_t fewest = 10;

double median_of(std::span<const double> values) {
    std::vector<double> sorted(values.begin(), values.end());
    std::ranges::sort(sorted);
    const auto half = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

std::size_t batch_size(std::size_t n) { return std::clamp<std::size_t>(n / 10, 1, 5); }

}  // namespace

std::size_t mser_cut(std::span<const double> values) {
    if (values.size() < 2) return 0;
    const auto size = batch_size(values.size());
    std::vector<double> means;
    for (std::size_t i = 0; i + size <= values.size(); i += size)
        means.push_back(std::accumulate(values.begin() + static_cast<std::ptrdiff_t>(i),
                                        values.begin() + static_cast<std::ptrdiff_t>(i + size), 0.0) /
                        static_cast<double>(size));
    std::size_t cut = 0;
    double least = INFINITY;
    for (std::size_t d = 0; d <= means.size() / 2; ++d) {
        const auto rest = std::span(means).subspan(d);
        const double n = static_cast<double>(rest.size());
        const double mean = std::accumulate(rest.begin(), rest.end(), 0.0) / n;
        double squares = 0;
        for (const double y : rest) squares += (y - mean) * (y - mean);
        // Less by more than rounding: of equals the first, which keeps the most.
        if (const double mser = squares / (n * n); mser < least * (1 - 1e-9)) {
            least = mser;
            cut = d;
        }
    }
    return cut * size;
}

RankTest mann_whitney(std::span<const double> a, std::span<const double> b) {
    if (a.empty() || b.empty()) return {};
    struct Ranked {
        double value;
        bool first;
    };
    std::vector<Ranked> all;
    all.reserve(a.size() + b.size());
    for (const double v : a) all.push_back({v, true});
    for (const double v : b) all.push_back({v, false});
    std::ranges::sort(all, {}, &Ranked::value);

    double rank_sum = 0;
    double ties = 0;  // sum of t^3 - t
    for (std::size_t i = 0; i < all.size();) {
        std::size_t end = i;
        double of_first = 0;
        for (; end < all.size() && all[end].value == all[i].value; ++end) of_first += all[end].first ? 1 : 0;
        const double t = static_cast<double>(end - i);
        rank_sum += of_first * (static_cast<double>(i + end + 1) / 2);  // their mean rank, counted from 1
        ties += t * t * t - t;
        i = end;
    }
    const double na = static_cast<double>(a.size());
    const double nb = static_cast<double>(b.size());
    const double n = na + nb;
    RankTest out;
    out.u = rank_sum - na * (na + 1) / 2;
    const double variance = na * nb / 12 * (n + 1 - ties / (n * (n - 1)));
    if (!(variance > 0)) return out;
    const double off = std::max(std::abs(out.u - na * nb / 2) - 0.5, 0.0);
    out.p = normal_two_sided(off / std::sqrt(variance));
    return out;
}

SteadyState steady_state(std::span<const double> medians) {
    constexpr double significant = 0.01;
    constexpr double least_drift = 2;
    SteadyState out;
    if (medians.size() < fewest) return out;
    out.cut = mser_cut(medians);
    const auto size = batch_size(medians.size());
    // At that bound the transient may go on behind it, or noise has put the least value there: all halves tell the one from the other.
    const bool at_bound = out.cut > 0 && out.cut / size == medians.size() / size / 2;
    const auto rest = at_bound ? medians : medians.subspan(out.cut);
    if (rest.size() < fewest) return out;
    const auto first = rest.first(rest.size() / 2);
    const auto second = rest.subspan(rest.size() / 2);
    const double before = median_of(first);
    out.drift = before > 0 ? (median_of(second) / before - 1) * 100 : 0;
    out.p = mann_whitney(first, second).p;
    const bool drifts = out.p < significant && std::abs(out.drift) >= least_drift;
    out.state = drifts ? SteadyState::State::unsteady : SteadyState::State::steady;
    return out;
}

SteadyState steady_state(const TimeSeries& series) {
    std::vector<double> medians;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < series.size(); ++i) {
        if (series[i].response.empty()) continue;
        medians.push_back(to_seconds(series[i].response.quantile(0.5)));
        places.push_back(i);
    }
    auto out = steady_state(medians);
    // In slices of the series, those without an answer counted.
    if (out.cut > 0) out.cut = places[out.cut];
    return out;
}

}  // namespace volley::metrics
