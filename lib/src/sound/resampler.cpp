#include "sound/resampler.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <stdexcept>

namespace volley::sound {
namespace {

/// Ratios of larger terms have no phase of their own for each place between two samples: it is found between the nearest of so many, which
/// costs twice the time and leaves an error of -100 dB.
constexpr int largest_term = 2000;
constexpr int shared_phases = 512;
constexpr double stop_db = 80;
constexpr double passes = 0.85;  // of the narrower band; from 1 on all is stopped

/// The modified Bessel function of the first kind, of order 0, by its series.
double bessel(double x) {
    double sum = 1;
    double term = 1;
    for (int k = 1; k < 60 && term > sum * 1e-12; ++k) {
        term *= (x / (2 * k)) * (x / (2 * k));
        sum += term;
    }
    return sum;
}

}  // namespace

Resampler::Resampler(int from_rate, int to_rate, int channels)
    : up_(to_rate / std::max(1, std::gcd(from_rate, to_rate))),
      down_(from_rate / std::max(1, std::gcd(from_rate, to_rate))),
      channels_(static_cast<std::size_t>(channels)) {
    for (const int rate : {from_rate, to_rate})
        if (rate < lowest_rate || rate > highest_rate) throw std::invalid_argument("no sound has this rate");
    if (channels < 1 || channels > most_channels) throw std::invalid_argument("no sound has so many channels");
    if (up_ == down_) return;
    shared_ = up_ > largest_term || down_ > largest_term;
    const int phases = shared_ ? shared_phases : up_;

    // Kaiser's formulas (Oppenheim, Schafer, "Discrete-Time Signal Processing", section 7.5.3), at the rate of `phases` times the input's.
    const double widest = phases * std::max(1.0, static_cast<double>(down_) / up_);
    const double transition = (1 - passes) * std::numbers::pi / widest;
    int half = static_cast<int>(std::ceil((stop_db - 8) / (2.285 * transition) / 2));
    if (shared_) half = (half + phases - 1) / phases * phases;  // so that the first output stands at a phase
    const double beta = 0.1102 * (stop_db - 8.7);
    const double cut = (1 + passes) / 2 / widest;  // of half the common rate
    std::vector<double> filter(2 * static_cast<std::size_t>(half) + 1);
    for (int n = -half; n <= half; ++n) {
        const double x = std::numbers::pi * cut * n;
        const double place = static_cast<double>(n) / half;
        const double window = bessel(beta * std::sqrt(std::max(0.0, 1 - place * place))) / bessel(beta);
        *(filter.begin() + half + n) = phases * cut * (n == 0 ? 1 : std::sin(x) / x) * window;
    }

    const auto step = static_cast<std::size_t>(phases);
    taps_ = (filter.size() + step - 1) / step;
    // Shared ones have one more, a whole sample behind the first, so that each place lies between two.
    const std::size_t kept = shared_ ? step + 1 : step;
    phases_.resize(kept * taps_);
    for (std::size_t phase = 0; phase < kept; ++phase) {
        // Each phase alone lets a constant through, so that silence between the phases' sums does not become a tone.
        double sum = 0;
        for (std::size_t n = phase; n < filter.size(); n += step) sum += filter[n];
        for (std::size_t k = 0; phase + k * step < filter.size(); ++k)
            phases_[phase * taps_ + taps_ - 1 - k] = static_cast<float>(filter[phase + k * step] / sum);
    }
    latency_ = static_cast<std::size_t>(half) / step;
    phase_ = static_cast<std::size_t>(half) % step;  // of up_: where phases are shared it is 0
    next_ = taps_ - 1 + latency_;
    history_.resize((taps_ - 1) * channels_);
}

const float* Resampler::weights_between(std::vector<float>& out) const noexcept {
    const double place = static_cast<double>(phase_) / up_ * shared_phases;
    const auto below = static_cast<std::size_t>(place);
    const auto part = static_cast<float>(place - static_cast<double>(below));
    const float* const lower = phases_.data() + below * taps_;
    const float* const upper = lower + taps_;
    for (std::size_t k = 0; k < taps_; ++k) out[k] = lower[k] + part * (upper[k] - lower[k]);
    return out.data();
}

void Resampler::process(std::span<const std::int16_t> in, std::vector<std::int16_t>& out) {
    if (up_ == down_) {
        out.insert(out.end(), in.begin(), in.end());
        return;
    }
    history_.insert(history_.end(), in.begin(), in.end());
    const std::size_t frames = history_.size() / channels_;
    std::vector<float> between(shared_ ? taps_ : 0);
    while (next_ < frames) {
        const float* weights = shared_ ? weights_between(between) : phases_.data() + phase_ * taps_;
        const float* window = history_.data() + (next_ + 1 - taps_) * channels_;
        for (std::size_t channel = 0; channel < channels_; ++channel) {
            float sum = 0;
            for (std::size_t k = 0; k < taps_; ++k) sum += weights[k] * window[k * channels_ + channel];
            out.push_back(clipped(sum));
        }
        phase_ += static_cast<std::size_t>(down_);
        next_ += phase_ / static_cast<std::size_t>(up_);
        phase_ %= static_cast<std::size_t>(up_);
    }
    const std::size_t past = std::min(next_ + 1 - taps_, frames);
    history_.erase(history_.begin(), history_.begin() + static_cast<std::ptrdiff_t>(past * channels_));
    next_ -= past;
}

Pcm resampled(const Pcm& sound, int rate) {
    Resampler resampler(sound.rate, rate, sound.channels);
    Pcm out{rate, sound.channels, {}};
    resampler.process(sound.samples, out.samples);
    const std::vector<std::int16_t> silence((resampler.latency() + 1) * static_cast<std::size_t>(sound.channels));
    resampler.process(silence, out.samples);
    const auto frames = (sound.frames() * static_cast<std::size_t>(rate) + static_cast<std::size_t>(sound.rate) - 1) /
                        static_cast<std::size_t>(sound.rate);
    out.samples.resize(frames * static_cast<std::size_t>(sound.channels));
    return out;
}

}  // namespace volley::sound
