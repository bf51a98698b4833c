#include "picture/transform_score.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>

#include "picture/ring_code.hpp"
#include "picture/scene.hpp"
#include "picture/thumbnail.hpp"
#include "unit/picture/altered.hpp"

namespace volley::picture {
namespace {

constexpr int width = 320;
constexpr int height = 240;

Picture sent_frame(std::uint64_t frame) {
    static const RingCode code(width, height);
    static const Scene scene(width, height, 4);
    Picture out;
    scene.paint(out, frame);
    code.paint(out, frame);
    return out;
}

/// Probes and the pictures that they borrow.
struct Probes {
    std::deque<Picture> pictures;
    std::vector<TransformProbe> all;

    PictureView keep(Picture picture) { return pictures.emplace_back(std::move(picture)); }
    void add(const Picture& sent, Picture returned, double seconds) {
        TransformProbe probe;
        probe.sent = keep(sent);
        probe.returned = keep(std::move(returned));
        probe.candidates = {{"none", probe.sent}, {"edges", keep(edges(sent))}, {"cartoon", keep(cartoon(sent))}};
        probe.seconds = seconds;
        all.push_back(std::move(probe));
    }
};

/// Three probes, 0.7 s apart, of a server that applies `rule` to a frame and its time.
Probes probes_of(const std::function<Picture(const Picture&, double)>& rule) {
    Probes out;
    for (int i = 0; i < 3; ++i) {
        const double seconds = 100 + 0.7 * i;
        const Picture sent = sent_frame(static_cast<std::uint64_t>(40 + 21 * i));
        out.add(sent, rule(sent, seconds), seconds);
    }
    return out;
}

TEST(TransformScore, names_the_transform_through_a_codecs_noise) {
    const std::map<std::string, std::function<Picture(const Picture&, double)>> rules = {
        {"none", [](const Picture& p, double) { return p; }},
        {"edges", [](const Picture& p, double) { return edges(p); }},
        {"cartoon", [](const Picture& p, double) { return cartoon(p); }},
        {"rotate", [](const Picture& p, double seconds) { return rotated(p, 77 + 45 * seconds); }},
    };
    for (const auto& [name, rule] : rules) {
        const auto coded = [&rule = rule](const Picture& p, double seconds) { return noisy(blurred(rule(p, seconds)), 6, 1); };
        const auto verdict = score_transforms(probes_of(coded).all);
        EXPECT_EQ(verdict.name, name);
        ASSERT_EQ(verdict.scores.size(), 4U);
        EXPECT_EQ(verdict.scores[0].name, name);
        EXPECT_GT(verdict.scores[0].correlation, 0.8) << name;
        EXPECT_GT(verdict.margin, 0.05) << name;
    }
}

TEST(TransformScore, finds_the_angle_that_the_servers_clock_began_with) {
    for (const double start : {0.0, 3.0, 91.3, 180.0, 271.9, 359.0}) {
        const auto verdict =
            score_transforms(probes_of([start](const Picture& p, double s) { return rotated(p, start + 45 * s); }).all);
        EXPECT_EQ(verdict.name, "rotate") << start;
        const double off = std::abs(verdict.scores[0].degrees - start);
        EXPECT_LT(std::min(off, 360 - off), 1.5) << start;
    }
}

TEST(TransformScore, one_picture_that_may_have_been_turned_by_nothing_is_not_decided) {
    const Picture sent = sent_frame(9);
    Probes probes;
    probes.add(sent, noisy(sent, 4, 2), 5);
    const auto verdict = score_transforms(probes.all);
    EXPECT_EQ(verdict.name, "");
    EXPECT_LT(verdict.margin, 0.03);
    EXPECT_EQ(score_transforms(probes.all, {"", 0}).name, "none") << "where nothing turns there is no doubt";
}

TEST(TransformScore, another_size_is_no_hindrance) {
    EXPECT_EQ(score_transforms(probes_of([](const Picture& p, double) { return halved(cartoon(p)); }).all).name, "cartoon");
}

TEST(TransformScore, something_else_is_none_of_them) {
    const auto verdict =
        score_transforms(probes_of([](const Picture& p, double) { return noisy(Picture(p.width(), p.height()), 60, 3); }).all);
    EXPECT_EQ(verdict.name, "");
    EXPECT_LT(verdict.scores[0].correlation, 0.5);
    EXPECT_EQ(score_transforms(probes_of([](const Picture& p, double) { return Picture(p.width(), p.height()); }).all).name, "")
        << "black";
}

TEST(TransformScore, without_pictures_there_is_no_verdict) {
    EXPECT_TRUE(score_transforms({}).scores.empty());
    TransformProbe empty;
    empty.candidates = {{"none", {}}};
    EXPECT_TRUE(score_transforms({&empty, 1}).scores.empty());
}

TEST(Thumbnail, is_the_mean_of_the_pixels) {
    Picture picture(4, 2);
    picture.fill_box(0, 0, 2, 2, 100);
    picture.fill_box(2, 0, 1, 2, 50);
    picture.fill_box(3, 0, 1, 2, 70);
    const auto small = thumbnail_of(picture, 2, 1);
    EXPECT_FLOAT_EQ(small.at(0, 0), 100);
    EXPECT_FLOAT_EQ(small.at(1, 0), 60);
}

TEST(Thumbnail, is_turned_as_the_picture_itself_is) {
    const Picture sent = sent_frame(3);
    for (const double degrees : {10.0, 90.0, 200.0}) {
        const auto large = thumbnail_of(rotated(sent, degrees), 160, 120);
        EXPECT_GT(correlation(turned(thumbnail_of(sent, 160, 120), degrees, width), large), 0.95) << degrees;
        EXPECT_LT(correlation(turned(thumbnail_of(sent, 160, 120), degrees + 20, width), large), 0.9) << degrees;
    }
}

TEST(Thumbnail, correlation_is_of_shape_and_not_of_brightness) {
    const Picture sent = sent_frame(3);
    const auto one = thumbnail_of(sent, 80, 60);
    EXPECT_NEAR(correlation(one, one), 1, 1e-6);
    EXPECT_NEAR(correlation(one, thumbnail_of(altered(sent, [&](int x, int y) { return 40 + luma_at(sent, x, y) / 2; }), 80, 60)),
                1, 0.01);
    EXPECT_NEAR(correlation(one, thumbnail_of(altered(sent, [&](int x, int y) { return 255 - luma_at(sent, x, y); }), 80, 60)),
                -1, 1e-6);
    EXPECT_EQ(correlation(one, thumbnail_of(Picture(width, height), 80, 60)), 0);
    EXPECT_EQ(correlation(one, thumbnail_of(sent, 60, 80)), 0);
}

}  // namespace
}  // namespace volley::picture
