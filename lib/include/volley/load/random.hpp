// Random numbers that are the same on every machine.
#pragma once

#include <array>
#include <cstdint>

namespace volley::load {

/// The finalizer of splitmix64: spreads the bits of a counter or a key. Source: Steele, Lea, Flood, "Fast splittable pseudorandom
/// number generators", OOPSLA 2014; constants of Vigna's splitmix64.c.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

/// xoshiro256**, seeded by splitmix64 as its authors advise. Source: Blackman, Vigna, "Scrambled linear pseudorandom number
/// generators", ACM TOMS 2021. The distributions below are ours, since those of the standard library differ from one to the next.
/// Thread safety: as a plain value.
class Random {
public:
    explicit Random(std::uint64_t seed) noexcept;

    /// 64 even bits.
    std::uint64_t next() noexcept;
    /// From 0 to below 1, in steps of 2^-53.
    double uniform() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }
    /// Exponential with mean 1, of comparisons alone: the last digit of log() is not the same in every C library.
    /// Source: von Neumann, "Various techniques used in connection with random digits", 1951.
    double exponential() noexcept;

private:
    std::array<std::uint64_t, 4> state_{};
};

}  // namespace volley::load
