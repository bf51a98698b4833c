// Packets of RTCP put together, and the times in them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "proto/rtp/rtcp.hpp"

namespace volley::streams {

/// NTP time of a TimePoint: seconds since 1900 in the upper half. @param offset  SessionConfig::ntp_offset.
[[nodiscard]] std::uint64_t ntp_time(TimePoint at, Duration offset) noexcept;
/// The 32 bits in the middle, in which reports name each other.
[[nodiscard]] constexpr std::uint32_t ntp_middle(std::uint64_t ntp) noexcept { return static_cast<std::uint32_t>(ntp >> 16); }
/// A time of at least 0 in 1/65536 s, at most what 32 bits hold; and back.
[[nodiscard]] std::uint32_t ntp_interval(Duration interval) noexcept;
[[nodiscard]] Duration from_ntp_interval(std::uint32_t interval) noexcept;

/// One datagram: reports, who sends them, feedback (RFC 3550 section 6.1). Feedback alone gets an empty report before it, since packets of
/// reduced size (RFC 5506) are not everybody's.
/// @param sender  whose empty report that is. @param sources  ours, of that name.
[[nodiscard]] Bytes compound(std::span<const proto::rtp::Rtcp> packets, std::uint32_t sender,
                             std::span<const std::uint32_t> sources, std::string_view cname);

}  // namespace volley::streams
