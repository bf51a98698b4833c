// Why bytes are no VP8, or no payload of RTP that carries it.
#pragma once

#include <volley/error.hpp>

namespace volley::proto::vp8 {

enum class Errc {
    truncated = 1,   ///< shorter than its own fields say, or nothing behind the descriptor
    not_vp8,         ///< a frame whose header cannot be
    no_start,        ///< a frame's first packet is not the beginning of one
    second_start,    ///< a later packet of the same frame is
    mixed_pictures,  ///< packets of one frame say different picture ids
    too_large,       ///< a frame of more than most_frame_bytes
    no_room,         ///< to be written: no byte of the frame fits behind the descriptor
};
[[nodiscard]] const boost::system::error_category& category() noexcept;
inline error_code make_error_code(Errc e) noexcept { return {static_cast<int>(e), category()}; }

}  // namespace volley::proto::vp8

template <>
struct boost::system::is_error_code_enum<volley::proto::vp8::Errc> : std::true_type {};
