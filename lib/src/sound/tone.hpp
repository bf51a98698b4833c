// One frequency: made, and found again.
#pragma once

#include <cstdint>
#include <span>

namespace volley::sound {

/// A sine that goes on from block to block without a click. Thread safety: as a plain value.
class Tone {
public:
    /// @param frequency  in Hz, from 0 to half the rate.
    /// @param amplitude  of full scale, 0 to 1.
    Tone(int rate, double frequency, double amplitude = 0.5);

    /// The next samples, of one channel.
    void fill(std::span<std::int16_t> out) noexcept;

private:
    double step_;  // turns in a sample
    double turn_ = 0;
    double amplitude_;
};

/// The power at a frequency (Goertzel, Hann window), in dB of full scale squared: 0 for a sine of full scale; -infinity where there is none.
/// One channel. Resolution: two times rate / size Hz.
[[nodiscard]] double power_db(std::span<const std::int16_t> samples, int rate, double frequency) noexcept;

/// How far a frequency stands out, in dB: its power over the median power of eight neighbours, the nearest four resolutions away, that lie
/// between 0 Hz and half the rate. Noise gives about 0 and rarely more than 15; a clean tone 40 and more. 0 for fewer than 64 samples, and for
/// silence.
[[nodiscard]] double tone_over_neighbours_db(std::span<const std::int16_t> samples, int rate, double frequency);

}  // namespace volley::sound
