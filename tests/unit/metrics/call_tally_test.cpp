// Times of calls by their names.
#include <gtest/gtest.h>

#include <volley/metrics/call_tally.hpp>

namespace volley::metrics {
namespace {
using namespace std::chrono_literals;

TEST(CallTally, every_time_has_a_name_and_is_found_by_it) {
    for (std::size_t i = 0; i < call_times; ++i) {
        const auto time = static_cast<CallTime>(i);
        EXPECT_EQ(call_time_of(to_string(time)), time);
    }
    EXPECT_EQ(to_string(CallTime::offer_to_answer), "offer_to_answer");
    EXPECT_FALSE(call_time_of("sctp"));
    EXPECT_FALSE(call_time_of(""));
}

TEST(CallTally, times_are_of_a_stage_or_from_the_planned_start) {
    const TimePoint planned = TimePoint{} + 1s;
    std::array<std::optional<TimePoint>, call_stages> reached;
    const auto time = [&](CallTime which) { return time_of(which, planned, reached); };
    EXPECT_FALSE(time(CallTime::gather));
    for (std::size_t i = 0; i < call_stages; ++i) reached[i] = planned + 10ms * static_cast<int>((i + 1) * (i + 1));
    EXPECT_EQ(time(CallTime::gather), 10ms);
    EXPECT_EQ(time(CallTime::offer_to_answer), 30ms);
    EXPECT_EQ(time(CallTime::ice), 50ms);
    EXPECT_EQ(time(CallTime::dtls), 70ms);
    EXPECT_EQ(time(CallTime::connected), 160ms);
    EXPECT_EQ(time(CallTime::dc_open), 360ms);
    reached[static_cast<std::size_t>(CallStage::channel)].reset();
    EXPECT_EQ(time(CallTime::connected), 160ms);
    EXPECT_FALSE(time(CallTime::dc_open));
}

TEST(CallTally, all_calls_have_the_same_times) {
    CallTally tally;
    tally.stages[static_cast<std::size_t>(CallStage::dtls)].took.record(5ms);
    tally.stages[static_cast<std::size_t>(CallStage::dtls)].at.record(50ms);
    EXPECT_EQ(tally.time(CallTime::dtls).max(), 5ms);
    EXPECT_EQ(tally.time(CallTime::connected).max(), 50ms);
    EXPECT_TRUE(tally.time(CallTime::dc_open).empty());
}

TEST(CallTally, merging_adds_what_a_schedule_had) {
    CallTally one;
    one.planned = 10;
    one.missed = 2;
    one.saturated = 1;
    CallTally all = one;
    all.merge(one);
    EXPECT_EQ(all.planned, 20U);
    EXPECT_EQ(all.missed, 4U);
    EXPECT_EQ(all.saturated, 2U);
}

}  // namespace
}  // namespace volley::metrics
