// What one worker counts.
#include <gtest/gtest.h>

#include <limits>

#include "engine/recorder.hpp"

namespace volley::engine {
namespace {
using namespace std::chrono_literals;
using metrics::Outcome;

const TimePoint start = TimePoint{} + 1000h;

metrics::Sample sample_at(Duration at, Duration took = 10ms, Outcome outcome = Outcome::ok, std::int16_t status = 200) {
    metrics::Sample s;
    s.planned = s.started = s.connected = s.sent = start + at;
    s.first_byte = s.done = s.started + took;
    s.outcome = outcome;
    s.status = status;
    s.right = outcome == Outcome::ok && status == 200;
    return s;
}

TEST(Recorder, counts_right_and_wrong_by_kind) {
    Recorder recorder(nullptr);
    recorder.ended(sample_at(0ms), {}, "step");
    recorder.ended(sample_at(1ms, 1ms, Outcome::ok, 500), {"status", "status is 500"}, "step");
    recorder.ended(sample_at(2ms, 1ms, Outcome::reset, 0), {"reset", "connection reset"}, "step");
    recorder.ended(sample_at(2ms, 1ms, Outcome::reset, 0), {"reset", "connection reset"}, "other");
    recorder.ended(sample_at(2ms, 1ms, Outcome::reset, 0), {"reset", "one too many"}, "other");
    const auto& tally = *recorder.outcome.tally;
    EXPECT_EQ(tally.requests, 5U);
    EXPECT_EQ(tally.right, 1U);
    EXPECT_EQ(tally.errors.at("status"), 1U);
    EXPECT_EQ(tally.errors.at("reset"), 3U);
    EXPECT_EQ(recorder.outcome.examples,
              (std::vector<std::string>{"step: status is 500", "step: connection reset", "other: connection reset"}));
    EXPECT_EQ(recorder.counts().requests, 5U);
}

TEST(Recorder, what_we_ended_ourselves_says_nothing) {
    Recorder recorder([](const Recorder::Batch&) { ADD_FAILURE() << "no sample of it"; });
    recorder.iteration_began();
    EXPECT_EQ(recorder.counts().in_flight, 1U);
    const auto ended = sample_at(0ms, 1ms, Outcome::cancelled, 0);
    recorder.ended(ended, {"cancelled", "by us"}, "step");
    recorder.iteration_ended(ended);
    recorder.flush();
    EXPECT_EQ(recorder.outcome.tally->requests, 0U);
    EXPECT_TRUE(recorder.outcome.examples.empty());
    const auto counts = recorder.counts();
    EXPECT_EQ(counts.in_flight, 0U);
    EXPECT_EQ(counts.done, 0U);
    EXPECT_EQ(counts.wrong, 0U);
}

TEST(Recorder, iterations_are_counted_as_they_come_and_go) {
    Recorder recorder(nullptr);
    recorder.iteration_began();
    recorder.iteration_began();
    recorder.iteration_ended(sample_at(0ms));
    EXPECT_EQ(recorder.counts().in_flight, 1U);
    recorder.iteration_ended(sample_at(0ms, 1ms, Outcome::timeout, 0));
    const auto counts = recorder.counts();
    EXPECT_EQ(counts.in_flight, 0U);
    EXPECT_EQ(counts.done, 2U);
    EXPECT_EQ(counts.wrong, 1U);
}

TEST(Recorder, the_series_has_starts_ends_and_what_did_not_start) {
    Recorder recorder(nullptr);
    recorder.begin_series(start);
    recorder.iteration_began();
    recorder.started(sample_at(100ms));
    recorder.ended(sample_at(100ms, 1s), {}, "step");  // done in the next second
    recorder.missed(start + 2s, 3);
    recorder.saturated(start + 2500ms);
    const auto& series = recorder.outcome.tally->series;
    ASSERT_EQ(series.size(), 3U);
    EXPECT_EQ(series[0].started, 1U);
    EXPECT_EQ(series[0].in_flight_max, 1U);
    EXPECT_EQ(series[0].done, 0U);
    EXPECT_EQ(series[1].done, 1U);
    EXPECT_EQ(series[1].response.count(), 1U);
    EXPECT_EQ(series[2].missed, 3U);
    EXPECT_EQ(series[2].saturated, 1U);
    EXPECT_EQ(recorder.outcome.missed, 3U);
    EXPECT_EQ(recorder.outcome.saturated, 1U);
}

// Arrivals that are given up are counted all at once: 10,000,000/s for an hour is more than a slice can count, and came out as anything.
TEST(Recorder, counts_of_a_slice_that_are_full_stay_full) {
    constexpr auto full = std::numeric_limits<std::uint32_t>::max();
    Recorder recorder(nullptr);
    recorder.begin_series(start);
    recorder.missed(start, (std::uint64_t{1} << 32) + 5);
    EXPECT_EQ(recorder.outcome.missed, (std::uint64_t{1} << 32) + 5);
    auto& slice = recorder.outcome.tally->series.at(0ms);
    EXPECT_EQ(slice.missed, full);
    slice.started = slice.done = slice.wrong = slice.saturated = full;
    recorder.started(sample_at(0ms));
    recorder.ended(sample_at(0ms, 1ms, Outcome::reset, 0), {"reset", ""}, "step");
    recorder.missed(start);
    recorder.saturated(start);
    EXPECT_EQ(slice.started, full);
    EXPECT_EQ(slice.done, full);
    EXPECT_EQ(slice.wrong, full);
    EXPECT_EQ(slice.missed, full);
    EXPECT_EQ(slice.saturated, full);
}

TEST(Recorder, bursts_keep_no_series) {
    Recorder recorder(nullptr);
    recorder.started(sample_at(0ms));
    recorder.ended(sample_at(0ms), {}, "step");
    EXPECT_TRUE(recorder.outcome.tally->series.empty());
}

TEST(Recorder, hands_samples_over_in_batches_and_the_rest_at_the_end) {
    std::vector<std::size_t> batches;
    Recorder recorder([&](const Recorder::Batch& batch) { batches.push_back(batch.size()); });
    for (int i = 0; i < 10'000; ++i) recorder.ended(sample_at(0ms), {}, "step");
    EXPECT_EQ(batches, (std::vector<std::size_t>{4096, 4096}));
    recorder.flush();
    recorder.flush();
    EXPECT_EQ(batches, (std::vector<std::size_t>{4096, 4096, 10'000 - 2 * 4096}));
}

TEST(Recorder, a_glance_is_of_the_last_full_second) {
    Recorder recorder(nullptr);
    recorder.begin_series(start);
    auto late = sample_at(0ms);
    late.started += 7ms;
    recorder.started(late);
    recorder.ended(sample_at(0ms, 20ms), {}, "step");
    recorder.ended(sample_at(0ms, 900ms, Outcome::timeout, 0), {"timeout", ""}, "step");
    EXPECT_TRUE(recorder.take_glance(start + 500ms).response.empty()) << "its second is not over";
    recorder.started(late);
    const auto glance = recorder.take_glance(start + 1s);
    EXPECT_EQ(glance.response.count(), 1U) << "right answers only";
    EXPECT_EQ(glance.lag, 7ms);
    EXPECT_EQ(recorder.take_glance(start + 1s).lag, 0ms) << "lag is of what started since the last glance";
    EXPECT_TRUE(recorder.take_glance(start + 5s).response.empty()) << "nothing came then";
}

TEST(Recorder, slices_are_found_again_after_others_were_used) {
    Recorder recorder(nullptr);
    recorder.begin_series(start);
    for (const auto at : {100ms, 2500ms, 200ms, 2600ms, 1000ms, 999ms, -50ms}) recorder.started(sample_at(at));
    const auto& series = recorder.outcome.tally->series;
    ASSERT_EQ(series.size(), 3U);
    EXPECT_EQ(series[0].started, 4U);
    EXPECT_EQ(series[1].started, 1U);
    EXPECT_EQ(series[2].started, 2U);
}

TEST(PhaseOutcome, parts_add_up) {
    PhaseOutcome a;
    PhaseOutcome b;
    a.examples = {"1", "2"};
    b.examples = {"3", "4"};
    a.planned = 3;
    b.planned = 4;
    a.missed = 1;
    b.saturated = 2;
    b.unprepared = "why";
    b.trouble = "what";
    b.tally->requests = 5;
    a.merge(b);
    EXPECT_EQ(a.examples, (std::vector<std::string>{"1", "2", "3"}));
    EXPECT_EQ(a.planned, 7U);
    EXPECT_EQ(a.missed, 1U);
    EXPECT_EQ(a.saturated, 2U);
    EXPECT_EQ(a.unprepared, "why");
    EXPECT_EQ(a.trouble, "what");
    EXPECT_EQ(a.tally->requests, 5U);
}

TEST(NeedsCurl, only_for_what_the_fast_path_cannot_speak) {
    PhasePlan plan;
    EXPECT_FALSE(needs_curl(plan));
    plan.curl.http_version = 11;
    EXPECT_FALSE(needs_curl(plan));
    plan.curl.http_version = 20;
    EXPECT_TRUE(needs_curl(plan));
    plan.carriage = Carriage::fast;
    EXPECT_FALSE(needs_curl(plan)) << "it was asked for";
    plan = {};
    plan.carriage = Carriage::curl;
    EXPECT_TRUE(needs_curl(plan));
    plan = {};
    plan.curl.proxy = "http://127.0.0.1:1";
    EXPECT_TRUE(needs_curl(plan));
    plan = {};
    plan.curl.auth = client::CurlOptions::Auth::digest;
    EXPECT_TRUE(needs_curl(plan));
}

}  // namespace
}  // namespace volley::engine
