#include "proto/vp8/frame_header.hpp"

namespace volley::proto::vp8 {
namespace {

// Low byte first, unlike everything else on the wire.
std::uint16_t little_u16(ByteReader& in) noexcept {
    const unsigned low = in.u8();
    return static_cast<std::uint16_t>(low | (static_cast<unsigned>(in.u8()) << 8));
}

}  // namespace

Result<FrameHeader> read_frame_header(BytesView frame) noexcept {
    constexpr std::uint16_t side_mask = 0x3fff;
    constexpr unsigned scale_shift = 14;
    constexpr std::uint32_t start_code = 0x9d012a;
    ByteReader in(frame);
    const std::uint32_t tag_low = little_u16(in);
    const std::uint32_t tag = tag_low | (static_cast<std::uint32_t>(in.u8()) << 16);
    if (!in.ok()) return Errc::truncated;
    FrameHeader out;
    out.key = (tag & 1U) == 0;
    out.version = static_cast<std::uint8_t>((tag >> 1) & 7U);
    out.shown = ((tag >> 4) & 1U) != 0;
    out.first_partition_bytes = tag >> 5;
    if (!out.key) return out;
    const std::uint32_t code_high = in.u8();
    const std::uint32_t code = (code_high << 16) | in.u16();
    const std::uint16_t horizontal = little_u16(in);
    const std::uint16_t vertical = little_u16(in);
    if (!in.ok()) return Errc::truncated;
    if (code != start_code) return Errc::not_vp8;
    out.width = horizontal & side_mask;
    out.height = vertical & side_mask;
    out.horizontal_scale = static_cast<std::uint8_t>(horizontal >> scale_shift);
    out.vertical_scale = static_cast<std::uint8_t>(vertical >> scale_shift);
    if (out.width == 0 || out.height == 0) return Errc::not_vp8;
    return out;
}

}  // namespace volley::proto::vp8
