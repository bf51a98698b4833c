// Which protocol a datagram of a call belongs to: they share one port.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace volley::webrtc {

enum class DatagramKind : std::uint8_t {
    stun,          //
    dtls,          //
    turn_channel,  ///< ChannelData of TURN
    rtp,           //
    rtcp,          //
    unknown        ///< nobody's: dropped
};

/// By its first byte, RTP and RTCP by their second one. Source: RFC 7983 section 7, RFC 5761 section 4. Nothing but that is looked at: what
/// kind says so may be malformed all the same.
[[nodiscard]] DatagramKind kind_of(BytesView datagram) noexcept;

}  // namespace volley::webrtc
