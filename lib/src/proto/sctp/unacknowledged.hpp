// The oldest packets of data that a peer has not acknowledged, for the case that the library which sent them has forgotten them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"

namespace volley::proto::sctp {

/// Looks at what passes, and keeps a few packets whole: sent again as they are they are an ordinary retransmission (RFC 9260 section 6.3.3),
/// which the peer acknowledges. Packets are well-formed and in plain text. Errors: none; what is unknown is passed over.
class Unacknowledged {
public:
    static constexpr std::size_t most = 16;

    /// One that goes to the peer. Kept where there is new data in it and room.
    void sent(BytesView packet);
    /// One that came from it.
    void received(BytesView packet);
    void clear() noexcept { packets_.clear(); }

    /// In the order in which they were sent.
    struct Packet {
        std::uint32_t last = 0;  ///< the highest TSN in it
        Bytes bytes;
    };
    [[nodiscard]] const std::vector<Packet>& packets() const noexcept { return packets_; }

private:
    std::vector<Packet> packets_;
    std::optional<std::uint32_t> newest_;  // TSN ever sent
};

}  // namespace volley::proto::sctp
