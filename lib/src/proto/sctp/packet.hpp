// The common header of SCTP packets: ports and checksum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace volley::proto::sctp {

/// CRC-32C (Castagnoli), as SCTP, iSCSI and ext4 have it. Source: RFC 9260 appendix A.
[[nodiscard]] std::uint32_t crc32c_of(BytesView bytes) noexcept;

constexpr std::size_t header_bytes = 12;  ///< RFC 9260 section 3.1

struct Ports {
    std::uint16_t source = 0;
    std::uint16_t destination = 0;
    bool operator==(const Ports&) const = default;
};

/// Of a packet whose checksum holds; nothing for one that is damaged, or too short for a chunk. Thread safety: pure function.
[[nodiscard]] std::optional<Ports> ports_of_sound(BytesView packet) noexcept;

/// Writes the ports, and the checksum after them. `packet` is at least a header.
void address(Bytes& packet, Ports ports) noexcept;

}  // namespace volley::proto::sctp
