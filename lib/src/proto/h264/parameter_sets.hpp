// What a sequence parameter set says of the pictures. Source: ITU-T H.264 sections 7.3.2.1.1 and 7.4.2.1.1.
#pragma once

#include <cstdint>

#include <volley/error.hpp>

#include "base/bytes.hpp"
#include "proto/h264/error.hpp"
#include "proto/h264/profile.hpp"

namespace volley::proto::h264 {

struct SequenceParameters {
    ProfileLevel profile;
    std::uint32_t id = 0;
    std::uint32_t reference_frames = 0;  ///< max_num_ref_frames, at most 16
    /// In pixels. The coded ones are whole macroblocks: what a decoder takes memory for. They come from a peer: bound them before that.
    std::uint32_t coded_width = 0;
    std::uint32_t coded_height = 0;
    std::uint32_t width = 0;  ///< less what is cropped
    std::uint32_t height = 0;
};

/// Reads a NAL unit, header and emulation prevention bytes included.
/// Errors: Errc::truncated; not_h264 for another type of unit, a value out of its range, or sides of more than 65,536 pixels.
[[nodiscard]] Result<SequenceParameters> read_sequence_parameters(BytesView unit);

}  // namespace volley::proto::h264
