// Sound as numbers: 16-bit linear PCM.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <volley/time.hpp>

namespace volley::sound {

/// Rates and channels that the module takes.
inline constexpr int lowest_rate = 1000;
inline constexpr int highest_rate = 192'000;
inline constexpr int most_channels = 8;

/// A piece of sound. Thread safety: as a plain value.
struct Pcm {
    int rate = 48'000;  ///< samples of each channel in a second
    int channels = 1;
    std::vector<std::int16_t> samples;  ///< left, right, left, right, ...

    /// Samples of each channel.
    [[nodiscard]] std::size_t frames() const noexcept { return samples.size() / static_cast<std::size_t>(channels); }
    [[nodiscard]] Duration duration() const noexcept;
    friend bool operator==(const Pcm&, const Pcm&) = default;
};

/// The mean of the channels.
[[nodiscard]] Pcm mono_of(const Pcm& sound);
/// One channel's samples given to `channels` ones; from more than one channel, of their mean.
[[nodiscard]] Pcm with_channels(const Pcm& sound, int channels);

/// The nearest value that 16 bits hold.
[[nodiscard]] std::int16_t clipped(double value) noexcept;

/// Root of the mean square over full scale (a sine of full scale: -3 dB), in dB; -infinity for silence and for nothing.
[[nodiscard]] double level_db(std::span<const std::int16_t> samples) noexcept;

}  // namespace volley::sound
