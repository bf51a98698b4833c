#include "streams/nack_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace volley::streams {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

const TimePoint start{std::chrono::hours(1)};
constexpr Duration first_wait = milliseconds(5);
constexpr Duration interval = milliseconds(50);
constexpr NackList::Pace pace{first_wait, interval};

TEST(NackList, asks_after_a_moment_and_then_each_interval) {
    NackList list(seconds(2));
    ASSERT_TRUE(list.add(start, 70'000, 70'002));
    EXPECT_EQ(list.next(pace), start + first_wait);
    EXPECT_THAT(list.take_due(start, pace).ask, IsEmpty());
    const TimePoint first = start + first_wait;
    EXPECT_THAT(list.take_due(first, pace).ask, ElementsAre(70'000 - 65'536, 70'001 - 65'536));
    EXPECT_THAT(list.take_due(first + milliseconds(49), pace).ask, IsEmpty());
    list.remove(70'000);
    EXPECT_EQ(list.next(pace), first + interval);
    EXPECT_THAT(list.take_due(first + interval, pace).ask, ElementsAre(70'001 - 65'536));
}

TEST(NackList, what_came_out_of_order_is_not_asked_for) {
    NackList list(seconds(2));
    ASSERT_TRUE(list.add(start, 100, 101));
    list.remove(100);
    EXPECT_TRUE(list.empty());
    EXPECT_EQ(list.next(pace), std::nullopt);
}

TEST(NackList, asks_ten_times_and_gives_up_with_all_before_it) {
    NackList list(seconds(2));
    ASSERT_TRUE(list.add(start, 100, 103));
    TimePoint now = start + first_wait;
    for (int i = 0; i < 5; ++i, now += interval) {
        const auto due = list.take_due(now, pace);
        EXPECT_THAT(due.ask, ElementsAre(100, 101, 102)) << i;
        EXPECT_FALSE(due.given_up) << i;
    }
    list.remove(101);
    ASSERT_TRUE(list.add(now - first_wait, 201, 202));
    for (int i = 5; i < NackList::most_tries; ++i, now += interval)
        EXPECT_THAT(list.take_due(now, pace).ask, ElementsAre(100, 102, 201)) << i;
    const auto due = list.take_due(now, pace);
    EXPECT_EQ(due.given_up, 102U);
    EXPECT_THAT(due.ask, ElementsAre(201));
    EXPECT_EQ(list.size(), 1U);
}

TEST(NackList, knows_when_a_packet_was_asked_for_first) {
    NackList list(seconds(2));
    ASSERT_TRUE(list.add(start, 100, 101));
    EXPECT_FALSE(list.first_asked(100));
    (void)list.take_due(start + first_wait, pace);
    (void)list.take_due(start + first_wait + interval, pace);
    EXPECT_EQ(list.first_asked(100), start + first_wait);
    EXPECT_FALSE(list.first_asked(101));
}

TEST(NackList, gives_up_what_is_too_old_however_seldom_it_was_asked_for) {
    NackList list(seconds(2));
    ASSERT_TRUE(list.add(start, 100, 101));
    (void)list.take_due(start + first_wait, {first_wait, seconds(3)});
    EXPECT_EQ(list.next({first_wait, seconds(3)}), start + seconds(2));
    EXPECT_EQ(list.take_due(start + seconds(2), {first_wait, seconds(3)}).given_up, 100U);
    EXPECT_TRUE(list.empty());
}

TEST(NackList, too_many_at_once_are_none) {
    NackList list(seconds(2));
    ASSERT_TRUE(list.add(start, 0, NackList::most_missing));
    EXPECT_EQ(list.size(), NackList::most_missing);
    EXPECT_FALSE(list.add(start, 1000, 1001));
    EXPECT_TRUE(list.empty());
    EXPECT_FALSE(list.add(start, 0, UINT64_MAX));
}

TEST(NackList, takes_what_is_before_those_that_are_there) {
    NackList list(seconds(2));
    ASSERT_TRUE(list.add(start, 110, 111));
    ASSERT_TRUE(list.add(start, 101, 103));
    EXPECT_TRUE(list.contains(101));
    EXPECT_THAT(list.take_due(start + first_wait, pace).ask, ElementsAre(101, 102, 110));
}

TEST(NackList, is_walked_over_when_something_is_due_and_not_with_each_question) {
    NackList list(seconds(2));
    ASSERT_TRUE(list.add(start, 100, 100 + NackList::most_missing));
    for (int i = 0; i < 10'000; ++i) {
        EXPECT_TRUE(list.next(pace));
        EXPECT_THAT(list.take_due(start, pace).ask, IsEmpty());
    }
    EXPECT_EQ(list.steps(), 0U);
    const TimePoint first = start + first_wait;
    EXPECT_EQ(list.take_due(first, pace).ask.size(), NackList::most_missing);
    EXPECT_EQ(list.steps(), NackList::most_missing);
    // What was due first has come: the question at that time is one walk, after which the list knows better.
    list.remove(100);
    ASSERT_TRUE(list.add(first + milliseconds(1), 1000, 1001));
    list.remove(1000);
    for (int i = 0; i < 1000; ++i) EXPECT_THAT(list.take_due(first + milliseconds(10), pace).ask, IsEmpty());
    EXPECT_EQ(list.steps(), 2 * NackList::most_missing - 1);
    EXPECT_EQ(list.next(pace), first + interval);
    // The interval is another one as soon as the round trip is.
    EXPECT_EQ(list.next({first_wait, interval / 2}), first + interval / 2);
}

TEST(NackList, forgets_what_is_before_a_number) {
    NackList list(seconds(2));
    ASSERT_TRUE(list.add(start, 10, 20));
    list.remove_before(15);
    EXPECT_EQ(list.size(), 5U);
    EXPECT_FALSE(list.contains(14));
    EXPECT_TRUE(list.contains(15));
    EXPECT_FALSE(list.contains(20));
}

}  // namespace
}  // namespace volley::streams
