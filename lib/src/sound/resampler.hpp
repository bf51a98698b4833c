// From one sampling rate to another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sound/pcm.hpp"

namespace volley::sound {

/// Takes blocks and gives blocks, with one windowed sinc (Kaiser, 80 dB) cut into phases. What passes: 85 % of the narrower band.
/// Thread safety: as a plain value.
class Resampler {
public:
    /// From any rate to any other. Throws std::invalid_argument for rates and channels that pcm.hpp does not take.
    Resampler(int from_rate, int to_rate, int channels = 1);

    /// Appends to `out` what follows from the next samples (interleaved, whole frames). Output is aligned with input: frame n of it is the
    /// sound at n / to_rate. It lacks the end of what was given, latency() of it, until more comes.
    void process(std::span<const std::int16_t> in, std::vector<std::int16_t>& out);

    /// In frames of input: how many must follow a frame before what it gives is known. About 34 frames of the lower rate; 0 for equal rates.
    [[nodiscard]] std::size_t latency() const noexcept { return latency_; }

private:
    [[nodiscard]] const float* weights_between(std::vector<float>& out) const noexcept;

    int up_;  // the ratio in lowest terms
    int down_;
    std::size_t channels_;
    std::size_t latency_ = 0;
    std::size_t taps_ = 1;        // of each phase
    bool shared_ = false;         // phases are: up_ is too many of them
    std::vector<float> phases_;   // of taps_ each, backwards in time
    std::vector<float> history_;  // frames that are still needed
    std::size_t next_ = 0;        // frame of history_ that the next output's window ends with
    std::size_t phase_ = 0;       // and its phase, in parts of up_
};

/// All of a piece of sound, its end included.
[[nodiscard]] Pcm resampled(const Pcm& sound, int rate);

}  // namespace volley::sound
