// What is said of the video and sound of calls.
#include "report/media_text.hpp"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <volley/metrics/chirp_resolution.hpp>
#include <volley/report/result.hpp>

namespace volley::report {
namespace {

using metrics::MediaTally;
using std::chrono::milliseconds;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const Look plain = look_of({.colour = false, .unicode = false, .width = 200});

MediaTally one_call() {
    MediaTally out;
    out.video.calls = 1;
    out.video.calls_back = 1;
    out.video.sent = 300;
    out.video.returned = 96;
    out.video.codec = "VP8";
    out.video.size = "640x480";
    return out;
}

TEST(MediaText, says_nothing_of_faults_that_there_were_not) {
    const std::string text = media_text(one_call(), plain);
    for (const char* what : {"stopped", "decoded", "changed", "request"}) EXPECT_THAT(text, Not(HasSubstr(what)));
}

TEST(MediaText, says_how_loud_it_was_where_something_was_heard) {
    MediaTally media;
    media.audio.calls = 1;
    EXPECT_THAT(media_text(media, plain), Not(HasSubstr("level")));
    media.audio.level_db = 0;  // as loud as can be
    EXPECT_THAT(media_text(media, plain), HasSubstr("0.0 dB of full scale"));
}

TEST(MediaText, says_in_a_sentence_what_a_peer_did_wrong) {
    MediaTally media = one_call();
    media.video.stopped = 1;
    media.video.stopped_after = milliseconds(3200);
    media.video.undecodable = 12;
    media.video.resized = 1;
    media.video.size_before = "640x480";
    media.video.size = "320x240";
    media.video.plis_out = 7;
    media.video.unanswered = 5;
    const std::string text = media_text(media, plain);
    EXPECT_THAT(text, HasSubstr("the peer stopped sending video after 3.20 s"));
    EXPECT_THAT(text, HasSubstr("12 frames could not be decoded"));
    EXPECT_THAT(text, HasSubstr("the picture changed its size from 640x480 to 320x240\n"));
    EXPECT_THAT(text, HasSubstr("5 requests for a key frame were not answered"));
    media.video.unanswered = 1;
    media.video.undecodable = 1;
    media.video.resized = 3;
    const std::string once = media_text(media, plain);
    EXPECT_THAT(once, HasSubstr("1 request for a key frame was not answered"));
    EXPECT_THAT(once, HasSubstr("1 frame could not be decoded"));
    EXPECT_THAT(once, HasSubstr("to 320x240, 3 changes in all"));
}

TEST(MediaText, a_picture_that_stands_until_the_end_is_told_beside_freezes) {
    MediaTally media = one_call();
    EXPECT_THAT(media_text(media, plain), HasSubstr("freezes      none\n"));
    media.video.stopped = 1;
    media.video.stopped_after = milliseconds(6300);
    media.video.stood = milliseconds(3700);
    EXPECT_THAT(media_text(media, plain),
                HasSubstr("freezes      none that a frame ended; the picture stood for the last 3.70 s\n"));
    media.video.freezes = 2;
    EXPECT_THAT(media_text(media, plain), HasSubstr("freezes      2, "));
    EXPECT_THAT(media_text(media, plain), HasSubstr("; the picture stood for the last 3.70 s\n"));
}

TEST(MediaText, frames_under_way_are_told_and_the_share_is_not_of_them) {
    MediaTally media = one_call();
    media.video.under_way = 40;
    media.video.under_way_longest = milliseconds(4100);
    const std::string text = media_text(media, plain);
    EXPECT_THAT(text, HasSubstr("300 sent, 96 back (32.0 %, those under way aside)"));
    EXPECT_THAT(text, HasSubstr("under way    40 more when it was ended, the oldest for 4.10 s"));
}

TEST(MediaText, percentiles_of_round_trips_are_of_all_frames) {
    MediaTally media = one_call();
    media.video.lost = 204;
    for (int i = 0; i < 96; ++i) media.video.round_trip.record(milliseconds(20));
    const std::string text = media_text(media, plain);
    EXPECT_THAT(text, HasSubstr("max          20.0 ms of those that came back"));
    EXPECT_THAT(text, HasSubstr("not known: p50, p95, p99, as 204 of 300 never came back"));
    EXPECT_THAT(text, Not(HasSubstr("p50          ")));
}

TEST(MediaText, of_many_calls_says_how_many_and_which_was_first) {
    MediaTally media = one_call();
    for (const auto after : {milliseconds(4000), milliseconds(1500), milliseconds(2500)}) {
        MediaTally other = one_call();
        other.video.stopped = 1;
        other.video.stopped_after = after;
        media.merge(other);
    }
    MediaTally changed = one_call();
    changed.video.resized = 2;
    changed.video.size_before = "320x240";
    changed.video.size = "160x120";
    media.merge(changed);
    media.merge(one_call());
    const std::string text = media_text(media, plain);
    EXPECT_THAT(text, HasSubstr("in 3 of 6 calls the peer stopped sending video, in the first of them after 1.50 s"));
    EXPECT_THAT(text, HasSubstr("from 320x240 to 160x120, 2 changes in all"));
}

TEST(MediaText, of_what_only_plays_says_the_same_faults) {
    MediaTally media;
    auto& video = media.video;
    video.players = video.calls_back = 1;
    video.played = video.received = 90;
    video.length = 3s;
    video.codec = "VP8";
    video.size = "320x240";
    const std::string right = media_text(media, plain);
    EXPECT_THAT(right, HasSubstr("90 came"));
    EXPECT_THAT(right, HasSubstr("30.0 frames/s;"));
    for (const char* what : {"stopped", "decoded", "changed", "request"}) EXPECT_THAT(right, Not(HasSubstr(what)));
    video.stopped = 1;
    video.stopped_after = milliseconds(1200);
    video.undecodable = 2;
    video.resized = 1;
    video.size_before = "640x480";
    video.unanswered = 1;
    video.length = 999ms;
    const std::string wrong = media_text(media, plain);
    EXPECT_THAT(wrong, HasSubstr("the peer stopped sending video after 1.20 s"));
    EXPECT_THAT(wrong, HasSubstr("2 frames could not be decoded"));
    EXPECT_THAT(wrong, HasSubstr("the picture changed its size from 640x480 to 320x240\n"));
    EXPECT_THAT(wrong, HasSubstr("1 request for a key frame was not answered"));
    EXPECT_THAT(wrong, Not(HasSubstr("frames/s")));
}

std::string text_of(Duration length) {
    metrics::MediaTally media;
    auto& video = media.video;
    video.calls = video.calls_back = 2;
    video.codec = "VP8";
    video.received = 300;
    video.bytes_out = 1'000'000;
    video.bytes_in = 500'000;
    video.length = length;
    video.transform.pictures = 3;
    return media_text(media, look_of({}));
}

TEST(MediaText, what_flowed_for_less_than_a_second_has_no_rate) {
    EXPECT_THAT(text_of(10s), HasSubstr("30.0 frames/s back; 800 kbit/s out, 400 kbit/s in, a call"));
    EXPECT_THAT(text_of(2s), HasSubstr("frames/s"));
    EXPECT_THAT(text_of(1999ms), Not(HasSubstr("frames/s")));
}

TEST(MediaText, a_round_trip_of_sound_that_is_shorter_than_can_be_told_is_told_as_that) {
    metrics::MediaTally media;
    auto& audio = media.audio;
    audio.calls = audio.calls_back = 1;
    audio.chirps = audio.chirps_back = 2;
    audio.round_trip.record(metrics::chirp_resolution / 2);
    audio.round_trip.record(3ms);
    const std::string text = media_text(media, look_of({}));
    EXPECT_THAT(text, testing::ContainsRegex("min +under 100 us\n"));
    EXPECT_THAT(text, testing::ContainsRegex("max +3.00 ms\n"));
}

TEST(MediaText, frames_that_nobody_can_tell_are_not_said_not_to_be_back) {
    MediaTally media = one_call();
    media.video.sent = media.video.untold = 4;
    media.video.returned = 0;
    media.video.received = media.video.unknown = 4;
    const std::string text = media_text(media, plain);
    EXPECT_THAT(text, HasSubstr("frames       4 sent, 0 known to be back (0 %)\n"));
    EXPECT_THAT(text, HasSubstr("unknown      4 that came, and cannot be told to be any of ours\n"));
}

TEST(MediaText, a_transform_that_was_asked_for_and_not_looked_at_is_told) {
    MediaTally media = one_call();
    EXPECT_THAT(media_text(media, plain), Not(HasSubstr("transform")));
    media.video.transform.asked = "edges";
    EXPECT_THAT(media_text(media, plain),
                HasSubstr("transform    not looked at: let the moving picture (no file) flow for 3s or longer\n"));
    media.video.returned = 0;
    EXPECT_THAT(media_text(media, plain), Not(HasSubstr("transform"))) << "there was nothing to look at";
    media.video.transform.pictures = 1;
    EXPECT_THAT(media_text(media, plain), HasSubstr("correlation of 1 picture:"));
}

TEST(MediaText, a_transform_that_nobody_can_tell_is_not_called_none) { EXPECT_THAT(text_of(10s), HasSubstr("cannot be told")); }

}  // namespace
}  // namespace volley::report
