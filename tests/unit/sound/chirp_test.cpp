#include "sound/chirp.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "sound/resampler.hpp"
#include "sound/tone.hpp"
#include "unit/sound/signals.hpp"

namespace volley::sound {
namespace {
using namespace std::chrono_literals;

ChirpPlan at_8k() {
    ChirpPlan plan;
    plan.rate = 8000;
    return plan;
}

std::vector<ChirpFound> all_found(ChirpListener& listener) {
    listener.flush();
    std::vector<ChirpFound> out;
    while (const auto found = listener.poll()) out.push_back(*found);
    return out;
}

TEST(Chirp, is_found_to_the_sample) {
    const Samples sweep = chirp(at_8k());
    EXPECT_EQ(sweep.size(), 800U);
    for (const std::size_t start : {0U, 1U, 799U, 800U, 3296U, 3297U, 5000U, 7200U}) {
        const auto found = find_chirp(at_8k(), at(start, sweep, 8000));
        ASSERT_TRUE(found) << start;
        EXPECT_NEAR(found->sample, static_cast<double>(start), 0.1);
        EXPECT_GT(found->confidence, 0.99);
    }
}

TEST(Chirp, is_found_between_samples) {
    // Eleven samples at 48 kHz are 1.833 at 8 kHz.
    ChirpPlan fine;
    const Pcm sound{48'000, 1, at(12'011, chirp(fine), 48'000)};
    const auto found = find_chirp(at_8k(), resampled(sound, 8000).samples);
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->sample, 12'011 / 6.0, 0.1);
}

TEST(Chirp, survives_noise_gain_clipping_filters_and_inversion) {
    const Samples sweep = chirp(at_8k());
    const Samples clean = at(3000, sweep, 8000);
    const double loud = 16'384 / 1.414;
    struct Case {
        const char* name;
        Samples samples;
        double off;
        double least;
    };
    for (const Case& c :
         {Case{"noise as loud as it", added(clean, noise(8000, loud, 1)), 1, 0.6},
          Case{"noise 6 dB louder", added(scaled(clean, 0.5), noise(8000, loud, 2)), 1.5, ChirpListener::least_confidence},
          Case{"40 dB less", scaled(clean, 0.01), 0.2, 0.95}, Case{"clipped", scaled(clean, 20), 0.5, 0.85},
          Case{"inverted", scaled(clean, -1), 0.1, 0.99}, Case{"low pass", low_passed(clean, 1000, 8000), 3, 0.85},
          Case{"high pass", added(clean, scaled(low_passed(clean, 800, 8000), -1)), 3, 0.85},
          Case{"with a tone",
               added(clean,
                     [] {
                         Samples tone(8000);
                         Tone(8000, 1000, 0.2).fill(tone);
                         return tone;
                     }()),
               0.5, 0.8}}) {
        const auto found = find_chirp(at_8k(), c.samples);
        ASSERT_TRUE(found) << c.name;
        EXPECT_NEAR(found->sample, 3000, c.off) << c.name;
        EXPECT_GT(found->confidence, c.least) << c.name;
    }
}

TEST(Chirp, is_not_heard_in_what_is_none) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) EXPECT_FALSE(find_chirp(at_8k(), noise(8000, 5000, seed))) << seed;
    EXPECT_FALSE(find_chirp(at_8k(), Samples(8000)));
    EXPECT_FALSE(find_chirp(at_8k(), Samples(8000, 20'000)));
    EXPECT_FALSE(find_chirp(at_8k(), Samples(100)));
    EXPECT_FALSE(find_chirp(at_8k(), {}));
    Samples tone(8000);
    Tone(8000, 1000, 0.8).fill(tone);
    EXPECT_FALSE(find_chirp(at_8k(), tone));
    ChirpPlan falling = at_8k();
    std::swap(falling.from_hz, falling.to_hz);
    EXPECT_FALSE(find_chirp(at_8k(), at(2000, chirp(falling), 8000)));
}

TEST(Chirp, one_after_the_other_is_heard_whatever_the_blocks) {
    const Samples sweep = chirp(at_8k());
    Samples minute = noise(8000 * 60, 300, 4);
    std::vector<double> starts;
    for (std::size_t second = 0; second < 60; ++second) {
        const std::size_t start = second * 8000 + second * 37;
        if (start + sweep.size() > minute.size()) break;
        starts.push_back(static_cast<double>(start));
        minute = added(minute, at(start, sweep, minute.size()));
    }
    for (const std::size_t block : {160U, 1000U, 480'000U}) {
        ChirpListener listener(at_8k());
        for (std::size_t i = 0; i < minute.size(); i += block)
            listener.hear(std::span(minute).subspan(i, std::min<std::size_t>(block, minute.size() - i)));
        EXPECT_EQ(listener.heard(), minute.size());
        const auto found = all_found(listener);
        ASSERT_EQ(found.size(), starts.size()) << block;
        for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i].sample, starts[i], 0.5);
    }
}

TEST(Chirp, is_given_out_before_the_end) {
    ChirpListener listener(at_8k());
    listener.hear(at(1000, chirp(at_8k()), 8000));
    const auto found = listener.poll();
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->sample, 1000, 0.1);
}

TEST(Chirp, plans_have_bounds) {
    const auto refused = [](auto change) {
        ChirpPlan plan;
        change(plan);
        EXPECT_THROW((void)chirp(plan), std::invalid_argument);
        EXPECT_THROW(ChirpListener{plan}, std::invalid_argument);
    };
    refused([](ChirpPlan& p) { p.rate = 0; });
    refused([](ChirpPlan& p) { p.to_hz = 24'001; });
    refused([](ChirpPlan& p) { p.from_hz = -1; });
    refused([](ChirpPlan& p) { p.from_hz = std::nan(""); });
    refused([](ChirpPlan& p) { p.length = 9ms; });
    refused([](ChirpPlan& p) { p.length = 1001ms; });
}

}  // namespace
}  // namespace volley::sound
