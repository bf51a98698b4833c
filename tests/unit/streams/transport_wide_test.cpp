#include "streams/transport_wide.hpp"

#include <initializer_list>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace volley::streams {
namespace {

using proto::rtp::TransportFeedback;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::Optional;
using testing::SizeIs;

const TimePoint start{std::chrono::hours(1)};

std::size_t came(const TransportFeedback& feedback) {
    std::size_t out = 0;
    for (const auto& delta : feedback.deltas) out += delta ? 1 : 0;
    return out;
}

TEST(ArrivalLog, tells_in_intervals_what_came_and_what_did_not) {
    ArrivalLog log;
    EXPECT_FALSE(log.next());
    EXPECT_FALSE(log.take(start));
    log.add(start, 10);
    log.add(start + milliseconds(1), 11);
    log.add(start + milliseconds(5), 13);
    EXPECT_EQ(log.next(), start + ArrivalLog::first_wait);
    const auto feedback = log.take(start + ArrivalLog::first_wait);
    ASSERT_TRUE(feedback);
    EXPECT_EQ(feedback->base_sequence, 10);
    EXPECT_EQ(feedback->count, 0);
    ASSERT_THAT(feedback->deltas, SizeIs(4));
    EXPECT_THAT(feedback->deltas[1], Optional(4));
    EXPECT_FALSE(feedback->deltas[2]);
    EXPECT_THAT(feedback->deltas[3], Optional(16));
    EXPECT_FALSE(log.next());
    // What was lost between two of them is in the second one.
    log.add(start + milliseconds(60), 16);
    EXPECT_EQ(log.next(), start + ArrivalLog::first_wait + ArrivalLog::interval);
    const auto second = log.take(start + milliseconds(150));
    ASSERT_TRUE(second);
    EXPECT_EQ(second->base_sequence, 14);
    EXPECT_EQ(second->count, 1);
    ASSERT_THAT(second->deltas, SizeIs(3));
    EXPECT_FALSE(second->deltas[0]);
    EXPECT_TRUE(second->deltas[2]);
}

TEST(ArrivalLog, packets_that_were_overtaken_come_with_a_step_back_in_time) {
    ArrivalLog log;
    log.add(start, 65'535);
    log.add(start + milliseconds(3), 1);
    log.add(start + milliseconds(4), 0);
    log.add(start + milliseconds(4), 0);
    const auto feedback = log.take(start + milliseconds(50));
    ASSERT_TRUE(feedback);
    EXPECT_EQ(feedback->base_sequence, 65'535);
    ASSERT_THAT(feedback->deltas, SizeIs(3));
    EXPECT_THAT(feedback->deltas[1], Optional(16));
    EXPECT_THAT(feedback->deltas[2], Optional(-4));
    // One that is late for its feedback is in the next one.
    log.add(start + milliseconds(60), 2);
    log.add(start + milliseconds(61), 65'534);
    const auto second = log.take(start + milliseconds(150));
    ASSERT_TRUE(second);
    EXPECT_EQ(second->base_sequence, 65'534);
    EXPECT_THAT(second->deltas, SizeIs(1));
    // And nothing is said once more of those that lie in between.
    const auto third = log.take(start + milliseconds(150));
    ASSERT_TRUE(third);
    EXPECT_EQ(third->base_sequence, 2);
    ASSERT_THAT(third->deltas, SizeIs(1));
    EXPECT_TRUE(third->deltas[0]);
}

TEST(ArrivalLog, what_was_told_as_come_is_never_told_as_missing) {
    ArrivalLog log;
    std::vector<bool> told_as_come(64, false);
    const auto take_all = [&](TimePoint now) {
        while (const auto feedback = log.take(now)) {
            std::size_t number = feedback->base_sequence;
            for (const auto& delta : feedback->deltas) {
                EXPECT_TRUE(delta || !told_as_come[number]) << number;
                told_as_come[number] = told_as_come[number] || delta.has_value();
                ++number;
            }
        }
    };
    TimePoint now = start;
    for (const std::uint16_t number : std::initializer_list<std::uint16_t>{1, 2, 3, 5, 6, 7, 9, 10})
        log.add(now += milliseconds(1), number);
    take_all(now += milliseconds(100));
    for (const std::uint16_t number : std::initializer_list<std::uint16_t>{4, 8, 11, 13}) log.add(now += milliseconds(1), number);
    take_all(now += milliseconds(100));
    for (const std::uint16_t number : std::initializer_list<std::uint16_t>{12, 14}) log.add(now += milliseconds(1), number);
    take_all(now += milliseconds(100));
    for (std::size_t number = 1; number <= 14; ++number) EXPECT_TRUE(told_as_come[number]) << number;
}

TEST(ArrivalLog, errors_of_rounding_do_not_add_up) {
    ArrivalLog log;
    for (std::uint16_t i = 0; i < 200; ++i) log.add(start + microseconds(333) * i, i);
    const auto feedback = log.take(start + milliseconds(100));
    ASSERT_TRUE(feedback);
    Duration at = feedback->reference_time * Duration(TransportFeedback::reference_tick);
    for (const auto& delta : feedback->deltas) at += *delta * Duration(TransportFeedback::tick);
    constexpr Duration wrap = (1 << 24) * Duration(TransportFeedback::reference_tick);
    const Duration off = (start + microseconds(333) * 199).time_since_epoch() % wrap - at;
    EXPECT_LT(off, microseconds(250));
    EXPECT_GE(off, Duration());
}

TEST(ArrivalLog, whatever_numbers_a_peer_makes_up_feedback_is_bounded) {
    ArrivalLog log;
    TimePoint now = start;
    std::size_t statuses = 0;
    std::size_t pieces = 0;
    std::size_t told = 0;
    for (std::uint32_t i = 0; i < 5000; ++i, now += microseconds(100)) {
        log.add(now, static_cast<std::uint16_t>(i * 7919));
        for (auto next = log.next(); next && *next <= now; next = log.next()) {
            const auto feedback = log.take(now);
            ASSERT_TRUE(feedback);
            ASSERT_GT(came(*feedback), 0U);
            statuses += feedback->deltas.size();
            told += came(*feedback);
            ++pieces;
        }
    }
    EXPECT_LE(told, 5000U);
    EXPECT_LE(pieces, 5000U);
    EXPECT_LE(statuses, 5000U * 2048);
}

TEST(SendLog, joins_what_was_sent_with_when_it_came) {
    SendLog log;
    std::vector<std::uint16_t> numbers;
    for (int i = 0; i < 4; ++i) numbers.push_back(log.add(start + milliseconds(i), 100 + static_cast<std::size_t>(i)));
    EXPECT_EQ(numbers[3], static_cast<std::uint16_t>(numbers[0] + 3));
    TransportFeedback feedback;
    feedback.base_sequence = numbers[0];
    feedback.reference_time = 1000;
    feedback.deltas = {4, std::nullopt, 8, -4};
    const auto results = log.take(feedback);
    ASSERT_THAT(results, SizeIs(4));
    EXPECT_EQ(results[0].sent, start);
    EXPECT_EQ(results[0].bytes, 100U);
    EXPECT_EQ(results[0].came, Duration(milliseconds(64'000) + milliseconds(1)));
    EXPECT_FALSE(results[1].came);
    EXPECT_EQ(results[2].came, Duration(milliseconds(64'000) + milliseconds(3)));
    EXPECT_EQ(results[3].came, Duration(milliseconds(64'000) + milliseconds(2)));
    // Told once more: only what had not come is news.
    feedback.deltas = {4, 4, 8, 0};
    const auto again = log.take(feedback);
    ASSERT_THAT(again, SizeIs(1));
    EXPECT_EQ(again[0].bytes, 101U);
}

TEST(SendLog, the_reference_time_wraps) {
    SendLog log;
    TransportFeedback feedback;
    feedback.base_sequence = log.add(start, 1);
    feedback.reference_time = 0x7fffff;
    feedback.deltas = {0};
    const auto first = log.take(feedback);
    feedback.base_sequence = log.add(start, 1);
    feedback.reference_time = -0x800000;
    const auto second = log.take(feedback);
    ASSERT_THAT(first, SizeIs(1));
    ASSERT_THAT(second, SizeIs(1));
    EXPECT_EQ(*second[0].came - *first[0].came, Duration(TransportFeedback::reference_tick));
}

TEST(SendLog, numbers_that_were_never_given_are_passed_over) {
    SendLog log;
    TransportFeedback feedback;
    feedback.base_sequence = 77;
    feedback.deltas.assign(1000, 1);
    EXPECT_THAT(log.take(feedback), SizeIs(0));
    for (std::size_t i = 0; i < SendLog::most_packets + 100; ++i) (void)log.add(start, 1);
    feedback.base_sequence = 0;  // its first 100 are forgotten
    EXPECT_THAT(log.take(feedback), SizeIs(900));
    // Steps as large as they may be, for as long as it takes to leave what nanoseconds hold.
    for (int i = 0; i < 100'000; ++i) {
        feedback.reference_time = static_cast<std::int32_t>((i % 3 - 1) * 0x7fffff);
        feedback.deltas.assign(1, 1);
        (void)log.take(feedback);
    }
}

TEST(SendLog, feedback_that_cannot_be_true_is_not_let_in) {
    SendLog log;
    EXPECT_FALSE(log.admit({0, 1}));
    for (int i = 0; i < 100; ++i) (void)log.add(start, 1);  // 0 to 99
    EXPECT_FALSE(log.admit({0, 0}));
    EXPECT_FALSE(log.admit({0, 101})) << "one more than there are";
    EXPECT_FALSE(log.admit({100, 1})) << "not given yet";
    EXPECT_FALSE(log.admit({static_cast<std::uint16_t>(-10), 10})) << "before all of them";
    EXPECT_FALSE(log.admit({0, 8192}));
    EXPECT_TRUE(log.admit({0, 100}));
    EXPECT_TRUE(log.admit({static_cast<std::uint16_t>(-10), 20})) << "the receiver remembers more";
    for (std::size_t i = 0; i < SendLog::most_packets; ++i) (void)log.add(start, 1);
    EXPECT_FALSE(log.admit({0, 100})) << "forgotten";
    EXPECT_TRUE(log.admit({90, 11}));
}

TEST(SendLog, what_feedback_makes_it_do_is_bounded_by_what_was_sent) {
    SendLog log;
    std::size_t admitted = 0;
    for (int sent = 1; sent <= 100; ++sent) {
        (void)log.add(start, 1);
        for (int i = 0; i < 100; ++i)
            if (const auto count = static_cast<std::uint16_t>(sent); log.admit({0, count})) admitted += count;
    }
    EXPECT_GE(admitted, 100U);
    EXPECT_LE(admitted, 800U);
}

}  // namespace
}  // namespace volley::streams
