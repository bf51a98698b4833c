// Pictures as codecs take them: 8-bit planar YCbCr 4:2:0 (I420), limited range (ITU-R BT.601: black is 16, white 235, no colour 128).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace volley::picture {

/// The largest side of a picture, in pixels.
inline constexpr int largest_side = 4096;

/// Whether a picture may have this size: each side from 1 to largest_side. Ask before a size from outside becomes a Picture.
[[nodiscard]] constexpr bool is_possible_size(int width, int height) noexcept {
    return width >= 1 && height >= 1 && width <= largest_side && height <= largest_side;
}
/// Width of the chroma planes of a picture so wide, and height of those of one so high: an odd last column or row has its own sample.
[[nodiscard]] constexpr int chroma_side(int side) noexcept { return (side + 1) / 2; }
/// Bytes of all three planes without gaps between rows.
[[nodiscard]] constexpr std::size_t i420_bytes(int width, int height) noexcept {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(height) +
           2 * static_cast<std::size_t>(chroma_side(width)) * static_cast<std::size_t>(chroma_side(height));
}

/// Luma, blue difference (Cb) and red difference (Cr): the index of a plane.
enum PlaneIndex : std::size_t { plane_y = 0, plane_u = 1, plane_v = 2 };

/// One borrowed plane: `height` rows of `width` samples, their starts `stride` bytes apart.
template <class Sample>
struct BasicPlane {
    Sample* data = nullptr;
    int width = 0;
    int height = 0;
    int stride = 0;  ///< in bytes; at least width, never negative

    [[nodiscard]] std::span<Sample> row(int y) const noexcept {
        return {data + static_cast<std::ptrdiff_t>(y) * stride, static_cast<std::size_t>(width)};
    }
};
using Plane = BasicPlane<const std::uint8_t>;
using MutablePlane = BasicPlane<std::uint8_t>;

/// A borrowed picture, whoever owns its planes (a Picture, a decoder's frame). Valid as long as they are. Empty: width 0.
struct PictureView {
    int width = 0;
    int height = 0;
    std::array<const std::uint8_t*, 3> data{};
    std::array<int, 3> stride{};  ///< in bytes, of each plane

    [[nodiscard]] bool empty() const noexcept { return width == 0; }
    [[nodiscard]] Plane plane(PlaneIndex i) const noexcept {
        return {data[i], i == plane_y ? width : chroma_side(width), i == plane_y ? height : chroma_side(height), stride[i]};
    }
};

/// A picture that owns its planes. They lie in one block, Y, U, V, without gaps: the stride of a plane is its width, and bytes() is what one
/// frame of a raw I420 or Y4M file holds. Thread safety: as a plain value.
class Picture {
public:
    /// Empty: 0 x 0.
    Picture() = default;
    /// Black. Throws std::length_error where is_possible_size() says no.
    Picture(int width, int height);
    /// A copy without gaps. An empty view gives an empty picture; otherwise as above.
    explicit Picture(const PictureView& from);

    [[nodiscard]] int width() const noexcept { return width_; }
    [[nodiscard]] int height() const noexcept { return height_; }
    [[nodiscard]] bool empty() const noexcept { return width_ == 0; }

    [[nodiscard]] PictureView view() const noexcept;
    operator PictureView() const noexcept {
        return view();
    }  // NOLINT(google-explicit-constructor): borrowing is what callers mean
    [[nodiscard]] Plane plane(PlaneIndex i) const noexcept;
    [[nodiscard]] MutablePlane plane(PlaneIndex i) noexcept;
    /// All three planes, i420_bytes() of them.
    [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::span<std::uint8_t> bytes() noexcept { return bytes_; }

    /// Gives all of it one colour.
    void fill(std::uint8_t y, std::uint8_t u = 128, std::uint8_t v = 128) noexcept;
    /// Gives a rectangle one colour, what lies outside the picture cut off. Chroma samples that it touches in part are coloured too.
    void fill_box(int left, int top, int width, int height, std::uint8_t y, std::uint8_t u = 128, std::uint8_t v = 128) noexcept;
    /// Takes over another one's size and samples; its memory is used again where the size is the same. Throws as the constructor does.
    void copy_from(const PictureView& from);

    /// Same size, same samples.
    friend bool operator==(const Picture&, const Picture&) = default;

private:
    [[nodiscard]] std::size_t offset(PlaneIndex i) const noexcept;

    int width_ = 0;
    int height_ = 0;
    std::vector<std::uint8_t> bytes_;
};

/// Peak signal to noise ratio of the luma planes (peak 255), in dB: infinite where they are equal, NaN where the sizes differ or are 0.
[[nodiscard]] double psnr(const PictureView& a, const PictureView& b) noexcept;

}  // namespace volley::picture
