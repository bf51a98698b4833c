// Calls as a run: what may be expected of them, and what comes of that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <volley/run/offer.hpp>
#include <volley/run/run.hpp>

namespace volley::run {
namespace {
using namespace std::chrono_literals;
using report::Verdict;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

scenario::Scenario scenario_with(const std::vector<std::string>& expectations) {
    auto out = scenario_of_calls("POST h/offer", "http://h", {});
    out.errors_are_judged = !expectations.empty();
    for (const auto& text : expectations) {
        auto read = scenario::read_expectation(text, out);
        if (auto* error = std::get_if<SourceError>(&read))
            ADD_FAILURE() << format_source_error(*error);
        else
            out.thresholds.push_back(std::get<scenario::Threshold>(std::move(read)));
    }
    return out;
}

std::string error_of(const std::string& text) {
    const auto read = scenario::read_expectation(text, scenario_of_calls("n", "http://h", {}));
    const auto* error = std::get_if<SourceError>(&read);
    return error == nullptr ? "read" : error->text + " [" + error->hint + ']';
}

/// So many pings of a call each, all of 10 ms but for the lost ones.
call::OfferResult result_with(std::uint64_t calls, std::uint64_t failed, std::uint64_t answered, std::uint64_t lost) {
    call::OfferResult out;
    auto& c = *out.calls;
    c.calls = calls;
    c.failed = failed;
    c.set_up = calls - failed;
    c.sent = answered + lost;
    c.answered = answered;
    c.lost = lost;
    for (std::uint64_t i = 0; i < c.set_up; ++i) c.from_start.record(30ms);
    for (std::uint64_t i = 0; i < c.set_up; ++i)
        for (auto& stage : c.stages) {
            stage.took.record(5ms);
            stage.at.record(30ms);
        }
    for (std::uint64_t i = 0; i < answered + lost; ++i) {
        metrics::Sample s;
        s.planned = s.started = s.connected = s.sent = TimePoint{} + 1s;
        s.first_byte = s.done = s.sent + 10ms;
        s.right = i < answered;
        s.outcome = s.right ? metrics::Outcome::ok : metrics::Outcome::timeout;
        out.pings->add(s, "lost");
    }
    for (std::uint64_t i = 0; i < failed; ++i) {
        ++out.pings->requests;
        ++out.pings->errors["ice"];
        ++c.errors["ice"];
    }
    c.ping_timeout = 5s;
    out.planned = answered + lost;
    out.elapsed = 10s;
    return out;
}

report::RunResult judged(const std::vector<std::string>& expectations, const call::OfferResult& seen) {
    const auto scenario = scenario_with(expectations);
    auto result = result_of(scenario, {}, seen);
    judge(scenario, result);
    return result;
}

TEST(Calls, pass_where_what_is_expected_holds) {
    const auto r = judged({"rtt_p99 < 20ms", "rtt p50 < 20ms", "p90 < 20ms", "setup_p50 < 50ms", "setup max < 31ms",
                           "loss < 0.1%", "calls_failed = 0", "errors == 0"},
                          result_with(2, 0, 1000, 0));
    for (const auto& t : r.thresholds) EXPECT_EQ(t.verdict, Verdict::pass) << t.source << ": " << t.message;
    EXPECT_EQ(r.thresholds.size(), 8U);
    EXPECT_EQ(r.verdict, Verdict::pass);
}

TEST(Calls, fail_where_it_does_not) {
    EXPECT_EQ(judged({"rtt_p99 < 5ms"}, result_with(1, 0, 1000, 0)).verdict, Verdict::fail);
    EXPECT_EQ(judged({"setup p50 < 20ms"}, result_with(1, 0, 10, 0)).verdict, Verdict::fail);
    EXPECT_EQ(judged({"loss < 0.1%"}, result_with(1, 0, 998, 2)).verdict, Verdict::fail);
    EXPECT_EQ(judged({"loss == 0"}, result_with(1, 0, 998, 2)).verdict, Verdict::fail);
    EXPECT_EQ(judged({"calls_failed = 0"}, result_with(3, 1, 10, 0)).verdict, Verdict::fail);
    EXPECT_EQ(judged({"calls_failed < 10%"}, result_with(3, 1, 10, 0)).verdict, Verdict::fail);
}

TEST(Calls, a_percentile_that_few_pings_cannot_bound_is_inconclusive) {
    const auto r = judged({"rtt_p99 < 20ms"}, result_with(1, 0, 10, 0));
    EXPECT_EQ(r.verdict, Verdict::inconclusive);
    EXPECT_THAT(r.thresholds.back().message, HasSubstr("299 are needed"));
}

TEST(Calls, what_may_be_lost_is_no_error_besides) {
    EXPECT_EQ(judged({"loss < 1%"}, result_with(1, 0, 999, 1)).verdict, Verdict::pass);
    EXPECT_EQ(judged({"calls_failed <= 1"}, result_with(2, 1, 10, 0)).verdict, Verdict::pass);
    EXPECT_EQ(judged({"setup p50 < 1s"}, result_with(1, 0, 999, 1)).verdict, Verdict::fail) << "nobody has allowed a loss";
    EXPECT_EQ(judged({}, result_with(2, 0, 10, 5)).verdict, Verdict::pass) << "nothing was asked to pass";
}

TEST(Calls, that_fail_are_forbidden_unless_something_says_that_they_may) {
    for (const char* of_pings : {"loss < 0.1%", "lost == 0", "answered == 100%", "rtt_p50 < 20ms"}) {
        const auto r = judged({of_pings}, result_with(4, 2, 1000, 0));
        EXPECT_EQ(r.verdict, Verdict::fail) << of_pings;
        EXPECT_EQ(r.thresholds.size(), 2U) << of_pings;
    }
    EXPECT_EQ(judged({"loss < 0.1%"}, result_with(4, 2, 1000, 0)).thresholds.at(0).source, "calls_failed == 0");
    EXPECT_EQ(judged({"loss < 0.1%"}, result_with(4, 0, 1000, 0)).verdict, Verdict::pass);
    for (const char* allowed : {"calls_failed <= 2", "errors <= 2", "right >= 1000"})
        EXPECT_EQ(judged({"loss < 0.1%", allowed}, result_with(4, 2, 1000, 0)).verdict, Verdict::pass) << allowed;
}

TEST(Calls, that_fail_make_a_run_fail_of_which_nothing_was_expected) {
    auto seen = result_with(4, 2, 10, 0);
    seen.examples = {"the server answered HTTP 503"};
    const auto r = judged({}, seen);
    EXPECT_EQ(r.verdict, Verdict::fail);
    ASSERT_EQ(r.thresholds.size(), 1U);
    EXPECT_EQ(report::name_of(r.thresholds[0]), "calls.calls_failed == 0");
    EXPECT_EQ(r.thresholds[0].measured, "2");
    EXPECT_THAT(r.thresholds[0].message, HasSubstr("the server answered HTTP 503"));
}

TEST(Calls, a_file_that_could_not_be_written_makes_a_run_fail) {
    const auto scenario = scenario_with({});
    auto result = result_of(scenario, {}, result_with(1, 0, 10, 0));
    result.unwritten = {"not all pictures are saved"};
    judge(scenario, result);
    EXPECT_EQ(result.verdict, Verdict::fail);
}

TEST(Calls, a_percentile_is_one_of_all_pings_and_those_that_never_came_back_are_the_slowest) {
    const auto lost = judged({"loss < 100%", "rtt_p99 < 500ms", "rtt p50 < 500ms"}, result_with(1, 0, 569, 431));
    EXPECT_EQ(lost.thresholds.at(2).verdict, Verdict::fail);
    EXPECT_EQ(lost.thresholds.at(2).message, "431 of 1,000 pings never came back, so p99 is no less than the time-out of 5.00 s");
    EXPECT_EQ(lost.thresholds.at(2).measured, "");
    EXPECT_TRUE(lost.thresholds.at(3).surely_passed()) << lost.thresholds.at(3).message;
    EXPECT_EQ(lost.verdict, Verdict::fail);
    const auto of = [](const char* expectation, std::uint64_t answered, std::uint64_t gone) {
        return judged({"loss < 100%", expectation}, result_with(1, 0, answered, gone)).thresholds.back();
    };
    EXPECT_EQ(of("rtt_p99 < 500ms", 990, 10).verdict, Verdict::pass) << "the last that came back is p99 of all";
    EXPECT_EQ(of("rtt_p99 < 500ms", 989, 11).verdict, Verdict::fail);
    EXPECT_FALSE(of("rtt_p99 < 500ms", 990, 10).surely_passed()) << "of another run it may be one that did not";
    EXPECT_TRUE(of("rtt_p90 < 500ms", 990, 10).surely_passed());
    EXPECT_EQ(of("rtt max < 500ms", 999, 1).verdict, Verdict::fail);
    EXPECT_EQ(of("rtt mean < 500ms", 999, 1).message, "1 of 1,000 pings never came back, so the mean is not known");
    EXPECT_EQ(of("rtt min < 500ms", 999, 1).verdict, Verdict::pass);
    EXPECT_EQ(of("dc_rtt p99 < 500ms", 500, 500).verdict, Verdict::fail);
}

TEST(Calls, frames_that_never_came_back_are_the_slowest_too) {
    call::OfferPlan plan;
    plan.video.emplace();
    const auto of = [&](const char* expectation, std::uint64_t lost) {
        auto scenario = scenario_of_calls("n", "http://h", plan);
        scenario.thresholds.push_back(std::get<scenario::Threshold>(scenario::read_expectation(expectation, scenario)));
        auto result = result_with(1, 0, 10, 0);
        result.calls->media = std::make_shared<metrics::MediaTally>();
        auto& video = result.calls->media->video;
        video.calls = 1;
        video.sent = 1000;
        video.lost = lost;
        video.returned = 1000 - lost;
        for (std::uint64_t i = 0; i < video.returned; ++i) video.round_trip.record(20ms);
        auto run = result_of(scenario, plan, result);
        judge(scenario, run);
        return run.thresholds.back();
    };
    EXPECT_EQ(of("video_rtt p95 < 250ms", 100).verdict, Verdict::fail);
    EXPECT_EQ(of("video_rtt p95 < 250ms", 100).message, "100 of 1,000 frames never came back, so p95 is not known");
    EXPECT_EQ(of("video_rtt p95 < 250ms", 10).verdict, Verdict::pass);
}

TEST(Calls, that_never_worked_are_the_targets_failure_whatever_was_expected) {
    auto seen = result_with(2, 2, 0, 0);
    seen.never_worked = "the server answered HTTP 404";
    seen.calls->errors = {{"status", 2}};
    const auto r = judged({"calls_failed <= 2"}, seen);
    EXPECT_EQ(r.verdict, Verdict::target_failed);
    EXPECT_EQ(r.servers[0].state, report::ServerState::not_working);
    EXPECT_EQ(r.servers[0].message, "the server answered HTTP 404");
}

TEST(Calls, pings_that_we_were_too_late_for_make_a_pass_inconclusive) {
    auto seen = result_with(1, 0, 900, 0);
    seen.planned = 1000;
    seen.missed = 100;
    EXPECT_EQ(judged({"rtt_p99 < 20ms"}, seen).verdict, Verdict::inconclusive);
}

TEST(Calls, a_set_up_that_was_slow_by_our_own_late_start_is_inconclusive) {
    auto seen = result_with(10, 0, 100, 0);
    seen.calls->from_start = {};
    for (int i = 0; i < 10; ++i) seen.calls->from_start.record(10ms);
    EXPECT_EQ(judged({"setup p50 < 20ms"}, seen).verdict, Verdict::inconclusive);
    EXPECT_EQ(judged({"setup p50 < 5ms"}, seen).verdict, Verdict::fail);
}

TEST(Calls, that_were_not_made_are_not_hidden_by_their_many_pings) {
    auto seen = result_with(90, 0, 9000, 0);
    seen.calls->planned = 100;
    seen.calls->missed = 10;
    seen.planned = 9100;
    seen.missed = 10;
    EXPECT_EQ(judged({"rtt_p99 < 20ms"}, seen).verdict, Verdict::inconclusive);
    seen.calls->missed = seen.missed = 1;
    EXPECT_EQ(judged({"rtt_p99 < 20ms"}, seen).verdict, Verdict::pass);
}

TEST(Calls, without_pings_are_no_phase_without_a_request) {
    EXPECT_EQ(judged({"setup p50 < 1s"}, result_with(2, 0, 0, 0)).verdict, Verdict::pass);
    EXPECT_EQ(judged({"missed == 0"}, result_with(0, 0, 0, 0)).verdict, Verdict::fail) << "nothing was done at all";
}

TEST(Calls, have_the_names_of_scenarios_too) {
    const auto r = judged({"dc_rtt_p99 < 20ms", "gather p50 <= 30ms", "offer_to_answer p50 <= 5ms", "ice max <= 5ms",
                           "dtls mean <= 5ms", "connected p95 <= 30ms", "dc_open p95 <= 30ms", "answered >= 99.9%", "lost = 1"},
                          result_with(2, 0, 999, 1));
    for (const auto& t : r.thresholds) EXPECT_EQ(t.verdict, Verdict::pass) << t.source << ": " << t.message;
    EXPECT_EQ(judged({"connected p50 < 30ms"}, result_with(1, 0, 10, 0)).verdict, Verdict::fail);
    EXPECT_EQ(judged({"offer_to_answer p50 < 5ms"}, result_with(1, 0, 10, 0)).verdict, Verdict::fail);
    EXPECT_EQ(judged({"answered = 100%"}, result_with(1, 0, 999, 1)).verdict, Verdict::fail);
    EXPECT_EQ(judged({"lost = 0"}, result_with(1, 0, 999, 1)).verdict, Verdict::fail);
}

TEST(Calls, expectations_are_told_what_there_is) {
    EXPECT_THAT(error_of("rt < 20ms"), HasSubstr("unknown figure `rt` [did you mean `rtt`?"));
    for (const auto* unknown : {"ratio < 2", "video_frozen < 50%"})
        EXPECT_THAT(error_of(unknown), AllOf(HasSubstr("figures: latency, "), HasSubstr(", video_rtt, "),
                                             HasSubstr(", audio_rtt"), Not(HasSubstr("..."))));
    EXPECT_THAT(error_of("rtt < 20ms"), HasSubstr("`rtt` needs an aggregate"));
    EXPECT_THAT(error_of("rtt_p99 < 20"), HasSubstr("`rtt` needs a unit"));
    EXPECT_THAT(error_of("loss_p99 < 20ms"), HasSubstr("`loss` is one number and has no `p99`"));
    EXPECT_EQ(error_of("video_rtt p95 < 1s"), "`video_rtt` is a figure of video, and none is sent [add --video none]");
    EXPECT_EQ(error_of("audio_lost < 1%"), "`audio_lost` is a figure of audio, and none is sent [add --audio]");
    EXPECT_THAT(error_of("calls_failed < 20ms"), HasSubstr("`calls_failed` is not a time"));
}

TEST(Calls, who_plays_has_figures_of_what_comes) {
    call::CallPlan plan;
    plan.signal = call::Signal::whep;
    plan.video.emplace();
    plan.audio.emplace();
    const auto scenario = scenario_of_calls("n", "http://h", plan);
    const auto read = [&](const char* text) { return scenario::read_expectation(text, scenario); };
    for (const char* text :
         {"video_frames >= 1", "first_frame p95 < 1s", "video_freezes = 0", "audio_received >= 1", "audio_lost < 1%"})
        EXPECT_TRUE(std::holds_alternative<scenario::Threshold>(read(text))) << text;
    for (const char* text :
         {"video_rtt p95 < 1s", "video_returned >= 98%", "video_lost < 1%", "audio_rtt p50 < 1s", "audio_sent >= 1"}) {
        const auto wrong = read(text);
        ASSERT_TRUE(std::holds_alternative<SourceError>(wrong)) << text;
        EXPECT_THAT(std::get<SourceError>(wrong).text, HasSubstr("and a call of WHEP only receives"));
    }
}

TEST(Calls, video_of_which_nothing_came_back_is_judged_unasked) {
    auto result = result_with(1, 0, 10, 0);
    result.calls->failed = 1;
    result.examples = {"no frame came back in 2.00 s: the server did not send video"};
    result.calls->errors[metrics::no_video] = 1;
    result.pings->requests += 1;
    result.pings->errors[metrics::no_video] = 1;
    const auto none = judged({}, result);
    EXPECT_EQ(none.verdict, Verdict::fail);
    EXPECT_THAT(none.thresholds.at(0).message, HasSubstr("the server did not send video"));
    EXPECT_EQ(judged({"calls_failed <= 1"}, result).verdict, Verdict::pass) << "who asks for less gets it";
}

TEST(Calls, a_transform_that_was_asked_for_and_not_done_is_judged_unasked) {
    call::OfferPlan plan;
    plan.video.emplace();
    const auto judged_by = [&](const std::string& asked, const std::string& seen, const std::string& expectation = {}) {
        auto scenario = scenario_of_calls("n", "http://h", plan);
        scenario.errors_are_judged = false;
        if (!expectation.empty())
            scenario.thresholds.push_back(std::get<scenario::Threshold>(scenario::read_expectation(expectation, scenario)));
        auto result = result_with(1, 0, 10, 0);
        result.calls->media = std::make_shared<metrics::MediaTally>();
        auto& video = result.calls->media->video;
        video.calls = 1;
        video.sent = video.returned = 90;
        video.transform.asked = asked;
        video.transform.seen = seen;
        video.transform.pictures = seen == "-" ? 0 : 4;
        if (seen == "-") video.transform.seen.clear();
        auto run = result_of(scenario, plan, result);
        judge(scenario, run);
        return run;
    };
    const auto another = judged_by("edges", "none");
    EXPECT_EQ(another.verdict, Verdict::fail);
    ASSERT_EQ(another.thresholds.size(), 1U);
    EXPECT_EQ(another.thresholds[0].source, "video_transform == edges");
    EXPECT_EQ(another.thresholds[0].measured, "none");
    EXPECT_EQ(another.thresholds[0].message, "the pictures tell `none`");
    EXPECT_EQ(judged_by("reflect", "edges").thresholds.at(0).source, "video_transform == none");
    for (const auto& [asked, seen] :
         {std::pair{"edges", "edges"}, {"reflect", "none"}, {"edges", ""}, {"edges", "-"}, {"sepia", "none"}, {"", "none"}})
        EXPECT_EQ(judged_by(asked, seen).verdict, Verdict::pass) << asked << ' ' << seen;
    EXPECT_EQ(judged_by("edges", "none", "video_transform == none").verdict, Verdict::pass)
        << "who says what it is to be is taken at his word";
    EXPECT_EQ(judged_by("edges", "none", "video.transform != edges").verdict, Verdict::pass);
    EXPECT_EQ(judged_by("edges", "none", "video_transform = edges").verdict, Verdict::fail);
    EXPECT_EQ(judged_by("edges", "none", "video_returned > 1%").verdict, Verdict::fail);
    EXPECT_EQ(judged_by("sepia", "none", "video_transform == edges").verdict, Verdict::fail);
    EXPECT_EQ(judged_by("edges", "", "video_transform == edges").thresholds.at(0).message, "no transform stands out");
    EXPECT_THAT(judged_by("edges", "-", "video_transform == edges").thresholds.at(0).message,
                HasSubstr("no picture was looked at"));
}

TEST(Calls, load_has_none_of_their_figures) {
    auto load = scenario_of_calls("n", "http://h", {});
    load.phases.front().calls = false;
    load.phases.front().users = 1;
    for (const char* text : {"rtt p99 < 20ms", "rtt_p99 < 20ms", "loss < 1%", "errors = 0"})
        EXPECT_TRUE(std::holds_alternative<SourceError>(scenario::read_expectation(text, load))) << text;
}

TEST(Calls, are_told_of_in_words) {
    call::OfferPlan plan;
    EXPECT_EQ(words_of(plan), "1 call (json), pings every 1.00 s");
    plan.pings.count = 10;
    plan.calls = 1000;
    plan.rate = Rate{20};
    plan.signal = call::Signal::whip;
    EXPECT_EQ(words_of(plan), "1,000 calls at 20.0/s (whip), 10 pings every 1.00 s each");
    plan.rate.reset();
    plan.pings.count.reset();
    plan.pings.length = 2s;
    EXPECT_EQ(words_of(plan), "1,000 calls at once (whip), pings every 1.00 s for 2.00 s each");
    plan.pings.count = 0;
    EXPECT_EQ(words_of(plan), "1,000 calls at once (whip), no pings");
}

}  // namespace
}  // namespace volley::run
