#include "picture/png.hpp"

#include <png.h>

#include <stdexcept>
#include <string>

namespace volley::picture {

Bytes png_of(int width, int height, std::span<const std::uint8_t> rgb) {
    constexpr int longest_side = 16'384;
    if (width < 1 || height < 1 || width > longest_side || height > longest_side ||
        rgb.size() != static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3)
        throw std::invalid_argument("no picture has these bytes");
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(width);
    image.height = static_cast<png_uint_32>(height);
    image.format = PNG_FORMAT_RGB;
    Bytes out(PNG_IMAGE_PNG_SIZE_MAX(image));
    png_alloc_size_t size = out.size();
    if (png_image_write_to_memory(&image, out.data(), &size, 0, rgb.data(), 0, nullptr) == 0)
        throw std::runtime_error(std::string("libpng cannot write a picture: ") + image.message);
    out.resize(size);
    return out;
}

}  // namespace volley::picture
