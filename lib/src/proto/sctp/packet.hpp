// SCTP packets from outside: ports, checksum, and whether their chunks are what they say.
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

/// How far the association is, as far as it decides what may come.
enum class Phase : std::uint8_t { connecting, connected };

/// The packet is made of whole chunks, with what they always hold and whole parameters inside, and of none that belongs to an extension
/// that is never agreed on (authentication, address changes, ECN, interleaving and so on), or that begins a connected association anew.
/// For libraries that are less careful: usrsctp 0.9.5 turns for ever on a parameter of an INIT that says it has no bytes.
/// Chunks that nobody knows are left to the library, which skips them or not as their type says (RFC 9260 section 3.2).
[[nodiscard]] bool is_well_formed(BytesView packet, Phase phase) noexcept;

/// Writes the ports, and the checksum after them. `packet` is at least a header.
void address(Bytes& packet, Ports ports) noexcept;

}  // namespace volley::proto::sctp
