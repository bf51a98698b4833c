// What servers and codecs do to pictures, crudely.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "picture/picture.hpp"
#include "support/seeded_random.hpp"

namespace volley::picture {

inline std::uint8_t byte_of(double value) { return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 255.0))); }

inline int luma_at(const Picture& picture, int x, int y) {
    x = std::clamp(x, 0, picture.width() - 1);
    y = std::clamp(y, 0, picture.height() - 1);
    return picture.bytes()[static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width()) + static_cast<std::size_t>(x)];
}

/// Each pixel of the luma plane from those of another picture.
template <class Rule>
Picture altered(const Picture& from, Rule rule) {
    Picture out = from;
    for (int y = 0; y < from.height(); ++y)
        for (int x = 0; x < from.width(); ++x) out.plane(plane_y).row(y)[static_cast<std::size_t>(x)] = byte_of(rule(x, y));
    return out;
}

inline Picture noisy(const Picture& from, double spread, std::uint64_t seed) {
    test::SeededRandom random(seed);
    return altered(from, [&](int x, int y) {
        double sum = -6;  // of twelve even numbers: nearly normal
        for (int i = 0; i < 12; ++i) sum += random.uniform();
        return luma_at(from, x, y) + spread * sum;
    });
}

inline Picture blurred(const Picture& from) {
    return altered(from, [&](int x, int y) {
        int sum = 0;
        for (int dy = -1; dy <= 1; ++dy)
            for (int dx = -1; dx <= 1; ++dx) sum += luma_at(from, x + dx, y + dy);
        return sum / 9.0;
    });
}

inline Picture mixed(const Picture& one, double part, const Picture& other) {
    return altered(one, [&](int x, int y) { return part * luma_at(one, x, y) + (1 - part) * luma_at(other, x, y); });
}

/// Counter-clockwise about pixel (width / 2, height / 2), bilinear, black outside: as OpenCV's warpAffine with getRotationMatrix2D.
inline Picture rotated(const Picture& from, double degrees) {
    const double cosine = std::cos(degrees * std::numbers::pi / 180);
    const double sine = std::sin(degrees * std::numbers::pi / 180);
    const double cx = from.width() / 2.0;
    const double cy = from.height() / 2.0;
    const auto pixel = [&](double x, double y) {
        if (x < 0 || y < 0 || x >= from.width() || y >= from.height()) return 16;
        return luma_at(from, static_cast<int>(x), static_cast<int>(y));
    };
    return altered(from, [&](int px, int py) {
        const double x = cx + cosine * (px - cx) - sine * (py - cy);
        const double y = cy + sine * (px - cx) + cosine * (py - cy);
        const double left = std::floor(x);
        const double top = std::floor(y);
        const double a = x - left;
        const double b = y - top;
        return (pixel(left, top) * (1 - a) + pixel(left + 1, top) * a) * (1 - b) +
               (pixel(left, top + 1) * (1 - a) + pixel(left + 1, top + 1) * a) * b;
    });
}

/// White lines on black where luma changes much.
inline Picture edges(const Picture& from) {
    Picture out = altered(from, [&](int x, int y) {
        const int dx = luma_at(from, x + 1, y) - luma_at(from, x - 1, y);
        const int dy = luma_at(from, x, y + 1) - luma_at(from, x, y - 1);
        return dx * dx + dy * dy > 60 * 60 ? 235 : 16;
    });
    for (const auto plane : {plane_u, plane_v})
        for (int y = 0; y < out.plane(plane).height; ++y) std::ranges::fill(out.plane(plane).row(y), std::uint8_t{128});
    return out;
}

/// Few colours, black where it is darker than its surroundings, and a cartoon's speckle beside texture.
inline Picture cartoon(const Picture& from) {
    const Picture smooth = blurred(blurred(from));
    return altered(from, [&](int x, int y) {
        int sum = 0;
        for (int dy = -4; dy <= 4; dy += 2)
            for (int dx = -4; dx <= 4; dx += 2) sum += luma_at(from, x + dx, y + dy);
        return luma_at(from, x, y) < sum / 25.0 - 4 ? 16 : luma_at(smooth, x, y) / 16 * 16 + 8;
    });
}

inline Picture halved(const Picture& from) {
    Picture out(from.width() / 2, from.height() / 2);
    for (int y = 0; y < out.height(); ++y)
        for (int x = 0; x < out.width(); ++x) {
            int sum = 2;
            for (const auto& [dx, dy] : std::array<std::array<int, 2>, 4>{{{0, 0}, {1, 0}, {0, 1}, {1, 1}}})
                sum += luma_at(from, 2 * x + dx, 2 * y + dy);
            out.plane(plane_y).row(y)[static_cast<std::size_t>(x)] = static_cast<std::uint8_t>(sum / 4);
        }
    return out;
}

}  // namespace volley::picture
