#include "streams/pacer.hpp"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace volley::streams {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

const TimePoint start{std::chrono::hours(1)};

struct Left {
    Duration after;
    std::uint64_t sequence;
};

// Polls whenever something may leave.
std::vector<Left> run(Pacer& pacer, TimePoint now = start) {
    std::vector<Left> out;
    while (const auto next = pacer.next()) {
        now = std::max(now, *next);
        while (const auto packet = pacer.pop(now)) out.push_back({now - start, packet->sequence});
    }
    return out;
}

TEST(Pacer, spreads_a_frame_at_two_and_a_half_times_the_rate) {
    Pacer pacer(true, std::chrono::seconds(1));
    for (std::uint64_t i = 0; i < 10; ++i) pacer.add_frame_packet({0, i, 1250, false});
    pacer.set_rate(400'000);  // 10 ms for 1250 bytes at a million bits per second
    const auto left = run(pacer);
    ASSERT_EQ(left.size(), 10U);
    for (std::size_t i = 0; i < left.size(); ++i) EXPECT_EQ(left[i].sequence, i);
    EXPECT_EQ(left[0].after, Duration());
    EXPECT_GE(left[9].after, milliseconds(84));
    EXPECT_LE(left[9].after, milliseconds(90));
}

TEST(Pacer, a_large_frame_leaves_within_the_limit) {
    Pacer pacer(true, milliseconds(33));
    for (std::uint64_t i = 0; i < 100; ++i) pacer.add_frame_packet({0, i, 1250, false});
    pacer.set_rate(100'000);
    const auto left = run(pacer);
    ASSERT_EQ(left.size(), 100U);
    EXPECT_LE(left.back().after, milliseconds(34));
    EXPECT_GE(left.back().after, milliseconds(20));
}

TEST(Pacer, sends_all_at_once_where_it_is_told_to) {
    Pacer pacer(false, milliseconds(33));
    for (std::uint64_t i = 0; i < 100; ++i) pacer.add_frame_packet({0, i, 1250, false});
    pacer.set_rate(100'000);
    EXPECT_EQ(run(pacer).back().after, Duration());
}

TEST(Pacer, what_is_urgent_goes_first_and_what_is_resent_next) {
    Pacer pacer(true, milliseconds(33));
    pacer.add_frame_packet({0, 1, 1000, false});
    pacer.add_frame_packet({0, 2, 1000, false});
    pacer.set_rate(1'000'000);
    pacer.add_resend({0, 3, 1000, true});
    pacer.add_urgent({1, 4, 100, false});
    std::vector<std::uint64_t> order;
    for (const Left& left : run(pacer)) order.push_back(left.sequence);
    EXPECT_THAT(order, ElementsAre(4, 3, 1, 2));
    EXPECT_TRUE(pacer.empty());
}

TEST(Pacer, takes_no_more_than_it_has_room_for) {
    Pacer pacer(true, milliseconds(33));
    EXPECT_TRUE(pacer.takes_frame(Pacer::most_frame_packets));
    EXPECT_FALSE(pacer.takes_frame(Pacer::most_frame_packets + 1));
    for (std::uint64_t i = 0; i < Pacer::most_resends; ++i) {
        EXPECT_TRUE(pacer.takes_resend());
        pacer.add_resend({0, i, 1000, true});
    }
    EXPECT_FALSE(pacer.takes_resend());
    pacer.clear();
    EXPECT_FALSE(pacer.next());
}

}  // namespace
}  // namespace volley::streams
