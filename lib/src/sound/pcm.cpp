#include "sound/pcm.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace volley::sound {

Duration Pcm::duration() const noexcept {
    const auto count = static_cast<std::int64_t>(frames());
    // Whole seconds apart, so that long sound does not overflow.
    return std::chrono::seconds(count / rate) + Duration(count % rate * 1'000'000'000 / rate);
}

Pcm mono_of(const Pcm& sound) {
    Pcm out{sound.rate, 1, {}};
    const auto channels = static_cast<std::size_t>(sound.channels);
    out.samples.resize(sound.frames());
    for (std::size_t i = 0; i < out.samples.size(); ++i) {
        int sum = 0;
        for (std::size_t c = 0; c < channels; ++c) sum += sound.samples[i * channels + c];
        out.samples[i] = static_cast<std::int16_t>(sum / sound.channels);
    }
    return out;
}

Pcm with_channels(const Pcm& sound, int channels) {
    if (sound.channels == channels) return sound;
    const Pcm mono = mono_of(sound);
    Pcm out{sound.rate, channels, {}};
    out.samples.reserve(mono.samples.size() * static_cast<std::size_t>(channels));
    for (const std::int16_t sample : mono.samples)
        out.samples.insert(out.samples.end(), static_cast<std::size_t>(channels), sample);
    return out;
}

std::int16_t clipped(double value) noexcept {
    if (std::isnan(value)) return 0;
    return static_cast<std::int16_t>(std::lround(std::clamp(value, -32768.0, 32767.0)));
}

double level_db(std::span<const std::int16_t> samples) noexcept {
    double squares = 0;
    for (const std::int16_t sample : samples) squares += static_cast<double>(sample) * sample;
    if (squares == 0) return -std::numeric_limits<double>::infinity();
    return 10 * std::log10(squares / static_cast<double>(samples.size())) - 20 * std::log10(32768.0);
}

}  // namespace volley::sound
