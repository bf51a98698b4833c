#include "picture/strip.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace volley::picture {
namespace {

constexpr std::size_t most_pairs = 64;
constexpr int widest = 8192;
constexpr int gap = 4;
constexpr std::uint8_t background = 64;

std::uint8_t byte_of(int value) noexcept { return static_cast<std::uint8_t>(std::clamp(value, 0, 255)); }

RgbImage grey_image(int width, int height) {
    RgbImage out;
    out.width = width;
    out.height = height;
    out.rgb.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3, background);
    return out;
}

std::size_t place(const RgbImage& image, int x, int y) noexcept {
    return (static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + static_cast<std::size_t>(x)) * 3;
}

/// Puts `from` into a box of `to`, as large as fits with its shape kept. Each pixel is the mean of those that it stands for.
void put(RgbImage& to, int left, int top, int width, int height, const RgbImage& from) {
    const double scale = std::min(static_cast<double>(width) / from.width, static_cast<double>(height) / from.height);
    const int wide = std::clamp(static_cast<int>(std::lround(from.width * scale)), 1, width);
    const int high = std::clamp(static_cast<int>(std::lround(from.height * scale)), 1, height);
    left += (width - wide) / 2;
    top += (height - high) / 2;
    for (int y = 0; y < high; ++y) {
        const int y0 = y * from.height / high;
        const int y1 = std::max(y0 + 1, (y + 1) * from.height / high);
        for (int x = 0; x < wide; ++x) {
            const int x0 = x * from.width / wide;
            const int x1 = std::max(x0 + 1, (x + 1) * from.width / wide);
            std::array<std::uint32_t, 3> sums{};
            for (int row = y0; row < y1; ++row)
                for (int column = x0; column < x1; ++column)
                    for (std::size_t c = 0; c < 3; ++c) sums[c] += from.rgb[place(from, column, row) + c];
            const auto pixels = static_cast<std::uint32_t>((y1 - y0) * (x1 - x0));
            for (std::size_t c = 0; c < 3; ++c)
                to.rgb[place(to, left + x, top + y) + c] = static_cast<std::uint8_t>((sums[c] + pixels / 2) / pixels);
        }
    }
}

}  // namespace

RgbImage rgb_of(const PictureView& picture) {
    RgbImage out;
    if (picture.empty()) return out;
    out = grey_image(picture.width, picture.height);
    const Plane y_plane = picture.plane(plane_y);
    const Plane u_plane = picture.plane(plane_u);
    const Plane v_plane = picture.plane(plane_v);
    std::size_t next = 0;
    for (int y = 0; y < picture.height; ++y) {
        const auto luma = y_plane.row(y);
        const auto blue = u_plane.row(y / 2);
        const auto red = v_plane.row(y / 2);
        for (std::size_t x = 0; x < luma.size(); ++x) {
            // ITU-R BT.601 section 3.5, in 1/256.
            const int level = 298 * (luma[x] - 16) + 128;
            const int u = blue[x / 2] - 128;
            const int v = red[x / 2] - 128;
            out.rgb[next++] = byte_of((level + 409 * v) >> 8);
            out.rgb[next++] = byte_of((level - 100 * u - 208 * v) >> 8);
            out.rgb[next++] = byte_of((level + 516 * u) >> 8);
        }
    }
    return out;
}

RgbImage strip(std::span<const StripPair> pairs, int cell_width) {
    const PictureView* shape = nullptr;
    for (const StripPair& pair : pairs) {
        for (const PictureView* picture : {&pair.sent, &pair.returned})
            if (shape == nullptr && !picture->empty()) shape = picture;
    }
    if (shape == nullptr) return {};
    const int width = std::clamp(cell_width, 16, 1024);
    const int height = std::clamp(width * shape->height / shape->width, 1, 2048);
    const auto count = std::min({pairs.size(), most_pairs, static_cast<std::size_t>((widest - gap) / (width + gap))});
    const auto shown = pairs.first(count);
    const auto has = [&](PictureView StripPair::*row) {
        return std::ranges::any_of(shown, [&](const StripPair& pair) { return !(pair.*row).empty(); });
    };
    const int rows = (has(&StripPair::sent) ? 1 : 0) + (has(&StripPair::returned) ? 1 : 0);
    RgbImage out = grey_image(gap + static_cast<int>(count) * (width + gap), gap + rows * (height + gap));
    int top = gap;
    for (const auto row : {&StripPair::sent, &StripPair::returned}) {
        if (!has(row)) continue;
        int left = gap;
        for (const StripPair& pair : shown) {
            if (!(pair.*row).empty()) put(out, left, top, width, height, rgb_of(pair.*row));
            left += width + gap;
        }
        top += height + gap;
    }
    return out;
}

}  // namespace volley::picture
