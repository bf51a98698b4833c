#include "picture/thumbnail.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace volley::picture {
namespace {

constexpr float black = 16;

/// The pixels that a thumbnail's pixel stands for, from and to.
struct Range {
    int from;
    int to;
};
Range range_of(int place, int places, int pixels) {
    const int from = static_cast<int>(static_cast<std::int64_t>(place) * pixels / places);
    const int to = static_cast<int>(static_cast<std::int64_t>(place + 1) * pixels / places);
    return {from, std::max(to, from + 1)};
}

float between(const Thumbnail& picture, double x, double y) noexcept {
    const double left = std::floor(x);
    const double top = std::floor(y);
    const auto part_x = static_cast<float>(x - left);
    const auto part_y = static_cast<float>(y - top);
    const auto pixel = [&picture](double px, double py) {
        if (px < 0 || py < 0 || px >= picture.width || py >= picture.height) return black;
        return picture.at(static_cast<int>(px), static_cast<int>(py));
    };
    const float upper = pixel(left, top) * (1 - part_x) + pixel(left + 1, top) * part_x;
    const float lower = pixel(left, top + 1) * (1 - part_x) + pixel(left + 1, top + 1) * part_x;
    return upper * (1 - part_y) + lower * part_y;
}

}  // namespace

Thumbnail thumbnail_of(const PictureView& picture, int width, int height) {
    Thumbnail out;
    out.width = width;
    out.height = height;
    out.luma.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    const Plane luma = picture.plane(plane_y);
    std::size_t next = 0;
    for (int y = 0; y < height; ++y) {
        const Range rows = range_of(y, height, luma.height);
        for (int x = 0; x < width; ++x) {
            const Range columns = range_of(x, width, luma.width);
            std::uint32_t sum = 0;
            for (int row = rows.from; row < rows.to; ++row) {
                const std::uint8_t* pixel = luma.row(row).data();
                for (int column = columns.from; column < columns.to; ++column) sum += pixel[column];
            }
            out.luma[next++] = static_cast<float>(sum) / static_cast<float>((rows.to - rows.from) * (columns.to - columns.from));
        }
    }
    return out;
}

Thumbnail turned(const Thumbnail& picture, double degrees, int picture_side) {
    Thumbnail out = picture;
    const double scale = static_cast<double>(picture.width) / picture_side;
    // Where pixel side / 2 of the large picture lies among the small one's: pixels' middles are half a pixel from their edges.
    const double middle_x = picture.width / 2.0 + scale / 2 - 0.5;
    const double middle_y = picture.height / 2.0 + scale / 2 - 0.5;
    const double cosine = std::cos(degrees * std::numbers::pi / 180);
    const double sine = std::sin(degrees * std::numbers::pi / 180);
    std::size_t next = 0;
    for (int y = 0; y < out.height; ++y) {
        for (int x = 0; x < out.width; ++x) {
            // With y growing downwards, what a counter-clockwise turn brings here came from the clockwise side.
            const double dx = x - middle_x;
            const double dy = y - middle_y;
            out.luma[next++] = between(picture, middle_x + cosine * dx - sine * dy, middle_y + sine * dx + cosine * dy);
        }
    }
    return out;
}

double correlation(const Thumbnail& a, const Thumbnail& b) noexcept {
    if (a.width != b.width || a.height != b.height || a.luma.empty()) return 0;
    const auto n = static_cast<double>(a.luma.size());
    double sum_a = 0;
    double sum_b = 0;
    double squares_a = 0;
    double squares_b = 0;
    double products = 0;
    for (std::size_t i = 0; i < a.luma.size(); ++i) {
        const double left = a.luma[i];
        const double right = b.luma[i];
        sum_a += left;
        sum_b += right;
        squares_a += left * left;
        squares_b += right * right;
        products += left * right;
    }
    const double spread_a = squares_a - sum_a * sum_a / n;
    const double spread_b = squares_b - sum_b * sum_b / n;
    if (spread_a <= 1e-6 * n || spread_b <= 1e-6 * n) return 0;
    return std::clamp((products - sum_a * sum_b / n) / std::sqrt(spread_a * spread_b), -1.0, 1.0);
}

}  // namespace volley::picture
