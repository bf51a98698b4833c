#include "webrtc/demux.hpp"

namespace volley::webrtc {

DatagramKind kind_of(BytesView datagram) noexcept {
    if (datagram.empty()) return DatagramKind::unknown;
    const std::uint8_t first = datagram[0];
    if (first <= 3) return DatagramKind::stun;
    if (first >= 20 && first <= 63) return DatagramKind::dtls;
    if (first >= 64 && first <= 79) return DatagramKind::turn_channel;
    if (first < 128 || first > 191 || datagram.size() < 2) return DatagramKind::unknown;
    // Payload types 64 to 95 are not given to RTP, so that with or without the marker these are types of RTCP.
    const std::uint8_t second = datagram[1];
    return second >= 192 && second <= 223 ? DatagramKind::rtcp : DatagramKind::rtp;
}

}  // namespace volley::webrtc
