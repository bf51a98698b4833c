// What is read off pictures that come back; needs the codecs.
#include "call/returned_video.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "call/media_streams.hpp"

namespace volley::call {
namespace {

std::shared_ptr<const FrameLoop> small_loop(media::VideoCodec codec = media::VideoCodec::vp8) {
    VideoPlan plan;
    plan.width = 320;
    plan.height = 240;
    plan.frames_per_second = 5;
    std::string fault;
    LoopProgress progress;
    auto out = make_frame_loop(plan, codec, fault, progress);
    EXPECT_EQ(fault, "");
    return out;
}

TEST(FrameLoops, are_left_unfinished_where_somebody_asks_for_that) {
    VideoPlan plan;
    plan.width = 64;
    plan.height = 64;
    plan.frames_per_second = 5;
    std::string fault;
    LoopProgress progress;
    EXPECT_TRUE(make_frame_loop(plan, media::VideoCodec::vp8, fault, progress));
    EXPECT_EQ(progress.done, 60U) << "12 s of it";
    EXPECT_EQ(progress.all, 60U);
    progress.stop = true;
    EXPECT_FALSE(make_frame_loop(plan, media::VideoCodec::vp8, fault, progress));
    EXPECT_EQ(progress.done, 60U);
    EXPECT_EQ(fault, "stopped");
}

TEST(ReturnedVideo, codes_are_read_from_when_it_is_known_what_they_look_like) {
    const auto loop = small_loop();
    ASSERT_TRUE(loop);
    ReturnedVideo back(nullptr, [] {});
    const auto put = [&](std::uint32_t place) {
        const auto& frame = loop->frames[place];
        auto picture = assemble(loop->codec, frame.payloads);
        ASSERT_TRUE(picture);
        EXPECT_TRUE(back.put(loop->codec, {std::move(*picture), place * 18'000, frame.key, {}}));
        back.run();
    };
    put(0);
    auto out = back.take();
    ASSERT_EQ(out.frames.size(), 1U);
    EXPECT_FALSE(out.frames[0].code);
    back.set_loop(loop);
    put(1);
    out = back.take();
    ASSERT_EQ(out.frames.size(), 1U);
    EXPECT_EQ(out.frames[0].code, 1U);
}

// A peer may send whatever was agreed on, and another of it from one picture to the next.
TEST(ReturnedVideo, goes_on_where_the_peer_changes_the_codec) {
    ReturnedVideo back(small_loop(), [] {});
    std::uint32_t timestamp = 0;
    for (const auto codec : {media::VideoCodec::vp8, media::VideoCodec::h264, media::VideoCodec::vp8}) {
        const auto loop = small_loop(codec);
        ASSERT_TRUE(loop);
        for (std::uint32_t place = 0; place < 2; ++place) {
            auto picture = assemble(codec, loop->frames[place].payloads);
            ASSERT_TRUE(picture);
            EXPECT_TRUE(back.put(codec, {std::move(*picture), timestamp += 18'000, loop->frames[place].key, {}}));
        }
    }
    back.run();
    const auto out = back.take();
    EXPECT_EQ(out.fault, "");
    EXPECT_FALSE(out.wants_key);
    ASSERT_EQ(out.frames.size(), 6U);
    for (std::size_t i = 0; i < out.frames.size(); ++i) {
        EXPECT_EQ(out.frames[i].rtp_timestamp, 18'000 * (i + 1));
        EXPECT_EQ(out.frames[i].code, i % 2);
    }
    EXPECT_EQ(back.seen().undecodable, 0U);
}

}  // namespace
}  // namespace volley::call
