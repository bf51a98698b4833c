// Video and sound of `webrtc:` steps, good and bad, and the checks and thresholds that go with them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/scenario/support.hpp"

namespace volley::scenario::test {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

CallStep call_of(const LoadResult& read) {
    EXPECT_THAT(to_lines(read.errors), IsEmpty());
    return read.scenario.scenarios.at(0).steps.at(0).call.value();
}

/// A call with these parts behind its offer.
std::string call_with(const std::string& parts) { return "webrtc: { offer: /o, " + parts + " }"; }

/// What is wrong with a step, without the line, which is 5; `^` in the step marks the column, and is taken out.
struct Marked {
    std::string step;
    std::string column;
};
Marked unmarked(std::string text) {
    const auto at = text.find('^');
    text.erase(at, 1);
    return {text, "5:" + std::to_string(7 + at) + ' '};
}

/// Expects one error, at the mark.
void expect_error(const std::string& marked, const std::string& error) {
    const auto [step, column] = unmarked(marked);
    EXPECT_THAT(errors_of(with_step(step)), ElementsAre(column + error)) << step;
}

TEST(MediaStep, words_alone_are_the_usual_video_and_sound) {
    const auto call = call_of(load_scenario(with_step(call_with("video: edges, audio: tone")), "f"));
    ASSERT_TRUE(call.video);
    EXPECT_EQ(call.video->transform, "edges");
    EXPECT_EQ(call.video->source.text, "");
    EXPECT_EQ(call.video->width, 640);
    EXPECT_EQ(call.video->height, 480);
    EXPECT_EQ(call.video->frames_per_second, 30);
    EXPECT_EQ(call.video->bits_per_second, 500'000U);
    EXPECT_EQ(call.video->codec, "");
    EXPECT_EQ(call.video->decode_every, 1U);
    ASSERT_TRUE(call.audio);
    EXPECT_EQ(call.audio->source.text, "tone");
    EXPECT_EQ(call.audio->codec, "");
    EXPECT_FALSE(call.media_length);
}

TEST(MediaStep, the_offer_and_the_video_ask_for_the_same_transform) {
    const auto asked = [](const std::string& offer, const std::string& video) {
        return "webrtc: { offer: { post: /o, json: { " + offer + " } }, video: " + video + " }";
    };
    expect_error(
        asked("video_transform: ^edges", "{ transform: none }"),
        "`video_transform` is `edges`, and the `transform` of this call's video is `none` [remove it: `transform` goes along "
        "with the offer as `video_transform`]");
    expect_error(
        asked("^video_transform: [edges]", "edges"),
        "`video_transform` is no text, and the `transform` of this call's video is `edges` [remove it: `transform` goes along "
        "with the offer as `video_transform`]");
    for (const char* offer : {"video_transform: edges", "room: none", "video_transform: \"{{ what }}\""})
        EXPECT_THAT(errors_of(with_step(asked(offer, "{ transform: edges }"))), IsEmpty()) << offer;
    EXPECT_THAT(errors_of(with_step(asked("video_transform: edges", "true"))), IsEmpty()) << "only the offer asks for one";
}

TEST(MediaStep, true_is_the_usual_and_false_is_none) {
    const auto both = call_of(load_scenario(with_step(call_with("video: true, audio: true")), "f"));
    ASSERT_TRUE(both.video && both.audio);
    EXPECT_EQ(both.video->transform, "");
    EXPECT_EQ(both.audio->source.text, "chirp");
    const auto none = call_of(load_scenario(with_step(call_with("video: false, audio: false")), "f"));
    EXPECT_FALSE(none.video || none.audio);
    const auto quoted = call_of(load_scenario(with_step(call_with("video: \"true\"")), "f"));
    EXPECT_EQ(quoted.video->transform, "true") << "a server may have one that is called so";
}

TEST(MediaStep, everything_is_read_and_may_hold_templates) {
    const auto read = load_scenario(R"(
version: 1
variables: { what: rotate, clip: clip.wav, length: 7s, wide: 1280x720, bits: 1.5M, nth: 3 }
config: { target: "http://h" }
scenarios:
  call:
    - webrtc:
        offer: /offer
        video: { transform: "{{ what }}", source: synthetic, size: "{{ wide }}", fps: 12.5, bitrate: "{{ bits }}", codec: h264,
                 decode_every: "{{ nth }}" }
        audio: { source: "{{ clip }}", codec: g722 }
        for: "{{ length }}"
phases: [ { name: p, users: 1, iterations: 2 } ]
)",
                                    "f");
    const auto call = call_of(read);
    EXPECT_EQ(call.video->transform, "rotate");
    EXPECT_EQ(call.video->source.text, "");
    EXPECT_EQ(call.video->width, 1280);
    EXPECT_EQ(call.video->height, 720);
    EXPECT_EQ(call.video->frames_per_second, 12.5);
    EXPECT_EQ(call.video->bits_per_second, 1'500'000U);
    EXPECT_EQ(call.video->codec, "h264");
    EXPECT_EQ(call.video->decode_every, 3U);
    EXPECT_EQ(call.audio->source.text, "clip.wav");
    EXPECT_EQ(call.audio->codec, "g722");
    EXPECT_EQ(call.media_length, 7s);
    const auto file = call_of(load_scenario(with_step(call_with("video: { source: a.y4m, codec: vp8, bitrate: 30k }")), "f"));
    EXPECT_EQ(file.video->source.text, "a.y4m");
    EXPECT_EQ(file.video->bits_per_second, 30'000U);
    EXPECT_EQ(call_of(load_scenario(with_step(call_with("video: { bitrate: 64000 }")), "f")).video->bits_per_second, 64'000U);
}

TEST(MediaStep, what_is_wrong_is_said_with_its_place) {
    expect_error(call_with("video: ^[edges]"),
                 "`video` is a map, not a list [write video: edges, or video: { transform: edges, size: 640x480, fps: 30 }]");
    expect_error(call_with("audio: ^[chirp]"),
                 "`audio` is a map, not a list [write audio: chirp, or audio: { source: chirp, codec: opus }]");
    expect_error(call_with("video: { ^transfrom: edges }"), "unknown key `transfrom` in video [did you mean `transform`?]");
    expect_error(call_with("audio: { ^sorce: tone }"), "unknown key `sorce` in audio [did you mean `source`?]");
    const std::string long_name(65, 'x');
    expect_error(call_with("video: ^" + long_name),
                 "`video` is too long or holds a control character: `" + long_name.substr(0, 60) +
                     "...` [at most 64 bytes; none, cartoon, edges, rotate and reflect are known]");
    expect_error(call_with("video: { size: ^640 }"), "`size` is not a size of pictures: `640` [write 640x480]");
    expect_error(call_with("video: { size: ^640xhigh }"), "`size` is not a size of pictures: `640xhigh` [write 640x480]");
    expect_error(call_with("video: { size: ^32x480 }"), "`size` is out of range: `32x480` [each side from 64 to 4096 pixels]");
    expect_error(call_with("video: { size: ^640x5000 }"),
                 "`size` is out of range: `640x5000` [each side from 64 to 4096 pixels]");
    expect_error(call_with("video: { fps: ^fast }"), "`fps` is not a number: `fast` [frames a second: 30]");
    expect_error(call_with("video: { fps: ^nan }"), "`fps` is not a number: `nan` [frames a second: 30]");
    expect_error(call_with("video: { fps: ^121 }"), "`fps` is out of range: `121` [from 1 to 120]");
    expect_error(call_with("video: { bitrate: ^fast }"),
                 "`bitrate` is not a number of bits a second: `fast` [write 500k or 1.5M]");
    expect_error(call_with("video: { bitrate: ^20k }"), "`bitrate` is out of range: `20k` [from 30k to 50M bits a second]");
    expect_error(call_with("video: { bitrate: ^51M }"), "`bitrate` is out of range: `51M` [from 30k to 50M bits a second]");
    expect_error(call_with("video: { codec: ^vp9 }"), "unknown `codec`: `vp9` [did you mean `vp8`?]");
    expect_error(call_with("audio: { codec: ^opos }"), "unknown `codec`: `opos` [did you mean `opus`?]");
    expect_error(call_with("video: { decode_every: ^0 }"), "`decode_every` is out of range: `0` [from 1 to 1000000]");
    expect_error(
        call_with("video: { source: a.ivf, ^size: 640x480 }"),
        "`size` is that of the moving picture, and another source has its own [remove it, or write `source: synthetic`]");
    expect_error(call_with("video: { source: a.ivf, ^fps: 30 }"),
                 "`fps` is that of the moving picture, and another source has its own [remove it, or write `source: synthetic`]");
    expect_error(call_with("video: { source: ^\"\" }"),
                 "`source` is empty or holds a control character [write synthetic, the name of a file, or v4l2:/dev/video0]");
    expect_error(call_with("audio: ^\"\""),
                 "`audio` is empty or holds a control character [write tone, chirp, or the name of a WAV or Opus file]");
    expect_error(call_with("video: { size: \"{{ ^wide }}\" }"),
                 "undefined variable `wide` [define it under `variables:` or with -e]");
}

TEST(MediaStep, its_length_is_said_once) {
    expect_error(call_with("^for: 5s"),
                 "`for` says how long video and audio flow, and there is neither [add `video: none`, or put it under `pings`: "
                 "datachannel: { pings: { for: 5s } }]");
    expect_error(call_with("video: none, datachannel: { pings: { for: 2s } }, ^for: 5s"),
                 "`for` stands under `pings`, too, and video and audio flow as long as that says [remove one of them]");
    expect_error(call_with("video: none, datachannel: { pings: { count: 11, every: 500ms } }, ^for: 5s"),
                 "`for` is over before the last of the pings, which is due after 5.00 s [make it longer, or send fewer of them]");
    expect_error(call_with("video: none, for: ^5"), "`for` needs a unit: `5` [write 5s or 5ms]");
    EXPECT_THAT(errors_of(with_step(call_with("video: none, datachannel: { pings: { count: 10, every: 500ms } }, for: 5s"))),
                IsEmpty());
    EXPECT_THAT(errors_of(with_step(call_with("audio: tone, for: 100ms"))), IsEmpty()) << "nobody has asked for pings";
}

/// What is wrong with a check of a call that sends video and chirps, behind its place.
std::string error_of(const std::string& check, const std::string& media = "video: none, audio: chirp") {
    const auto errors = errors_of(with_step("{ " + call_with(media) + ", checks: [\"" + check + "\"] }"));
    if (errors.empty()) return "";
    EXPECT_EQ(errors.size(), 1U);
    return errors[0].substr(errors[0].find(' ') + 1);
}

TEST(MediaChecks, are_read) {
    for (const char* check :
         {"video.sent >= 60", "video.frames >= 60", "video.returned >= 98%", "video.returned >= 60", "video.lost < 2%",
          "video.lost == 0", "video.rtt p95 < 250ms", "video.rtt mean <= 1s", "video.first_frame < 1s", "video.freezes == 0",
          "video.mismatched == 0", "video.transform == edges", "video.transform != none", "audio.sent > 1",
          "audio.received >= 100", "audio.lost < 1%", "audio.rtt p95 < 500ms", "video.frames >= {{ iteration | default('1') }}"})
        EXPECT_EQ(error_of(check), "") << check;
}

TEST(MediaChecks, what_is_wrong_is_said) {
    EXPECT_EQ(error_of("video.frame > 1"), "unknown query `video.frame` [did you mean `video.frames`?]");
    EXPECT_EQ(error_of("video.rtt < 1s"),
              "`video.rtt` needs an aggregate [p50, p99, p99.9 and so on, mean, min or max: video.rtt p95 < 250ms]");
    EXPECT_EQ(error_of("audio.rtt p101 < 1s"),
              "unknown aggregate `p101` [p50, p99, p99.9 and so on, mean, min or max: audio.rtt p95 < 500ms]");
    EXPECT_EQ(error_of("video.rtt p95 < 250"), "a duration needs a unit: `250` [write 250ms or 250s]");
    EXPECT_EQ(error_of("video.first_frame < soon"), "not a duration: `soon` [write 800ms or 2s]");
    EXPECT_EQ(error_of("video.first_frame == 1s"), "a duration is never exact [compare it with <, <=, > or >=]");
    EXPECT_EQ(error_of("video.freezes contains 1"), "`video.freezes` is a number [compare it with ==, !=, <, <=, > or >=]");
    EXPECT_EQ(error_of("video.freezes < 5%"), "not a number: `5%` [write video.freezes == 0]");
    EXPECT_EQ(error_of("video.frames >= -1"), "not a number: `-1` [write video.frames >= 60]");
    EXPECT_EQ(error_of("video.returned >= 1s"), "not a number or percentage: `1s` [write video.returned >= 98%]");
    EXPECT_EQ(error_of("video.transform < edges"), "a transform is a name [compare it with == or !=]");
    EXPECT_EQ(error_of("video.transform == edgs"), "pictures do not tell `edgs` [did you mean `edges`?]");
    EXPECT_EQ(error_of("video.transform == reflect"),
              "pictures do not tell `reflect` [write none, cartoon, edges or rotate; transforms: none, cartoon, edges, rotate]");
}

TEST(MediaChecks, belong_to_calls_that_send_it) {
    const auto at = [](const std::string& media, const std::string& check) {
        const std::string step = "{ " + call_with(media) + ", checks: [" + check + "] }";
        return "5:" + std::to_string(7 + step.find(check)) + ' ';
    };
    EXPECT_THAT(errors_of(with_step("{ " + call_with("audio: chirp") + ", checks: [video.frames > 1] }")),
                ElementsAre(at("audio: chirp", "video.frames > 1") +
                            "`video.frames` is a figure of video, and this call sends none [add `video: none` to `webrtc`]"));
    EXPECT_EQ(error_of("audio.lost == 0", "video: none"),
              "`audio.lost` is a figure of audio, and this call sends none [add `audio: chirp` to `webrtc`]");
    EXPECT_EQ(error_of("audio.rtt p50 < 1s", "audio: tone"),
              "only chirps have a round trip, and the source of this call's audio is another [write `audio: chirp`]");
    EXPECT_THAT(errors_of(with_step("{ get: /, checks: [video.frames > 1] }")),
                ElementsAre("5:26 `video.frames` is a figure of a call [it goes with `webrtc` steps]"));
}

/// "" when the check holds, else what was found.
std::string judged(const std::string& check, const metrics::MediaSeen* media) {
    const auto loaded =
        load_scenario(with_step("{ " + call_with("video: none, audio: chirp") + ", checks: [\"" + check + "\"] }"), "f");
    if (!loaded.errors.empty()) return "error " + to_line(loaded.errors[0]);
    const Check parsed = loaded.scenario.scenarios.at(0).steps.at(0).checks[0];
    CallInput in;
    in.media = media;
    return failed_call_check(parsed, parsed.value.text, in).value_or("");
}

TEST(MediaChecks, are_judged_on_one_call) {
    metrics::MediaSeen seen;
    auto& video = seen.video.emplace();
    video.sent = 60;
    video.returned = 58;
    video.lost = 2;
    video.freezes = 1;
    video.first_frame = 700ms;
    video.round_trips = {30ms, 10ms, 20ms, 40ms};
    video.decoded = true;
    video.transform.pictures = 4;
    video.transform.seen = "edges";
    auto& audio = seen.audio.emplace();
    audio.sent = 100;
    audio.received = 95;
    audio.lost = 5;
    audio.round_trips = {200ms};
    EXPECT_EQ(judged("video.sent == 60", &seen), "");
    EXPECT_EQ(judged("video.sent > 60", &seen), "video.sent is 60");
    EXPECT_EQ(judged("video.frames >= 58", &seen), "");
    EXPECT_EQ(judged("video.frames >= 59", &seen), "58 of 60 frames came back");
    EXPECT_EQ(judged("video.returned >= 96%", &seen), "");
    EXPECT_EQ(judged("video.returned >= 98%", &seen), "58 of 60 frames came back");
    EXPECT_EQ(judged("video.lost <= 2", &seen), "");
    EXPECT_EQ(judged("video.lost < 2%", &seen), "2 of 60 frames were lost");
    EXPECT_EQ(judged("video.rtt p50 <= 30ms", &seen), "") << "those that were lost are slower than all others";
    EXPECT_EQ(judged("video.rtt p95 < 40ms", &seen), "2 of 6 frames never came back, so p95 is not known");
    video.lost = 0;
    EXPECT_EQ(judged("video.rtt p50 <= 20ms", &seen), "");
    EXPECT_EQ(judged("video.rtt p95 < 40ms", &seen), "video.rtt p95 is 40.0 ms");
    EXPECT_EQ(judged("video.first_frame < 1s", &seen), "");
    EXPECT_EQ(judged("video.first_frame < 500ms", &seen), "video.first_frame is 700 ms");
    EXPECT_EQ(judged("video.freezes == 0", &seen), "video.freezes is 1");
    EXPECT_EQ(judged("video.mismatched == 0", &seen), "");
    EXPECT_EQ(judged("video.transform == edges", &seen), "");
    EXPECT_EQ(judged("video.transform != edges", &seen), "the pictures tell `edges`");
    EXPECT_EQ(judged("video.transform == none", &seen), "the pictures tell `edges`");
    EXPECT_EQ(judged("audio.sent == 100", &seen), "");
    EXPECT_EQ(judged("audio.received >= 96", &seen), "audio.received is 95");
    EXPECT_EQ(judged("audio.lost <= 5%", &seen), "");
    EXPECT_EQ(judged("audio.lost < 5%", &seen), "5 of 100 packets were lost");
    EXPECT_EQ(judged("audio.rtt max < 500ms", &seen), "");
    EXPECT_EQ(judged("audio.rtt max < 100ms", &seen), "audio.rtt max is 200 ms");
    video.untold = 1;
    EXPECT_EQ(judged("video.returned == 100%", &seen), "58 of 60 frames came back; nobody can tell of 1");
}

TEST(MediaChecks, of_what_did_not_come_do_not_hold) {
    EXPECT_EQ(judged("video.lost == 0", nullptr), "no video was agreed on");
    EXPECT_EQ(judged("audio.lost == 0", nullptr), "no audio was agreed on");
    metrics::MediaSeen seen;
    EXPECT_EQ(judged("video.freezes == 0", &seen), "no video was agreed on");
    EXPECT_EQ(judged("audio.lost == 0", &seen), "no audio was agreed on");
    seen.video.emplace();
    seen.audio.emplace();
    EXPECT_EQ(judged("video.returned >= 98%", &seen), "there were no frames");
    for (const char* lost : {"audio.lost < 1%", "audio.lost == 0"}) {
        seen.audio->sent = 0;
        EXPECT_EQ(judged(lost, &seen), "no audio came, so what was lost is not known");
        seen.audio->sent = 50;
        EXPECT_EQ(judged(lost, &seen), "no audio came back, so what was lost is not known");
    }
    EXPECT_EQ(judged("video.rtt p50 < 1s", &seen), "no frame came back");
    EXPECT_EQ(judged("video.first_frame < 1s", &seen), "no frame came back");
    EXPECT_EQ(judged("audio.rtt p50 < 1s", &seen), "no chirp came back");
}

TEST(MediaChecks, ask_pictures_that_were_looked_at) {
    metrics::MediaSeen seen;
    auto& video = seen.video.emplace();
    video.sent = video.returned = 10;
    EXPECT_EQ(judged("video.transform == edges", &seen), "") << "its video is not decoded: others tell";
    video.decoded = true;
    EXPECT_EQ(judged("video.transform == edges", &seen),
              "its pictures were not looked at: let video flow for 2s or longer, or let fewer calls end at once");
    video.transform.pictures = 3;
    EXPECT_EQ(judged("video.transform == edges", &seen), "no transform stands out");
    EXPECT_EQ(judged("video.transform != edges", &seen), "no transform stands out");
    seen.video = metrics::VideoSeen{};
    seen.video->decoded = true;
    EXPECT_EQ(judged("video.transform == edges", &seen), "no frame came back");
}

/// A file with one threshold, in line 6 from column 5 on, of a phase `p` whose calls send this, and a phase `video`.
std::string with_media_threshold(const std::string& media, const std::string& threshold) {
    return "version: 1\nconfig: { target: \"http://h\" }\nscenarios: { s: [ webrtc: { offer: /o, " + media +
           " } ] }\nphases: [ { name: p, rate: 1/s, for: 1s } ]\nthresholds:\n  - " + threshold + "\n";
}

TEST(MediaThresholds, are_read_by_both_kinds_of_names) {
    const auto metric_of = [](const std::string& threshold) {
        const auto read = load_scenario(with_media_threshold("video: none, audio: chirp", threshold), "f");
        EXPECT_THAT(to_lines(read.errors), IsEmpty()) << threshold;
        return read.scenario.thresholds.empty() ? "" : read.scenario.thresholds.at(0).metric;
    };
    EXPECT_EQ(metric_of("p.video_rtt p95 < 50ms"), "video_rtt");
    EXPECT_EQ(metric_of("p.video.rtt p95 < 50ms"), "video_rtt");
    EXPECT_EQ(metric_of("p.first_frame p95 < 1s"), "first_frame");
    EXPECT_EQ(metric_of("p.video.first_frame p95 < 1s"), "first_frame");
    for (const char* threshold :
         {"p.video_sent >= 1", "p.video_frames >= 1", "p.video_returned >= 98%", "p.video_lost < 2%", "p.video_freezes == 0",
          "p.video_mismatched == 0", "p.video_transform == edges", "p.video.transform != none", "p.audio_rtt p50 < 1s",
          "p.audio_sent >= 1", "p.audio_received >= 1", "p.audio_lost < 1%",
          "{ expr: p.video_rtt p95 < 1s, confidence: 90%, if_unsure: pass }"})
        metric_of(threshold);
}

TEST(MediaThresholds, what_is_wrong_is_said_with_its_place) {
    const auto errors = [](const std::string& threshold, const std::string& media = "video: none, audio: chirp") {
        return errors_of(with_media_threshold(media, threshold));
    };
    EXPECT_THAT(errors("p.video_rtt < 50ms"),
                ElementsAre("6:17 `video_rtt` needs an aggregate: p50, p99, mean, min, max [write p.video_rtt p95 < 50ms]"));
    EXPECT_THAT(errors("p.video_lost < 1s"), ElementsAre("6:20 `video_lost` is not a time: `1s` [write p.video_lost < 2%]"));
    EXPECT_THAT(errors("p.video_freezes < 1%"),
                ElementsAre("6:23 `video_freezes` is not a share: `1%` [write p.video_freezes == 0]"));
    EXPECT_THAT(errors("p.video_transform < edges"), ElementsAre("6:23 a transform is a name [compare it with == or !=]"));
    EXPECT_THAT(errors("p.video_transform == edgs"), ElementsAre("6:26 pictures do not tell `edgs` [did you mean `edges`?]"));
    EXPECT_THAT(errors("{ expr: p.video_transform == edges, abort: true }"),
                ElementsAre(testing::HasSubstr("remove it: they are looked at when their call is over")));
    EXPECT_THAT(errors("p.video_rt p95 < 1s"), ElementsAre("6:7 unknown metric `video_rt` [did you mean `video_rtt`?]"));
    EXPECT_THAT(errors("video.rtt p95 < 1s"),
                ElementsAre("6:5 `video.rtt` is a figure of WebRTC calls [write phase.video_rtt p95 < 50ms]"));
    EXPECT_THAT(errors("p.video_rtt p95 < 1s", "audio: chirp"),
                ElementsAre("6:7 `video_rtt` is a figure of video, and `p` sends none [add `video: none` to its `webrtc` step]"));
    EXPECT_THAT(
        errors("p.audio_lost < 1%", "video: none"),
        ElementsAre("6:7 `audio_lost` is a figure of audio, and `p` sends none [write `audio: chirp` in its `webrtc` step]"));
    EXPECT_THAT(
        errors("p.audio_rtt p50 < 1s", "audio: tone"),
        ElementsAre("6:7 `audio_rtt` is a figure of chirps, and `p` sends none [write `audio: chirp` in its `webrtc` step]"));
    EXPECT_THAT(
        errors("{ expr: p.first_frame p95 < 1s, confidence: 90% }"),
        ElementsAre("6:37 `confidence` belongs to percentiles of latency, service and round trips [remove it: other figures "
                    "count as they are]"));
    EXPECT_THAT(errors_of(with_threshold("steady.video_lost == 0")),
                ElementsAre("9:12 `video_lost` is a figure of WebRTC calls [`steady` has no `webrtc` step]"));
}

TEST(MediaThresholds, a_phase_may_be_called_video) {
    auto text = with_media_threshold("video: none", "video.rtt p95 < 1s");
    text.replace(text.find("name: p"), 7, "name: video");
    const auto read = load_scenario(text, "f");
    EXPECT_THAT(to_lines(read.errors), IsEmpty());
    EXPECT_EQ(read.scenario.thresholds.at(0).phase, "video");
    EXPECT_EQ(read.scenario.thresholds.at(0).metric, "rtt");
}

}  // namespace
}  // namespace volley::scenario::test
