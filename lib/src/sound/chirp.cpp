#include "sound/chirp.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "sound/pcm.hpp"

namespace volley::sound {
namespace {

constexpr double soft_end = 0.1;  // of the length, at each end
constexpr float silence = 8;      // steps of 16 bits: what is quieter on average is nothing to be normalised
constexpr double full_scale = 32767;

void check(const ChirpPlan& plan) {
    if (plan.rate < lowest_rate || plan.rate > highest_rate) throw std::invalid_argument("no sound has the chirp's rate");
    for (const double frequency : {plan.from_hz, plan.to_hz})
        if (!(frequency >= 0 && frequency <= plan.rate / 2.0))
            throw std::invalid_argument("the chirp's frequencies are to lie between 0 and half the rate");
    if (plan.length < std::chrono::milliseconds(10) || plan.length > std::chrono::seconds(1))
        throw std::invalid_argument("the chirp is to last from 10 ms to 1 s");
}

/// The sweep of amplitude 1 as a turning number: its real part is the chirp.
std::vector<std::complex<double>> analytic(const ChirpPlan& plan) {
    check(plan);
    const double seconds = to_seconds(plan.length);
    const auto size = static_cast<std::size_t>(std::lround(seconds * plan.rate));
    std::vector<std::complex<double>> out(size);
    for (std::size_t i = 0; i < size; ++i) {
        const double t = static_cast<double>(i) / plan.rate;
        const double turns = plan.from_hz * t + (plan.to_hz - plan.from_hz) * t * t / (2 * seconds);
        const double place = (static_cast<double>(i) + 0.5) / static_cast<double>(size);
        const double end = std::min({1.0, place / soft_end, (1 - place) / soft_end});
        out[i] = std::polar(0.5 - 0.5 * std::cos(std::numbers::pi * end), 2 * std::numbers::pi * turns);
    }
    return out;
}

}  // namespace

std::vector<std::int16_t> chirp(const ChirpPlan& plan) {
    std::vector<std::int16_t> out;
    for (const auto& sample : analytic(plan)) out.push_back(clipped(plan.amplitude * full_scale * sample.real()));
    return out;
}

namespace {

std::size_t size_of(std::span<const ChirpPlan> plans) {
    if (plans.empty()) throw std::invalid_argument("there is no chirp to listen for");
    for (const auto& plan : plans)
        if (plan.rate != plans.front().rate || plan.length != plans.front().length)
            throw std::invalid_argument("chirps that are listened for together are to have one rate and one length");
    return analytic(plans.front()).size();
}

}  // namespace

ChirpListener::ChirpListener(std::span<const ChirpPlan> plans) : size_(size_of(plans)), fft_(std::bit_ceil(4 * size_)) {
    for (const auto& plan : plans) {
        const auto sweep = analytic(plan);
        double energy = 0;  // of the real part; the imaginary one has as much
        for (const auto& sample : sweep) energy += std::norm(sample) / 2;
        auto& spectrum = patterns_.emplace_back().spectrum;
        spectrum.resize(fft_.size());
        for (std::size_t i = 0; i < size_; ++i) spectrum[i] = std::complex<float>(sweep[i] / std::sqrt(energy));
        fft_.forward(spectrum);
        for (auto& bin : spectrum) bin = std::conj(bin) / static_cast<float>(fft_.size());
    }
}

void ChirpListener::hear(std::span<const std::int16_t> samples) {
    while (!samples.empty()) {
        const auto part = samples.first(std::min(samples.size(), fft_.size() - heard_.size()));
        heard_.insert(heard_.end(), part.begin(), part.end());
        samples = samples.subspan(part.size());
        if (heard_.size() == fft_.size()) search(fft_.size() - size_ + 1, false);
    }
}

void ChirpListener::flush() {
    if (heard_.size() >= size_) search(heard_.size() - size_ + 1, true);
    if (best_) found_.push_back(*best_);
    best_.reset();
}

/// Of what is closer than a chirp is long the clearest is taken.
void ChirpListener::add(const ChirpFound& candidate) {
    if (!best_) {
        best_ = candidate;
    } else if (candidate.sample - best_->sample >= static_cast<double>(size_)) {
        found_.push_back(*best_);
        best_ = candidate;
    } else if (candidate.confidence > best_->confidence) {
        best_ = candidate;
    }
}

/// Looks at the first `starts` places where a chirp may begin and forgets them; all but the last, which is looked at again with what comes
/// after it, unless nothing does.
void ChirpListener::search(std::size_t starts, bool to_the_end) {
    std::vector<std::complex<float>> heard(heard_.begin(), heard_.end());
    heard.resize(fft_.size());
    fft_.forward(heard);

    std::vector<float> loudness(starts);  // what the sound at each start is normalised by
    double energy = 0;
    for (std::size_t i = 0; i < size_; ++i) energy += static_cast<double>(heard_[i]) * heard_[i];
    const double least_energy = static_cast<double>(size_) * silence * silence;
    for (std::size_t start = 0; start < starts; ++start) {
        loudness[start] = static_cast<float>(std::sqrt(std::max(energy, least_energy)));
        if (start + size_ < heard_.size())
            energy += static_cast<double>(heard_[start + size_]) * heard_[start + size_] -
                      static_cast<double>(heard_[start]) * heard_[start];
    }

    std::vector<std::complex<float>> block(heard.size());
    for (auto& pattern : patterns_) {
        for (std::size_t i = 0; i < block.size(); ++i) {
            const auto bin = heard[i];
            const auto other = pattern.spectrum[i];
            block[i] = {bin.real() * other.real() - bin.imag() * other.imag(),
                        bin.real() * other.imag() + bin.imag() * other.real()};
        }
        fft_.inverse(block);
        pattern.clear.assign(starts + 1, unknown);  // behind the last is none
        for (std::size_t start = 0; start < starts; ++start)
            pattern.clear[start] = std::min(1.0F, std::abs(block[start]) / loudness[start]);
    }

    const std::size_t looked_at = to_the_end ? starts : starts - 1;
    for (std::size_t start = 0; start < looked_at; ++start) {
        for (std::size_t which = 0; which < patterns_.size(); ++which) {
            const auto& clear = patterns_[which].clear;
            const float here = clear[start];
            const float left = start > 0 ? clear[start - 1] : patterns_[which].before;
            const float right = clear[start + 1];
            if (here < least_confidence || here < left || here < right) continue;
            // The top of the parabola through the three.
            const float bend = left - 2 * here + right;
            const float off =
                left != unknown && right != unknown && bend < 0 ? std::clamp((left - right) / (2 * bend), -0.5F, 0.5F) : 0.0F;
            add({static_cast<double>(first_ + start) + off, here, which});
        }
    }
    for (auto& pattern : patterns_) pattern.before = pattern.clear[looked_at - 1];
    heard_.erase(heard_.begin(), heard_.begin() + static_cast<std::ptrdiff_t>(looked_at));
    first_ += looked_at;
    if (best_ && static_cast<double>(first_) - best_->sample >= static_cast<double>(size_)) {
        found_.push_back(*best_);
        best_.reset();
    }
}

std::optional<ChirpFound> ChirpListener::poll() {
    if (found_.empty()) return std::nullopt;
    const ChirpFound out = found_.front();
    found_.pop_front();
    return out;
}

std::optional<ChirpFound> find_chirp(const ChirpPlan& plan, std::span<const std::int16_t> samples) {
    ChirpListener listener(plan);
    listener.hear(samples);
    listener.flush();
    std::optional<ChirpFound> best;
    while (const auto found = listener.poll())
        if (!best || found->confidence > best->confidence) best = found;
    return best;
}

}  // namespace volley::sound
