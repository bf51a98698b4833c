// What is read off pictures that come back; needs the codecs.
#include "call/returned_video.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "call/media_streams.hpp"

namespace volley::call {
namespace {

std::shared_ptr<const FrameLoop> small_loop() {
    VideoPlan plan;
    plan.width = 320;
    plan.height = 240;
    plan.frames_per_second = 5;
    std::string fault;
    LoopProgress progress;
    auto out = make_frame_loop(plan, media::VideoCodec::vp8, fault, progress);
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
    ReturnedVideo back(loop->codec, nullptr, [] {});
    const auto put = [&](std::uint32_t place) {
        const auto& frame = loop->frames[place];
        auto picture = assemble(loop->codec, frame.payloads);
        ASSERT_TRUE(picture);
        EXPECT_TRUE(back.put({std::move(*picture), place * 18'000, frame.key}));
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

}  // namespace
}  // namespace volley::call
