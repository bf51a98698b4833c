// RTP packets: the header, contributing sources, extension, payload and padding. Source: RFC 3550 section 5.1.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <volley/error.hpp>

#include "base/bytes.hpp"
#include "proto/rtp/error.hpp"

namespace volley::proto::rtp {

/// The one extension that a packet has (RFC 3550 section 5.3.1); what is in it: extensions.hpp. Borrowed.
struct Extension {
    std::uint16_t profile = 0;
    BytesView data;  ///< whole words
};

/// One packet. What it views is borrowed from what was parsed, or from whoever fills it in.
struct Packet {
    static constexpr std::size_t most_contributors = 15;

    bool marker = false;
    std::uint8_t payload_type = 0;  ///< 0 to 127
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0;
    std::array<std::uint32_t, most_contributors> contributors{};  ///< CSRCs
    std::uint8_t contributor_count = 0;
    bool has_extension = false;
    Extension extension;
    BytesView payload;
    std::uint8_t padding = 0;  ///< bytes, the one that counts them included
};

/// The fixed header's bytes.
inline constexpr std::size_t header_bytes = 12;

/// Errors: Errc::truncated, bad_version, bad_padding. A packet may be padding alone: that is how bandwidth is probed.
[[nodiscard]] Result<Packet> parse(BytesView bytes) noexcept;

/// How many bytes write() takes.
[[nodiscard]] std::size_t written_bytes(const Packet& packet) noexcept;

/// Writes to the front of `out`. @return written_bytes(). Errors: Errc::no_room; bad_field for a payload type over 127, more than fifteen
/// contributors, an extension that is not made of whole words or is longer than 65,535 of them.
[[nodiscard]] Result<std::size_t> write(const Packet& packet, std::span<std::uint8_t> out) noexcept;

}  // namespace volley::proto::rtp
