#include "call/picture_budget.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/hex.hpp"

namespace volley::call {
namespace {

using media::VideoCodec;
using test::unhex;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(PictureBudget, is_shared_by_all_and_given_back) {
    PictureBudget budget({.one = 100, .all = 150});
    PictureShare first(budget);
    EXPECT_THAT(first.admit({10, 10}), IsEmpty());
    {
        PictureShare second(budget);
        EXPECT_THAT(second.admit({5, 10}), IsEmpty());
        EXPECT_THAT(second.admit({2, 10}), IsEmpty());
        EXPECT_EQ(budget.taken(), 150U) << "a smaller picture leaves nothing free";
        EXPECT_THAT(second.admit({6, 10}), HasSubstr("6 x 10 pixels: those of all calls have 150 pixels already, and 150 are"));
        PictureShare third(budget);
        EXPECT_THAT(third.admit({1, 1}), HasSubstr("all calls"));
    }
    EXPECT_EQ(budget.taken(), 100U);
    EXPECT_THAT(first.admit({10, 11}), HasSubstr("10 x 11 pixels: one may have 100 pixels"));
    first.release();
    EXPECT_EQ(budget.taken(), 0U);
    EXPECT_GE(PictureLimits::of_this_machine().all, 10 * PictureLimits::usual);
    const std::size_t huge = std::size_t{1} << 60;
    EXPECT_EQ(PictureLimits::of_this_machine(1, huge).one, huge);
    EXPECT_EQ(PictureLimits::of_this_machine(1, huge).all, huge) << "one of them has room";
}

TEST(PictureBudget, sizes_are_read_of_what_is_coded) {
    const auto vp8 = size_of_coded(VideoCodec::vp8, unhex("10 02 00 9d 01 2a 00 10 00 10 00 00"));
    ASSERT_TRUE(vp8);
    EXPECT_EQ(vp8->width, 4096U);
    EXPECT_EQ(vp8->height, 4096U);
    EXPECT_FALSE(size_of_coded(VideoCodec::vp8, unhex("11 02 00 9d")));
    EXPECT_FALSE(size_of_coded(VideoCodec::vp8, {}));
    const auto h264 =
        size_of_coded(VideoCodec::h264, unhex("00000001 09 10 00000001 67640028acd940780227e5c044000003000400000300c83c60c658"
                                              " 00000001 68ce 000001 65 88"));
    ASSERT_TRUE(h264);
    EXPECT_EQ(h264->width, 1920U);
    EXPECT_EQ(h264->height, 1088U);
    EXPECT_FALSE(size_of_coded(VideoCodec::h264, unhex("00000001 419a0001")));
    EXPECT_FALSE(size_of_coded(VideoCodec::h264, unhex("00000001 67")));
}

}  // namespace
}  // namespace volley::call
