#include "picture/ring_code.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace volley::picture {
namespace {

// In fractions of the picture's smaller side; at 480 pixels they are whole numbers of them.
constexpr double inner = 40.0 / 480;
constexpr double outer = 232.0 / 480;
constexpr double margin = 4.0 / 480;  // of grey about the outermost ring

constexpr double narrowest_ring = 9.6;  // pixels, where there is a choice
constexpr int smallest_side = 180;
constexpr double spoke_width = 6;  // pixels; a median filter of 7 pixels, as cartoons are made with, wipes out what is narrower
constexpr int full_size = 480;     // from which on all grows with the picture

constexpr int grey = 128;
constexpr int amplitude = 60;

constexpr std::array<double, 3> circles = {0.3, 0.5, 0.7};  // that a ring is read on, of its width
constexpr int harmonics = 3;  // a square wave has the odd ones; edges of its spokes are twice as many

constexpr float least_texture = 2;     // steps of luma
constexpr float least_separation = 2;  // of the pilots: unlike pictures without a code, mostly

struct Circle {
    double x;
    double y;
    double side;

    Circle(int width, int height) : x(width / 2.0), y(height / 2.0), side(std::min(width, height)) {}
};

double ring_width(const RingLayout& layout, double side) { return (outer - inner) * side / (layout.bits + 2); }

}  // namespace

RingLayout RingLayout::for_size(int width, int height) noexcept {
    RingLayout out;
    const int side = std::min(width, height);
    if (side < smallest_side || !is_possible_size(width, height)) return out;
    const int rings = static_cast<int>((outer - inner) * side / narrowest_ring + 1e-9);
    out.bits = std::clamp(rings - 2, fewest_bits, most_bits);
    const double period = 2 * spoke_width * std::max(1.0, static_cast<double>(side) / full_size);
    for (int ring = 0; ring < out.bits + 2; ++ring) {
        const double radius = inner * side + (ring + 0.5) * ring_width(out, side);
        out.spokes[static_cast<std::size_t>(ring)] = static_cast<int>(std::lround(2 * std::numbers::pi * radius / period));
    }
    return out;
}

RingCode::RingCode(const RingLayout& layout, int width, int height) : layout_(layout), width_(width), height_(height) {
    if (layout_.bits < 1 || layout_.bits > RingLayout::most_bits || !is_possible_size(width, height)) {
        layout_ = RingLayout();
        return;
    }
    make_runs();
    make_spots();
}

void RingCode::make_runs() {
    const Circle disc(width_, height_);
    const double radius = (outer + margin) * disc.side;
    const double width = ring_width(layout_, disc.side);
    for (int y = 0; y < height_; ++y) {
        for (int x = 0; x < width_; ++x) {
            const double dx = x - disc.x;
            const double dy = y - disc.y;
            const double away = std::hypot(dx, dy);
            if (away > radius) continue;
            const double place = (away - inner * disc.side) / width;
            const int ring = place >= 0 && place < layout_.bits + 2 ? static_cast<int>(place) : -1;
            const auto at = static_cast<std::uint32_t>(y * width_ + x);
            if (runs_.empty() || runs_.back().ring != ring || runs_.back().at + runs_.back().size != at || x == 0)
                runs_.push_back({at, static_cast<std::uint32_t>(texture_.size()), 0, static_cast<std::int16_t>(ring)});
            ++runs_.back().size;
            if (ring < 0) continue;
            const double wave = std::sin(layout_.spokes[static_cast<std::size_t>(ring)] * std::atan2(dy, dx));
            texture_.push_back(static_cast<std::uint8_t>(wave >= 0 ? grey + amplitude : grey - amplitude));
        }
    }
    const int chroma_width = chroma_side(width_);
    for (int y = 0; y < chroma_side(height_); ++y) {
        for (int x = 0; x < chroma_width; ++x) {
            if (std::hypot(2 * x + 0.5 - disc.x, 2 * y + 0.5 - disc.y) > radius) continue;
            const auto at = static_cast<std::uint32_t>(y * chroma_width + x);
            if (grey_.empty() || grey_.back().at + grey_.back().size != at || x == 0) grey_.push_back({at, 0, 0, -1});
            ++grey_.back().size;
        }
    }
}

