// The packets of one stream that wait to be sent, and those that were sent lately and may be asked for again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <volley/time.hpp>

#include "base/bytes.hpp"

namespace volley::streams {

struct KeptPacket {
    std::optional<std::uint64_t> sequence;  ///< nothing: an empty place
    Bytes bytes;                            ///< all of the packet; their memory is used again
    std::size_t payload_at = 0;
    std::size_t codec = 0;
    TimePoint queued{};
    std::optional<TimePoint> sent;
    std::optional<TimePoint> resent;  ///< the last time
    bool resending = false;           ///< is on its way out again
};

/// A ring by sequence number that grows with what is sent in `keep`, within bounds. Thread safety: as a plain value.
class History {
public:
    static constexpr Duration keep = std::chrono::seconds(1);
    static constexpr std::size_t most_packets = 1024;

    /// The place of a packet, emptied of the one that had it. @return nothing where a later packet has it.
    [[nodiscard]] KeptPacket* put(TimePoint now, std::uint64_t sequence);
    [[nodiscard]] KeptPacket* find(std::uint64_t sequence) noexcept;
    [[nodiscard]] std::size_t capacity() const noexcept { return ring_.size(); }

private:
    [[nodiscard]] KeptPacket& place(std::uint64_t sequence) noexcept { return ring_[sequence % ring_.size()]; }
    void grow();

    std::vector<KeptPacket> ring_;
};

}  // namespace volley::streams
