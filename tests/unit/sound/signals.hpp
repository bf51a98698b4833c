// What happens to sound on its way, crudely.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "sound/pcm.hpp"
#include "support/seeded_random.hpp"

namespace volley::sound {

using Samples = std::vector<std::int16_t>;

inline Samples noise(std::size_t size, double spread, std::uint64_t seed) {
    test::SeededRandom random(seed);
    Samples out(size);
    for (auto& sample : out) {
        double sum = -6;  // of twelve even numbers: nearly normal
        for (int i = 0; i < 12; ++i) sum += random.uniform();
        sample = clipped(spread * sum);
    }
    return out;
}

inline Samples added(const Samples& one, const Samples& other) {
    Samples out = one;
    for (std::size_t i = 0; i < out.size() && i < other.size(); ++i) out[i] = clipped(out[i] + other[i]);
    return out;
}

inline Samples scaled(const Samples& samples, double by) {
    Samples out = samples;
    for (auto& sample : out) sample = clipped(sample * by);
    return out;
}

/// One pole: 3 dB less at `frequency`, with the phase that goes with it.
inline Samples low_passed(const Samples& samples, double frequency, int rate) {
    const double keep = std::exp(-6.283185307 * frequency / rate);
    Samples out = samples;
    double state = 0;
    for (auto& sample : out) {
        state = keep * state + (1 - keep) * sample;
        sample = clipped(state);
    }
    return out;
}

/// Silence, then `what`, then silence.
inline Samples at(std::size_t start, const Samples& what, std::size_t size) {
    Samples out(size);
    for (std::size_t i = 0; i < what.size() && start + i < size; ++i) out[start + i] = what[i];
    return out;
}

}  // namespace volley::sound
