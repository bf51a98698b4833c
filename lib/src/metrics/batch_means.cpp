#include <volley/metrics/batch_means.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace volley::metrics {
namespace {

struct Batch {
    double n = 0;
    double beyond = 0;
};

/// The bucket boundary that parts the values nearest to the quantile, with some on both sides; bucket_count where there is none.
std::size_t boundary_at(const CoarseHistogram& whole, double q) {
    const double n = static_cast<double>(whole.count());
    std::size_t best = CoarseHistogram::bucket_count;
    double nearest = 2;
    double below = 0;
    for (std::size_t i = 0; i < CoarseHistogram::bucket_count; ++i) {
        const double distance = std::abs(below / n - q);
        if (below > 0 && below < n && distance < nearest) {
            nearest = distance;
            best = i;
        }
        below += whole.bucket(i);
    }
    return best;
}

double dispersion(const std::vector<Batch>& batches, double share) {
    double sum = 0;
    for (const auto& b : batches) sum += b.n * (b.beyond / b.n - share) * (b.beyond / b.n - share);
    return sum / (static_cast<double>(batches.size()) - 1) / (share * (1 - share));
}

/// Each two neighbours as one; an odd one at the end joins the last pair.
std::vector<Batch> in_pairs(const std::vector<Batch>& batches) {
    std::vector<Batch> out(batches.size() / 2);
    for (std::size_t i = 0; i < batches.size(); ++i) {
        auto& to = out[std::min(i / 2, out.size() - 1)];
        to.n += batches[i].n;
        to.beyond += batches[i].beyond;
    }
    return out;
}

}  // namespace

double effective_samples(const TimeSeries& series, double q) {
    constexpr std::size_t fewest_slices = 8;
    constexpr std::size_t fewest_batches = 16;
    CoarseHistogram whole;
    for (std::size_t i = 0; i < series.size(); ++i) whole.merge(series[i].response);
    const double n = static_cast<double>(whole.count());
    const auto boundary = boundary_at(whole, std::clamp(q, 0.0, 1.0));
    if (boundary == CoarseHistogram::bucket_count) return n;

    std::vector<Batch> batches;
    double beyond = 0;
    for (std::size_t i = 0; i < series.size(); ++i) {
        const auto& response = series[i].response;
        if (response.empty()) continue;
        Batch batch{static_cast<double>(response.count()), 0};
        for (std::size_t b = boundary; b < CoarseHistogram::bucket_count; ++b) batch.beyond += response.bucket(b);
        beyond += batch.beyond;
        batches.push_back(batch);
    }
    if (batches.size() < fewest_slices) return n;
    const double slices = static_cast<double>(batches.size());
    double phi = dispersion(batches, beyond / n);
    while (batches.size() / 2 >= fewest_batches) {
        batches = in_pairs(batches);
        phi = std::max(phi, dispersion(batches, beyond / n));
    }
    return std::clamp(n / std::max(phi, 1.0), std::min(slices, n), n);
}

double effective_samples(const TimeSeries& series, std::uint64_t n, double q) {
    std::uint64_t in_series = 0;
    for (std::size_t i = 0; i < series.size(); ++i) in_series += series[i].response.count();
    const double ratio = in_series == 0 ? 1 : effective_samples(series, q) / static_cast<double>(in_series);
    return static_cast<double>(n) * ratio;
}

}  // namespace volley::metrics
