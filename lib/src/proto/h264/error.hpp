// Why bytes are no H.264, or no payload of RTP that carries it.
#pragma once

#include <volley/error.hpp>

namespace volley::proto::h264 {

enum class Errc {
    truncated = 1,  ///< shorter than its own fields say
    not_h264,       ///< a value that cannot be
    unsupported,    ///< a kind of packet that packetization-mode 1 has not
    no_start,       ///< a fragment whose beginning is not there
    unfinished,     ///< a NAL unit whose last fragment is not there
    too_large,      ///< more than most_picture_bytes in one picture
    too_many,       ///< more than most_units NAL units in one picture
    no_room,        ///< to be written: not one byte of a fragment fits
    bad_profile,    ///< not six hexadecimal digits, or not the profile that is wanted
};
[[nodiscard]] const boost::system::error_category& category() noexcept;
inline error_code make_error_code(Errc e) noexcept { return {static_cast<int>(e), category()}; }

}  // namespace volley::proto::h264

template <>
struct boost::system::is_error_code_enum<volley::proto::h264::Errc> : std::true_type {};
