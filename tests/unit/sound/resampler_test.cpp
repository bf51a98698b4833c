#include "sound/resampler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "sound/tone.hpp"
#include "unit/sound/signals.hpp"

namespace volley::sound {
namespace {

constexpr std::array rates = {8000, 11'025, 12'000, 16'000, 22'050, 24'000, 32'000, 44'100, 48'000, 96'000};

Samples tone(int rate, double frequency, double seconds) {
    Samples out(static_cast<std::size_t>(rate * seconds));
    Tone(rate, frequency, 0.5).fill(out);
    return out;
}

TEST(Resampler, keeps_a_tone_and_its_place_between_all_rates) {
    for (const int from : rates)
        for (const int to : rates) {
            const Pcm out = resampled({from, 1, tone(from, 1000, 0.2)}, to);
            ASSERT_EQ(out.rate, to);
            ASSERT_EQ(out.samples.size(), static_cast<std::size_t>(std::ceil(static_cast<double>(from / 5) * to / from)))
                << from << " " << to;
            double worst = 0;
            // The ends feel the silence beyond them.
            for (std::size_t i = out.samples.size() / 4; i < out.samples.size() * 3 / 4; ++i) {
                const double expected = 16383.5 * std::sin(2 * std::numbers::pi * 1000 * static_cast<double>(i) / to);
                worst = std::max(worst, std::abs(out.samples[i] - expected));
            }
            EXPECT_LT(worst, 12) << from << " " << to << ": 0.1 %";
        }
}

TEST(Resampler, keeps_a_tone_and_its_place_between_rates_that_have_little_in_common) {
    for (const auto& [from, to] : {std::pair{22'255, 48'000},
                                   {11'127, 48'000},
                                   {5512, 48'000},
                                   {44'056, 48'000},
                                   {44'101, 16'000},
                                   {47'999, 48'000},
                                   {48'001, 48'000},
                                   {191'999, 8000},
                                   {48'000, 22'255}}) {
        const Pcm out = resampled({from, 1, tone(from, 1000, 0.2)}, to);
        ASSERT_GE(out.samples.size(), static_cast<std::size_t>(to / 5 - 10));
        double worst = 0;
        for (std::size_t i = out.samples.size() / 4; i < out.samples.size() * 3 / 4; ++i) {
            const double expected = 16383.5 * std::sin(2 * std::numbers::pi * 1000 * static_cast<double>(i) / to);
            worst = std::max(worst, std::abs(out.samples[i] - expected));
        }
        EXPECT_LT(worst, 12) << from << " " << to << ": 0.1 %";
    }
    const Pcm low = resampled({1000, 1, tone(1000, 100, 0.5)}, 48'000);
    EXPECT_NEAR(level_db(std::span(low.samples).subspan(6000, 12'000)), -9, 0.1);
}

TEST(Resampler, what_the_lower_rate_cannot_hold_is_gone) {
    const Pcm out = resampled({48'000, 1, tone(48'000, 5000, 0.2)}, 8000);
    EXPECT_LT(level_db(std::span(out.samples).subspan(100, 1400)), -75);
    const Pcm up = resampled({8000, 1, tone(8000, 3000, 0.2)}, 48'000);
    EXPECT_LT(power_db(std::span(up.samples).subspan(600, 8000), 48'000, 5000), -75) << "the mirror of 3 kHz at 4 kHz";
}

TEST(Resampler, gives_the_same_whatever_the_blocks) {
    const Samples in = noise(5000, 3000, 1);
    Samples whole;
    Resampler(48'000, 44'100).process(in, whole);
    for (const std::size_t block : {1U, 7U, 480U}) {
        Resampler resampler(48'000, 44'100);
        Samples parts;
        for (std::size_t i = 0; i < in.size(); i += block)
            resampler.process(std::span(in).subspan(i, std::min<std::size_t>(block, in.size() - i)), parts);
        EXPECT_EQ(parts, whole) << block;
    }
}

TEST(Resampler, keeps_channels_apart) {
    Pcm stereo{8000, 2, {}};
    const Samples left = tone(8000, 700, 0.2);
    for (const std::int16_t sample : left) stereo.samples.insert(stereo.samples.end(), {sample, 0});
    const Pcm out = resampled(stereo, 48'000);
    const Pcm alone = resampled({8000, 1, left}, 48'000);
    ASSERT_EQ(out.frames(), alone.frames());
    for (std::size_t i = 0; i < alone.samples.size(); ++i) {
        ASSERT_EQ(out.samples[2 * i], alone.samples[i]);
        ASSERT_EQ(out.samples[2 * i + 1], 0);
    }
}

TEST(Resampler, is_ahead_of_its_output_by_its_latency) {
    for (const auto& [from, to] : {std::pair{8000, 48'000}, {48'000, 8000}, {44'100, 48'000}, {48'000, 48'000}}) {
        Resampler resampler(from, to);
        Samples out;
        const Samples in(resampler.latency());
        resampler.process(in, out);
        EXPECT_TRUE(out.empty()) << from << " " << to;
        resampler.process(Samples(1), out);
        EXPECT_FALSE(out.empty()) << from << " " << to;
        EXPECT_LE(static_cast<double>(resampler.latency()) / from, 35.0 / std::min(from, to));
    }
}

TEST(Resampler, refuses_what_it_cannot_do) {
    for (const auto& [from, to, channels] :
         {std::tuple{0, 8000, 1}, {8000, 999, 1}, {8000, 192'001, 1}, {8000, 16'000, 0}, {8000, 16'000, 9}, {-8000, 8000, 1}})
        EXPECT_THROW(Resampler(from, to, channels), std::invalid_argument) << from << " " << to << " " << channels;
}

}  // namespace
}  // namespace volley::sound
