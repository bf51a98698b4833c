#include <gtest/gtest.h>

#include "unit/run/judged.hpp"

namespace volley::run {
namespace {
using namespace std::chrono_literals;
using report::Verdict;

/// A scenario with these thresholds over a burst phase `p` and an open phase `q`.
scenario::Scenario with(const std::string& thresholds) {
    return test::scenario_of("{ name: p, burst: 4, scenario: a }, { name: q, rate: 100/s, for: 1s, scenario: a }", thresholds);
}

void add(report::PhaseResult& phase, Duration response, Duration lag = {}, bool right = true) {
    metrics::Sample s;
    s.planned = TimePoint(1s);
    s.started = s.sent = s.planned + lag;
    s.done = s.planned + response;
    s.right = right;
    s.status = right ? 200 : 500;
    phase.tally->add(s, right ? "" : "status");
}

/// Four requests in 210 ms of which 5 ms were ours, S = 200 ms; and 100 arrivals of 50 ms, the last ten late by our own doing.
report::RunResult measured() {
    report::RunResult result;
    auto& server = result.servers.emplace_back();
    server.name = "target";
    auto& p = server.phases.emplace_back();
    p.phase = "p";
    p.kind = report::PhaseKind::burst;
    for (int i = 0; i < 4; ++i) add(p, 210ms, 5ms);
    p.burst.emplace();
    p.burst->n = 4;
    p.burst->complete = true;
    p.burst->makespan = 210ms;
    p.burst->own_lag = 5ms;
    p.burst->solo = 200ms;
    p.burst->ratio = 1.05;
    p.burst->overlap = 4 / 1.05;
    p.burst->groups = {4};
    p.burst->serial_fraction = 0.05 / 3;
    auto& q = server.phases.emplace_back();
    q.phase = "q";
    q.kind = report::PhaseKind::rate;
    q.planned = 100;
    for (int i = 0; i < 90; ++i) add(q, 50ms);
    for (int i = 0; i < 10; ++i) add(q, 500ms, 450ms);
    return result;
}

report::ThresholdResult one(const std::string& threshold, report::RunResult result) {
    return test::judged(with('"' + threshold + '"'), std::move(result));
}

TEST(Judge, passes_fails_and_says_by_how_much) {
    EXPECT_EQ(one("p.ratio <= 1.25", measured()).verdict, Verdict::pass);
    const auto failed = one("p.overlap >= 20", measured());
    EXPECT_EQ(failed.verdict, Verdict::fail);
    EXPECT_EQ(failed.measured, "3.81");
    EXPECT_EQ(failed.message, "under 20 by 16.2");
    EXPECT_EQ(one("p.makespan < 100ms", measured()).message, "over 100 ms by 110 ms (2.1 times it)");
    EXPECT_EQ(one("p.groups == 2", measured()).verdict, Verdict::fail);
    EXPECT_EQ(one("p.serial_fraction < 2%", measured()).measured, "1.67 %");
    EXPECT_EQ(one("p.requests == 4", measured()).verdict, Verdict::pass);
    EXPECT_EQ(one("q.right >= 99%", measured()).verdict, Verdict::pass);
}

// "1 over 1 by 0.00424", it said.
TEST(Judge, a_near_miss_is_told_with_the_digits_that_show_it) {
    auto result = measured();
    result.servers[0].phases[0].burst->ratio = 1.00424;
    result.servers[0].phases[0].burst->own_lag = {};
    EXPECT_EQ(one("p.ratio <= 1", result).measured, "1.004");
    EXPECT_EQ(one("p.ratio <= 1.0042", result).measured, "1.00424");
    EXPECT_EQ(one("p.ratio <= 2", result).measured, "1");
}

// A run fails only if it fails without our own lag too.
TEST(Judge, what_only_our_own_lag_breaks_is_inconclusive) {
    EXPECT_EQ(one("p.ratio <= 1.03", measured()).verdict, Verdict::inconclusive);
    EXPECT_EQ(one("p.ratio <= 1.01", measured()).verdict, Verdict::fail);
    EXPECT_EQ(one("q.latency p99 < 100ms", measured()).verdict, Verdict::inconclusive);
    EXPECT_EQ(one("q.latency p99 < 10ms", measured()).verdict, Verdict::fail);
    EXPECT_EQ(one("q.latency p50 < 100ms", measured()).verdict, Verdict::pass);
}

TEST(Judge, starts_that_were_not_made_leave_a_pass_open) {
    auto result = measured();
    result.servers[0].phases[1].missed = 2;
    EXPECT_EQ(one("q.latency p50 < 100ms", result).verdict, Verdict::inconclusive);
    result.servers[0].phases[1].missed = 1;
    EXPECT_EQ(one("q.latency p50 < 100ms", result).verdict, Verdict::pass);
}

// A burst of which only some sockets could be opened before was judged as if all had been: what it showed was the accept queue.
TEST(Judge, times_of_a_burst_that_was_not_prepared_are_inconclusive) {
    auto result = measured();
    result.servers[0].phases[0].inconclusive = "only 3 of 4 connections could be opened";
    EXPECT_EQ(one("p.ratio <= 1.25", result).verdict, Verdict::inconclusive);
    EXPECT_EQ(one("p.ratio <= 1.01", result).verdict, Verdict::inconclusive);
    EXPECT_EQ(one("p.ratio <= 1.01", result).message, "only 3 of 4 connections could be opened");
    EXPECT_EQ(one("latency p50 < 1s", result).verdict, Verdict::inconclusive);
    EXPECT_EQ(one("q.latency p50 < 1s", result).verdict, Verdict::pass);
    EXPECT_EQ(one("p.requests == 4", result).verdict, Verdict::pass);
    judge(with(""), result);
    EXPECT_EQ(result.verdict, Verdict::inconclusive) << "without a threshold too";
    judge(with("\"q.requests == 1\""), result);
    EXPECT_EQ(result.verdict, Verdict::fail) << "what failed outright stays failed";
    result.servers[0].phases[0].warmup = true;
    judge(with(""), result);
    EXPECT_EQ(result.verdict, Verdict::pass);
}

// 60 of 100 starts not made came out as 150 %, since they were held against the 40 requests that were.
TEST(Judge, a_share_of_starts_is_one_of_the_plan) {
    auto result = measured();
    auto& q = result.servers[0].phases[1];
    q.tally = std::make_shared<metrics::Tally>();
    for (int i = 0; i < 30; ++i) add(q, 50ms);
    q.missed = 60;
    q.saturated = 10;
    EXPECT_EQ(one("q.missed < 70%", result).measured, "60 %");
    EXPECT_EQ(one("q.saturated < 70%", result).measured, "10 %");
    EXPECT_EQ(one("q.errors < 70%", result).measured, "25 %") << "of what was tried";
}

TEST(Judge, wrong_answers_fail_closed) {
    auto result = measured();
    auto& p = result.servers[0].phases[0];
    add(p, 1ms, {}, false);
    p.burst->complete = false;
    p.wrong_examples = {"GET /: status is 500"};
    const auto t = one("p.ratio <= 1.25", result);
    EXPECT_EQ(t.verdict, Verdict::fail);
    EXPECT_EQ(t.message, "1 of 5 answers were wrong, so it says nothing");
    // Where the file says nothing of errors, there must be none; where it does, its word holds.
    const auto silent = with("");
    judge(silent, result);
    EXPECT_EQ(result.verdict, Verdict::fail);
    EXPECT_EQ(result.thresholds.front().source, "errors == 0");
    EXPECT_NE(result.thresholds.front().message.find("status is 500"), std::string::npos);
    const auto lenient = with("\"p.errors <= 1\"");
    judge(lenient, result);
    EXPECT_EQ(result.verdict, Verdict::pass);
}

TEST(Judge, the_worst_of_servers_and_thresholds_is_the_verdict) {
    const auto scenario = with("");
    auto result = measured();
    judge(scenario, result);
    EXPECT_EQ(result.verdict, Verdict::pass);
    result.servers[0].state = report::ServerState::died;
    judge(scenario, result);
    EXPECT_EQ(result.verdict, Verdict::fail);
    result.servers[0].state = report::ServerState::unreachable;
    judge(scenario, result);
    EXPECT_EQ(result.verdict, Verdict::target_failed);
    result.servers[0].state = report::ServerState::not_working;
    judge(scenario, result);
    EXPECT_EQ(result.verdict, Verdict::target_failed);
    result.signal = 2;
    judge(scenario, result);
    EXPECT_EQ(result.verdict, Verdict::interrupted);
}

TEST(Judge, a_phase_without_a_request_does_not_pass) {
    report::RunResult result;
    result.servers.emplace_back().phases.emplace_back().phase = "p";
    judge(with(""), result);
    EXPECT_EQ(result.verdict, Verdict::fail);
}

TEST(Judge, warm_up_is_not_judged) {
    auto result = measured();
    add(result.servers[0].phases[0], 1ms, {}, false);
    result.servers[0].phases[0].warmup = true;
    judge(with(""), result);
    EXPECT_EQ(result.verdict, Verdict::pass);
}

Verdict of_check(const std::string& thresholds, std::uint64_t held, std::uint64_t failed, bool interrupted = false) {
    auto result = measured();
    auto& q = result.servers[0].phases[1];
    for (std::uint64_t i = 0; i < failed; ++i) add(q, 50ms, {}, false);
    q.interrupted = interrupted;
    auto& check = q.checks.emplace_back();
    check.held = held;
    check.failed = failed;
    check.example = "status is 500";
    judge(with(thresholds), result);
    const auto& judged = result.servers[0].phases[1].checks[0];
    if (failed > 0) {
        EXPECT_EQ(judged.message,
                  "failed for " + std::to_string(failed) + " of " + std::to_string(held + failed) + " answers: status is 500");
    }
    return judged.verdict;
}

TEST(Judge, a_check_may_fail_as_often_as_the_thresholds_on_errors_allow) {
    EXPECT_EQ(of_check("", 100, 0), Verdict::pass);
    EXPECT_EQ(of_check("", 100, 2), Verdict::fail) << "the file says nothing, so every answer must be right";
    EXPECT_EQ(of_check("q.errors < 5%", 100, 2), Verdict::pass);
    EXPECT_EQ(of_check("q.errors < 1%", 100, 2), Verdict::fail);
    EXPECT_EQ(of_check("errors <= 2", 100, 2), Verdict::pass);
    EXPECT_EQ(of_check("errors <= 1", 100, 2), Verdict::fail) << "of all phases together";
    EXPECT_EQ(of_check("q.errors < 5%, errors <= 1", 100, 2), Verdict::fail) << "the stricter one counts";
    EXPECT_EQ(of_check("p.errors == 0", 100, 2), Verdict::fail) << "another phase's says nothing of this one";
    EXPECT_EQ(of_check("", 0, 0), Verdict::inconclusive) << "no answer came";
    EXPECT_EQ(of_check("", 100, 0, true), Verdict::inconclusive);
}

}  // namespace
}  // namespace volley::run
