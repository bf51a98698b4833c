// A short sweep whose arrival can be told to a part of a sample, through codecs, noise and filters: what the round trip of sound is
// measured with.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include <volley/time.hpp>

#include "sound/fft.hpp"

namespace volley::sound {

/// A linear sweep with soft ends. As it stands it lies within what a telephone's codec passes.
struct ChirpPlan {
    int rate = 48'000;
    double from_hz = 500;
    double to_hz = 3000;
    Duration length = std::chrono::milliseconds(100);
    double amplitude = 0.5;  ///< of full scale, 0 to 1
};

/// The sweep's samples, of one channel. Throws std::invalid_argument for frequencies outside 0 to half the rate, for a length that is not
/// from 10 ms to 1 s, and for a rate that pcm.hpp does not take.
[[nodiscard]] std::vector<std::int16_t> chirp(const ChirpPlan& plan);

/// Where a chirp was heard.
struct ChirpFound {
    double sample = 0;  ///< its first one, from the first that was listened to; with a part
    /// What part of the sound that was heard while it lasted is the chirp: the size of their correlation, 0 to 1. Noise as loud as the chirp
    /// leaves 0.7; sound that has nothing to do with it is rarely over 0.3.
    double confidence = 0;
    std::size_t which = 0;  ///< of the plans that were listened for
};

/// Listens for chirps, again and again, by correlation with it and with itself a quarter turn later, so that neither a filter's phase nor
/// an inverted cable matters. Rates over 16 kHz cost more than they give: resample to 8 or 16 kHz first. Memory: some seconds of sound.
/// Thread safety: as a plain value.
class ChirpListener {
public:
    static constexpr double least_confidence = 0.4;

    explicit ChirpListener(const ChirpPlan& plan) : ChirpListener(std::span(&plan, 1)) {}
    /// For several, which are told apart where their sweeps differ in slope or lie in different bands. Throws std::invalid_argument, too, for
    /// none, and for plans that differ in rate or length.
    explicit ChirpListener(std::span<const ChirpPlan> plans);

    /// The next samples, of one channel at the plan's rate. Those that are missing (lost packets) are to be given as zeros.
    void hear(std::span<const std::int16_t> samples);
    /// Nothing more comes for now: looks through what was heard and not yet looked through, which hear() does whenever it is enough.
    void flush();
    /// The next chirp that was found, in the order of their times; no two are closer than a chirp is long.
    [[nodiscard]] std::optional<ChirpFound> poll();

    /// Samples that were heard.
    [[nodiscard]] std::uint64_t heard() const noexcept { return first_ + heard_.size(); }

private:
    static constexpr float unknown = -1;
    struct Pattern {
        std::vector<std::complex<float>> spectrum;  // of the analytic chirp, conjugated, of unit energy
        float before = unknown;                     // how clear it was at first_ - 1
        std::vector<float> clear;                   // at each start of a search
    };

    void add(const ChirpFound& candidate);
    void search(std::size_t starts, bool to_the_end);

    std::size_t size_;  // of the chirp, in samples
    Fft fft_;
    std::vector<Pattern> patterns_;
    std::vector<float> heard_;  // from first_ on
    std::uint64_t first_ = 0;
    std::optional<ChirpFound> best_;  // may still be surpassed by one less than a chirp's length later
    std::deque<ChirpFound> found_;
};

/// The clearest chirp in a piece of sound; none where no one reaches ChirpListener::least_confidence.
[[nodiscard]] std::optional<ChirpFound> find_chirp(const ChirpPlan& plan, std::span<const std::int16_t> samples);

}  // namespace volley::sound
