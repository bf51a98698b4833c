#include <gtest/gtest.h>

#include "run/live.hpp"
#include "unit/run/judged.hpp"

namespace volley::run {
namespace {
using namespace std::chrono_literals;
using engine::Decision;

scenario::Scenario with(const std::string& thresholds) {
    return test::scenario_of(
        "{ name: warm, users: 2, for: 1s, warmup: true }, { name: q, rate: 100/s, for: 10s }, { name: u, users: 4, for: 10s }, "
        "{ name: b, burst: 4 }",
        thresholds);
}

report::ServerResult server_named(const std::string& name) {
    report::ServerResult server;
    server.name = name;
    return server;
}

/// What a phase has shown after a time: so many answers of 50 ms, evenly spaced, and so many errors.
engine::PhaseOutcome after(Duration elapsed, int right, int wrong) {
    engine::PhaseOutcome out;
    out.elapsed = elapsed;
    out.planned = static_cast<std::uint64_t>(right + wrong);
    for (int i = 0; i < right + wrong; ++i) {
        metrics::Sample s;
        s.planned = s.started = s.sent = TimePoint(1s);
        s.done = s.planned + 50ms;
        s.right = i < right;
        s.status = s.right ? 200 : 500;
        out.tally->add(s, s.right ? "" : "status");
    }
    return out;
}

TEST(LiveLook, is_needed_only_where_a_threshold_of_the_phase_asks) {
    const auto needed = [](const std::string& thresholds, std::size_t phase, const std::string& server = "target") {
        const auto scenario = with(thresholds);
        const auto result = server_named(server);
        return LiveLook(scenario, scenario.phases.at(phase), result).needed();
    };
    EXPECT_FALSE(needed("q.errors == 0, latency p99 < 1s", 1));
    const std::string abort = "{ expr: q.errors < 1%, abort: true }";
    EXPECT_TRUE(needed(abort, 1));
    EXPECT_FALSE(needed(abort, 2)) << "of another phase";
    EXPECT_FALSE(needed("{ expr: q.errors < 1%, abort: false }", 1));
    const std::string all = "{ expr: errors < 1%, abort: true }";
    EXPECT_FALSE(needed(all, 0)) << "a warm-up is not judged";
    EXPECT_TRUE(needed(all, 1));
    EXPECT_TRUE(needed(all, 2));
    EXPECT_FALSE(needed(all, 3)) << "a burst is over before anybody looks";
    EXPECT_TRUE(needed("{ expr: u.latency p99 < 1s, if_unsure: extend }", 2));
    EXPECT_FALSE(needed("{ expr: u.latency p99 < 1s, if_unsure: fail }", 2));
}

TEST(LiveLook, ends_a_phase_once_a_threshold_has_failed_for_so_long) {
    const auto scenario = with("{ expr: q.right > 50%, abort: true }, { expr: q.errors < 10%, abort: true, persist: 2s }");
    const auto server = server_named("target");
    LiveLook look(scenario, scenario.phases[1], server);
    EXPECT_EQ(look(after(1s, 95, 5), false), Decision::go_on);
    EXPECT_EQ(look(after(2s, 150, 50), false), Decision::go_on) << "has only begun to fail";
    EXPECT_EQ(look(after(3s, 250, 50), false), Decision::go_on);
    EXPECT_EQ(look.aborted_by(), nullptr);
    EXPECT_EQ(look(after(4s, 300, 100), false), Decision::abort);
    ASSERT_NE(look.aborted_by(), nullptr);
    EXPECT_EQ(look.aborted_by()->source.text, "q.errors < 10%");
}

TEST(LiveLook, of_all_phases_counts_those_before) {
    const auto scenario = with("{ expr: errors < 10%, abort: true }");
    auto server = server_named("target");
    LiveLook alone(scenario, scenario.phases[2], server);
    EXPECT_EQ(alone(after(1s, 150, 50), false), Decision::abort);
    server.phases.push_back(result_of(scenario.phases[1]));
    take_figures(after(10s, 1000, 0), server.phases.back());
    LiveLook second(scenario, scenario.phases[2], server);
    EXPECT_EQ(second(after(1s, 150, 50), false), Decision::go_on) << "50 of 1,200";
    EXPECT_EQ(second(after(2s, 150, 150), false), Decision::abort);
}

TEST(LiveLook, has_a_phase_run_on_while_it_is_unsure_at_its_end) {
    const auto scenario =
        with("{ expr: q.latency p99 < 1s, if_unsure: extend }, { expr: q.latency p50 < 1s, if_unsure: extend }");
    const auto server = server_named("target");
    LiveLook look(scenario, scenario.phases[1], server);
    EXPECT_EQ(look(after(1s, 100, 0), false), Decision::go_on) << "not yet at its end";
    EXPECT_EQ(look(after(1s, 100, 0), true), Decision::extend) << "100 cannot bound p99";
    EXPECT_EQ(look(after(3s, 300, 0), true), Decision::go_on);
    const auto failing = with("{ expr: q.latency p50 < 10ms, if_unsure: extend }");
    LiveLook sure(failing, failing.phases[1], server);
    EXPECT_EQ(sure(after(1s, 100, 0), true), Decision::go_on) << "a failure is sure too";
}

TEST(TakeFigures, what_stopped_a_worker_early_leaves_the_phase_inconclusive) {
    engine::PhaseOutcome outcome;
    report::PhaseResult phase;
    take_figures(outcome, phase);
    EXPECT_EQ(phase.inconclusive, "");
    outcome.trouble = "thread 1 of 2 ended early";
    take_figures(outcome, phase);
    EXPECT_EQ(phase.inconclusive, "thread 1 of 2 ended early");
    outcome.unprepared = "only 3 of 4";
    take_figures(outcome, phase);
    EXPECT_EQ(phase.inconclusive, "only 3 of 4; thread 1 of 2 ended early");
}

TEST(Judge, a_threshold_that_ended_its_phase_has_failed) {
    const auto scenario = with("{ expr: q.errors < 10%, abort: true }, q.requests >= 100");
    report::RunResult result;
    auto& server = result.servers.emplace_back(server_named("target"));
    auto& phase = server.phases.emplace_back(result_of(scenario.phases[1]));
    take_figures(after(4s, 150, 50), phase);
    phase.aborted = "q.errors < 10%";
    judge(scenario, result);
    ASSERT_EQ(result.thresholds.size(), 2U);
    EXPECT_EQ(result.thresholds[0].verdict, report::Verdict::fail);
    EXPECT_EQ(result.thresholds[0].message, "over 10 % by 15 % (2.5 times it); it ended the phase after 4.00 s");
    EXPECT_EQ(result.thresholds[1].verdict, report::Verdict::pass) << "the others are judged by what there is";
    // Answers that still came may have mended it.
    take_figures(after(4s, 950, 50), phase);
    judge(scenario, result);
    EXPECT_EQ(result.thresholds[0].verdict, report::Verdict::fail);
    EXPECT_EQ(result.thresholds[0].message, "it had failed; it ended the phase after 4.00 s");
    EXPECT_EQ(result.verdict, report::Verdict::fail);
}

TEST(Judge, a_phase_that_lost_a_worker_is_inconclusive_and_says_why) {
    const auto scenario = with("q.requests >= 100, q.latency p50 < 1s");
    report::RunResult result;
    auto& phase = result.servers.emplace_back(server_named("target")).phases.emplace_back(result_of(scenario.phases[1]));
    auto outcome = after(4s, 200, 0);
    outcome.loaded = 3s;
    outcome.trouble = "thread 1 of 2 ended";
    take_figures(outcome, phase);
    EXPECT_EQ(phase.loaded, 3s);
    EXPECT_EQ(phase.inconclusive, "thread 1 of 2 ended");
    judge(scenario, result);
    EXPECT_EQ(result.verdict, report::Verdict::inconclusive);
    EXPECT_EQ(result.thresholds.back().message, "thread 1 of 2 ended");
    outcome.unprepared = "only 1 of 2 connections";
    take_figures(outcome, phase);
    EXPECT_EQ(phase.inconclusive, "only 1 of 2 connections; thread 1 of 2 ended");
}

TEST(Judge, tells_how_often_a_phase_was_looked_at) {
    const auto scenario = with("{ expr: q.latency p99 < 1s, if_unsure: extend }, q.latency p90 < 1s");
    report::RunResult result;
    auto& server = result.servers.emplace_back(server_named("target"));
    auto& phase = server.phases.emplace_back(result_of(scenario.phases[1]));
    auto outcome = after(30s, 200, 0);
    outcome.extensions = 2;
    take_figures(outcome, phase);
    judge(scenario, result);
    const auto& t = result.thresholds.at(1);
    EXPECT_EQ(t.verdict, report::Verdict::inconclusive);
    EXPECT_TRUE(t.message.starts_with("unsure: 200 right answers cannot bound p99: 299 are needed")) << t.message;
    EXPECT_TRUE(t.message.ends_with("; looked at 3 times, as the phase ran on")) << t.message;
    EXPECT_EQ(result.thresholds.at(2).message.find("looked"), std::string::npos) << "did not ask for it";
}

}  // namespace
}  // namespace volley::run
