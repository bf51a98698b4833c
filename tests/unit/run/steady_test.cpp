// Phases that had not settled, and a generator that was the limit: what comes of their thresholds.
#include <gtest/gtest.h>

#include <volley/run/assess.hpp>

#include "unit/run/judged.hpp"

namespace volley::run {
namespace {
using namespace std::chrono_literals;
using report::Verdict;

scenario::Scenario with(const std::string& thresholds) {
    return test::scenario_of("{ name: q, users: 4, for: 60s }, { name: r, users: 4, for: 60s }", thresholds);
}

/// 60 seconds of 200 answers each, from 80 to 120 % of a time that goes linearly from one to the other.
report::PhaseResult going(Duration from, Duration to, const std::string& name = "q") {
    report::PhaseResult phase;
    phase.phase = name;
    phase.kind = report::PhaseKind::users;
    phase.elapsed = 60s;
    constexpr int seconds = 60;
    constexpr int each = 200;
    for (int s = 0; s < seconds; ++s)
        for (int i = 0; i < each; ++i) {
            const double middle = to_seconds(from) + (to_seconds(to) - to_seconds(from)) * s / (seconds - 1);
            metrics::Sample sample;
            sample.planned = sample.started = sample.sent = TimePoint(1s);
            // By 37, so that no order within a second looks like a drift of its own.
            sample.done = sample.planned + from_seconds(middle * (0.8 + 0.4 * ((i * 37) % each) / (each - 1)));
            sample.right = true;
            sample.status = 200;
            phase.tally->add(sample, "");
            phase.tally->series.at(1s * s).response.record(sample.response_time());
        }
    return phase;
}

report::ThresholdResult judged(const std::string& text, std::vector<report::PhaseResult> phases) {
    return test::judged(with(text), test::result_of(std::move(phases)));
}

Assessment assessed(const std::string& text, const report::PhaseResult& phase) {
    return assess(with(text).thresholds.at(0), phase);
}

TEST(Steady, a_percentile_of_a_phase_that_drifts_is_unsure) {
    const auto drifts = going(100ms, 120ms);
    EXPECT_EQ(assessed("q.latency p90 < 1s", going(100ms, 100ms)), Assessment::pass);
    EXPECT_EQ(assessed("q.latency p90 < 1s", drifts), Assessment::unsure);
    const auto got = judged("q.latency p90 < 1s", {drifts});
    EXPECT_EQ(got.verdict, Verdict::pass);
    EXPECT_TRUE(got.unsure);
    EXPECT_TRUE(got.message.starts_with("unsure: not steady, the median rose by ")) << got.message;
    EXPECT_NE(got.message.find(" % from the first half of the phase to the second; warm it up first, or run it longer (95 %: "),
              std::string::npos)
        << got.message;
    EXPECT_EQ(judged("{ expr: q.latency p90 < 1s, if_unsure: pass }", {drifts}).verdict, Verdict::pass);
    EXPECT_EQ(judged("{ expr: q.latency p90 < 1s, if_unsure: fail }", {drifts}).verdict, Verdict::fail);
    EXPECT_EQ(judged("{ expr: q.latency p90 < 1s, if_unsure: extend }", {drifts}).verdict, Verdict::inconclusive);
    EXPECT_NE(judged("q.latency p90 < 1s", {going(120ms, 100ms)}).message.find("the median fell by "), std::string::npos);
    EXPECT_TRUE(judged("latency p90 < 1s", {going(100ms, 100ms, "r"), drifts}).unsure) << "one of the phases together";
    EXPECT_EQ(judged("latency p90 < 1s", {going(100ms, 100ms, "r"), going(100ms, 100ms)}).verdict, Verdict::pass);
}

TEST(Steady, figures_that_are_no_percentiles_count_as_they_are) {
    const auto drifts = going(100ms, 120ms);
    EXPECT_EQ(assessed("q.latency mean < 1s", drifts), Assessment::pass);
    EXPECT_EQ(assessed("q.errors == 0", drifts), Assessment::pass);
    EXPECT_EQ(assessed("q.latency max < 10ms", drifts), Assessment::fail);
}

TEST(Steady, a_failure_of_every_half_is_one_and_a_failure_of_a_part_is_inconclusive) {
    const auto drifts = going(100ms, 120ms);
    EXPECT_EQ(assessed("q.latency p90 < 50ms", drifts), Assessment::fail);
    EXPECT_EQ(judged("q.latency p90 < 50ms", {drifts}).verdict, Verdict::fail);
    // The p50 of the whole is 110 ms, that of its first half 105.
    const auto in_part = judged("{ expr: q.latency p50 < 106ms, confidence: 50% }", {drifts});
    EXPECT_EQ(in_part.verdict, Verdict::inconclusive) << in_part.message;
    EXPECT_FALSE(in_part.unsure);
    EXPECT_EQ(judged("{ expr: q.latency p50 < 106ms, confidence: 50%, if_unsure: pass }", {drifts}).verdict, Verdict::pass);
    EXPECT_EQ(assessed("q.latency p50 > 300ms", drifts), Assessment::fail) << "the other way round";
}

TEST(Steady, a_load_that_climbs_is_not_expected_to_settle) {
    auto climbs = going(100ms, 120ms);
    climbs.climbs = true;
    EXPECT_EQ(assessed("q.latency p90 < 1s", climbs), Assessment::pass);
    EXPECT_EQ(report::steadiness(climbs).state, metrics::SteadyState::State::unknown);
    EXPECT_EQ(report::to_json(test::result_of({climbs})).find("steady_state"), std::string::npos) << "it was told as unsteady";
}

TEST(Steady, stands_in_the_reports) {
    report::RunResult result;
    result.name = "t";
    auto& server = result.servers.emplace_back();
    server.name = "target";
    server.phases = {going(100ms, 120ms)};
    EXPECT_NE(report::to_text(result).find("target: not steady: the median rose by "), std::string::npos);
    EXPECT_NE(report::to_json(result).find(R"("steady_state":{"steady":false,"transient":)"), std::string::npos);
    server.phases[0].climbs = true;
    EXPECT_EQ(report::to_json(result).find("steady_state"), std::string::npos);
    server.phases = {going(100ms, 100ms)};
    EXPECT_EQ(report::to_text(result).find("not steady"), std::string::npos);
    EXPECT_NE(report::to_json(result).find(R"("steady_state":{"steady":true,"transient":)"), std::string::npos);
    server.phases[0].aborted = "q.errors < 1%";
    server.phases[0].extensions = 2;
    server.phases[0].generator.busy = true;
    result.ended_early = "`q.errors < 1%` failed";
    const auto text = report::to_text(result);
    EXPECT_NE(text.find("target: ended after 60.0 s by `q.errors < 1%`"), std::string::npos) << text;
    EXPECT_NE(text.find("target: ran on to 3 times its length"), std::string::npos);
    EXPECT_NE(text.find("had next to no idle time"), std::string::npos);
    EXPECT_NE(text.find("\n`q.errors < 1%` failed\n"), std::string::npos);
    const auto json = report::to_json(result);
    EXPECT_NE(json.find(R"("aborted":"q.errors < 1%","extensions":2)"), std::string::npos) << json;
    EXPECT_NE(json.find(R"("ended_early":"`q.errors < 1%` failed")"), std::string::npos);
}

// Answers that wait for a generator without idle time look slow though the server was not.
TEST(Busy, a_time_that_our_own_delay_may_have_broken_is_inconclusive) {
    auto busy = going(100ms, 100ms);
    busy.generator.busy = true;
    for (int i = 0; i < 100; ++i) busy.generator.timer_overshoot.record(30ms);
    EXPECT_EQ(judged("q.latency p90 < 1s", {busy}).verdict, Verdict::pass) << "passes in spite of it";
    const auto either = judged("q.latency p50 < 90ms", {busy});
    EXPECT_EQ(either.verdict, Verdict::inconclusive);
    EXPECT_NE(
        either.message.find("; the load generator had next to no idle time and saw answers up to 30.0 ms late: give it more "
                            "threads, or less load"),
        std::string::npos)
        << either.message;
    EXPECT_EQ(judged("q.service p50 < 90ms", {busy}).verdict, Verdict::inconclusive);
    EXPECT_EQ(judged("q.latency p50 < 50ms", {busy}).verdict, Verdict::fail) << "more than can be ours";
    EXPECT_EQ(judged("q.latency p50 > 150ms", {busy}).verdict, Verdict::fail) << "our delay makes it longer";
    EXPECT_EQ(judged("q.errors > 5", {busy}).verdict, Verdict::fail);
    busy.generator.busy = false;
    EXPECT_EQ(judged("q.latency p50 < 90ms", {busy}).verdict, Verdict::fail);
}

}  // namespace
}  // namespace volley::run