void RingCode::make_spots() {
    const Circle disc(width_, height_);
    const double width = ring_width(layout_, disc.side);
    const auto nearest = [](double place, int most) {
        return static_cast<std::uint16_t>(std::clamp(static_cast<int>(std::lround(place)), 0, most - 1));
    };
    const auto rings = static_cast<std::size_t>(layout_.bits) + 2;
    for (std::size_t ring = 0; ring < rings; ++ring) {
        first_spot_[ring] = spots_.size();
        const int samples = phases * layout_.spokes[ring];
        for (const double circle : circles) {
            const double radius = inner * disc.side + (static_cast<double>(ring) + circle) * width;
            for (int n = 0; n < samples; ++n) {
                const double angle = 2 * std::numbers::pi * n / samples;
                spots_.push_back(
                    {nearest(disc.x + radius * std::cos(angle), width_), nearest(disc.y + radius * std::sin(angle), height_)});
            }
        }
    }
    first_spot_[rings] = spots_.size();
}

void RingCode::paint(Picture& picture, std::uint64_t counter) const noexcept {
    if (layout_.bits == 0 || picture.width() != width_ || picture.height() != height_) return;
    const auto code = static_cast<std::uint32_t>(counter % layout_.codes());
    const std::uint32_t gray = code ^ (code >> 1);
    std::array<bool, RingLayout::most_bits + 2> textured{};
    textured[0] = true;
    for (int bit = 0; bit < layout_.bits; ++bit)
        textured[static_cast<std::size_t>(bit) + 2] = ((gray >> (layout_.bits - 1 - bit)) & 1U) != 0;

    std::uint8_t* luma = picture.plane(plane_y).data;
    for (const Run& run : runs_) {
        if (run.ring >= 0 && textured[static_cast<std::size_t>(run.ring)])
            std::memcpy(luma + run.at, texture_.data() + run.texture, run.size);
        else
            std::memset(luma + run.at, grey, run.size);
    }
    for (const auto plane : {plane_u, plane_v})
        for (const Run& run : grey_) std::memset(picture.plane(plane).data + run.at, grey, run.size);
}

/// The size of the discrete Fourier transform of a ring's luma at its number of spokes and at the harmonics of that: a rotation changes
/// phases alone, and texture of other frequencies, as a cartoon's speckle, adds little. With `phases` samples to each spoke all that is
/// needed of the samples is eight sums.
float RingCode::strength(const Plane& luma, std::size_t ring) const noexcept {
    std::array<std::uint32_t, phases> sums{};
    for (std::size_t i = first_spot_[ring]; i < first_spot_[ring + 1]; i += phases)
        for (std::size_t phase = 0; phase < phases; ++phase) {
            const Spot spot = spots_[i + phase];
            sums[phase] += luma.data[static_cast<std::ptrdiff_t>(spot.y) * luma.stride + spot.x];
        }
    float power = 0;
    for (int harmonic = 1; harmonic <= harmonics; ++harmonic) {
        float real = 0;
        float imaginary = 0;
        for (int phase = 0; phase < phases; ++phase) {
            const float angle = 2 * std::numbers::pi_v<float> * static_cast<float>(harmonic * phase) / phases;
            const auto sum = static_cast<float>(sums[static_cast<std::size_t>(phase)]);
            real += sum * std::cos(angle);
            imaginary -= sum * std::sin(angle);
        }
        power += real * real + imaginary * imaginary;
    }
    return 2 * std::sqrt(power) / static_cast<float>(first_spot_[ring + 1] - first_spot_[ring]);
}

std::optional<RingReading> RingCode::read(const PictureView& picture) const noexcept {
    if (layout_.bits == 0 || picture.width != width_ || picture.height != height_) return std::nullopt;
    const Plane luma = picture.plane(plane_y);
    RingReading out;
    const float textured = out.rings[0] = strength(luma, 0);
    out.rings[1] = strength(luma, 1);
    const float flat = out.rings[1];
    if (textured < least_texture || textured < least_separation * flat) return std::nullopt;
    // In the middle between the pilots. What a coarse encoder leaves standing of a ring that has gone flat, for a second where it drops pictures,
    // was up to 0.43 of the textured pilot (H.264, cartoons); a ring that gets texture gets most of it with its first picture and was never under
    // 0.56 (edges, VP8 at 150 kbit/s), 0.7 as a rule. The geometric mean of the pilots, a fifth of the textured one, took the former for texture.
    const float threshold = (textured + flat) / 2;
    const float whole = textured - threshold;  // as far as from the threshold to either pilot
    std::uint32_t gray = 0;
    float least = 1;
    for (std::size_t ring = 2; ring < static_cast<std::size_t>(layout_.bits) + 2; ++ring) {
        const float found = out.rings[ring] = strength(luma, ring);
        gray = (gray << 1) | (found > threshold ? 1U : 0U);
        least = std::min(least, std::abs(found - threshold) / whole);
    }
    out.confidence = least;
    for (std::uint32_t shifted = gray; shifted != 0; shifted >>= 1) out.code ^= shifted;
    return out;
}

}  // namespace volley::picture
