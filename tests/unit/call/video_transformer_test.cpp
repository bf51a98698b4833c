// What a peer can make the transformer of its call do and hold; with the codecs of the media plugin.
#include "call/video_transformer.hpp"

#include <memory>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/hex.hpp"
#include "unit/media/support.hpp"

namespace volley::call {
namespace {

using media::VideoCodec;
using test::unhex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Bytes key_picture(VideoCodec codec, int side = 64) {
    const auto encoder = media::test::got(media::test::the_plugin().make_video_encoder(codec));
    EXPECT_THAT(encoder->configure({side, side, 30, 200'000, false}), IsEmpty());
    auto out = encoder->encode(media::test::filmed(side, side, 0).view(), 3000, true);
    EXPECT_TRUE(out.key) << out.fault;
    return std::move(out.bytes);
}

class Transformer : public testing::Test {
protected:
    [[nodiscard]] std::shared_ptr<VideoTransformer> make() {
        return std::make_shared<VideoTransformer>(VideoCodec::vp8, "none", 200'000, budget, [this] { ++told; });
    }
    PictureBudget budget{{.one = 128 * 128, .all = 3 * 64 * 64}};
    int told = 0;
};

TEST_F(Transformer, pictures_of_two_codecs_in_turn_are_work_of_one_with_one_bound) {
    const Bytes vp8 = key_picture(VideoCodec::vp8);
    const Bytes slice = unhex("00000001 419a0001");
    const auto one = make();
    for (std::uint32_t i = 0; i < 500; ++i) {
        (void)one->put(VideoCodec::vp8, {vp8, i * 6000, true});
        (void)one->put(VideoCodec::h264, {slice, i * 6000 + 3000, false});
    }
    one->run();
    const auto counts = one->counts();
    EXPECT_LE(counts.decoded + counts.undecodable, VideoStages::most_waiting);
    EXPECT_EQ(counts.decoded + counts.undecodable + counts.dropped, 1000U);
    EXPECT_TRUE(one->take().wants_key);
    EXPECT_EQ(budget.taken(), 64U * 64);
}

TEST_F(Transformer, follows_a_codec_that_changes) {
    const auto one = make();
    std::uint32_t timestamp = 0;
    for (const auto codec : {VideoCodec::vp8, VideoCodec::h264, VideoCodec::vp8}) {
        ASSERT_TRUE(one->put(codec, {key_picture(codec), timestamp += 3000, true}));
        one->run();
        const auto out = one->take();
        EXPECT_THAT(out.fault, IsEmpty());
        ASSERT_THAT(out.pictures, SizeIs(1));
        EXPECT_EQ(out.pictures[0].timestamp, timestamp);
    }
}

TEST_F(Transformer, a_picture_that_is_too_large_ends_it_before_memory_is_taken) {
    const auto one = make();
    ASSERT_TRUE(one->put(VideoCodec::vp8, {unhex("10 02 00 9d 01 2a 00 10 00 10 00 00"), 0, true}));
    one->run();
    EXPECT_THAT(one->take().fault, HasSubstr("4096 x 4096"));
    EXPECT_EQ(told, 1);
    EXPECT_EQ(budget.taken(), 0U);
    // For good, and once.
    ASSERT_TRUE(one->put(VideoCodec::vp8, {key_picture(VideoCodec::vp8), 3000, true}));
    one->run();
    EXPECT_THAT(one->take().fault, IsEmpty());
    EXPECT_EQ(one->counts().decoded, 0U);
}

TEST_F(Transformer, the_pictures_of_all_calls_have_one_budget) {
    const Bytes picture = key_picture(VideoCodec::vp8);
    std::vector<std::shared_ptr<VideoTransformer>> all;
    for (int i = 0; i < 4; ++i) {
        all.push_back(make());
        ASSERT_TRUE(all.back()->put(VideoCodec::vp8, {picture, 0, true}));
        all.back()->run();
        EXPECT_THAT(all.back()->take().fault, i < 3 ? testing::Matcher<std::string>(IsEmpty()) : HasSubstr("those of all calls"))
            << i;
    }
    all.erase(all.begin());
    const auto next = make();
    ASSERT_TRUE(next->put(VideoCodec::vp8, {picture, 0, true}));
    next->run();
    EXPECT_THAT(next->take().pictures, SizeIs(1));
}

TEST_F(Transformer, does_nothing_more_once_its_call_is_over) {
    const auto one = make();
    ASSERT_TRUE(one->put(VideoCodec::vp8, {key_picture(VideoCodec::vp8), 0, true}));
    one->run();
    EXPECT_EQ(budget.taken(), 64U * 64);
    for (std::uint32_t i = 1; i < 10; ++i) (void)one->put(VideoCodec::vp8, {key_picture(VideoCodec::vp8), i * 3000, true});
    one->abandon();
    one->run();
    EXPECT_EQ(one->counts().decoded, 1U);
    EXPECT_EQ(budget.taken(), 0U);
}

TEST_F(Transformer, what_it_throws_ends_the_video_of_its_call_with_words) {
    const auto one = make();
    ASSERT_TRUE(one->put(VideoCodec::vp8, {key_picture(VideoCodec::vp8), 0, true}));
    one->run();
    (void)one->take();
    one->fail("out of memory");
    EXPECT_EQ(one->take().fault, "out of memory");
    EXPECT_EQ(budget.taken(), 0U);
    ASSERT_TRUE(one->put(VideoCodec::vp8, {key_picture(VideoCodec::vp8), 3000, true}));
    one->run();
    EXPECT_EQ(one->counts().decoded, 1U);
}

}  // namespace
}  // namespace volley::call
