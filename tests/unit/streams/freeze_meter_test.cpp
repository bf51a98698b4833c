#include "streams/freeze_meter.hpp"

#include <gtest/gtest.h>

namespace volley::streams {
namespace {

using namespace std::chrono_literals;

const TimePoint start{std::chrono::hours(1)};

TEST(FreezeMeter, counts_as_webrtc_stats_does) {
    FreezeMeter meter;
    TimePoint at = start;
    for (int i = 0; i < 40; ++i) meter.shown(at += 33ms);
    meter.shown(at += 182ms);
    EXPECT_EQ(meter.freezes(), 0U) << "33 ms + 150 ms is the limit";
    for (int i = 0; i < 40; ++i) meter.shown(at += 33ms);
    meter.shown(at += 183ms);
    EXPECT_EQ(meter.freezes(), 1U);
    EXPECT_EQ(meter.total(), 183ms);
    meter.shown(at += 400ms);
    EXPECT_EQ(meter.freezes(), 2U);
    EXPECT_EQ(meter.total(), 583ms);
    EXPECT_EQ(meter.longest(), 400ms);
}

TEST(FreezeMeter, of_slow_video_three_times_the_usual_is_a_freeze) {
    FreezeMeter meter;
    TimePoint at = start;
    for (int i = 0; i < 40; ++i) meter.shown(at += 200ms);
    meter.shown(at += 599ms);
    EXPECT_EQ(meter.freezes(), 0U);
    for (int i = 0; i < 40; ++i) meter.shown(at += 200ms);
    meter.shown(at += 600ms);
    EXPECT_EQ(meter.freezes(), 1U);
}

TEST(FreezeMeter, the_first_frames_are_not_judged) {
    FreezeMeter meter;
    TimePoint at = start;
    meter.shown(at);
    for (int i = 0; i < 4; ++i) meter.shown(at += 33ms);
    meter.shown(at += 10s);
    EXPECT_EQ(meter.freezes(), 0U);
    EXPECT_EQ(FreezeMeter().total(), 0ns);
}

}  // namespace
}  // namespace volley::streams
