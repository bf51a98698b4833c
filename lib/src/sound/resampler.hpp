// From one sampling rate to another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sound/pcm.hpp"

namespace volley::sound {

/// Takes blocks and gives blocks, with one windowed sinc (Kaiser, 80 dB) cut into phases. What passes: 90 % of the narrower band.
/// Thread safety: as a plain value.
class Resampler {
public:
    /// Throws std::invalid_argument for rates and channels that pcm.hpp does not take, and for a pair of rates whose ratio needs more than
    /// 1,000 phases: all pairs of 8, 11.025, 12, 16, 22.05, 24, 32, 44.1, 48 and 96 kHz need fewer.
    Resampler(int from_rate, int to_rate, int channels = 1);

    /// Appends to `out` what follows from the next samples (interleaved). After n frames of input, n * to / from frames have come out, rounded
    /// up; the filter's delay is taken out by leading zeros that are not given out, and its tail lacks: the last latency() of sound comes
    /// with the next input, or with flush().
    void process(std::span<const std::int16_t> in, std::vector<std::int16_t>& out);

    /// By how much what process() has given ends before what it was given, in seconds: at most 33 samples of the lower rate.
    [[nodiscard]] double latency() const noexcept;

private:
    int up_;    // the ratio in lowest terms
    int down_;
    int channels_;
    int from_rate_;
    std::size_t taps_;            // of each phase
    std::vector<float> phases_;   // up_ times taps_
    std::vector<float> history_;  // taps_ - 1 frames, then what came
    int phase_ = 0;
    std::size_t skip_ = 0;  // frames of history before the next one's window
};

/// All of a piece of sound, its end included.
[[nodiscard]] Pcm resampled(const Pcm& sound, int rate);

}  // namespace volley::sound
