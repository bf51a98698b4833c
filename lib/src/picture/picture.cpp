#include "picture/picture.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace volley::picture {

Picture::Picture(int width, int height) : width_(width), height_(height) {
    if (!is_possible_size(width, height))
        throw std::length_error("no picture is " + std::to_string(width) + " x " + std::to_string(height));
    bytes_.resize(i420_bytes(width, height));
    fill(16);
}

Picture::Picture(const PictureView& from) { copy_from(from); }

std::size_t Picture::offset(PlaneIndex i) const noexcept {
    const auto luma = static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_);
    const auto chroma = static_cast<std::size_t>(chroma_side(width_)) * static_cast<std::size_t>(chroma_side(height_));
    return i == plane_y ? 0 : luma + (i == plane_v ? chroma : 0);
}

PictureView Picture::view() const noexcept {
    PictureView out;
    out.width = width_;
    out.height = height_;
    for (const auto i : {plane_y, plane_u, plane_v}) out.data[i] = bytes_.data() + offset(i);
    out.stride = {width_, chroma_side(width_), chroma_side(width_)};
    return out;
}

Plane Picture::plane(PlaneIndex i) const noexcept { return view().plane(i); }

MutablePlane Picture::plane(PlaneIndex i) noexcept {
    const int width = i == plane_y ? width_ : chroma_side(width_);
    const int height = i == plane_y ? height_ : chroma_side(height_);
    return {bytes_.data() + offset(i), width, height, width};
}

void Picture::fill(std::uint8_t y, std::uint8_t u, std::uint8_t v) noexcept {
    const auto at = [this](std::size_t offset) { return bytes_.begin() + static_cast<std::ptrdiff_t>(offset); };
    std::fill(bytes_.begin(), at(offset(plane_u)), y);
    std::fill(at(offset(plane_u)), at(offset(plane_v)), u);
    std::fill(at(offset(plane_v)), bytes_.end(), v);
}

void Picture::fill_box(int left, int top, int width, int height, std::uint8_t y, std::uint8_t u, std::uint8_t v) noexcept {
    // In 64 bits: whoever lets boxes move may come near the ends of int.
    const auto clip = [](std::int64_t value, int most) { return static_cast<int>(std::clamp<std::int64_t>(value, 0, most)); };
    const int x0 = clip(left, width_);
    const int x1 = clip(std::int64_t{left} + width, width_);
    const int y0 = clip(top, height_);
    const int y1 = clip(std::int64_t{top} + height, height_);
    if (x0 >= x1 || y0 >= y1) return;
    const auto paint = [](MutablePlane plane, int from_x, int to_x, int from_y, int to_y, std::uint8_t value) {
        for (int row = from_y; row < to_y; ++row) std::fill_n(plane.row(row).begin() + from_x, to_x - from_x, value);
    };
    paint(plane(plane_y), x0, x1, y0, y1, y);
    paint(plane(plane_u), x0 / 2, chroma_side(x1), y0 / 2, chroma_side(y1), u);
    paint(plane(plane_v), x0 / 2, chroma_side(x1), y0 / 2, chroma_side(y1), v);
}

void Picture::copy_from(const PictureView& from) {
    if (from.empty()) {
        *this = Picture();
        return;
    }
    if (from.width != width_ || from.height != height_) *this = Picture(from.width, from.height);
    for (const auto i : {plane_y, plane_u, plane_v}) {
        const Plane source = from.plane(i);
        const MutablePlane target = plane(i);
        for (int y = 0; y < source.height; ++y) std::copy_n(source.row(y).begin(), source.width, target.row(y).begin());
    }
}

double psnr(const PictureView& a, const PictureView& b) noexcept {
    if (a.width != b.width || a.height != b.height || a.empty()) return std::nan("");
    const Plane left = a.plane(plane_y);
    const Plane right = b.plane(plane_y);
    std::uint64_t squares = 0;
    for (int y = 0; y < left.height; ++y) {
        const auto one = left.row(y);
        const auto other = right.row(y);
        for (std::size_t x = 0; x < one.size(); ++x) {
            const int difference = one[x] - other[x];
            squares += static_cast<std::uint64_t>(difference * difference);
        }
    }
    if (squares == 0) return std::numeric_limits<double>::infinity();
    const double mean = static_cast<double>(squares) / (static_cast<double>(a.width) * a.height);
    return 10 * std::log10(255.0 * 255.0 / mean);
}

}  // namespace volley::picture
