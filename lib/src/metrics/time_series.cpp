#include <volley/metrics/time_series.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include "metrics/log_linear.hpp"

namespace volley::metrics {
namespace {

void add(std::uint32_t& to, std::uint32_t n) noexcept {
    constexpr auto full = std::numeric_limits<std::uint32_t>::max();
    to = n > full - to ? full : to + n;
}

}  // namespace

std::size_t CoarseHistogram::bucket_of(Duration value) noexcept { return log_linear_bucket<octaves, buckets_per_octave>(value); }

Duration CoarseHistogram::bucket_begin(std::size_t index) noexcept {
    index = std::min(index, bucket_count);
    const std::uint64_t base = smallest_ns << (index / buckets_per_octave);
    return Duration(static_cast<Duration::rep>(base + base * (index % buckets_per_octave) / buckets_per_octave));
}

void CoarseHistogram::record(Duration value) noexcept {
    auto& bucket = counts_[bucket_of(value)];
    if (bucket == std::numeric_limits<std::uint32_t>::max()) return;
    ++bucket;
    ++count_;
}

void CoarseHistogram::merge(const CoarseHistogram& other) noexcept {
    for (std::size_t i = 0; i < bucket_count; ++i) {
        const auto before = counts_[i];
        add(counts_[i], other.counts_[i]);
        count_ += counts_[i] - before;
    }
}

Duration CoarseHistogram::quantile(double q) const noexcept {
    if (count_ == 0) return {};
    const auto rank = nearest_rank(q, count_);
    std::uint64_t seen = 0;
    std::size_t i = 0;
    while (i + 1 < bucket_count && seen + counts_[i] < rank) seen += counts_[i++];
    const Duration begin = bucket_begin(i);
    const double within = (static_cast<double>(rank - seen) - 0.5) / static_cast<double>(counts_[i]);
    return begin + Duration(std::llround(static_cast<double>((bucket_begin(i + 1) - begin).count()) * within));
}

void Slice::append(const Slice& next) noexcept {
    response.merge(next.response);
    add(started, next.started);
    add(done, next.done);
    add(wrong, next.wrong);
    add(missed, next.missed);
    add(saturated, next.saturated);
    in_flight_max = std::max(in_flight_max, next.in_flight_max);
}

void Slice::merge(const Slice& other) noexcept {
    auto both = in_flight_max;
    add(both, other.in_flight_max);
    append(other);
    in_flight_max = both;
}

TimeSeries::TimeSeries(Duration width, std::size_t most)
    : width_(std::max<Duration>(width, std::chrono::milliseconds(1))), most_(std::max<std::size_t>(most, 2)) {}

Slice& TimeSeries::at(Duration since_start) {
    since_start = std::max(since_start, Duration::zero());
    while (static_cast<std::uint64_t>(since_start / width_) >= most_) widen();
    const auto index = static_cast<std::size_t>(since_start / width_);
    while (chunks_.size() * per_chunk <= index) chunks_.emplace_back(per_chunk);
    size_ = std::max(size_, index + 1);
    return slice(index);
}

void TimeSeries::widen() noexcept {
    for (std::size_t i = 0; i < size_; i += 2) {
        // In its own place: the first pair's target is the first of the pair.
        if (i > 0) slice(i / 2) = slice(i);
        if (i + 1 < size_) slice(i / 2).append(slice(i + 1));
    }
    const std::size_t left = (size_ + 1) / 2;
    for (std::size_t i = left; i < size_; ++i) slice(i) = {};
    size_ = left;
    width_ = width_ > Duration::max() / 2 ? Duration::max() : width_ * 2;
}

void TimeSeries::merge(const TimeSeries& other) {
    if (&other == this) {
        const TimeSeries copy = other;
        merge(copy);
        return;
    }
    while (width_ < other.width_) widen();
    // Those of the other's that fall into one of ours came one after the other; together they came at the same time as ours.
    const auto middle = [&](std::size_t i) {
        const Duration begin = other.width_ * static_cast<Duration::rep>(i);
        return begin + std::min(other.width_ / 2, Duration::max() - begin);
    };
    if (!other.empty()) at(middle(other.size_ - 1));  // widens as far as it takes, before any is placed
    for (std::size_t i = 0; i < other.size_;) {
        const auto index = middle(i) / width_;
        Slice sum = other[i];
        for (++i; i < other.size_ && middle(i) / width_ == index; ++i) sum.append(other[i]);
        slice(static_cast<std::size_t>(index)).merge(sum);
    }
}

}  // namespace volley::metrics
