#include "picture/strip.hpp"

#include <gtest/gtest.h>
#include <png.h>

#include <stdexcept>

#include "picture/png.hpp"
#include "picture/scene.hpp"

namespace volley::picture {
namespace {

std::array<int, 3> pixel(const RgbImage& image, int x, int y) {
    const auto at = (static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + static_cast<std::size_t>(x)) * 3;
    return {image.rgb[at], image.rgb[at + 1], image.rgb[at + 2]};
}

Picture one_colour(int width, int height, std::uint8_t y, std::uint8_t u = 128, std::uint8_t v = 128) {
    Picture out(width, height);
    out.fill(y, u, v);
    return out;
}

TEST(Rgb, is_that_of_bt_601) {
    EXPECT_EQ(pixel(rgb_of(one_colour(2, 2, 16)), 0, 0), (std::array<int, 3>{0, 0, 0}));
    EXPECT_EQ(pixel(rgb_of(one_colour(2, 2, 235)), 1, 1), (std::array<int, 3>{255, 255, 255}));
    EXPECT_EQ(pixel(rgb_of(one_colour(2, 2, 81, 90, 240)), 0, 0), (std::array<int, 3>{255, 0, 0}));
    EXPECT_EQ(pixel(rgb_of(one_colour(2, 2, 145, 54, 34)), 0, 0), (std::array<int, 3>{0, 255, 1}));
    EXPECT_EQ(pixel(rgb_of(one_colour(2, 2, 41, 240, 110)), 0, 0), (std::array<int, 3>{0, 0, 255}));
    EXPECT_EQ(rgb_of(one_colour(3, 5, 16)).rgb.size(), 45U);
    EXPECT_TRUE(rgb_of(Picture()).rgb.empty());
}

TEST(Strip, shows_what_was_sent_above_what_came_back) {
    const Picture white = one_colour(64, 48, 235);
    const Picture black = one_colour(64, 48, 16);
    const std::vector<StripPair> pairs = {{white, black}, {black, {}}};
    const RgbImage image = strip(pairs, 32);
    EXPECT_EQ(image.width, 4 + 2 * 36);
    EXPECT_EQ(image.height, 4 + 2 * 28);
    EXPECT_EQ(pixel(image, 4, 4)[0], 255);
    EXPECT_EQ(pixel(image, 35, 27)[0], 255);
    EXPECT_EQ(pixel(image, 4, 32)[0], 0);
    EXPECT_EQ(pixel(image, 40, 4)[0], 0);
    EXPECT_EQ(pixel(image, 40, 32)[0], 64) << "nothing came back";
    EXPECT_EQ(pixel(image, 0, 0)[0], 64);
    EXPECT_EQ(pixel(image, 36, 10)[0], 64) << "between two";
}

TEST(Strip, leaves_out_a_row_that_nothing_is_in) {
    const Picture white = one_colour(64, 48, 235);
    const Picture black = one_colour(64, 48, 16);
    const std::vector<StripPair> received = {{{}, white}, {{}, black}};
    const RgbImage image = strip(received, 32);
    EXPECT_EQ(image.width, 4 + 2 * 36);
    EXPECT_EQ(image.height, 4 + 28);
    EXPECT_EQ(pixel(image, 4, 4)[0], 255);
    EXPECT_EQ(pixel(image, 40, 27)[0], 0);
    const std::vector<StripPair> sent = {{white, {}}, {black, {}}};
    EXPECT_EQ(strip(sent, 32).rgb, image.rgb);
    const std::vector<StripPair> both = {{{}, white}, {black, {}}};
    EXPECT_EQ(strip(both, 32).height, 4 + 2 * 28);
}

TEST(Strip, keeps_the_shape_of_a_picture_that_comes_back_in_another) {
    const Picture wide = one_colour(64, 32, 235);
    const Picture high = one_colour(16, 32, 235);
    const std::vector<StripPair> pairs = {{wide, high}};
    const RgbImage image = strip(pairs, 64);
    EXPECT_EQ(pixel(image, 4 + 32, 4 + 32 + 4 + 16)[0], 255);
    EXPECT_EQ(pixel(image, 4 + 20, 4 + 32 + 4 + 16)[0], 64);
}

TEST(Strip, has_bounds) {
    const Picture picture = one_colour(4, 4, 100);
    const std::vector<StripPair> many(200, StripPair{picture, picture});
    EXPECT_EQ(strip(many, 64).width, 4 + 64 * 68);
    EXPECT_LE(strip(many, 1 << 30).width, 8192);
    EXPECT_GE(strip(many, -5).width, 16);
    EXPECT_TRUE(strip({}).rgb.empty());
    const std::vector<StripPair> none(3);
    EXPECT_TRUE(strip(none).rgb.empty());
    const Picture thin(1, 4096);
    const std::vector<StripPair> one = {{thin, thin}};
    EXPECT_LE(strip(one).height, 2 * 2048 + 12);
}

TEST(Png, gives_back_the_pixels) {
    Picture picture;
    Scene(33, 21, 1).paint(picture, 3);
    const RgbImage image = rgb_of(picture);
    const Bytes file = png_of(image.width, image.height, image.rgb);
    png_image read{};
    read.version = PNG_IMAGE_VERSION;
    ASSERT_NE(png_image_begin_read_from_memory(&read, file.data(), file.size()), 0) << read.message;
    EXPECT_EQ(read.width, 33U);
    EXPECT_EQ(read.height, 21U);
    read.format = PNG_FORMAT_RGB;
    std::vector<std::uint8_t> pixels(image.rgb.size());
    ASSERT_NE(png_image_finish_read(&read, nullptr, pixels.data(), 0, nullptr), 0) << read.message;
    EXPECT_EQ(pixels, image.rgb);
}

TEST(Png, refuses_what_is_no_picture) {
    const std::vector<std::uint8_t> bytes(12);
    EXPECT_THROW((void)png_of(2, 3, bytes), std::invalid_argument);
    EXPECT_THROW((void)png_of(0, 0, {}), std::invalid_argument);
    EXPECT_THROW((void)png_of(-2, -2, bytes), std::invalid_argument);
    EXPECT_NO_THROW((void)png_of(2, 2, bytes));
}

}  // namespace
}  // namespace volley::picture
