#include "picture/scene.hpp"

#include <algorithm>
#include <stdexcept>

namespace volley::picture {
namespace {

constexpr int period = 256;       // of the gradient, in pixels: a triangle
constexpr int gradient_step = 2;  // pixels that it moves in a frame

/// SplitMix64: state in, number out.
std::uint64_t draw(std::uint64_t& state) noexcept {
    std::uint64_t z = state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}
int draw(std::uint64_t& state, int from, int to) noexcept {
    return from + static_cast<int>(draw(state) % static_cast<std::uint64_t>(to - from + 1));
}

/// From `low` to `high` and back, `size` samples, the period of it `length` samples long.
std::vector<std::uint8_t> triangle(std::size_t size, int length, int low, int high) {
    std::vector<std::uint8_t> out(size);
    for (std::size_t i = 0; i < size; ++i) {
        const int place = static_cast<int>(i % static_cast<std::size_t>(length));
        const int way = std::min(place, length - place);
        out[i] = static_cast<std::uint8_t>(low + (high - low) * way / (length / 2));
    }
    return out;
}

/// Where something is that moves to and fro over `room`.
int bounced(std::uint64_t way, int room) noexcept {
    if (room <= 0) return 0;
    const auto place = static_cast<int>(way % static_cast<std::uint64_t>(2 * room));
    return place < room ? place : 2 * room - place;
}

void paint_gradient(MutablePlane plane, const std::vector<std::uint8_t>& row, std::uint64_t shift, int length) {
    for (int y = 0; y < plane.height; ++y) {
        const auto from = (shift + static_cast<std::uint64_t>(y)) % static_cast<std::uint64_t>(length);
        std::copy_n(row.begin() + static_cast<std::ptrdiff_t>(from), plane.width, plane.row(y).begin());
    }
}

}  // namespace

Scene::Scene(int width, int height, std::uint64_t seed) : width_(width), height_(height) {
    if (!is_possible_size(width, height)) throw std::length_error("no picture has the scene's size");
    std::uint64_t state = seed;
    phase_ = draw(state) % period;
    luma_ = triangle(static_cast<std::size_t>(width + period), period, 60, 190);
    u_ = triangle(static_cast<std::size_t>(chroma_side(width) + period), period, 100, 156);
    v_ = triangle(static_cast<std::size_t>(chroma_side(width) + period / 2), period / 2, 112, 144);
    for (int i = 0; i < 8; ++i) {
        Box box{};
        box.width = draw(state, std::max(2, width / 20), std::max(4, width / 8));
        box.height = draw(state, std::max(2, height / 20), std::max(4, height / 6));
        box.start_x = draw(state) % largest_side;
        box.start_y = draw(state) % largest_side;
        box.step_x = static_cast<std::uint64_t>(draw(state, 0, 4));
        box.step_y = static_cast<std::uint64_t>(draw(state, 1, 3));
        box.y = static_cast<std::uint8_t>(draw(state, 30, 220));
        box.u = static_cast<std::uint8_t>(draw(state, 70, 186));
        box.v = static_cast<std::uint8_t>(draw(state, 70, 186));
        boxes_.push_back(box);
    }
}

void Scene::paint(Picture& picture, std::uint64_t frame) const {
    if (picture.width() != width_ || picture.height() != height_) picture = Picture(width_, height_);
    const std::uint64_t shift = phase_ + gradient_step * (frame % (period * 1024));
    paint_gradient(picture.plane(plane_y), luma_, shift, period);
    paint_gradient(picture.plane(plane_u), u_, shift / 2, period);
    paint_gradient(picture.plane(plane_v), v_, shift / 2, period / 2);
    for (const Box& box : boxes_) {
        const int x = bounced(box.start_x + box.step_x * frame, width_ - box.width);
        const int y = bounced(box.start_y + box.step_y * frame, height_ - box.height);
        picture.fill_box(x, y, box.width, box.height, box.y, box.u, box.v);
    }
}

}  // namespace volley::picture
