// Probes: what is expected of them, and what the run and its reports make of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <volley/report/github.hpp>
#include <volley/report/junit.hpp>
#include <volley/run/run.hpp>

namespace volley::run {
namespace {
using namespace std::chrono_literals;
using report::Verdict;
using testing::HasSubstr;
using testing::Not;

/// A scenario with this one probe.
scenario::Scenario with(const std::string& probe) {
    auto loaded = scenario::load_scenario(
        "version: 1\nname: t\nservers: { target: { builtin: coroutine }, other: { builtin: serial } }\n"
        "scenarios: { a: [ { get: / } ] }\nprobes:\n  - " +
            probe + "\n",
        "t.yaml");
    for (const auto& e : loaded.errors) ADD_FAILURE() << format_source_error(e);
    return std::move(loaded.scenario);
}

report::RunResult result_of(report::ProbeResult probe) {
    report::RunResult result;
    result.name = "t";
    result.file = "t.yaml";
    result.started_at = "2026-01-01T00:00:00Z";
    auto& server = result.servers.emplace_back();
    server.name = "target";
    probe.scenario = "a";
    probe.pos = {6, 5};
    probe.elapsed = 2s;
    server.probes.push_back(std::move(probe));
    return result;
}

/// A pool of five, as a probe of concurrency finds it.
report::ProbeResult pool() {
    report::ProbeResult probe;
    probe.probe = "concurrency of a";
    auto& r = probe.record.emplace();
    r.headline = verdict::Headline::pool;
    r.shape = verdict::Shape::pool;
    r.workers = 5;
    r.words = "5 at a \x1b[2J time";
    r.confidence = verdict::Confidence::high;
    r.advice = "give it more workers";
    return probe;
}

report::ProbeResult stream(verdict::Reply reply) {
    report::ProbeResult probe;
    probe.probe = "streaming of a";
    probe.answers.push_back({verdict::Question::streaming, reply, "it came all at once", "flush"});
    return probe;
}

report::RunResult judged(const std::string& probe, report::ProbeResult found) {
    auto result = result_of(std::move(found));
    judge(with(probe), result);
    return result;
}

const report::ProbeResult& probe_of(const report::RunResult& result) { return result.servers.at(0).probes.at(0); }

TEST(JudgeProbe, one_expectation_that_is_not_met_fails_the_run) {
    const auto result = judged("concurrency: { scenario: a, expect: [pool, \"pool>=8\"] }", pool());
    EXPECT_EQ(result.verdict, Verdict::fail);
    const auto& probe = probe_of(result);
    EXPECT_EQ(probe.verdict, Verdict::fail);
    ASSERT_EQ(probe.expectations.size(), 2U);
    EXPECT_EQ(probe.expectations[0].met, verdict::Met::yes);
    EXPECT_EQ(probe.expectations[1].met, verdict::Met::no);
    EXPECT_EQ(probe.expectations[1].words, "pool>=8: 5 at a time");
    EXPECT_EQ(probe.expectations[1].pos.line, 6);
    EXPECT_EQ(judged("concurrency: { scenario: a, expect: pool }", pool()).verdict, Verdict::pass);
}

TEST(JudgeProbe, what_is_expected_of_another_server_is_not_asked) {
    const auto result = judged("concurrency: { scenario: a, expect: [serial @ server=other, pool @ server=target] }", pool());
    EXPECT_EQ(result.verdict, Verdict::pass);
    EXPECT_EQ(probe_of(result).expectations.size(), 1U);
    auto unknown = pool();
    unknown.record = verdict::Record{};
    EXPECT_EQ(judged("concurrency: { scenario: a, expect: serial @ server=other }", unknown).verdict, Verdict::pass);
}

TEST(JudgeProbe, what_is_not_known_is_inconclusive) {
    auto unknown = pool();
    unknown.record = verdict::Record{};
    EXPECT_EQ(judged("concurrency: { scenario: a, expect: pool }", unknown).verdict, Verdict::inconclusive);
    EXPECT_EQ(judged("concurrency: { scenario: a }", unknown).verdict, Verdict::inconclusive);
    EXPECT_EQ(judged("concurrency: { scenario: a }", pool()).verdict, Verdict::pass)
        << "nothing is expected, and it was found out";
    EXPECT_EQ(judged("concurrency: { scenario: a, expect: [\"pool>=8\", \"ratio<2\"] }", pool()).verdict, Verdict::fail)
        << "what fails is worse than what is not known";
}

TEST(JudgeProbe, the_other_questions_are_answered_yes_or_no) {
    using verdict::Reply;
    const auto with_expectation = [](Reply reply) {
        return judged("streaming: { scenario: a, expect: \"yes\" }", stream(reply)).verdict;
    };
    EXPECT_EQ(with_expectation(Reply::yes), Verdict::pass);
    EXPECT_EQ(with_expectation(Reply::no), Verdict::fail);
    EXPECT_EQ(with_expectation(Reply::unknown), Verdict::inconclusive);
    EXPECT_EQ(judged("streaming: { scenario: a, expect: \"no\" }", stream(Reply::no)).verdict, Verdict::pass);
    EXPECT_EQ(judged("streaming: { scenario: a }", stream(Reply::no)).verdict, Verdict::pass);
    auto not_asked = stream(Reply::no);
    not_asked.answers.clear();
    const auto result = judged("streaming: { scenario: a, expect: \"yes\" }", not_asked);
    EXPECT_EQ(result.verdict, Verdict::inconclusive);
    EXPECT_THAT(probe_of(result).message, HasSubstr("no time"));
}

TEST(JudgeProbe, a_request_that_never_worked_is_the_targets_failure) {
    report::ProbeResult probe;
    probe.probe = "concurrency of a";
    probe.unreachable = "a request alone is not answered: refused";
    const auto result = judged("concurrency: { scenario: a, expect: async }", probe);
    EXPECT_EQ(result.verdict, Verdict::target_failed);
    EXPECT_TRUE(probe_of(result).expectations.empty());
    EXPECT_THAT(report::to_junit(result),
                HasSubstr(R"(<error type="unreachable" message="a request alone is not answered: refused">)"));
    EXPECT_THAT(report::to_json(result), HasSubstr(R"("unreachable":"a request alone)"));
}

TEST(JudgeProbe, a_server_that_answered_is_not_called_unreachable) {
    report::ProbeResult probe;
    probe.probe = "concurrency of a";
    probe.unreachable = "the first request was answered 404";
    probe.answered = true;
    const auto result = judged("concurrency: { scenario: a, expect: async }", probe);
    EXPECT_EQ(result.verdict, Verdict::target_failed);
    EXPECT_THAT(report::to_junit(result),
                HasSubstr(R"(<error type="not_working" message="the first request was answered 404">)"));
    EXPECT_THAT(report::to_json(result), HasSubstr(R"("not_working":"the first request was answered 404")"));
    EXPECT_THAT(report::to_json(result), Not(HasSubstr("unreachable")));
}

TEST(JudgeProbe, an_interrupted_one_is_held_against_nothing) {
    auto probe = pool();
    probe.interrupted = true;
    const auto result = judged("concurrency: { scenario: a, expect: async }", probe);
    EXPECT_TRUE(probe_of(result).expectations.empty());
    EXPECT_EQ(probe_of(result).verdict, Verdict::inconclusive);
}

TEST(JudgeProbe, every_report_tells_what_was_found_and_what_was_not_met) {
    const auto result = judged("concurrency: { scenario: a, expect: [\"pool>=8\"] }", pool());
    const auto text = report::to_text(result);
    EXPECT_THAT(text, HasSubstr("concurrency of a  probe\n  target  pool of 5 (high confidence): 5 at a"));
    EXPECT_THAT(text, HasSubstr("✗ pool>=8: 5 at a time\n    give it more workers\n"));
    EXPECT_THAT(text, HasSubstr("fail  1 of 1 probes; 1 probe, "));
    EXPECT_THAT(report::to_json(result),
                HasSubstr(R"({"expectation":"pool>=8","met":"no","words":"pool>=8: 5 at a time","line":6})"));
    const auto junit = report::to_junit(result);
    EXPECT_THAT(junit, HasSubstr(R"(<testcase name="concurrency of a" classname="t.target" time="2.000">)"));
    EXPECT_THAT(junit, HasSubstr("not met: pool&gt;=8: 5 at a time"));
    EXPECT_THAT(report::to_github_summary(result), HasSubstr("| ❌ | target | concurrency of a | pool of 5 (high confidence)"));
    EXPECT_THAT(report::to_github_annotations(result),
                HasSubstr("::error file=t.yaml,line=6,title=target%3A concurrency of a::"));
    for (const auto& report : {text, report::to_json(result), junit, report::to_github_summary(result)})
        EXPECT_THAT(report, Not(HasSubstr("\x1b"))) << "words of a peer are escaped";
}

TEST(JudgeProbe, secrets_are_masked) {
    auto probe = stream(verdict::Reply::no);
    probe.answers[0].words = "asked for s3cr3t";
    auto result = result_of(probe);
    report::mask_secrets(result, {"s3cr3t"});
    judge(with("streaming: { scenario: a }"), result);
    EXPECT_THAT(report::to_json(result), Not(HasSubstr("s3cr3t")));
}

}  // namespace
}  // namespace volley::run
