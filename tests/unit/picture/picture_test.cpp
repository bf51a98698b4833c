#include "picture/picture.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace volley::picture {
namespace {

TEST(Picture, has_its_planes_one_behind_the_other_without_gaps) {
    Picture picture(5, 3);
    EXPECT_EQ(picture.bytes().size(), 15U + 6U + 6U);
    EXPECT_EQ(picture.plane(plane_u).width, 3);
    EXPECT_EQ(picture.plane(plane_u).height, 2);
    picture.plane(plane_y).row(2)[4] = 1;
    picture.plane(plane_u).row(0)[0] = 2;
    picture.plane(plane_v).row(1)[2] = 3;
    EXPECT_EQ(picture.bytes()[14], 1);
    EXPECT_EQ(picture.bytes()[15], 2);
    EXPECT_EQ(picture.bytes()[26], 3);
    const PictureView view = picture;
    EXPECT_EQ(view.stride, (std::array<int, 3>{5, 3, 3}));
    EXPECT_EQ(view.plane(plane_v).row(1)[2], 3);
}

TEST(Picture, is_black_at_first) {
    const Picture picture(2, 2);
    EXPECT_EQ(picture.bytes()[0], 16);
    EXPECT_EQ(picture.bytes()[4], 128);
    EXPECT_EQ(picture.bytes()[5], 128);
}

TEST(Picture, has_bounds) {
    EXPECT_TRUE(is_possible_size(1, largest_side));
    for (const auto& [width, height] : {std::pair{0, 1}, {1, 0}, {-1, 4}, {largest_side + 1, 1}, {1, largest_side + 1}}) {
        EXPECT_FALSE(is_possible_size(width, height));
        EXPECT_THROW(Picture(width, height), std::length_error);
    }
    EXPECT_EQ(Picture(1, 1).bytes().size(), 3U);
    EXPECT_TRUE(Picture().empty());
    EXPECT_TRUE(Picture().view().empty());
}

TEST(Picture, a_copy_leaves_out_the_gaps_between_rows) {
    const std::vector<std::uint8_t> padded(8 * 4, 77);
    PictureView view;
    view.width = 5;
    view.height = 3;
    view.data = {padded.data(), padded.data(), padded.data()};
    view.stride = {8, 8, 8};
    const Picture copy(view);
    EXPECT_EQ(copy.width(), 5);
    EXPECT_EQ(copy.bytes().size(), 27U);
    for (const std::uint8_t byte : copy.bytes()) EXPECT_EQ(byte, 77);
    Picture other(2, 2);
    other.copy_from(copy);
    EXPECT_EQ(other, copy);
    other.copy_from(Picture());
    EXPECT_TRUE(other.empty());
}

TEST(Picture, equality_is_of_size_and_samples) {
    Picture one(4, 2);
    Picture other(4, 2);
    EXPECT_EQ(one, other);
    other.plane(plane_v).row(0)[1] = 1;
    EXPECT_NE(one, other);
    EXPECT_NE(Picture(4, 2), Picture(2, 4));
}

TEST(Picture, a_box_is_cut_off_at_the_edges) {
    Picture picture(7, 5);
    picture.fill_box(-10, -10, 12, 11, 200, 90, 80);
    EXPECT_EQ(picture.plane(plane_y).row(0)[1], 200);
    EXPECT_EQ(picture.plane(plane_y).row(0)[2], 16);
    EXPECT_EQ(picture.plane(plane_y).row(1)[0], 16);
    EXPECT_EQ(picture.plane(plane_u).row(0)[0], 90);
    EXPECT_EQ(picture.plane(plane_v).row(0)[1], 128);
    const Picture before = picture;
    picture.fill_box(7, 0, 5, 5, 1);
    picture.fill_box(0, 0, 0, 5, 1);
    picture.fill_box(2'000'000'000, 0, 2'000'000'000, 5, 1);
    EXPECT_EQ(picture, before);
    picture.fill_box(-1, -1, 2'000'000'000, 2'000'000'000, 1, 2, 3);
    Picture all(7, 5);
    all.fill(1, 2, 3);
    EXPECT_EQ(picture, all);
}

TEST(Picture, psnr_is_that_of_luma) {
    Picture one(16, 16);
    Picture other = one;
    EXPECT_TRUE(std::isinf(psnr(one, other)));
    other.fill(17);
    EXPECT_NEAR(psnr(one, other), 48.13, 0.01) << "20 log10(255) for a difference of one everywhere";
    EXPECT_TRUE(std::isnan(psnr(one, Picture(16, 17))));
    EXPECT_TRUE(std::isnan(psnr(Picture(), Picture())));
}

}  // namespace
}  // namespace volley::picture
