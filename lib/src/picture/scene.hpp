// A picture to look at and to code while its ring code is measured: a gradient and boxes that move.
#pragma once

#include <cstdint>
#include <vector>

#include "picture/picture.hpp"

namespace volley::picture {

/// The same seed, size and frame number always give the same picture. Thread safety: const members may be called by many threads at once.
class Scene {
public:
    /// Throws std::length_error for a size that is_possible_size() refuses.
    Scene(int width, int height, std::uint64_t seed);

    /// Paints all of the picture, which becomes as large as the scene.
    void paint(Picture& picture, std::uint64_t frame) const;

private:
    struct Box {
        int width;
        int height;
        std::uint64_t start_x;  // on its way there and back
        std::uint64_t start_y;
        std::uint64_t step_x;  // in a frame
        std::uint64_t step_y;
        std::uint8_t y, u, v;
    };
    int width_;
    int height_;
    std::uint64_t phase_;             // of the gradient
    std::vector<std::uint8_t> luma_;  // one row of it, and as much again as it moves
    std::vector<std::uint8_t> u_;
    std::vector<std::uint8_t> v_;
    std::vector<Box> boxes_;
};

}  // namespace volley::picture
