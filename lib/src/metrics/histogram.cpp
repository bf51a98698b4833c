#include <volley/metrics/histogram.hpp>

#include <algorithm>
#include <cmath>

#include "metrics/log_linear.hpp"

namespace volley::metrics {

std::size_t Histogram::bucket_of(Duration value) noexcept { return log_linear_bucket<octaves, buckets_per_octave>(value); }

Duration Histogram::bucket_middle(std::size_t index) noexcept {
    const std::size_t octave = index / buckets_per_octave;
    const auto in_octave = static_cast<double>(index % buckets_per_octave);
    const double base = std::ldexp(static_cast<double>(smallest_ns), static_cast<int>(octave));
    return Duration(std::llround(base * (1 + (in_octave + 0.5) / buckets_per_octave)));
}

void Histogram::record(Duration value) noexcept {
    value = std::max(value, Duration::zero());
    ++counts_[bucket_of(value)];
    ++count_;
    sum_ns_ += static_cast<double>(value.count());
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
}

void Histogram::merge(const Histogram& other) noexcept {
    for (std::size_t i = 0; i < bucket_count; ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    sum_ns_ += other.sum_ns_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
}

Duration Histogram::mean() const noexcept {
    return count_ == 0 ? Duration{} : Duration(std::llround(sum_ns_ / static_cast<double>(count_)));
}

Duration Histogram::quantile(double q) const noexcept { return count_ == 0 ? Duration{} : value_at(nearest_rank(q, count_)); }

Duration Histogram::value_at(std::uint64_t rank) const noexcept {
    if (count_ == 0) return {};
    if (rank <= 1) return min_;
    if (rank >= count_) return max_;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < bucket_count; ++i) {
        seen += counts_[i];
        if (seen >= rank) return std::clamp(bucket_middle(i), min_, max_);
    }
    return max_;
}

}  // namespace volley::metrics
