// What stands between STUN messages on the way to a TURN server: channel data, and streams. Source: RFC 8656 sections 3.1, 12.4, 12.5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace volley::proto::turn {

inline constexpr std::uint16_t first_channel = 0x4000;
inline constexpr std::uint16_t last_channel = 0x4fff;

struct ChannelData {
    std::uint16_t number = 0;
    BytesView data;  ///< borrowed
};

/// Reads a channel's datagram, or frame of a stream; bytes behind the data are padding. Nothing for anything else.
[[nodiscard]] std::optional<ChannelData> parse_channel_data(BytesView frame) noexcept;
/// @param data  at most 65,535 bytes, what is more is cut.  @param padded  to a multiple of four bytes, as streams ask.
[[nodiscard]] Bytes make_channel_data(std::uint16_t number, BytesView data, bool padded);

/// Cuts a stream into the STUN messages and channel data that a client handles one by one.
/// Holds one frame at most: 65,555 bytes and what the last push() brought. Thread safety: as a plain value.
class StreamFramer {
public:
    void push(BytesView bytes);
    /// The next whole frame; valid until the next call of either. Nothing: more must come, or broken().
    [[nodiscard]] std::optional<BytesView> next();
    /// What came is neither of the two; the stream is of no more use.
    [[nodiscard]] bool broken() const noexcept { return broken_; }

private:
    Bytes buffer_;
    std::size_t done_ = 0;  // bytes of the buffer that were handed out
    bool broken_ = false;
};

}  // namespace volley::proto::turn
