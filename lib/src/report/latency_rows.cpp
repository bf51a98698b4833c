#include "report/latency_rows.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace volley::report {
namespace {

constexpr double most_rows = 14;
constexpr double least = 1e-6;  // of the histogram, in seconds

/// The least of 1, 2, 5, 10, ... times a power of ten that is not below `x`.
double round_up(double x) {
    const double power = std::pow(10, std::floor(std::log10(x)));
    for (const double digit : {1.0, 2.0, 5.0})
        if (digit * power >= x * (1 - 1e-9)) return digit * power;
    return 10 * power;
}

std::vector<double> equal_limits(double low, double high) {
    // A hundredth of the limits themselves, so that three digits tell them apart.
    const double step = round_up(std::max((high - low) / 10, high / 100));
    const double first = std::floor(low / step);
    std::vector<double> out;
    for (double i = first; out.size() < 2 || out.back() <= high; ++i) out.push_back(i * step);
    return out;
}

std::vector<double> growing_limits(double low, double high, std::span<const double> digits) {
    std::vector<double> out;
    double power = std::pow(10, std::floor(std::log10(low)) - 1);
    for (;; power *= 10)
        for (const double digit : digits) {
            const double limit = digit * power;
            if (limit <= low) out.clear();  // the last one that is not above the least value begins
            out.push_back(limit);
            if (limit > high) return out;
        }
}

std::vector<double> limits_of(double low, double high) {
    if (high <= 4 * low) return equal_limits(low, high);
    static constexpr std::array twelve{1.0, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2};
    static constexpr std::array six{1.0, 1.5, 2.0, 3.0, 5.0, 7.0};
    static constexpr std::array three{1.0, 2.0, 5.0};
    static constexpr std::array two{1.0, 3.0};
    for (const std::span<const double> digits : {std::span<const double>(twelve), {six}, {three}, {two}})
        if (auto out = growing_limits(low, high, digits); static_cast<double>(out.size()) - 1 <= most_rows - 2) return out;
    return growing_limits(low, high, std::array{1.0});
}

}  // namespace

std::vector<LatencyRow> latency_rows(const metrics::Histogram& h) {
    if (h.empty()) return {};
    std::vector<Duration> limits;
    for (const double limit :
         limits_of(std::max(to_seconds(h.quantile(0.01)), least), std::max(to_seconds(h.quantile(0.99)), least)))
        limits.push_back(from_seconds(limit));
    std::vector<LatencyRow> rows;
    rows.push_back({LatencyRow::Kind::below, h.min(), limits.front(), 0});
    for (std::size_t i = 0; i + 1 < limits.size(); ++i) rows.push_back({LatencyRow::Kind::inside, limits[i], limits[i + 1], 0});
    rows.push_back({LatencyRow::Kind::above, limits.back(), h.max(), 0});
    for (std::size_t i = 0; i < metrics::Histogram::bucket_count; ++i) {
        const auto n = h.bucket(i);
        if (n == 0) continue;
        // The middle of the outermost buckets may lie outside of what was measured.
        const auto value = std::clamp(metrics::Histogram::bucket_middle(i), h.min(), h.max());
        rows[static_cast<std::size_t>(std::ranges::upper_bound(limits, value) - limits.begin())].count += n;
    }
    const auto empty = [](const LatencyRow& row) { return row.count == 0; };
    while (empty(rows.back())) rows.pop_back();
    rows.erase(rows.begin(), std::ranges::find_if_not(rows, empty));
    return rows;
}

}  // namespace volley::report
