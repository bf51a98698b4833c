#include "sound/tone.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "sound/pcm.hpp"

namespace volley::sound {
namespace {

constexpr std::size_t fewest_samples = 64;
constexpr double full_scale = 32767;
constexpr double nothing = 1e-12;  // of full scale squared: far below what 16 bits can hold

/// The power at a frequency, over that of a sine of full scale.
double power(std::span<const std::int16_t> samples, int rate, double frequency) noexcept {
    const auto size = static_cast<double>(samples.size());
    const double turn = 2 * std::numbers::pi * frequency / rate;
    const double coefficient = 2 * std::cos(turn);
    double before = 0;
    double last = 0;
    double weights = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const double weight = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * (static_cast<double>(i) + 0.5) / size);
        weights += weight;
        const double next = weight * samples[i] + coefficient * last - before;
        before = last;
        last = next;
    }
    if (weights == 0) return 0;
    const double magnitude = last * last + before * before - coefficient * last * before;
    return 4 * std::max(0.0, magnitude) / (weights * weights) / (full_scale * full_scale);
}

}  // namespace

Tone::Tone(int rate, double frequency, double amplitude) : step_(frequency / rate), amplitude_(amplitude * full_scale) {}

void Tone::fill(std::span<std::int16_t> out) noexcept {
    for (std::int16_t& sample : out) {
        sample = clipped(amplitude_ * std::sin(2 * std::numbers::pi * turn_));
        turn_ += step_;
        turn_ -= std::floor(turn_);
    }
}

double power_db(std::span<const std::int16_t> samples, int rate, double frequency) noexcept {
    return 10 * std::log10(power(samples, rate, frequency));
}

double tone_over_neighbours_db(std::span<const std::int16_t> samples, int rate, double frequency) {
    if (samples.size() < fewest_samples) return 0;
    const double bin = rate / static_cast<double>(samples.size());
    std::vector<double> neighbours;
    for (const int bins : {-20, -16, -12, -8, 8, 12, 16, 20}) {
        const double other = frequency + bins * bin;
        if (other > 0 && other < rate / 2.0) neighbours.push_back(power(samples, rate, other));
    }
    const double here = power(samples, rate, frequency);
    if (neighbours.empty() || here < nothing) return 0;
    std::sort(neighbours.begin(), neighbours.end());
    const double median = (neighbours[(neighbours.size() - 1) / 2] + neighbours[neighbours.size() / 2]) / 2;
    return 10 * std::log10(here / std::max(median, nothing));
}

}  // namespace volley::sound
