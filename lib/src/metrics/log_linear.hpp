// What the histograms have in common: octaves from 1 us, each cut into linear buckets, and values by nearest rank.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <volley/time.hpp>

namespace volley::metrics {

inline constexpr std::uint64_t smallest_ns = 1000;

/// The bucket of a value. Those below the range fall in the first, those above in the last.
template <std::size_t octaves, std::size_t per_octave>
[[nodiscard]] std::size_t log_linear_bucket(Duration value) noexcept {
    // A value is below twice the base of its octave, so the product below fits.
    static_assert(smallest_ns << (octaves - 1) <= UINT64_MAX / per_octave);
    const auto ns = static_cast<std::uint64_t>(std::max<Duration::rep>(value.count(), 0));
    if (ns < smallest_ns) return 0;
    const auto octave = static_cast<std::size_t>(std::bit_width(ns / smallest_ns)) - 1;
    if (octave >= octaves) return octaves * per_octave - 1;
    const std::uint64_t base = smallest_ns << octave;
    return octave * per_octave + static_cast<std::size_t>((ns - base) * per_octave / base);
}

/// The nearest rank of a quantile, ceil(q * count), from 1 to count; count is above 0.
[[nodiscard]] inline std::uint64_t nearest_rank(double q, std::uint64_t count) noexcept {
    // 0.999 * 1000 is a little over 999 in binary, and 0.07 * 100 over 7: without the allowance the rank would be one too high.
    const double exact = std::clamp(q, 0.0, 1.0) * static_cast<double>(count);
    return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::ceil(exact - exact * 1e-12)), 1, count);
}

}  // namespace volley::metrics
