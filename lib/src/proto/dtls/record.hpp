// What the clear part of DTLS packets says, so that garbage never reaches the library that would take it seriously.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "proto/dtls/session.hpp"

namespace volley::proto::dtls {

/// How far the association is, as far as it decides what may come.
enum class Phase : std::uint8_t {
    hello,        ///< a server that has heard no ClientHello that it could use
    handshaking,  //
    connected     ///< only encrypted records count from here on
};

/// What looking at a datagram's record headers (RFC 6347 section 4.1), and at handshake fragments in the clear (section 4.2.2), says of it.
struct Look {
    bool plausible = false;  ///< worth handing on: whole records, nothing in the clear that the peer of a `role` would not send
    bool encrypted = false;  ///< some record is of an epoch above 0
};

/// @param role  ours. Throws: nothing, for any input. Thread safety: pure function.
[[nodiscard]] Look look_at(BytesView datagram, Role role, Phase phase) noexcept;

}  // namespace volley::proto::dtls
