#include "call/pings.hpp"

#include <gtest/gtest.h>

#include <string>

namespace volley::call {
namespace {
using namespace std::chrono_literals;

const TimePoint start = TimePoint{} + 1000s;

PingPlan plan_of(std::uint64_t count, Duration every = 100ms) {
    PingPlan plan;
    plan.every = every;
    plan.count = count;
    plan.timeout = 1s;
    return plan;
}

/// Sends what is due at an instant. @return the texts
std::vector<std::string> send(PingSeries& series, TimePoint now) {
    std::vector<std::string> out;
    while (const auto ping = series.poll(now)) {
        series.sent(now);
        out.push_back(ping->text);
    }
    return out;
}

TEST(Pings, come_at_planned_instants_whatever_becomes_of_the_answers) {
    PingSeries series(plan_of(3), start);
    EXPECT_EQ(series.next_timeout(), start);
    EXPECT_EQ(send(series, start), std::vector<std::string>{"ping 1"});
    EXPECT_EQ(series.next_timeout(), start + 100ms);
    EXPECT_TRUE(send(series, start + 99ms).empty());
    EXPECT_EQ(send(series, start + 250ms), (std::vector<std::string>{"ping 2", "ping 3"}));
    EXPECT_EQ(series.planned(), 3U);
    EXPECT_FALSE(series.done());
    EXPECT_EQ(series.next_timeout(), start + 1s) << "then the first one is lost";
}

TEST(Pings, a_round_trip_counts_from_the_planned_start_and_from_sending) {
    PingSeries series(plan_of(2), start);
    send(series, start + 30ms);
    ASSERT_EQ(series.handle_message(start + 50ms, "pong 1"), Answer::pong);
    const auto& sample = series.last().sample;
    EXPECT_EQ(series.last().sequence, 1U);
    EXPECT_EQ(sample.response_time(), 50ms);
    EXPECT_EQ(sample.service_time(), 20ms);
    EXPECT_EQ(sample.start_lag(), 30ms);
    EXPECT_TRUE(sample.right);
    EXPECT_EQ(sample.bytes, 6U);
}

TEST(Pings, an_echo_is_an_answer_as_a_pong_is) {
    PingSeries series(plan_of(1), start);
    send(series, start);
    EXPECT_EQ(series.handle_message(start + 1ms, "ping 1"), Answer::pong);
    EXPECT_TRUE(series.done());
    EXPECT_EQ(series.next_timeout(), std::nullopt);
}

TEST(Pings, are_padded_to_a_size_and_come_back_whole) {
    auto plan = plan_of(1);
    plan.size = 20;
    PingSeries series(plan, start);
    const auto sent = send(series, start);
    ASSERT_EQ(sent, std::vector<std::string>{"ping 1 ............."});
    EXPECT_EQ(sent[0].size(), 20U);
    EXPECT_EQ(series.handle_message(start, "pong 1"), Answer::strange) << "cut short";
    EXPECT_EQ(series.handle_message(start, "pong 1 ............x"), Answer::strange);
    EXPECT_EQ(series.handle_message(start, "pong 1 ............."), Answer::pong);
}

TEST(Pings, what_answers_nothing_is_told_apart) {
    PingSeries series(plan_of(2), start);
    send(series, start);
    for (const char* text : {"", "pong", "pong ", "pong x", "pong 0", "pong 2", "pong -1", "pong 01", "pong 1 ", "hello",
                             "PONG 1", "pong 99999999999999999999999"})
        EXPECT_EQ(series.handle_message(start + 1ms, text), Answer::strange) << text;
    EXPECT_EQ(series.handle_message(start + 1ms, "pong 1"), Answer::pong);
    EXPECT_EQ(series.handle_message(start + 2ms, "pong 1"), Answer::repeated);
}

TEST(Pings, a_late_answer_is_lost_and_known) {
    PingSeries series(plan_of(1), start);
    send(series, start);
    EXPECT_EQ(series.expire(start + 999ms), std::nullopt);
    const auto lost = series.expire(start + 1s);
    ASSERT_TRUE(lost);
    EXPECT_EQ(lost->sequence, 1U);
    EXPECT_FALSE(lost->sample.right);
    EXPECT_EQ(lost->sample.outcome, metrics::Outcome::timeout);
    EXPECT_EQ(series.expire(start + 2s), std::nullopt);
    EXPECT_TRUE(series.done());
    EXPECT_EQ(series.handle_message(start + 2s, "pong 1"), Answer::late);
    EXPECT_EQ(series.handle_message(start + 2s, "pong 1"), Answer::repeated);
}

TEST(Pings, an_answer_that_was_overtaken_is_out_of_order) {
    PingSeries series(plan_of(3), start);
    send(series, start + 200ms);
    ASSERT_EQ(series.handle_message(start + 201ms, "pong 2"), Answer::pong);
    EXPECT_FALSE(series.last().out_of_order);
    ASSERT_EQ(series.handle_message(start + 202ms, "pong 1"), Answer::pong);
    EXPECT_TRUE(series.last().out_of_order);
    ASSERT_EQ(series.handle_message(start + 203ms, "pong 3"), Answer::pong);
    EXPECT_FALSE(series.last().out_of_order);
}

TEST(Pings, what_we_are_a_second_late_for_is_missed_by_us) {
    PingSeries series(plan_of(20), start);
    EXPECT_EQ(send(series, start + 1450ms).size(), 10U);
    EXPECT_EQ(series.missed(), 5U);
    EXPECT_EQ(series.planned(), 15U);
    EXPECT_EQ(series.handle_message(start + 1450ms, "pong 1"), Answer::strange) << "it never left";
    EXPECT_EQ(series.handle_message(start + 1450ms, "pong 6"), Answer::pong);
}

TEST(Pings, what_the_channel_does_not_take_is_not_under_way) {
    PingSeries series(plan_of(1), start);
    ASSERT_TRUE(series.poll(start));
    series.sent(start);
    series.refused();
    EXPECT_EQ(series.saturated(), 1U);
    EXPECT_TRUE(series.done());
    EXPECT_EQ(series.handle_message(start, "pong 1"), Answer::strange);
}

TEST(Pings, end_with_the_time_that_they_are_given) {
    auto plan = plan_of(0);
    plan.count.reset();
    plan.length = 250ms;
    PingSeries series(plan, start);
    EXPECT_EQ(send(series, start + 300ms).size(), 3U);
    EXPECT_EQ(series.planned(), 3U);
    for (const char* text : {"pong 1", "pong 2", "pong 3"}) EXPECT_EQ(series.handle_message(start + 301ms, text), Answer::pong);
    EXPECT_TRUE(series.done());
}

TEST(Pings, back_to_back_each_waits_for_the_one_before) {
    PingSeries series(plan_of(3, 0ms), start);
    EXPECT_EQ(series.next_timeout(), start);
    EXPECT_EQ(send(series, start), std::vector<std::string>{"ping 1"});
    EXPECT_TRUE(send(series, start + 500ms).empty());
    EXPECT_EQ(series.next_timeout(), start + 1s) << "then it is lost";
    EXPECT_EQ(series.handle_message(start + 600ms, "pong 1"), Answer::pong);
    EXPECT_EQ(series.last().sample.response_time(), 600ms);
    EXPECT_EQ(series.next_timeout(), start + 600ms);
    EXPECT_EQ(send(series, start + 610ms), std::vector<std::string>{"ping 2"});
    EXPECT_TRUE(series.expire(start + 1610ms));
    EXPECT_EQ(series.handle_message(start + 1615ms, "pong 2"), Answer::late);
    EXPECT_EQ(send(series, start + 1620ms), std::vector<std::string>{"ping 3"});
    EXPECT_EQ(series.handle_message(start + 1630ms, "pong 3"), Answer::pong);
    EXPECT_EQ(series.last().sample.planned, start + 1610ms) << "when the one before was given up";
    EXPECT_EQ(series.last().sample.start_lag(), 10ms);
    EXPECT_TRUE(series.done());
    EXPECT_EQ(series.missed(), 0U);
}

TEST(Pings, back_to_back_none_is_missed_and_what_is_not_taken_is_tried_again_later) {
    PingSeries series(plan_of(2, 0ms), start);
    ASSERT_TRUE(series.poll(start + 5s)) << "we were late, and nothing was planned meanwhile";
    series.sent(start + 5s);
    series.refused();
    EXPECT_EQ(series.poll(start + 5s), std::nullopt);
    EXPECT_EQ(series.next_timeout(), start + 5s + 1ms);
    EXPECT_EQ(send(series, start + 5s + 1ms), std::vector<std::string>{"ping 2"});
    EXPECT_EQ(series.missed(), 0U);
    EXPECT_EQ(series.saturated(), 1U);
}

TEST(Pings, back_to_back_end_with_the_time_that_they_are_given) {
    auto plan = plan_of(0, 0ms);
    plan.count.reset();
    plan.length = 250ms;
    PingSeries series(plan, start);
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(send(series, start + i * 100ms).size(), 1U);
        EXPECT_EQ(series.handle_message(start + i * 100ms + 100ms, "pong " + std::to_string(i + 1)), Answer::pong);
    }
    EXPECT_TRUE(send(series, start + 300ms).empty());
    EXPECT_TRUE(series.done());
}

TEST(Pings, none_is_a_series_that_is_done) {
    PingSeries series(plan_of(0), start);
    EXPECT_TRUE(series.done());
    EXPECT_EQ(series.poll(start + 1h), std::nullopt);
}

TEST(Pings, a_call_that_breaks_off_loses_all_that_are_under_way) {
    PingSeries series(plan_of(5), start);
    send(series, start + 200ms);
    EXPECT_EQ(series.handle_message(start + 201ms, "pong 2"), Answer::pong);
    series.stop();
    EXPECT_EQ(series.under_way(), 2U);
    EXPECT_EQ(series.give_up(start + 202ms)->sequence, 1U);
    EXPECT_EQ(series.give_up(start + 202ms)->sequence, 3U);
    EXPECT_EQ(series.give_up(start + 202ms), std::nullopt);
    EXPECT_TRUE(series.done());
}

TEST(Pings, what_is_withdrawn_is_neither_answered_nor_lost_whatever_comes_later) {
    PingSeries series(plan_of(10), start);
    for (int i = 0; i < 3; ++i) send(series, start + 100ms * i);
    EXPECT_EQ(series.handle_message(start + 201ms, "pong 2"), Answer::pong);
    EXPECT_EQ(series.withdraw(), 2U);
    EXPECT_EQ(series.under_way(), 0U);
    EXPECT_EQ(series.handle_message(start + 202ms, "pong 1"), Answer::withdrawn);
    EXPECT_EQ(series.handle_message(start + 202ms, "pong 2"), Answer::repeated);
    EXPECT_EQ(series.handle_message(start + 203ms, "pong 3"), Answer::withdrawn);
    EXPECT_FALSE(series.expire(start + 1h));
    EXPECT_FALSE(series.give_up(start + 1h));
    EXPECT_EQ(series.withdraw(), 0U);
    series.stop();
    EXPECT_TRUE(series.done());
}

TEST(Pings, a_long_series_remembers_what_is_under_way_and_little_else) {
    auto plan = plan_of(0, 1ms);
    plan.count.reset();
    PingSeries series(plan, start);
    for (int i = 0; i < 20'000; ++i) {
        const auto now = start + 1ms * i;
        send(series, now);
        if (i % 2 == 0) {
            ASSERT_EQ(series.handle_message(now, "pong " + std::to_string(i + 1)), Answer::pong) << i;
        }
        while (series.expire(now)) {
        }
    }
    EXPECT_LE(series.under_way(), 501U);
    EXPECT_EQ(series.handle_message(start + 20s, "pong 1"), Answer::repeated) << "so old that nobody knows";
    EXPECT_EQ(series.handle_message(start + 20s, "pong 20000"), Answer::pong);
}

TEST(Pings, after_a_long_standstill_the_series_goes_on_and_does_not_keep_what_was_missed) {
    auto plan = plan_of(0, 1ms);
    plan.count.reset();
    PingSeries series(plan, start);
    send(series, start);
    const auto woken = start + 1h;
    ASSERT_TRUE(series.expire(woken));
    EXPECT_EQ(send(series, woken).size(), 1001U) << "those of the last second, and the one of now";
    EXPECT_EQ(series.planned(), 3'600'001U);
    EXPECT_EQ(series.missed(), 3'600'001U - 1 - 1001);
    EXPECT_EQ(series.handle_message(woken, "pong 2000000"), Answer::repeated) << "so old that nobody knows that it never left";
    EXPECT_EQ(series.handle_message(woken, "pong 3600001"), Answer::pong);
    EXPECT_EQ(series.last().sample.planned, woken);
    EXPECT_EQ(series.handle_message(woken, "pong 3600000"), Answer::pong);
    EXPECT_EQ(series.under_way(), 999U);
    EXPECT_EQ(series.next_timeout(), woken + 1ms);
    EXPECT_FALSE(series.expire(woken + 999ms));
    EXPECT_EQ(series.expire(woken + 1s)->sequence, 3'600'001U - 1000);
}

TEST(Pings, too_many_under_way_are_not_sent) {
    auto plan = plan_of(0, 1ms);
    plan.count.reset();
    plan.timeout = 1h;
    PingSeries series(plan, start);
    for (std::size_t i = 0; i < PingSeries::most_under_way + 10; ++i) send(series, start + 1ms * static_cast<std::int64_t>(i));
    EXPECT_EQ(series.under_way(), PingSeries::most_under_way);
    EXPECT_EQ(series.saturated(), 10U);
}

}  // namespace
}  // namespace volley::call
