// Pictures as PNG files.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.hpp"

namespace volley::picture {

/// The file's bytes, of `width` x `height` pixels of red, green and blue, row after row without gaps. Throws std::invalid_argument where `rgb`
/// is not that long or a side is not from 1 to 16,384; std::runtime_error where libpng fails.
[[nodiscard]] Bytes png_of(int width, int height, std::span<const std::uint8_t> rgb);

}  // namespace volley::picture
