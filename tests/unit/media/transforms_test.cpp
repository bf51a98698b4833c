// The transforms, beside the same calls of OpenCV written down once more, and those that a program adds.
#include <algorithm>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include <volley/media.hpp>

#include "media/transforms.hpp"
#include "unit/media/support.hpp"

namespace volley::media::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

/// The nearest sample of a plane.
std::uint8_t at(const picture::Plane& plane, int x, int y) {
    return plane.row(std::min(y, plane.height - 1))[static_cast<std::size_t>(std::min(x, plane.width - 1))];
}

/// Blue, green and red, of sides that are multiples of `step`: what there is not is like the nearest that there is.
cv::Mat bgr_of(const Picture& from, int step) {
    const int width = (from.width() + 1) / 2 * 2;
    const int height = (from.height() + 1) / 2 * 2;
    std::vector<std::uint8_t> samples;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) samples.push_back(at(from.plane(picture::plane_y), x, y));
    for (const auto plane : {picture::plane_u, picture::plane_v})
        for (int y = 0; y < height / 2; ++y)
            for (int x = 0; x < width / 2; ++x) samples.push_back(at(from.plane(plane), x, y));
    cv::Mat bgr;
    cv::cvtColor(cv::Mat(height / 2 * 3, width, CV_8UC1, samples.data()), bgr, cv::COLOR_YUV2BGR_I420);
    cv::Mat out((from.height() + step - 1) / step * step, (from.width() + step - 1) / step * step, CV_8UC3);
    for (int y = 0; y < out.rows; ++y)
        for (int x = 0; x < out.cols; ++x)
            out.at<cv::Vec3b>(y, x) = bgr.at<cv::Vec3b>(std::min(y, from.height() - 1), std::min(x, from.width() - 1));
    return out;
}

Picture picture_of(const cv::Mat& bgr, int width, int height) {
    cv::Mat even((height + 1) / 2 * 2, (width + 1) / 2 * 2, CV_8UC3);
    for (int y = 0; y < even.rows; ++y)
        for (int x = 0; x < even.cols; ++x)
            even.at<cv::Vec3b>(y, x) = bgr.at<cv::Vec3b>(std::min(y, height - 1), std::min(x, width - 1));
    cv::Mat yuv;
    cv::cvtColor(even, yuv, cv::COLOR_BGR2YUV_I420);
    PictureView view;
    view.width = width;
    view.height = height;
    view.data = {yuv.data, yuv.data + even.cols * even.rows, yuv.data + even.cols * even.rows * 5 / 4};
    view.stride = {even.cols, even.cols / 2, even.cols / 2};
    return Picture(view);
}

// aiortc's examples/server/server.py, line by line.
cv::Mat cartoon(const cv::Mat& img) {
    cv::Mat img_color, img_edges, smaller;
    cv::pyrDown(img, smaller);
    cv::pyrDown(smaller, img_color);
    for (int i = 0; i < 6; ++i) {
        cv::Mat filtered;
        cv::bilateralFilter(img_color, filtered, 9, 9, 7);
        img_color = filtered;
    }
    cv::pyrUp(img_color, smaller);
    cv::Mat large;
    cv::pyrUp(smaller, large);
    cv::Mat grey, blurred;
    cv::cvtColor(img, grey, cv::COLOR_RGB2GRAY);
    cv::medianBlur(grey, blurred, 7);
    cv::adaptiveThreshold(blurred, img_edges, 255, cv::ADAPTIVE_THRESH_MEAN_C, cv::THRESH_BINARY, 9, 2);
    cv::Mat edges, out;
    cv::cvtColor(img_edges, edges, cv::COLOR_GRAY2RGB);
    cv::bitwise_and(large, edges, out);
    return out;
}

cv::Mat edges(const cv::Mat& img) {
    cv::Mat found, out;
    cv::Canny(img, found, 100, 200);
    cv::cvtColor(found, out, cv::COLOR_GRAY2BGR);
    return out;
}

cv::Mat rotate(const cv::Mat& img, double seconds) {
    cv::Mat out;
    const auto m = cv::getRotationMatrix2D({static_cast<float>(img.cols) / 2, static_cast<float>(img.rows) / 2}, seconds * 45, 1);
    cv::warpAffine(img, out, m, {img.cols, img.rows});
    return out;
}

Picture applied(const std::string& name, const Picture& in, double seconds) {
    Picture out;
    EXPECT_THAT(got(the_plugin().make_transform(name))->apply(in, seconds, out), IsEmpty())
        << name << " " << in.width() << " x " << in.height();
    return out;
}

// The multiple of four is the plugin's own choice, where the example would fail; all else is the example's.
TEST(Transforms, give_what_the_same_calls_of_opencv_give) {
    for (const auto& [width, height] :
         {std::pair{640, 480}, {320, 240}, {321, 239}, {639, 480}, {98, 50}, {2, 2}, {1, 1}, {4, 2}, {3, 17}, {1, 40}}) {
        const Picture in = filmed(width, height, 5);
        EXPECT_EQ(applied("none", in, 0), in);
        EXPECT_EQ(applied("cartoon", in, 0), picture_of(cartoon(bgr_of(in, 4)), width, height)) << width << " x " << height;
        EXPECT_EQ(applied("edges", in, 0), picture_of(edges(bgr_of(in, 1)), width, height)) << width << " x " << height;
        for (const double seconds : {0.0, 0.5, 3.0, 1e6})
            EXPECT_EQ(applied("rotate", in, seconds), picture_of(rotate(bgr_of(in, 1), seconds), width, height))
                << width << " x " << height;
    }
}

