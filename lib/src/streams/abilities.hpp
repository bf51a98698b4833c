// What a session understands, for descriptions to offer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/sdp/session.hpp"

namespace volley::streams {

inline constexpr std::string_view mid_uri = "urn:ietf:params:rtp-hdrext:sdes:mid";
inline constexpr std::string_view abs_send_time_uri = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";

/// Header extensions of a section, with ids from 1 on that are the same in each kind of section.
[[nodiscard]] std::vector<proto::sdp::HeaderExtension> header_extensions();

/// Values of `a=rtcp-fb` for a codec of that kind: `nack`, `nack pli`, `ccm fir`, `goog-remb`, `transport-cc` for video; the last one for
/// audio.
[[nodiscard]] std::vector<std::string> feedback_of(std::string_view kind);

/// The codec that carries resent packets of `of` (RFC 4588 section 8.6).
[[nodiscard]] proto::sdp::Codec rtx_of(const proto::sdp::Codec& of, std::uint8_t payload_type);

}  // namespace volley::streams
