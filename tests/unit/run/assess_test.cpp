#include <gtest/gtest.h>

#include <volley/run/assess.hpp>

#include "unit/run/judged.hpp"

namespace volley::run {
namespace {
using namespace std::chrono_literals;
using report::Verdict;
using scenario::Threshold;

/// A scenario with one threshold, over an open phase `q`, a closed one `u` and a burst `p`.
scenario::Scenario with(const std::string& threshold) {
    return test::scenario_of(
        "{ name: p, burst: 4, scenario: a }, { name: q, rate: 100/s, for: 1s, scenario: a }, "
        "{ name: u, users: 4, for: 1s, scenario: a }",
        threshold);
}

Threshold threshold(const std::string& text) { return with(text).thresholds.at(0); }

/// @param lag      of the response time the part before the start, which is ours.
/// @param connect  the part from the start to the first byte sent, which is the server's.
void add(report::PhaseResult& phase, Duration response, Duration lag = {}, Duration connect = {}) {
    metrics::Sample s;
    s.planned = TimePoint(1s);
    s.started = s.planned + lag;
    s.sent = s.started + connect;
    s.done = s.planned + response;
    s.right = true;
    s.status = 200;
    phase.tally->add(s, "");
}

/// n answers of 1 s / n, 2 s / n and so on to 1 s, at 100/s; our own lag and the connecting take a part of each.
report::PhaseResult evenly(int n, double lag = 0, double connect = 0) {
    report::PhaseResult phase;
    phase.phase = "q";
    phase.kind = report::PhaseKind::rate;
    phase.elapsed = 10ms * n;
    for (int i = 1; i <= n; ++i) {
        const auto response = Duration(1s) * i / n;
        add(phase, response, from_seconds(to_seconds(response) * lag), from_seconds(to_seconds(response) * connect));
    }
    return phase;
}

/// Each second holds either fast answers or slow ones: no two of a second are independent.
report::PhaseResult in_blocks(int seconds) {
    report::PhaseResult phase;
    phase.phase = "q";
    phase.kind = report::PhaseKind::rate;
    phase.elapsed = 1s * seconds;
    for (int s = 0; s < seconds; ++s)
        for (int i = 0; i < 100; ++i) {
            const Duration response = s % 2 == 0 ? 100ms : 200ms;
            add(phase, response);
            phase.tally->series.at(1s * s).response.record(response);
        }
    return phase;
}

report::ThresholdResult judged(const std::string& text, report::PhaseResult phase) {
    return test::judged(with(text), test::result_of({std::move(phase)}));
}

TEST(Assess, a_percentile_by_its_whole_interval) {
    // p99 of 10,000 lies between the 98.8 and 99.2 percentiles.
    const auto phase = evenly(10'000);
    struct Case {
        const char* text;
        Assessment expected;
    };
    for (const auto& c : {Case{"q.latency p99 < 1000ms", Assessment::pass}, Case{"q.latency p99 <= 998ms", Assessment::pass},
                          Case{"q.latency p99 < 990ms", Assessment::unsure}, Case{"q.latency p99 <= 992ms", Assessment::unsure},
                          Case{"q.latency p99 < 980ms", Assessment::fail}, Case{"q.latency p99 > 980ms", Assessment::pass},
                          Case{"q.latency p99 >= 990ms", Assessment::unsure}, Case{"q.latency p99 > 998ms", Assessment::fail},
                          Case{"{expr: q.latency p99 < 992.5ms, confidence: 50%}", Assessment::pass},
                          Case{"{expr: q.latency p99 < 992.5ms, confidence: 99.9%}", Assessment::unsure},
                          Case{"q.latency mean < 501ms", Assessment::pass}, Case{"q.latency max < 1s", Assessment::fail},
                          Case{"q.latency max <= 1s", Assessment::pass}, Case{"q.latency p100 <= 1s", Assessment::pass},
                          Case{"q.latency p0 > 0ms", Assessment::pass}, Case{"q.latency p99 != 5s", Assessment::pass},
                          Case{"q.requests == 10000", Assessment::pass}, Case{"q.errors > 0", Assessment::fail}})
        EXPECT_EQ(assess(threshold(c.text), phase), c.expected) << c.text;
}

TEST(Assess, what_was_not_measured_is_unsure) {
    const auto limit = threshold("q.latency p50 < 10s");
    EXPECT_EQ(assess(limit, {}), Assessment::unsure);
    auto phase = evenly(1000);
    EXPECT_EQ(assess(limit, phase), Assessment::pass);
    phase.planned = 1000;
    phase.missed = 11;
    EXPECT_EQ(assess(limit, phase), Assessment::unsure);
    EXPECT_EQ(assess(threshold("q.missed < 20"), phase), Assessment::pass);
    phase.missed = 0;
    phase.inconclusive = "the generator was busy";
    EXPECT_EQ(assess(limit, phase), Assessment::unsure);
    EXPECT_EQ(assess(threshold("q.errors == 0"), phase), Assessment::pass);
    phase.interrupted = true;
    EXPECT_EQ(assess(threshold("q.errors == 0"), phase), Assessment::unsure);
}

TEST(Assess, fails_only_if_it_fails_without_our_own_lag) {
    const auto half_ours = evenly(1000, 0.5);
    EXPECT_EQ(assess(threshold("q.latency p90 < 800ms"), half_ours), Assessment::unsure);
    EXPECT_EQ(assess(threshold("q.latency p90 < 449ms"), half_ours), Assessment::unsure) << "without it, it may be either";
    EXPECT_EQ(assess(threshold("q.latency p90 < 400ms"), half_ours), Assessment::fail);
    EXPECT_EQ(assess(threshold("q.service p90 < 800ms"), half_ours), Assessment::pass);
}

// What went by before the first byte was sent counted as ours, so that a server slow to take connections never failed.
TEST(Assess, connecting_is_the_servers_part) {
    const auto half_connecting = evenly(1000, 0, 0.5);
    EXPECT_EQ(assess(threshold("q.latency p90 < 800ms"), half_connecting), Assessment::fail);
    EXPECT_EQ(assess(threshold("q.latency mean < 400ms"), half_connecting), Assessment::fail);
    EXPECT_EQ(assess(threshold("q.service p90 < 800ms"), half_connecting), Assessment::pass);
    EXPECT_EQ(assess(threshold("q.service p90 < 400ms"), half_connecting), Assessment::fail);
    const auto both = evenly(1000, 0.25, 0.5);
    EXPECT_EQ(assess(threshold("q.latency p90 < 800ms"), both), Assessment::unsure) << "675 ms from the start";
    EXPECT_EQ(assess(threshold("q.latency p90 < 600ms"), both), Assessment::fail);
    EXPECT_EQ(judged("q.latency p90 < 800ms", half_connecting).verdict, Verdict::fail);
    EXPECT_EQ(judged("q.latency max < 800ms", half_connecting).verdict, Verdict::fail);
    EXPECT_EQ(judged("q.latency p90 < 800ms", both).verdict, Verdict::inconclusive);
}

TEST(Assess, dependent_answers_say_less) {
    // 100 slices, each of one piece: 1,000 answers are worth a hundred, and p90 could be either of both.
    const auto phase = in_blocks(100);
    EXPECT_EQ(assess(threshold("q.latency p45 < 150ms"), phase), Assessment::unsure);
    auto independent = in_blocks(100);
    independent.tally->series = metrics::TimeSeries();
    EXPECT_EQ(assess(threshold("q.latency p45 < 150ms"), independent), Assessment::pass);
}

TEST(JudgeInterval, stands_in_the_message) {
    EXPECT_EQ(judged("q.latency p99 < 1s", evenly(10'000)).measured, "991 ms") << "a bucket's middle";
    EXPECT_EQ(judged("q.latency p99 < 1s", evenly(10'000)).message, "(95 %: 989 to 993 ms, n 10,000)");
    const auto dependent = judged("q.latency p45 < 150ms", in_blocks(100));
    EXPECT_EQ(dependent.message,
              "unsure: the limit lies within what the sample allows for (95 %: 100 to 200 ms, n_eff 100 of 10,000)");
    const auto failed = judged("{expr: q.latency p99 < 0.5s, confidence: 99%}", evenly(10'000));
    EXPECT_EQ(failed.verdict, Verdict::fail);
    EXPECT_EQ(failed.message, "over 500 ms by 491 ms (1.98 times it) (99 %: 986 to 993 ms, n 10,000)");
    EXPECT_EQ(judged("q.latency mean < 1s", evenly(100)).message, "") << "counts as it is";
}

TEST(JudgeInterval, if_unsure_decides_what_lies_within) {
    struct Case {
        const char* word;
        Verdict verdict;
        bool unsure;
    };
    for (const auto& c : {Case{"pass", Verdict::pass, false}, Case{"warn", Verdict::pass, true},
                          Case{"fail", Verdict::fail, false}, Case{"extend", Verdict::inconclusive, false}}) {
        const auto got = judged(std::string("{expr: q.latency p99 < 990ms, if_unsure: ") + c.word + "}", evenly(10'000));
        EXPECT_EQ(got.verdict, c.verdict) << c.word;
        EXPECT_EQ(got.unsure, c.unsure) << c.word;
        EXPECT_TRUE(got.message.starts_with("unsure: ")) << got.message;
        // What is clear does not ask for it.
        const std::string clear = std::string("{expr: q.latency p99 < 1s, if_unsure: ") + c.word + "}";
        EXPECT_EQ(judged(clear, evenly(10'000)).verdict, Verdict::pass);
        EXPECT_FALSE(judged(clear, evenly(10'000)).unsure);
    }
    EXPECT_TRUE(judged("q.latency p99 < 990ms", evenly(10'000)).unsure) << "warn, where nothing is said";
}

TEST(JudgeInterval, too_few_answers_are_no_pass) {
    const auto few = judged("q.latency p99 < 10s", evenly(120));
    EXPECT_EQ(few.verdict, Verdict::inconclusive);
    EXPECT_FALSE(few.unsure);
    EXPECT_EQ(few.message,
              "unsure: 120 right answers cannot bound p99: 299 are needed, 2.99 s at this rate (95 %: from 967 ms, n 120)");
    EXPECT_EQ(judged("{expr: q.latency p99 < 10s, if_unsure: extend}", evenly(120)).verdict, Verdict::inconclusive);
    EXPECT_EQ(judged("{expr: q.latency p99 < 10s, if_unsure: fail}", evenly(120)).verdict, Verdict::fail);
    const auto waved = judged("{expr: q.latency p99 < 10s, if_unsure: pass}", evenly(120));
    EXPECT_EQ(waved.verdict, Verdict::pass);
    EXPECT_TRUE(waved.message.starts_with("unsure: 120 right answers")) << waved.message;
    // The limits: 299 bound p99 one-sided, by the largest of them.
    EXPECT_EQ(judged("q.latency p99 < 10s", evenly(298)).verdict, Verdict::inconclusive);
    EXPECT_EQ(judged("q.latency p99 < 10s", evenly(299)).verdict, Verdict::pass);
    EXPECT_TRUE(judged("q.latency p99 < 990ms", evenly(299)).unsure);
    // What a few can show is shown: a failure, and a bound from below.
    EXPECT_EQ(judged("q.latency p99 < 500ms", evenly(120)).verdict, Verdict::fail);
    EXPECT_EQ(judged("q.latency p99 > 500ms", evenly(120)).verdict, Verdict::pass);
    EXPECT_EQ(judged("q.latency p1 > 1ns", evenly(120)).verdict, Verdict::inconclusive) << "the same from below";
    EXPECT_EQ(judged("q.latency p1 > 1ns", evenly(299)).verdict, Verdict::pass);
}

TEST(JudgeInterval, dependent_answers_have_to_be_more) {
    const auto got = judged("q.latency p99 < 10s", in_blocks(20));
    EXPECT_EQ(got.verdict, Verdict::inconclusive);
    EXPECT_EQ(
        got.message,
        "unsure: 2,000 right answers cannot bound p99: 29,900 are needed, 4 m 59 s at this rate (95 %: from 200 ms, n_eff 20 of "
        "2,000)");
}

TEST(JudgeInterval, our_own_lag_stays_inconclusive) {
    const auto got = judged("q.latency p90 < 800ms", evenly(1000, 0.5));
    EXPECT_EQ(got.verdict, Verdict::inconclusive);
    EXPECT_NE(got.message.find("without our own start lag it holds"), std::string::npos) << got.message;
    const auto either = judged("q.latency p90 < 449ms", evenly(1000, 0.5));
    EXPECT_EQ(either.verdict, Verdict::inconclusive);
    EXPECT_NE(either.message.find("it is unsure"), std::string::npos) << either.message;
    auto missed = evenly(10'000);
    missed.planned = 10'000;
    missed.missed = 200;
    const auto not_made = judged("q.latency p99 < 990ms", missed);
    EXPECT_EQ(not_made.verdict, Verdict::inconclusive);
    EXPECT_FALSE(not_made.unsure);
}

TEST(JudgeInterval, bursts_are_judged_by_value) {
    auto burst = evenly(20);
    burst.phase = "p";
    burst.kind = report::PhaseKind::burst;
    EXPECT_EQ(judged("p.latency p99 < 2s", burst).verdict, Verdict::pass);
    EXPECT_EQ(judged("p.latency p99 < 2s", burst).message, "");
    EXPECT_EQ(judged("latency p99 < 2s", burst).verdict, Verdict::pass) << "all phases, of which each is a burst";
    EXPECT_EQ(judged("latency p99 < 2s", evenly(20)).verdict, Verdict::inconclusive);
}

// Taken together by time, the fast seconds of one phase would fall on the slow ones of the other.
TEST(JudgeInterval, phases_together_are_worth_the_sum_of_each) {
    auto result = test::result_of({in_blocks(100), in_blocks(100)});
    result.servers[0].phases[1].phase = "u";
    judge(with("latency p45 < 150ms"), result);
    EXPECT_EQ(result.thresholds.back().phase, "all phases");
    EXPECT_NE(result.thresholds.back().message.find("n_eff 200 of 20,000"), std::string::npos)
        << result.thresholds.back().message;
}

TEST(LiveThreshold, aborts_when_it_has_failed_for_so_long) {
    LiveThreshold live(threshold("{expr: q.latency p90 < 1s, abort: true, persist: 3s}"));
    EXPECT_FALSE(live.feed(1s, Assessment::fail, 500));
    EXPECT_FALSE(live.feed(2s, Assessment::fail, 600));
    EXPECT_FALSE(live.feed(3s, Assessment::unsure, 700)) << "begins anew";
    EXPECT_FALSE(live.feed(4s, Assessment::fail, 800));
    EXPECT_FALSE(live.feed(6900ms, Assessment::fail, 900));
    EXPECT_TRUE(live.feed(7s, Assessment::fail, 1000));
    EXPECT_TRUE(live.feed(8s, Assessment::pass, 1100)) << "it stays aborted";
}

TEST(LiveThreshold, waits_for_a_hundred_samples) {
    LiveThreshold at_once(threshold("{expr: q.errors < 1%, abort: true}"));
    EXPECT_FALSE(at_once.feed(1s, Assessment::fail, 99));
    EXPECT_TRUE(at_once.feed(2s, Assessment::fail, 100));
}

TEST(LiveThreshold, without_abort_it_never_does) {
    LiveThreshold live(threshold("q.errors < 1%"));
    EXPECT_FALSE(live.feed(1h, Assessment::fail, 1'000'000));
    LiveThreshold rising(threshold("{expr: q.requests >= 1000, abort: true}"));
    EXPECT_FALSE(rising.feed(1s, Assessment::fail, 500)) << "they are still to come";
    LiveThreshold bounded(threshold("{expr: q.requests < 1000, abort: true}"));
    EXPECT_TRUE(bounded.feed(1s, Assessment::fail, 1000));
}

TEST(Report, an_unsure_pass_has_a_question_mark) {
    report::RunResult result;
    result.name = "t";
    auto& t = result.thresholds.emplace_back();
    t.source = "q.latency p99 < 1s";
    t.pos.line = 1;
    t.server = "target";
    t.message = "unsure: whatever";
    EXPECT_NE(report::to_text(result).find("✓ target"), std::string::npos);
    EXPECT_EQ(report::to_json(result).find("\"unsure\""), std::string::npos);
    t.unsure = true;
    EXPECT_NE(report::to_text(result).find("? target"), std::string::npos);
    EXPECT_NE(report::to_text(result, {.colour = true, .unicode = false}).find("\x1b[33m?   \x1b[0m target"), std::string::npos);
    EXPECT_NE(report::to_json(result).find("\"unsure\":true"), std::string::npos);
}

}  // namespace
}  // namespace volley::run
