// A number in a picture, as rings about its centre, that survives lossy coding and transforms which no text or QR code does: edge detection,
// drawing as a cartoon, rotation about the centre.
//
// A ring with texture has spokes: a square wave of luma along the angle. A flat one is grey. From the inside: a ring that always has texture,
// one that is always flat (the pilots), then one for each bit, the highest first, of the number's Gray code: from one frame to the next one
// ring changes, which costs few bits and, where it is still half shown, reads as the frame before and as nothing else.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "picture/picture.hpp"

namespace volley::picture {

/// Where the rings lie, as fractions of the picture's smaller side, and how many spokes each has: the same for a picture that comes back in
/// another size.
struct RingLayout {
    static constexpr int most_bits = 16;
    static constexpr int fewest_bits = 8;

    int bits = 0;                             ///< 0: the picture is too small for the code
    std::array<int, most_bits + 2> spokes{};  ///< of each ring, from the inside; in use: bits + 2

    /// For pictures of a size: 16 bits from a smaller side of 480 on (there radii from 40 to 232 pixels, spokes 6 pixels wide at the middle of
    /// their ring), fewer in smaller ones, 8 with 240, none under that.
    [[nodiscard]] static RingLayout for_size(int width, int height) noexcept;
    /// A counter is painted modulo this.
    [[nodiscard]] std::uint32_t codes() const noexcept { return bits == 0 ? 0 : std::uint32_t{1} << bits; }
    friend bool operator==(const RingLayout&, const RingLayout&) = default;
};

/// What was read off a picture.
struct RingReading {
    /// From which confidence on a code is believed: where each ring is over 0.575 of the way from the flat pilot to the textured one, or under
    /// 0.425, which leaves a margin on either side of what codecs leave of rings. Of what is below, most is right.
    static constexpr double clear = 0.15;

    std::uint32_t code = 0;  ///< the counter modulo RingLayout::codes()
    /// How far the least clear ring is from the threshold, on the way to the pilot on its side: 1 (as clear as the pilots) to 0 (a coin).
    double confidence = 0;
    /// Of each ring, from the inside: the amplitude of its spokes in steps of luma. In use: bits + 2.
    std::array<float, RingLayout::most_bits + 2> rings{};
};

/// Paints and reads the code in pictures of one size. Making one costs 10 ms at 640x480; there a picture costs 50 us to paint and 30 us to
/// read. Thread safety: const members may be called by many threads at once.
class RingCode {
public:
    /// For pictures of this size, laid out for it.
    RingCode(int width, int height) : RingCode(RingLayout::for_size(width, height), width, height) {}
    /// For pictures of this size that were laid out for another. Without bits in the layout nothing is painted or read.
    RingCode(const RingLayout& layout, int width, int height);

    [[nodiscard]] const RingLayout& layout() const noexcept { return layout_; }
    [[nodiscard]] int width() const noexcept { return width_; }
    [[nodiscard]] int height() const noexcept { return height_; }

    /// Paints the disc over what is there. A picture of another size is left alone.
    void paint(Picture& picture, std::uint64_t counter) const noexcept;
    /// Nothing where the pilots do not stand out from each other, and for a picture of another size. Does not judge the confidence.
    [[nodiscard]] std::optional<RingReading> read(const PictureView& picture) const noexcept;

private:
    static constexpr int phases = 8;  // samples of one spoke and the gap behind it

    struct Run {
        std::uint32_t at = 0;       // in the luma plane
        std::uint32_t texture = 0;  // in texture_
        std::uint16_t size = 0;
        std::int16_t ring = 0;  // -1: of none
    };
    struct Spot {
        std::uint16_t x;
        std::uint16_t y;
    };
    void make_runs();
    void make_spots();
    [[nodiscard]] float strength(const Plane& luma, std::size_t ring) const noexcept;

    RingLayout layout_;
    int width_;
    int height_;
    std::vector<Run> runs_;
    std::vector<std::uint8_t> texture_;
    std::vector<Run> grey_;                                            // of a chroma plane
    std::vector<Spot> spots_;                                          // where luma is read, ring by ring, phase after phase
    std::array<std::size_t, RingLayout::most_bits + 3> first_spot_{};  // of each ring
};

}  // namespace volley::picture
