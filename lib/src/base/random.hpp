// Random numbers that code without a clock and without input or output is handed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace volley {

/// Where random numbers come from. What a peer must not guess (credentials, transaction ids) needs an OsRandom in programs; tests seed.
class RandomSource {
public:
    RandomSource() = default;
    RandomSource(const RandomSource&) = delete;
    RandomSource& operator=(const RandomSource&) = delete;
    virtual ~RandomSource() = default;

    /// 64 even bits.
    [[nodiscard]] virtual std::uint64_t next() = 0;

    /// Fills `out`.
    void fill(std::span<std::uint8_t> out);
    /// From 0 to below `bound`, every number as likely as the others; 0 for a bound of 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound);
    /// From 0 to below 1, in steps of 2^-53.
    [[nodiscard]] double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
    /// `size` characters of `alphabet`, which has at most 256.
    [[nodiscard]] std::string text(std::size_t size, std::string_view alphabet);
};

/// The generator of OpenSSL, which the operating system seeds; asked for some numbers at once, since each call of it costs as much as many.
/// Throws std::runtime_error where it fails. Thread safety: one per thread. After a fork(2) both processes would hand out what was asked for
/// before: make one behind it.
class OsRandom final : public RandomSource {
public:
    [[nodiscard]] std::uint64_t next() override;

private:
    std::array<std::uint64_t, 32> numbers_{};
    std::size_t left_ = 0;
};

}  // namespace volley
