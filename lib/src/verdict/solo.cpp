#include "verdict/solo.hpp"

#include <algorithm>
#include <cmath>

namespace volley::verdict {

double quantile(std::span<const double> ascending, double q) {
    if (ascending.empty()) return 0;
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(ascending.size())));
    return ascending[std::clamp<std::size_t>(rank, 1, ascending.size()) - 1];
}

double median_of(std::vector<double> values) {
    std::ranges::sort(values);
    return quantile(values, 0.5);
}

Comparison compare(std::span<const double> a, std::span<const double> b) {
    Comparison out;
    if (a.empty() || b.empty()) return out;
    double wins = 0;
    std::vector<double> sorted(a.begin(), a.end());
    std::ranges::sort(sorted);
    for (const double x : b) {
        const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), x);
        wins += static_cast<double>(low - sorted.begin()) + static_cast<double>(high - low) / 2;
    }
    const auto n = static_cast<double>(a.size());
    const auto m = static_cast<double>(b.size());
    out.larger = wins / (n * m);
    out.z = (out.larger - 0.5) / std::sqrt((n + m + 1) / (12 * n * m));
    return out;
}

namespace {

/// With few values the quartiles say little: the range of n values of an even distribution is, on average, (n - 1)/(n + 1) of its width.
double spread_of(std::span<const double> ascending, double middle) {
    if (ascending.size() < 2 || middle <= 0) return 0;
    const auto n = static_cast<double>(ascending.size());
    if (ascending.size() < 6) return (ascending.back() - ascending.front()) * (n + 1) / (2 * (n - 1)) / middle;
    const double quartiles = quantile(ascending, 0.75) - quantile(ascending, 0.25);
    if (ascending.size() < 11) return quartiles / middle;
    // The middle half of a dozen may lie together by chance. Of a normal distribution the middle eight tenths are 1.9 times as wide.
    const double most = quantile(ascending, 0.9) - quantile(ascending, 0.1);
    return std::max(quartiles, most / 1.9) / middle;
}

}  // namespace

double Solo::late() const noexcept { return std::clamp(1 + 2 * spread, 1.35, 1.5); }

Solo solo_of(const Observation& seen) {
    Solo out;
    for (const Burst& burst : seen.bursts) {
        if (burst.shots.size() != 1 || burst.cut) continue;
        const Shot& shot = burst.shots.front();
        if (!shot.right || shot.done == never) {
            ++out.wrong;
            continue;
        }
        const Duration from = shot.sent != never ? shot.sent : shot.started != never ? shot.started : Duration{};
        out.least_bytes = out.times.empty() ? shot.bytes : std::min(out.least_bytes, shot.bytes);
        out.most_bytes = std::max(out.most_bytes, shot.bytes);
        out.times.push_back(to_seconds(shot.done - from));
    }
    std::ranges::sort(out.times);
    const double measured = quantile(out.times, 0.5);
    const double given = to_seconds(seen.given_service);
    out.given_differs = given > 0 && measured > 0 && (measured > 1.2 * given || given > 1.2 * measured);
    out.service = given > 0 && !out.given_differs ? given : measured;
    out.spread = spread_of(out.times, measured);
    out.mean = out.service;
    if (out.times.empty()) return out;
    out.lowest = out.times.front();
    out.highest = out.times.back();
    double sum = 0;
    for (const double t : out.times) sum += t;
    out.mean = sum / static_cast<double>(out.times.size());
    return out;
}

void refine(Solo& solo, std::span<const double> more) {
    std::vector<double> all = solo.times;
    all.insert(all.end(), more.begin(), more.end());
    std::ranges::sort(all);
    solo.service = quantile(all, 0.5);
    solo.spread = std::max(solo.spread, spread_of(all, solo.service));
}

std::size_t solos_wanted(const Solo& solo) {
    if (solo.spread <= 0.08) return 3;
    if (solo.spread <= 0.2) return 8;
    if (!solo.wide()) return 12;
    return 24;
}

}  // namespace volley::verdict
