// Why bytes are no packet of RTP or RTCP.
#pragma once

#include <volley/error.hpp>

namespace volley::proto::rtp {

enum class Errc {
    truncated = 1,  ///< shorter than its own fields say
    bad_version,    ///< not 2
    bad_padding,    ///< none, or more than there are bytes; in RTCP also one that is not the last packet's
    bad_field,      ///< a value that cannot be
    too_many,       ///< more packets in one datagram than are read
    no_room,        ///< what is to be written does not fit
};
[[nodiscard]] const boost::system::error_category& category() noexcept;
inline error_code make_error_code(Errc e) noexcept { return {static_cast<int>(e), category()}; }

}  // namespace volley::proto::rtp

template <>
struct boost::system::is_error_code_enum<volley::proto::rtp::Errc> : std::true_type {};