TEST(Transforms, do_something) {
    const Picture in = filmed(640, 480, 5);
    for (const char* name : {"cartoon", "edges", "rotate"}) EXPECT_LT(psnr(applied(name, in, 1), in), 30) << name;
    // A full turn takes eight seconds; what is lost is a little, in converting to colours and back.
    EXPECT_EQ(applied("rotate", in, 8), applied("rotate", in, 0));
    EXPECT_GT(psnr(applied("rotate", in, 0), in), psnr(in, without_detail(in, 2)));
}

TEST(Transforms, the_size_may_change_between_pictures) {
    const auto transform = got(the_plugin().make_transform("cartoon"));
    Picture out;
    for (const auto& [width, height] : {std::pair{320, 240}, {33, 17}, {640, 480}, {2, 2}, {320, 240}}) {
        const Picture in = filmed(width, height, 1);
        ASSERT_THAT(transform->apply(in, 0, out), IsEmpty());
        EXPECT_EQ(out, applied("cartoon", in, 0));
    }
    EXPECT_THAT(transform->apply({}, 0, out), HasSubstr("no picture"));
}

TEST(Transforms, opencv_starts_no_threads) {
    (void)the_plugin();
    EXPECT_EQ(cv::getNumThreads(), 1);  // this test is linked with the same OpenCV
}

TEST(Transforms, have_names) {
    EXPECT_THAT(the_plugin().transforms(), testing::ElementsAre("none", "cartoon", "edges", "rotate"));
    for (const std::string& name : the_plugin().transforms()) EXPECT_TRUE(the_plugin().make_transform(name).made) << name;
    EXPECT_FALSE(the_plugin().make_transform("Edges").made);
    EXPECT_THAT(make_transform("blur").fault, HasSubstr("none, cartoon, edges, rotate"));
    EXPECT_TRUE(make_transform("edges").made);
}

// --- a program's own -------------------------------------------------------------------------------------------------

TEST(OwnTransform, is_ten_lines_away) {
    EXPECT_TRUE(add_transform("negative", [] {
        return [](const Frame& frame, double) {
            for (int y = 0; y < frame.height; ++y)
                for (int x = 0; x < frame.width; ++x) {
                    std::uint8_t& luma = frame.planes[0][y * frame.strides[0] + x];
                    luma = static_cast<std::uint8_t>(255 - luma);
                }
        };
    }));
    EXPECT_THAT(transform_names(), testing::IsSupersetOf({"none", "cartoon", "edges", "rotate", "negative"}));
    const auto transform = got(make_transform("negative"));
    const Picture in = filmed(33, 17, 0);
    Picture out;
    ASSERT_THAT(transform->apply(in, 0, out), IsEmpty());
    for (std::size_t i = 0; i < 33 * 17; ++i) ASSERT_EQ(out.bytes()[i], 255 - in.bytes()[i]);
    EXPECT_TRUE(std::equal(out.bytes().begin() + 33 * 17, out.bytes().end(), in.bytes().begin() + 33 * 17));
    Picture back;
    ASSERT_THAT(transform->apply(out, 0, back), IsEmpty());
    EXPECT_EQ(back, in);
}

TEST(OwnTransform, is_each_streams_own) {
    ASSERT_TRUE(add_transform("count", [count = 0] {
        return [count](const Frame& frame, double) mutable { frame.planes[0][0] = static_cast<std::uint8_t>(++count); };
    }));
    const auto one = got(make_transform("count"));
    const auto other = got(make_transform("count"));
    const Picture in(2, 2);
    Picture out;
    for (int i = 1; i <= 3; ++i) {
        ASSERT_THAT(one->apply(in, 0, out), IsEmpty());
        EXPECT_EQ(out.bytes().front(), i);
    }
    ASSERT_THAT(other->apply(in, 0, out), IsEmpty());
    EXPECT_EQ(out.bytes().front(), 1);
}

TEST(OwnTransform, needs_a_name_that_is_free_and_plain) {
    const auto nothing = [] { return [](const Frame&, double) {}; };
    EXPECT_TRUE(add_transform("mine", nothing));
    for (const char* name : {"mine", "edges", "none", "", "Mine", "my own", "a/b", "\x1b[2J"})
        EXPECT_FALSE(add_transform(name, nothing)) << name;
    EXPECT_FALSE(add_transform(std::string(41, 'a'), nothing));
    EXPECT_TRUE(add_transform(std::string(40, 'a'), nothing));
    EXPECT_FALSE(add_transform("empty", nullptr));
}

TEST(OwnTransform, that_throws_is_a_fault) {
    ASSERT_TRUE(add_transform("thrower", [] { return [](const Frame&, double) { throw std::runtime_error("out of paint"); }; }));
    ASSERT_TRUE(add_transform("late-thrower", []() -> FrameFunction { throw std::runtime_error("no brush"); }));
    ASSERT_TRUE(add_transform("hollow", [] { return FrameFunction(); }));
    Picture out;
    EXPECT_EQ(got(make_transform("thrower"))->apply(Picture(2, 2), 0, out), "out of paint");
    EXPECT_EQ(make_transform("late-thrower").fault, "no brush");
    EXPECT_THAT(make_transform("hollow").fault, HasSubstr("hollow"));
}

TEST(OwnTransform, may_be_added_while_others_are_made) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([i] {
            for (int k = 0; k < 50; ++k) {
                const std::string name = "thread-" + std::to_string(i) + "-" + std::to_string(k);
                EXPECT_TRUE(add_transform(name, [] { return [](const Frame&, double) {}; }));
                EXPECT_TRUE(make_transform(name).made);
            }
        });
    threads.clear();
    EXPECT_THAT(transform_names(), Contains("thread-3-49"));
}

}  // namespace
}  // namespace volley::media::test
