#include "picture/scene.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace volley::picture {
namespace {

Picture painted(int width, int height, std::uint64_t seed, std::uint64_t frame) {
    Picture out;
    Scene(width, height, seed).paint(out, frame);
    return out;
}

TEST(Scene, is_the_same_for_the_same_seed_and_frame_and_no_other) {
    EXPECT_EQ(painted(320, 240, 7, 100), painted(320, 240, 7, 100));
    EXPECT_NE(painted(320, 240, 7, 100), painted(320, 240, 7, 101));
    EXPECT_NE(painted(320, 240, 7, 100), painted(320, 240, 8, 100));
}

TEST(Scene, paints_all_of_a_picture_whatever_was_there) {
    const Scene scene(321, 181, 3);
    Picture used(321, 181);
    used.fill(1, 2, 3);
    scene.paint(used, 5);
    Picture fresh;
    scene.paint(fresh, 5);
    EXPECT_EQ(used, fresh);
}

TEST(Scene, moves_a_little_from_frame_to_frame) {
    const double change = psnr(painted(640, 480, 1, 50), painted(640, 480, 1, 51));
    EXPECT_GT(change, 20);
    EXPECT_LT(change, 45);
}

TEST(Scene, stays_within_the_limited_range) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const Picture picture = painted(64, 48, seed, seed * 1000);
        const auto luma = picture.bytes().first(64 * 48);
        EXPECT_GE(*std::min_element(luma.begin(), luma.end()), 16);
        EXPECT_LE(*std::max_element(luma.begin(), luma.end()), 235);
    }
}

TEST(Scene, has_any_possible_size_and_frame) {
    for (const auto& [width, height] : {std::pair{1, 1}, {2, 3}, {4096, 1}, {1, 4096}, {17, 19}})
        for (const std::uint64_t frame : {std::uint64_t{0}, std::uint64_t{1} << 40, ~std::uint64_t{0}})
            EXPECT_EQ(painted(width, height, 9, frame).width(), width);
    EXPECT_THROW(Scene(0, 5, 1), std::length_error);
}

}  // namespace
}  // namespace volley::picture
