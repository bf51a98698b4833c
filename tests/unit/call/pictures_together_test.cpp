// Which of the pictures that wait are transformed.
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "call/video_transformer.hpp"
#include "unit/media/support.hpp"

namespace volley::call {
namespace {

using media::test::encoded_film;
using media::test::ticks_a_frame;
using std::chrono::milliseconds;
using testing::ElementsAre;

class PicturesTogether : public testing::Test {
protected:
    static constexpr media::VideoSettings settings{64, 48, 30, 200'000, false};

    /// @param catching_up  as the transformer has it; by default no machine is too slow.
    explicit PicturesTogether(Duration catching_up = std::chrono::hours(1))
        : film_(encoded_film(media::VideoCodec::vp8, settings, 20)),
          transformer_(
              media::VideoCodec::vp8, "none", settings.bits_per_second, budget_, [this] { ++told_; }, catching_up) {}

    /// The next pictures, which came at these times. @return the places of those that were sent back.
    std::vector<std::size_t> after(const std::vector<Duration>& came) {
        for (const Duration at : came) {
            const auto& coded = film_.at(next_);
            EXPECT_TRUE(transformer_.put(media::VideoCodec::vp8, {coded.bytes, static_cast<std::uint32_t>(next_) * ticks_a_frame,
                                                                  coded.key, TimePoint(std::chrono::hours(1)) + at}));
            ++next_;
        }
        transformer_.run();
        std::vector<std::size_t> out;
        for (const auto& picture : transformer_.take().pictures) out.push_back(picture.timestamp / ticks_a_frame);
        return out;
    }

    std::vector<media::EncodedPicture> film_;
    std::size_t next_ = 0;
    int told_ = 0;
    PictureBudget budget_{{}};
    VideoTransformer transformer_;
};

// Behind a packet that is resent wait all pictures after it, and come at once: of a way with losses and jitter that was two pictures of five, of
// which the newest alone came back.
TEST_F(PicturesTogether, pictures_that_the_way_held_up_together_all_come_back) {
    const Duration at = milliseconds(200);
    EXPECT_THAT(after({at, at, at, at, at, at + milliseconds(1)}), ElementsAre(0, 1, 2, 3, 4, 5));
    EXPECT_EQ(transformer_.counts().overtaken, 0U);
    EXPECT_EQ(transformer_.counts().encoded, 6U);
    EXPECT_EQ(told_, 1);
}

TEST_F(PicturesTogether, of_pictures_that_came_one_after_the_other_the_newest_comes_back) {
    EXPECT_THAT(after({milliseconds(0), milliseconds(33), milliseconds(66)}), ElementsAre(2));
    EXPECT_EQ(transformer_.counts().overtaken, 2U);
    EXPECT_THAT(after({milliseconds(100), milliseconds(133), milliseconds(135)}), ElementsAre(4, 5));
    EXPECT_EQ(transformer_.counts().overtaken, 3U);
}

TEST_F(PicturesTogether, the_first_picture_after_a_request_is_a_key_picture_even_if_it_is_asked_for_while_nothing_waits) {
    EXPECT_THAT(after({Duration()}), ElementsAre(0));
    transformer_.force_key();
    transformer_.run();
    for (const bool key : {true, false}) {
        const auto& coded = film_.at(next_);
        EXPECT_TRUE(transformer_.put(media::VideoCodec::vp8,
                                     {coded.bytes, static_cast<std::uint32_t>(next_++) * ticks_a_frame, coded.key, {}}));
        transformer_.run();
        const auto out = transformer_.take().pictures;
        ASSERT_EQ(out.size(), 1U);
        EXPECT_EQ(out[0].key, key);
    }
}

class SlowPicturesTogether : public PicturesTogether {
protected:
    SlowPicturesTogether() : PicturesTogether(-milliseconds(1)) {}
};

TEST_F(SlowPicturesTogether, takes_the_newest_of_those_that_came_together) {
    EXPECT_THAT(after({Duration(), Duration(), Duration()}), ElementsAre(2));
    EXPECT_EQ(transformer_.counts().overtaken, 2U);
}

}  // namespace
}  // namespace volley::call
