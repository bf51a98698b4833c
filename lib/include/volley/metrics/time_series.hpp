// How a phase went from second to second.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <volley/time.hpp>

namespace volley::metrics {

/// Histogram for a slice of time: 31 octaves from 1 us (to 35.8 min), each cut into 16 linear buckets. A value read back lies in the
/// bucket of the exact one, which is at most 6.3 % wide. Values below and above the range count in the first and last bucket; counts
/// that are full stay full. Thread safety: as a plain value.
class CoarseHistogram {
public:
    static constexpr std::size_t octaves = 31;
    static constexpr std::size_t buckets_per_octave = 16;
    static constexpr std::size_t bucket_count = octaves * buckets_per_octave;

    void record(Duration value) noexcept;
    void merge(const CoarseHistogram& other) noexcept;

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    /// The value of nearest rank ceil(q * count), as if those of a bucket lay evenly in it. Zero when empty.
    [[nodiscard]] Duration quantile(double q) const noexcept;
    [[nodiscard]] std::uint32_t bucket(std::size_t index) const noexcept { return counts_[index]; }
    [[nodiscard]] static std::size_t bucket_of(Duration value) noexcept;
    /// Where a bucket begins; the end of the last one for bucket_count.
    [[nodiscard]] static Duration bucket_begin(std::size_t index) noexcept;

private:
    std::array<std::uint32_t, bucket_count> counts_{};
    std::uint64_t count_ = 0;
};
static_assert(sizeof(CoarseHistogram) <= 2048);

/// What happened in one slice of a phase. Counts that are full stay full.
struct Slice {
    CoarseHistogram response;     ///< of right answers, by when they came
    std::uint32_t started = 0;    ///< requests, by their actual start
    std::uint32_t done = 0;       ///< ended, in whatever way
    std::uint32_t wrong = 0;      ///< of those
    std::uint32_t missed = 0;     ///< planned starts that we did not make
    std::uint32_t saturated = 0;  ///< planned starts for which there was no user left
    std::uint32_t in_flight_max = 0;

    /// Takes in what another recorder saw at the same time. The most in flight add up, which is an upper bound.
    void merge(const Slice& other) noexcept;
    /// Takes in what came after it.
    void append(const Slice& next) noexcept;
};

/// Slices of equal width from the start of a phase, in bounded memory: where they would become too many, neighbours are joined in pairs and
/// the width doubles. Thread safety: as a plain value; one for each recorder, merged at the end.
class TimeSeries {
public:
    /// @param width      of the first slices; at least 1 ms.
    /// @param most       slices that are kept; at least 2. A slice takes 2 KiB.
    explicit TimeSeries(Duration width = std::chrono::seconds(1), std::size_t most = 4096);

    /// The slice of an instant, an offset from the start of the phase; what lies before it belongs to the first. Allocates only where a new
    /// slice begins, and then for several. The reference holds until the next call.
    Slice& at(Duration since_start);
    /// Takes in another recorder's slices of the same phase. Widths may differ: the wider one is kept, or the next double of the own one;
    /// where neither divides the other a slice goes to where its middle lies.
    void merge(const TimeSeries& other);

    [[nodiscard]] Duration width() const noexcept { return width_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] const Slice& operator[](std::size_t index) const noexcept {
        return chunks_[index / per_chunk][index % per_chunk];
    }

private:
    static constexpr std::size_t per_chunk = 16;
    Slice& slice(std::size_t index) noexcept { return chunks_[index / per_chunk][index % per_chunk]; }
    void widen() noexcept;

    Duration width_;
    std::size_t most_;
    std::size_t size_ = 0;
    std::vector<std::vector<Slice>> chunks_;  ///< in pieces, so that growing moves no slice
};

}  // namespace volley::metrics
