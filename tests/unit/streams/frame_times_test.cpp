#include "streams/frame_times.hpp"

#include <gtest/gtest.h>

namespace volley::streams {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint start{std::chrono::hours(1)};

TEST(FrameTimes, counts_the_frames_of_the_last_second) {
    FrameTimes times;
    EXPECT_EQ(times.per_second(start), 0);
    for (int i = 0; i < 100; ++i) times.add(start + milliseconds(40) * i);
    EXPECT_EQ(times.per_second(start + milliseconds(40) * 99), 25);
    EXPECT_EQ(times.per_second(start + milliseconds(40) * 99 + milliseconds(500)), 13);
    EXPECT_EQ(times.per_second(start + seconds(10)), 0);
    EXPECT_EQ(times.total_delay(), milliseconds(40) * 99);
    EXPECT_NEAR(times.total_squared_delay(), 0.04 * 0.04 * 99, 1e-9);
    EXPECT_EQ(times.freezes(), 0U);
}

// W3C: at least three times the average of the last 30, and at least 150 ms more than it.
TEST(FrameTimes, a_freeze_is_long_against_the_average_and_by_itself) {
    for (const auto& [step, pause, freezes] : {std::tuple{milliseconds(33), milliseconds(182), 0},
                                               {milliseconds(33), milliseconds(183), 1},
                                               {milliseconds(100), milliseconds(299), 0},
                                               {milliseconds(100), milliseconds(300), 1}}) {
        FrameTimes times;
        TimePoint now = start;
        for (int i = 0; i < 40; ++i) times.add(now += step);
        times.add(now += pause);
        times.add(now += step);
        EXPECT_EQ(times.freezes(), static_cast<std::uint64_t>(freezes)) << pause.count();
        EXPECT_EQ(times.frozen(), freezes == 0 ? Duration() : Duration(pause));
    }
}

TEST(FrameTimes, the_average_is_of_the_last_thirty) {
    FrameTimes times;
    TimePoint now = start;
    for (int i = 0; i < 100; ++i) times.add(now += seconds(1));
    for (int i = 0; i < 30; ++i) times.add(now += milliseconds(20));
    times.add(now += milliseconds(180));
    EXPECT_EQ(times.freezes(), 1U);
}

TEST(FrameTimes, what_it_keeps_is_bounded) {
    FrameTimes times;
    for (int i = 0; i < 100'000; ++i) times.add(start);
    EXPECT_LE(times.per_second(start), 240);
}

}  // namespace
}  // namespace volley::streams
