#include "sound/resampler.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <stdexcept>

namespace volley::sound {
namespace {

constexpr int largest_term = 2000;
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
    if (up_ > largest_term || down_ > largest_term) throw std::invalid_argument("these rates have too little in common");
    if (up_ == down_) return;

    // Kaiser's formulas (Oppenheim, Schafer, "Discrete-Time Signal Processing", section 7.5.3), at the rate that both are parts of.
    const int widest = std::max(up_, down_);
    const double transition = (1 - passes) * std::numbers::pi / widest;
    const int half = static_cast<int>(std::ceil((stop_db - 8) / (2.285 * transition) / 2));
    const double beta = 0.1102 * (stop_db - 8.7);
    const double cut = (1 + passes) / 2 / widest;  // of half the common rate
    std::vector<double> filter(static_cast<std::size_t>(2 * half + 1));
    for (int n = -half; n <= half; ++n) {
        const double x = std::numbers::pi * cut * n;
        const double place = static_cast<double>(n) / half;
        const double window = bessel(beta * std::sqrt(std::max(0.0, 1 - place * place))) / bessel(beta);
        filter[static_cast<std::size_t>(n + half)] = up_ * cut * (n == 0 ? 1 : std::sin(x) / x) * window;
    }

    const auto up = static_cast<std::size_t>(up_);
    taps_ = (filter.size() + up - 1) / up;
    phases_.resize(up * taps_);
    for (std::size_t phase = 0; phase < up; ++phase) {
        // Each phase alone lets a constant through, so that silence between the phases' sums does not become a tone.
        double sum = 0;
        for (std::size_t n = phase; n < filter.size(); n += up) sum += filter[n];
        for (std::size_t k = 0; phase + k * up < filter.size(); ++k)
            phases_[phase * taps_ + taps_ - 1 - k] = static_cast<float>(filter[phase + k * up] / sum);
    }
    latency_ = static_cast<std::size_t>(half) / up;
    phase_ = static_cast<std::size_t>(half) % up;
    next_ = taps_ - 1 + latency_;
    history_.resize((taps_ - 1) * channels_);
}

void Resampler::process(std::span<const std::int16_t> in, std::vector<std::int16_t>& out) {
    if (up_ == down_) {
        out.insert(out.end(), in.begin(), in.end());
        return;
    }
    history_.insert(history_.end(), in.begin(), in.end());
    const std::size_t frames = history_.size() / channels_;
    while (next_ < frames) {
        const float* weights = phases_.data() + phase_ * taps_;
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
