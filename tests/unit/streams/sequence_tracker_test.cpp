#include "streams/sequence_tracker.hpp"

#include <gtest/gtest.h>

namespace volley::streams {
namespace {

TEST(Unwrapped, takes_the_nearest_number_that_looks_the_same) {
    EXPECT_EQ(unwrapped(5, 65536), 65541U);
    EXPECT_EQ(unwrapped(65535, 65536), 65535U);
    EXPECT_EQ(unwrapped(1, 2 * 65536 - 2), 2U * 65536 + 1);
    EXPECT_EQ(unwrapped(65534, 2 * 65536 + 1), 2U * 65536 - 2);
}

TEST(SequenceTracker, counts_rollovers) {
    SequenceTracker tracker;
    EXPECT_EQ(tracker.take(65534).sequence, 65536U + 65534);
    EXPECT_EQ(tracker.take(65535).sequence, 65536U + 65535);
    EXPECT_EQ(tracker.take(0).sequence, 2U * 65536);
    EXPECT_EQ(tracker.take(2).sequence, 2U * 65536 + 2);
    EXPECT_EQ(tracker.take(65533).sequence, 65536U + 65533);
    EXPECT_EQ(tracker.highest(), 2U * 65536 + 2);
    EXPECT_EQ(tracker.lost(), 1);  // 1; what came before the first counts as expected
}

TEST(SequenceTracker, knows_what_came_twice_also_out_of_order) {
    SequenceTracker tracker;
    EXPECT_EQ(tracker.take(100).arrival, Arrival::fresh);
    EXPECT_EQ(tracker.take(100).arrival, Arrival::duplicate);
    EXPECT_EQ(tracker.take(103).arrival, Arrival::fresh);
    EXPECT_EQ(tracker.take(101).arrival, Arrival::fresh);
    EXPECT_EQ(tracker.take(101).arrival, Arrival::duplicate);
    EXPECT_EQ(tracker.take(103).arrival, Arrival::duplicate);
    EXPECT_EQ(tracker.take(102).arrival, Arrival::fresh);
    EXPECT_EQ(tracker.lost(), -3);  // RFC 3550: what came twice was received twice
}

TEST(SequenceTracker, what_came_by_way_of_rtx_is_lost_to_reports_and_not_missing) {
    SequenceTracker tracker;
    for (const int number : {10, 11, 14, 15, 15, 17}) (void)tracker.take(static_cast<std::uint16_t>(number));
    EXPECT_EQ(tracker.lost(), 2) << "12, 13 and 16, less what came twice";
    EXPECT_EQ(tracker.missing(), 3U);
    EXPECT_EQ(tracker.take_resent(12)->arrival, Arrival::fresh);
    EXPECT_EQ(tracker.take_resent(12)->arrival, Arrival::duplicate);
    EXPECT_EQ(tracker.take_resent(16)->arrival, Arrival::fresh);
    EXPECT_EQ(tracker.lost(), 2);
    EXPECT_EQ(tracker.missing(), 1U);
    (void)tracker.take(16);  // overtaken by its copy
    EXPECT_EQ(tracker.missing(), 1U);
    for (const int number : {40'000, 40'001, 40'003}) (void)tracker.take(static_cast<std::uint16_t>(number));
    EXPECT_EQ(tracker.missing(), 2U) << "40002, and 13 of the numbering before";
}

TEST(SequenceTracker, places_of_old_numbers_are_used_again) {
    SequenceTracker tracker;
    std::uint16_t number = 0;
    for (std::uint64_t i = 0; i < 3 * SequenceTracker::window; ++i, ++number)
        ASSERT_EQ(tracker.take(number).arrival, Arrival::fresh) << i;
    for (int i = 0; i < 100; ++i, number = static_cast<std::uint16_t>(number + 2900))
        ASSERT_EQ(tracker.take(number).arrival, Arrival::fresh) << i;
}

TEST(SequenceTracker, a_packet_from_afar_is_dropped_and_two_in_a_row_begin_anew) {
    SequenceTracker tracker;
    for (std::uint16_t i = 10; i < 20; ++i) (void)tracker.take(i);
    EXPECT_EQ(tracker.take(40000).arrival, Arrival::stray);
    EXPECT_EQ(tracker.take(20).arrival, Arrival::fresh);
    EXPECT_EQ(tracker.take(40001).arrival, Arrival::stray);  // 20 was between them
    const std::uint64_t before = tracker.highest();
    EXPECT_EQ(tracker.take(40002).arrival, Arrival::restart);
    EXPECT_GT(tracker.highest(), before);
    EXPECT_EQ(static_cast<std::uint16_t>(tracker.highest()), 40002);
    EXPECT_EQ(tracker.take(40003).arrival, Arrival::fresh);
    EXPECT_EQ(tracker.lost(), 0);
}

TEST(SequenceTracker, tells_the_fraction_lost_since_the_last_time) {
    SequenceTracker tracker;
    for (std::uint16_t i = 0; i < 10; ++i) (void)tracker.take(i);
    EXPECT_EQ(tracker.take_fraction_lost(), 0);
    for (std::uint16_t i = 10; i < 20; i = static_cast<std::uint16_t>(i + 2))
        (void)tracker.take(static_cast<std::uint16_t>(i + 1));
    EXPECT_EQ(tracker.take_fraction_lost(), 128);
    EXPECT_EQ(tracker.lost(), 5);
    EXPECT_EQ(tracker.take_fraction_lost(), 0);  // nothing was expected
    (void)tracker.take(20);
    (void)tracker.take(20);
    EXPECT_EQ(tracker.take_fraction_lost(), 0);  // more came than were expected
}

TEST(SequenceTracker, resent_packets_stay_lost_in_reports) {
    SequenceTracker tracker;
    EXPECT_FALSE(tracker.take_resent(1));
    (void)tracker.take(1);
    (void)tracker.take(3);
    const auto resent = tracker.take_resent(2);
    ASSERT_TRUE(resent);
    EXPECT_EQ(resent->arrival, Arrival::fresh);
    EXPECT_EQ(resent->sequence, 65538U);
    EXPECT_EQ(tracker.take_resent(2)->arrival, Arrival::duplicate);
    EXPECT_EQ(tracker.take_resent(40000)->arrival, Arrival::stray);
    EXPECT_EQ(tracker.lost(), 1);
}

}  // namespace
}  // namespace volley::streams
