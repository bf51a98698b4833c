// Durations counted in a fixed layout, so that merging is addition and percentiles are never averaged.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <volley/time.hpp>

namespace volley::metrics {

/// Log-linear histogram: 33 octaves from 1 us (to 2.38 h), each cut into 240 linear buckets. A value read back is the middle of its
/// bucket and so at most 0.21 % off. Values below 1 us count as 1 us, values above the range in the last bucket; count, min and max
/// are exact. One layout for all, at most 64 KiB. Idea: HdrHistogram; numbers ours, so that the whole object fits the limit.
/// Thread safety: as a plain value.
class Histogram {
public:
    static constexpr int octaves = 33;
    static constexpr int buckets_per_octave = 240;
    static constexpr std::size_t bucket_count = static_cast<std::size_t>(octaves) * buckets_per_octave;

    /// Counts one value; negative ones count as 0.
    void record(Duration value) noexcept;
    /// Adds another one's counts.
    void merge(const Histogram& other) noexcept;

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    /// Exact. Zero when empty.
    [[nodiscard]] Duration min() const noexcept { return count_ == 0 ? Duration{} : min_; }
    [[nodiscard]] Duration max() const noexcept { return max_; }
    /// Exact up to the rounding of a double; zero when empty.
    [[nodiscard]] Duration mean() const noexcept;
    /// The value of nearest rank ceil(q * count), q from 0 to 1. Zero when empty.
    [[nodiscard]] Duration quantile(double q) const noexcept;
    /// The value of a rank, from 1 to count; ranks beyond are those of the ends. Zero when empty.
    [[nodiscard]] Duration value_at(std::uint64_t rank) const noexcept;
    /// How many values lie in a bucket, and which values it stands for.
    [[nodiscard]] std::uint64_t bucket(std::size_t index) const noexcept { return counts_[index]; }
    [[nodiscard]] static Duration bucket_middle(std::size_t index) noexcept;
    [[nodiscard]] static std::size_t bucket_of(Duration value) noexcept;

private:
    std::array<std::uint64_t, bucket_count> counts_{};
    std::uint64_t count_ = 0;
    double sum_ns_ = 0;
    Duration min_ = Duration::max();
    Duration max_{};
};
static_assert(sizeof(Histogram) <= 64 * 1024);

}  // namespace volley::metrics
