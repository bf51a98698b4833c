// Sent and returned pictures beside each other, for a person to compare.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "picture/picture.hpp"

namespace volley::picture {

/// Red, green, blue, one byte each, row after row without gaps.
struct RgbImage {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> rgb;
};

/// A sent picture above the one that came back for it; an empty view leaves its place grey.
struct StripPair {
    PictureView sent;
    PictureView returned;
};

/// Full range RGB of limited range BT.601. Empty for an empty view.
[[nodiscard]] RgbImage rgb_of(const PictureView& picture);

/// One column for each pair: sent above, returned below, each made to fit cells `cell_width` wide and as high as the first picture's shape
/// asks for, with gaps between. A row in which no pair has a picture is left out. At most 64 pairs are shown, and fewer where the strip would be
/// wider than 8,192 pixels. Empty without a picture.
[[nodiscard]] RgbImage strip(std::span<const StripPair> pairs, int cell_width = 320);

}  // namespace volley::picture
