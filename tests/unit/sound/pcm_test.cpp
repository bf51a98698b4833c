#include "sound/pcm.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sound/tone.hpp"

namespace volley::sound {
namespace {
using namespace std::chrono_literals;

TEST(Pcm, lasts_as_long_as_its_frames) {
    EXPECT_EQ((Pcm{48'000, 2, std::vector<std::int16_t>(1920)}).duration(), 20ms);
    EXPECT_EQ((Pcm{8000, 1, std::vector<std::int16_t>(1)}).duration(), 125us);
    EXPECT_EQ((Pcm{4000, 1, std::vector<std::int16_t>(60'000'000)}).duration(), 15'000s);
    EXPECT_EQ(Pcm{}.duration(), 0ns);
}

TEST(Pcm, channels_are_mixed_and_made) {
    const Pcm stereo{8000, 2, {100, 300, -32768, -32768, 32767, 32767}};
    EXPECT_EQ(mono_of(stereo), (Pcm{8000, 1, {200, -32768, 32767}}));
    EXPECT_EQ(with_channels(mono_of(stereo), 2), (Pcm{8000, 2, {200, 200, -32768, -32768, 32767, 32767}}));
    EXPECT_EQ(with_channels(stereo, 2), stereo);
    EXPECT_EQ(with_channels(stereo, 1), mono_of(stereo));
}

TEST(Pcm, what_is_too_loud_is_clipped) {
    EXPECT_EQ(clipped(1e9), 32767);
    EXPECT_EQ(clipped(-1e9), -32768);
    EXPECT_EQ(clipped(0.5), 1);
    EXPECT_EQ(clipped(std::nan("")), 0);
    EXPECT_EQ(clipped(std::numeric_limits<double>::infinity()), 32767);
}

TEST(Pcm, a_full_sine_is_3_db_below_full_scale) {
    std::vector<std::int16_t> samples(8000);
    Tone(8000, 1000, 1).fill(samples);
    EXPECT_NEAR(level_db(samples), -3.01, 0.01);
    EXPECT_TRUE(std::isinf(level_db(std::vector<std::int16_t>(10))));
    EXPECT_TRUE(std::isinf(level_db({})));
}

}  // namespace
}  // namespace volley::sound
