// The first bytes of a VP8 frame, which are not entropy coded. Source: RFC 6386 section 9.1.
#pragma once

#include <cstddef>
#include <cstdint>

#include <volley/error.hpp>

#include "base/bytes.hpp"
#include "proto/vp8/error.hpp"

namespace volley::proto::vp8 {

struct FrameHeader {
    bool key = false;    ///< needs no frame before it
    bool shown = false;  ///< false for one that is only referred to
    std::uint8_t version = 0;
    std::uint32_t first_partition_bytes = 0;
    /// In pixels, of key frames only; else 0. They come from a peer: bound them before memory is taken.
    std::uint16_t width = 0;
    std::uint16_t height = 0;
    std::uint8_t horizontal_scale = 0;  ///< what the shower is asked for, 0 to 3; no decoder scales
    std::uint8_t vertical_scale = 0;
};

/// The bytes that are read of a frame: three, or ten of a key frame. read_frame_header() can be given the beginning of a frame alone.
inline constexpr std::size_t key_header_bytes = 10;

/// Errors: Errc::truncated; not_vp8 where a key frame has not its start code, or has no width or no height.
[[nodiscard]] Result<FrameHeader> read_frame_header(BytesView frame) noexcept;

}  // namespace volley::proto::vp8
