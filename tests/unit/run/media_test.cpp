// Video and sound of calls in a run: what a step asks for, and what comes of thresholds on them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <sys/stat.h>

#include <volley/run/offer.hpp>
#include <volley/run/run.hpp>

#include "run/check_counts.hpp"
#include "run/prepare.hpp"
#include "run/prepare_call.hpp"
#include "unit/run/judged.hpp"

namespace volley::run {
namespace {
using namespace std::chrono_literals;
using report::Verdict;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// What is made of one step, in a file of that name. Its line is 4, and begins in column 7.
std::variant<PreparedCall, SourceError> prepared(const std::string& step, const std::string& file = "t.yaml") {
    const auto loaded = scenario::load_scenario(
        "version: 1\nconfig: { target: \"http://h\" }\nscenarios:\n  a: [" + step + "]\nphases: [ { name: p, burst: 1 } ]\n",
        file);
    for (const auto& e : loaded.errors) ADD_FAILURE() << format_source_error(e);
    if (!loaded.errors.empty()) return SourceError{};
    const auto& body = loaded.scenario.scenarios.at(0);
    scenario::Variables variables;
    variables.push({{"limit", "lots"}, {"what", "blur"}});
    auto steps = prepare_steps(loaded.scenario, body, variables, "http://h");
    return prepare_call(loaded.scenario, body.steps.front(), variables, std::move(std::get<0>(steps).front()));
}

PreparedCall call_of(const std::string& step, const std::string& file = "t.yaml") {
    auto out = prepared(step, file);
    if (const auto* error = std::get_if<SourceError>(&out)) {
        ADD_FAILURE() << format_source_error(*error);
        return {};
    }
    return std::get<PreparedCall>(std::move(out));
}

std::string error_of(const std::string& step, const std::string& file = "t.yaml") {
    const auto out = prepared(step, file);
    const auto* error = std::get_if<SourceError>(&out);
    if (error == nullptr) return "";
    return std::to_string(error->pos.line) + ':' + std::to_string(error->pos.column) + ' ' + error->text + " [" + error->hint +
           ']';
}

std::vector<report::CheckResult> checked(const std::string& checks, std::size_t calls, const call::CallSeen& seen) {
    const auto loaded = scenario::load_scenario(
        "version: 1\nconfig: { target: \"http://h\" }\nscenarios:\n  a: [ { webrtc: { offer: { post: /o } }, checks: [" + checks +
            "] } ]\nphases: [ { name: p, burst: 1 } ]\n",
        "t.yaml");
    for (const auto& e : loaded.errors) ADD_FAILURE() << format_source_error(e);
    const auto& body = loaded.scenario.scenarios.at(0);
    const scenario::Variables variables;
    auto steps = prepare_steps(loaded.scenario, body, variables, "http://h");
    const auto counts = std::make_shared<CheckCounts>();
    const auto call = std::get<PreparedCall>(
        prepare_call(loaded.scenario, body.steps.front(), variables, std::move(std::get<0>(steps).front()), counts));
    for (std::size_t i = 0; i < calls; ++i) EXPECT_EQ(call.judge(seen).kind, "check");
    return counts->results();
}

TEST(ChecksOfCalls, are_judged_each_by_itself) {
    call::CallSeen seen;
    seen.answered = 5;
    seen.round_trips.assign(5, 10ms);
    const auto found = checked("connected < 1us, dc_rtt p95 < 1us, answered == 100%, lost == 1", 3, seen);
    ASSERT_EQ(found.size(), 4U);
    for (const std::size_t failed : {0, 1, 3}) {
        EXPECT_EQ(found[failed].failed, 3U) << found[failed].source;
        EXPECT_EQ(found[failed].held, 0U) << found[failed].source;
    }
    EXPECT_EQ(found[1].example, "dc_rtt p95 is 10.0 ms");
    EXPECT_EQ(found[2].held, 3U);
    EXPECT_EQ(found[2].failed, 0U);
}

TEST(ChecksOfCalls, count_pings_that_never_came_back_as_the_slowest) {
    call::CallSeen seen;
    seen.answered = 5;
    seen.lost = 5;
    seen.round_trips.assign(5, 10ms);
    const auto found = checked("lost == 0, dc_rtt p95 < 1s, dc_rtt p50 < 1s, dc_rtt max < 1s", 1, seen);
    EXPECT_EQ(found.at(1).example, "5 of 10 pings never came back, so p95 is not known");
    EXPECT_EQ(found.at(2).held, 1U);
    EXPECT_EQ(found.at(3).failed, 1U);
}

class MediaOfCalls : public testing::Test {
protected:
    MediaOfCalls() { std::filesystem::create_directories(folder_ / "clips"); }
    ~MediaOfCalls() override {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    MediaOfCalls(const MediaOfCalls&) = delete;
    MediaOfCalls& operator=(const MediaOfCalls&) = delete;

    /// A file of that codec without a frame, clips/a.ivf.
    void write_ivf(const std::string& codec) const {
        using namespace std::string_literals;
        std::ofstream(folder_ / "clips" / "a.ivf", std::ios::binary)
            << "DKIF\0\0\x20\0"s << codec << "\xa0\0\x78\0\x1e\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0"s;
    }

    std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) / "volley_media_of_calls";
};

TEST(MediaPlan, is_what_the_step_says) {
    const auto call = call_of(
        "webrtc: { offer: /o, video: { transform: edges, size: 320x240, fps: 15, bitrate: 200k, codec: h264, decode_every: 2 }, "
        "audio: { source: tone, codec: pcmu }, for: 3s }");
    ASSERT_TRUE(call.plan.video && call.plan.audio);
    EXPECT_EQ(call.plan.video->transform, "edges");
    EXPECT_EQ(call.plan.video->source, "");
    EXPECT_EQ(call.plan.video->width, 320);
    EXPECT_EQ(call.plan.video->height, 240);
    EXPECT_EQ(call.plan.video->frames_per_second, 15);
    EXPECT_EQ(call.plan.video->bits_per_second, 200'000U);
    EXPECT_THAT(call.plan.video->codecs, ElementsAre("H264"));
    EXPECT_EQ(call.plan.video->decode_every, 2U);
    EXPECT_EQ(call.plan.audio->source, "tone");
    EXPECT_THAT(call.plan.audio->codecs, ElementsAre("PCMU"));
    EXPECT_EQ(call.plan.pings.length, 3s);
    EXPECT_EQ(call.plan.pings.count, 10U);
    EXPECT_FALSE(call.judges_pictures || call.judges_round_trips);
    EXPECT_TRUE(call.alone().plan.video) << "its set-up is that of the others";
    EXPECT_FALSE(call.alone().plan.pings.length);
}

TEST(MediaPlan, a_transform_out_of_a_template_is_that_of_the_video) {
    const auto asked = [](const std::string& transform) {
        return "webrtc: { offer: { post: /o, json: { video_transform: \"{{ what }}\" } }, video: " + transform + " }";
    };
    EXPECT_EQ(
        error_of(asked("edges")),
        "4:61 `video_transform` is `blur`, and the `transform` of this call's video is `edges` [remove it: `transform` goes along "
        "with the offer as `video_transform`]");
    EXPECT_EQ(error_of(asked("blur")), "");
}

TEST(MediaPlan, flows_for_five_seconds_or_as_long_as_the_pings) {
    const auto length = [](const std::string& parts) {
        return call_of("webrtc: { offer: /o, " + parts + " }").plan.pings.length;
    };
    EXPECT_EQ(length("video: none"), 5s);
    EXPECT_EQ(length("video: none, datachannel: { pings: { count: 100, every: 100ms } }"), 10s);
    EXPECT_EQ(length("audio: tone, datachannel: { pings: { for: 2s } }"), 2s);
    EXPECT_EQ(length("audio: tone, datachannel: { pings: 0 }, for: 1s"), 1s);
    EXPECT_FALSE(length("within: 3s"));
    EXPECT_THAT(call_of("webrtc: { offer: /o, video: none, audio: true }").plan.video->codecs, IsEmpty());
}

TEST(MediaPlan, knows_what_its_checks_look_at) {
    const auto with_check = [](const std::string& check) {
        return call_of("{ webrtc: { offer: /o, video: none, audio: chirp }, checks: [\"" + check + "\"] }");
    };
    EXPECT_FALSE(with_check("video.frames > 1").judges_round_trips);
    EXPECT_FALSE(with_check("video.frames > 1").judges_pictures);
    EXPECT_TRUE(with_check("video.rtt p95 < 1s").judges_round_trips);
    EXPECT_TRUE(with_check("audio.rtt max < 1s").judges_round_trips);
    EXPECT_TRUE(with_check("video.transform == none").judges_pictures);
}

TEST(MediaPlan, values_of_checks_are_looked_at_when_they_are_known) {
    const auto wrong = [](const std::string& check) {
        return error_of("{ webrtc: { offer: /o, video: none }, checks: [\"" + check + "\"] }");
    };
    EXPECT_THAT(wrong("video.frames > {{ limit }}"), HasSubstr("is compared with `lots`, which is no number [write 19]"));
    EXPECT_THAT(wrong("video.lost < {{ limit }}"),
                HasSubstr("is compared with `lots`, which is no number or percentage [write 19 or 95%]"));
    EXPECT_THAT(wrong("video.rtt p95 < {{ limit }}"), HasSubstr("is compared with `lots`, which is no duration"));
    EXPECT_THAT(
        wrong("video.transform == {{ what }}"),
        HasSubstr("is compared with `blur`, which is no transform that pictures tell [write none, cartoon, edges or rotate]"));
}

TEST(MediaPlan, asks_for_transforms_where_an_offer_has_a_place_for_them) {
    EXPECT_EQ(error_of("webrtc: { offer: /x/whip, video: edges }"),
              "4:24 this path is taken for one of whip, whose offer has no place for a `transform` [write `video: true`, or add "
              "`signal: json`]");
    EXPECT_EQ(error_of("webrtc: { offer: /x/whip, video: none }"), "");
    EXPECT_EQ(error_of("webrtc: { offer: { post: /x/whip, signal: json }, video: edges }"), "");
}

TEST(MediaPlan, judges_a_call_by_what_was_seen_of_it) {
    const auto call = call_of("{ webrtc: { offer: /o, video: none }, checks: [\"video.returned >= 98%\"] }");
    ASSERT_TRUE(call.judge);
    call::CallSeen seen;
    EXPECT_EQ(call.judge(seen).example, "video.returned >= 98%: no video was agreed on");
    auto& video = seen.media.video.emplace();
    video.sent = 100;
    video.returned = 98;
    EXPECT_EQ(call.judge(seen).kind, "");
    video.returned = 97;
    EXPECT_EQ(call.judge(seen).kind, "check");
}

TEST_F(MediaOfCalls, files_lie_beside_the_scenario) {
    const std::string file = (folder_ / "s.yaml").string();
    write_ivf("VP80");
    std::ofstream(folder_ / "a.wav") << "RIFF";
    const auto call = call_of("webrtc: { offer: /o, video: { source: clips/a.ivf }, audio: a.wav }", file);
    EXPECT_EQ(call.plan.video->source, (folder_ / "clips" / "a.ivf").string());
    EXPECT_EQ(call.plan.audio->source, (folder_ / "a.wav").string());
    const std::string whole = (folder_ / "a.wav").string();
    EXPECT_EQ(call_of("webrtc: { offer: /o, audio: " + whole + " }", file).plan.audio->source, whole);
}

TEST_F(MediaOfCalls, a_file_of_another_codec_is_found_before_a_server_starts) {
    const std::string file = (folder_ / "s.yaml").string();
    const auto step = [](const std::string& more) { return "webrtc: { offer: /o, video: { source: clips/a.ivf" + more + " } }"; };
    write_ivf("VP80");
    EXPECT_EQ(error_of(step(", codec: vp8"), file), "");
    EXPECT_THAT(error_of(step(", codec: h264"), file),
                testing::AllOf(testing::StartsWith("4:45 "), HasSubstr("a.ivf: it is VP8, and IVF is sent as it is coded")));
    write_ivf("H264");
    EXPECT_EQ(error_of(step(""), file), "");
    EXPECT_THAT(error_of(step(", codec: vp8"), file), HasSubstr("a.ivf: it is H264, and IVF is sent as it is coded"));
    write_ivf("AV01");
    EXPECT_THAT(error_of(step(""), file), HasSubstr("a.ivf: IVF of VP8 (VP80) or H.264 is expected"));
}

TEST_F(MediaOfCalls, a_file_that_is_not_there_is_found_before_a_server_starts) {
    const std::string file = (folder_ / "s.yaml").string();
    EXPECT_THAT(error_of("webrtc: { offer: /o, video: { source: b.ivf } }", file),
                testing::AllOf(testing::StartsWith("4:45 `"), HasSubstr("b.ivf` cannot be read: No such file or directory"),
                               testing::EndsWith("[write `source: synthetic` for the moving picture]")));
    EXPECT_THAT(error_of("webrtc: { offer: /o, audio: chrip }", file),
                testing::AllOf(testing::StartsWith("4:35 `"), HasSubstr("chrip` cannot be read: No such file or directory"),
                               testing::EndsWith("[did you mean `chirp`?]")));
    EXPECT_THAT(error_of("webrtc: { offer: /o, audio: clips }", file), HasSubstr("clips` cannot be read: it is a directory"));
    ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
    for (const auto* source : {"video: { source: pipe }", "audio: pipe"})
        EXPECT_THAT(error_of(std::string("webrtc: { offer: /o, ") + source + " }", file),
                    HasSubstr("pipe` cannot be read: it is a pipe or a device, and a file is expected"));

    const auto loaded = scenario::load_scenario(
        "version: 1\nconfig: { target: \"http://h\" }\nscenarios: { a: [ webrtc: { offer: /o, audio: no.wav } ] }\nphases: [ { name: p, burst: 1 } ]\n",
        file);
    const auto errors = check(loaded.scenario, {});
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].pos.line, 3);
    EXPECT_THAT(errors[0].text, HasSubstr("no.wav"));
}

// --- thresholds ------------------------------------------------------------------------------------------------------

/// A phase of a call that sent so many frames, of which these came back after 10 ms; and a chirp that did after 100 ms.
report::PhaseResult phase_with(std::uint64_t sent, std::uint64_t returned) {
    report::PhaseResult out;
    out.phase = "p";
    out.kind = report::PhaseKind::users;
    out.elapsed = 10s;
    auto calls = std::make_shared<metrics::CallTally>();
    calls->calls = calls->set_up = 1;
    calls->media = std::make_shared<metrics::MediaTally>();
    auto& video = calls->media->video;
    video.calls = 1;
    video.calls_back = 1;
    video.sent = sent;
    video.returned = returned;
    video.lost = sent - returned;
    video.freezes = 2;
    for (std::uint64_t i = 0; i < returned; ++i) video.round_trip.record(10ms);
    if (returned > 0) video.first_frame.record(300ms);
    auto& audio = calls->media->audio;
    audio.calls = 1;
    audio.sent = 100;
    audio.received = 99;
    audio.lost = 1;
    audio.round_trip.record(100ms);
    out.calls = calls;
    return out;
}

report::ThresholdResult judged(const std::string& threshold, report::PhaseResult phase,
                               const std::string& media = "video: none, audio: chirp") {
    auto loaded =
        scenario::load_scenario("version: 1\nconfig: { target: \"http://h\" }\nscenarios: { a: [ webrtc: { offer: /o, " + media +
                                    " } ] }\nphases: [ { name: p, users: 1, for: 10s } ]\nthresholds: [" + threshold + "]\n",
                                "t.yaml");
    for (const auto& e : loaded.errors) ADD_FAILURE() << format_source_error(e);
    return test::judged(loaded.scenario, test::result_of({std::move(phase)}));
}

TEST(MediaThresholds, hold_or_fail_by_what_came_back) {
    const auto verdict = [](const std::string& threshold) { return judged(threshold, phase_with(1000, 990)).verdict; };
    for (const char* holds :
         {"p.video_rtt p95 < 50ms", "p.video.rtt min < 50ms", "p.first_frame p95 < 1s", "p.video_sent == 1000",
          "p.video_frames >= 990", "p.video_returned >= 99%", "p.video_returned >= 990", "p.video_lost <= 1%",
          "p.video_lost == 10", "p.video_freezes == 2", "p.video_mismatched == 0", "p.audio_rtt max < 500ms",
          "p.audio_sent == 100", "p.audio_received == 99", "p.audio_lost <= 1%"})
        EXPECT_EQ(verdict(holds), Verdict::pass) << holds;
    for (const char* fails : {"p.video_rtt p95 < 5ms", "p.video.rtt mean < 50ms", "p.video_rtt p99.9 < 50ms",
                              "p.first_frame p95 < 200ms", "p.video_frames > 990", "p.video_returned > 99%", "p.video_lost < 1%",
                              "p.video_freezes == 0", "p.audio_rtt max < 50ms", "p.audio_lost == 0"})
        EXPECT_EQ(verdict(fails), Verdict::fail) << fails;
    EXPECT_EQ(judged("p.video_returned >= 99.5%", phase_with(1000, 990)).measured, "99 %");
    EXPECT_EQ(judged("p.first_frame max < 1s", phase_with(1000, 990)).measured, "300 ms");
}

TEST(MediaThresholds, a_percentile_that_few_frames_cannot_bound_is_inconclusive) {
    const auto few = judged("p.video_rtt p95 < 50ms", phase_with(30, 30));
    EXPECT_EQ(few.verdict, Verdict::inconclusive);
    EXPECT_THAT(few.message, HasSubstr("30 frames cannot bound p95: 59 are needed"));
    EXPECT_EQ(judged("p.video_rtt p95 < 50ms", phase_with(59, 59)).verdict, Verdict::pass);
    EXPECT_EQ(judged("p.video_rtt p50 < 50ms", phase_with(30, 30)).verdict, Verdict::pass);
    EXPECT_THAT(judged("p.audio_rtt p95 < 1s", phase_with(30, 30)).message, HasSubstr("1 chirps cannot bound p95"));
    EXPECT_EQ(judged("{ expr: p.video_rtt p95 < 50ms, if_unsure: pass }", phase_with(30, 30)).verdict, Verdict::pass);
    EXPECT_EQ(judged("p.first_frame p95 < 1s", phase_with(30, 30)).verdict, Verdict::pass) << "counts as it is";
}

TEST(MediaThresholds, of_what_no_call_sent_fail_and_say_so) {
    auto none = phase_with(0, 0);
    auto calls = std::make_shared<metrics::CallTally>(*none.calls);
    calls->media = std::make_shared<metrics::MediaTally>();
    none.calls = calls;
    for (const auto& [threshold, message] : {std::pair{"p.video_rtt p95 < 50ms", "no call sent video"},
                                             {"p.video_lost == 0", "no call sent video"},
                                             {"p.first_frame p95 < 1s", "no call sent video"},
                                             {"p.audio_lost == 0", "no call sent audio"}}) {
        const auto result = judged(threshold, none);
        EXPECT_EQ(result.verdict, Verdict::fail) << threshold;
        EXPECT_EQ(result.message, message) << threshold;
    }
    calls->media = nullptr;
    EXPECT_EQ(judged("p.video_freezes == 0", none).message, "no call sent video");
    EXPECT_EQ(judged("p.video_rtt p95 < 50ms", phase_with(10, 0)).message, "no frame came back");
    EXPECT_EQ(judged("p.first_frame max < 1s", phase_with(10, 0)).message, "no frame came back");
    EXPECT_EQ(judged("p.video_returned >= 1%", phase_with(0, 0)).message, "no frame was sent");
}

TEST(MediaThresholds, of_frames_forbid_no_other_errors) {
    const auto loaded = scenario::load_scenario(
        "version: 1\nconfig: { target: \"http://h\" }\nscenarios: { a: [ webrtc: { offer: /o, video: none } ] }\n"
        "phases: [ { name: p, users: 1, for: 10s } ]\nthresholds: [p.video_lost < 50%]\n",
        "t.yaml");
    auto phase = phase_with(100, 90);
    ++phase.tally->requests;
    ++phase.tally->errors["lost"];
    auto result = test::result_of({std::move(phase)});
    judge(loaded.scenario, result);
    EXPECT_EQ(result.verdict, Verdict::fail) << "a ping was lost, and nobody has allowed that";
}

TEST(MediaThresholds, are_expectations_of_offers_too) {
    call::CallPlan plan;
    plan.video.emplace();
    plan.audio.emplace();
    auto scenario = scenario_of_calls("POST h/offer", "http://h", plan);
    call::OfferResult seen;
    seen.calls = std::const_pointer_cast<metrics::CallTally>(phase_with(1000, 990).calls);
    seen.elapsed = 10s;
    scenario.errors_are_judged = false;
    for (const char* text : {"video_rtt_p95 < 50ms", "video_rtt p95 < 50ms", "video.rtt p95 < 50ms", "video.rtt_p95 < 50ms",
                             "first_frame_p50 < 1s", "video_returned >= 99%", "video_freezes = 2", "audio_lost < 2%"}) {
        auto read = scenario::read_expectation(text, scenario);
        if (const auto* error = std::get_if<SourceError>(&read)) ADD_FAILURE() << format_source_error(*error);
        if (auto* threshold = std::get_if<scenario::Threshold>(&read)) scenario.thresholds.push_back(std::move(*threshold));
    }
    auto result = result_of(scenario, {}, seen);
    judge(scenario, result);
    EXPECT_EQ(result.thresholds.size(), 8U);
    for (const auto& t : result.thresholds) EXPECT_EQ(t.verdict, Verdict::pass) << t.source << ": " << t.message;

    const auto wrong = scenario::read_expectation("video_rt p95 < 50ms", scenario);
    ASSERT_TRUE(std::holds_alternative<SourceError>(wrong));
    EXPECT_THAT(std::get<SourceError>(wrong).hint, testing::StartsWith("did you mean `video_rtt`? figures: "));
    seen.calls->media = nullptr;
    auto without = result_of(scenario, {}, seen);
    judge(scenario, without);
    EXPECT_EQ(without.thresholds.at(0).message, "no call sent video");
}

}  // namespace
}  // namespace volley::run
