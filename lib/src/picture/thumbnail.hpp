// Small grey pictures, which are compared where codecs and sizes differ.
#pragma once

#include <vector>

#include "picture/picture.hpp"

namespace volley::picture {

/// Luma, row after row.
struct Thumbnail {
    int width = 0;
    int height = 0;
    std::vector<float> luma;

    [[nodiscard]] float at(int x, int y) const noexcept {
        return luma[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
    }
};

/// The mean luma of the pixels that each of its own stands for. Sizes: at least 1; a side that is longer than the picture's repeats pixels.
[[nodiscard]] Thumbnail thumbnail_of(const PictureView& picture, int width, int height);

/// Turned counter-clockwise about the point that is the middle of the picture which it was made of, in OpenCV's way: pixel (width / 2,
/// height / 2), not the point between pixels. What comes from outside is black.
/// @param picture_side  the width of that picture, in pixels.
[[nodiscard]] Thumbnail turned(const Thumbnail& picture, double degrees, int picture_side);

/// Pearson's, -1 to 1; 0 where one of the two is of one colour, or their sizes differ.
[[nodiscard]] double correlation(const Thumbnail& a, const Thumbnail& b) noexcept;

}  // namespace volley::picture
