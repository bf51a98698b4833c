#include "picture/ring_code.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <functional>

#include "picture/scene.hpp"
#include "unit/picture/altered.hpp"

namespace volley::picture {
namespace {

struct Size {
    int width;
    int height;
};
constexpr Size vga{640, 480};

Picture frame_of(const RingCode& code, std::uint64_t counter, std::uint64_t seed = 1) {
    Picture out;
    Scene(code.width(), code.height(), seed).paint(out, counter);
    code.paint(out, counter);
    return out;
}

/// Codes that between them set and clear each bit, and change each ring from the one before.
std::vector<std::uint32_t> telling_codes(const RingLayout& layout) {
    std::vector<std::uint32_t> out;
    for (std::uint32_t bit = 1; bit < layout.codes(); bit *= 2) {
        out.push_back(bit - 1);
        out.push_back(bit);
    }
    out.push_back(layout.codes() - 1);
    out.push_back(0x5555U % layout.codes());
    out.push_back(0x2aaaU % layout.codes());
    return out;
}

TEST(RingCode, has_as_many_bits_as_the_picture_has_room_for) {
    EXPECT_EQ(RingLayout::for_size(640, 480).bits, 16);
    EXPECT_EQ(RingLayout::for_size(480, 640).bits, 16);
    EXPECT_EQ(RingLayout::for_size(1280, 720).bits, 16);
    EXPECT_EQ(RingLayout::for_size(4096, 4096).bits, 16);
    EXPECT_EQ(RingLayout::for_size(640, 360).bits, 13);
    EXPECT_EQ(RingLayout::for_size(320, 240).bits, 8);
    EXPECT_EQ(RingLayout::for_size(320, 180).bits, 8);
    EXPECT_EQ(RingLayout::for_size(320, 179).bits, 0);
    EXPECT_EQ(RingLayout::for_size(5000, 480).bits, 0);
    EXPECT_EQ(RingLayout::for_size(0, 0).bits, 0);
    EXPECT_EQ(RingLayout().codes(), 0U);
    EXPECT_EQ(RingLayout::for_size(320, 240).codes(), 256U);
}

TEST(RingCode, its_spokes_are_six_pixels_wide_at_vga) {
    const auto layout = RingLayout::for_size(640, 480);
    const double inmost = 40 + 192.0 / 18 / 2;
    EXPECT_EQ(layout.spokes[0], std::lround(2 * std::numbers::pi * inmost / 12));
    EXPECT_EQ(layout.spokes[17], std::lround(2 * std::numbers::pi * (232 - 192.0 / 18 / 2) / 12));
}

TEST(RingCode, reads_what_it_painted_in_every_size) {
    for (const Size size :
         {vga, Size{641, 481}, Size{480, 640}, Size{320, 240}, Size{321, 181}, Size{640, 360}, Size{1280, 720}}) {
        const RingCode code(size.width, size.height);
        const std::uint32_t step = code.layout().codes() > 256 ? 499 : 1;
        for (std::uint32_t counter = 0; counter < code.layout().codes(); counter += step) {
            const auto reading = code.read(frame_of(code, counter));
            ASSERT_TRUE(reading) << size.width << "x" << size.height << " " << counter;
            ASSERT_EQ(reading->code, counter) << size.width << "x" << size.height;
            EXPECT_GT(reading->confidence, 0.8);
        }
    }
}

TEST(RingCode, a_counter_begins_anew_behind_the_last_code) {
    const RingCode code(320, 240);
    EXPECT_EQ(code.read(frame_of(code, 256 * 1000 + 17))->code, 17U);
}

TEST(RingCode, one_ring_changes_from_a_number_to_the_next) {
    const RingCode code(vga.width, vga.height);
    for (const std::uint64_t counter : {0, 1, 2, 3, 255, 32767, 65535}) {
        Picture one(vga.width, vga.height);
        Picture next(vga.width, vga.height);
        code.paint(one, counter);
        code.paint(next, counter + 1);
        double nearest = 1000;
        double farthest = 0;
        for (int y = 0; y < vga.height; ++y)
            for (int x = 0; x < vga.width; ++x) {
                if (luma_at(one, x, y) == luma_at(next, x, y)) continue;
                nearest = std::min(nearest, std::hypot(x - 320, y - 240));
                farthest = std::max(farthest, std::hypot(x - 320, y - 240));
            }
        EXPECT_LE(farthest - nearest, 192.0 / 18) << counter;
        EXPECT_GT(farthest, nearest) << counter;
    }
}

TEST(RingCode, paints_the_disc_alone_and_takes_its_colour) {
    const RingCode code(vga.width, vga.height);
    Picture picture(vga.width, vga.height);
    picture.fill(50, 60, 70);
    code.paint(picture, 0xffff);
    for (int y = 0; y < vga.height; ++y)
        for (int x = 0; x < vga.width; ++x) {
            const double away = std::hypot(x - 320, y - 240);
            const int luma = luma_at(picture, x, y);
            const bool of_the_code = luma == 128 || luma == 68 || luma == 188;
            ASSERT_TRUE(away > 237 ? luma == 50 : of_the_code || away > 235) << x << "," << y;
        }
    EXPECT_EQ(picture.plane(plane_u).row(120)[160], 128);
    EXPECT_EQ(picture.plane(plane_v).row(5)[160], 128);
    EXPECT_EQ(picture.plane(plane_u).row(120)[0], 60);
    EXPECT_EQ(picture.plane(plane_v).row(0)[0], 70);
}

TEST(RingCode, a_picture_of_another_size_is_left_alone) {
    const RingCode code(vga.width, vga.height);
    Picture other(640, 482);
    const Picture before = other;
    code.paint(other, 5);
    EXPECT_EQ(other, before);
    EXPECT_FALSE(code.read(other));
    EXPECT_FALSE(code.read(Picture()));
    const RingCode none(100, 100);
    Picture small(100, 100);
    const Picture black = small;
    none.paint(small, 5);
    EXPECT_EQ(small, black);
    EXPECT_FALSE(none.read(small));
}

TEST(RingCode, is_read_off_rows_with_gaps_between) {
    const RingCode code(320, 240);
    const Picture frame = frame_of(code, 99);
    constexpr int stride = 352;
    std::vector<std::uint8_t> padded(stride * 240, 255);
    for (int y = 0; y < 240; ++y)
        std::ranges::copy(frame.plane(plane_y).row(y), padded.begin() + static_cast<std::ptrdiff_t>(y) * stride);
    PictureView view = frame;
    view.data[plane_y] = padded.data();
    view.stride[plane_y] = stride;
    EXPECT_EQ(code.read(view)->code, 99U);
}

/// What a server may do, and how low the confidence may become.
struct Alteration {
    const char* name;
    std::function<Picture(const Picture&)> apply;
};

TEST(RingCode, survives_what_servers_and_codecs_do) {
    const std::vector<Alteration> alterations = {
        {"noise", [](const Picture& p) { return noisy(p, 25, 3); }},
        {"blur", [](const Picture& p) { return blurred(blurred(p)); }},
        {"edges", edges},
        {"noise, then edges", [](const Picture& p) { return edges(noisy(p, 4, 5)); }},
        {"cartoon", cartoon},
        {"cartoon, then noise", [](const Picture& p) { return noisy(cartoon(p), 15, 6); }},
        {"darker", [](const Picture& p) { return altered(p, [&p](int x, int y) { return 16 + luma_at(p, x, y) / 4; }); }},
        {"inverted", [](const Picture& p) { return altered(p, [&p](int x, int y) { return 255 - luma_at(p, x, y); }); }},
        {"mirrored", [](const Picture& p) { return altered(p, [&p](int x, int y) { return luma_at(p, p.width() - x, y); }); }},
    };
    for (const Size size : {vga, Size{320, 240}}) {
        const RingCode code(size.width, size.height);
        auto codes = telling_codes(code.layout());
        if (size.width == vga.width) codes = {0, 1, 0x5555, 0xaaaa, 0x8000};
        for (const Alteration& alteration : alterations) {
            for (const std::uint32_t counter : codes) {
                const auto reading = code.read(alteration.apply(frame_of(code, counter)));
                ASSERT_TRUE(reading) << alteration.name << " " << size.width << " " << counter;
                EXPECT_EQ(reading->code, counter) << alteration.name << " " << size.width;
            }
        }
    }
}

TEST(RingCode, survives_rotation_about_the_centre) {
    for (const Size size : {vga, Size{320, 240}, Size{641, 481}}) {
        const RingCode code(size.width, size.height);
        for (const double degrees : {0.3, 1.0, 7.7, 45.0, 90.0, 133.3, 180.0, 269.5, 359.0}) {
            const auto counter = static_cast<std::uint32_t>(degrees * 181) % code.layout().codes();
            const auto reading = code.read(rotated(frame_of(code, counter), degrees));
            ASSERT_TRUE(reading) << size.width << " " << degrees;
            EXPECT_EQ(reading->code, counter) << size.width << " " << degrees;
            EXPECT_GT(reading->confidence, 0.5) << size.width << " " << degrees;
        }
    }
}

TEST(RingCode, is_read_off_a_picture_that_comes_back_in_half_its_size) {
    const RingCode code(1280, 960);
    const RingCode smaller(code.layout(), 640, 480);
    for (const std::uint32_t counter : telling_codes(code.layout())) {
        const auto reading = smaller.read(halved(frame_of(code, counter)));
        ASSERT_TRUE(reading) << counter;
        EXPECT_EQ(reading->code, counter);
    }
}

TEST(RingCode, a_ring_that_is_still_half_shown_reads_as_the_frame_before_at_worst) {
    const RingCode code(vga.width, vga.height);
    for (const std::uint32_t counter : telling_codes(code.layout())) {
        if (counter == 0) continue;
        const Picture before = frame_of(code, counter - 1);
        const Picture after = frame_of(code, counter);
        EXPECT_EQ(code.read(mixed(after, 0.85, before))->code, counter) << "little is left";
        const auto reading = code.read(mixed(after, 0.5, before));
        EXPECT_TRUE(reading->code == counter || reading->code == counter - 1) << counter << " " << reading->code;
        EXPECT_LT(reading->confidence, 0.9) << "and that can be told";
    }
}

// Coarse encoders draw a ring's new spokes nearly whole, and leave some of those standing that are to go until they have bits to spare.
TEST(RingCode, what_is_left_of_spokes_that_are_gone_passes_for_none) {
    for (const Size size : {vga, Size{320, 240}}) {
        const RingCode code(size.width, size.height);
        for (const std::uint32_t counter : telling_codes(code.layout())) {
            if (counter == 0) continue;
            const bool goes_flat = std::popcount(counter ^ (counter >> 1)) < std::popcount((counter - 1) ^ ((counter - 1) >> 1));
            const double drawn = goes_flat ? 0.6 : 0.7;
            const auto reading = code.read(mixed(frame_of(code, counter), drawn, frame_of(code, counter - 1)));
            ASSERT_TRUE(reading) << counter;
            EXPECT_EQ(reading->code, counter) << size.width;
            EXPECT_GE(reading->confidence, RingReading::clear) << size.width << " " << counter;
        }
    }
}

TEST(RingCode, pictures_without_it_are_not_read_or_not_clear) {
    const RingCode code(vga.width, vga.height);
    Picture flat(vga.width, vga.height);
    flat.fill(90);
    EXPECT_FALSE(code.read(flat));
    EXPECT_FALSE(code.read(Picture(vga.width, vga.height)));
    int clear = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Picture scene;
        Scene(vga.width, vga.height, seed).paint(scene, seed * 31);
        const auto reading = code.read(scene);
        if (reading && reading->confidence >= RingReading::clear) ++clear;
    }
    EXPECT_LE(clear, 2);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto reading = code.read(noisy(flat, 40, seed));
        EXPECT_TRUE(!reading || reading->confidence < RingReading::clear) << seed;
    }
}

}  // namespace
}  // namespace volley::picture
