#include "proto/sctp/unacknowledged.hpp"

#include <algorithm>

#include "proto/sctp/packet.hpp"

namespace volley::proto::sctp {
namespace {

constexpr std::uint8_t data = 0;
constexpr std::uint8_t sack = 3;
constexpr std::uint8_t shutdown = 7;

/// Serial numbers of RFC 1982, as RFC 9260 section 1.6 has them for TSNs.
constexpr bool is_after(std::uint32_t a, std::uint32_t b) noexcept { return static_cast<std::int32_t>(a - b) > 0; }

/// Calls f(type, TSN) for each chunk that has one behind its header, whatever it means there.
template <class F>
void for_each_tsn(BytesView packet, F f) {
    ByteReader reader(packet);
    (void)reader.bytes(header_bytes);
    while (reader.left() >= 8) {
        const std::uint8_t type = reader.u8();
        (void)reader.u8();
        const std::size_t length = reader.u16();
        if (length < 4) return;
        std::size_t left = (length + 3) / 4 * 4 - 4;
        if (length >= 8) {
            f(type, reader.u32());
            left -= 4;
        }
        (void)reader.bytes(std::min(left, reader.left()));
    }
}

}  // namespace

void Unacknowledged::sent(BytesView packet) {
    std::optional<std::uint32_t> last;
    for_each_tsn(packet, [&](std::uint8_t type, std::uint32_t tsn) {
        if (type == data && (!last || is_after(tsn, *last))) last = tsn;
    });
    if (!last || (newest_ && !is_after(*last, *newest_))) return;
    newest_ = last;
    if (packets_.size() < most) packets_.push_back({*last, Bytes(packet.begin(), packet.end())});
}

void Unacknowledged::received(BytesView packet) {
    if (packets_.empty()) return;
    for_each_tsn(packet, [&](std::uint8_t type, std::uint32_t tsn) {
        if (type == sack || type == shutdown)
            std::erase_if(packets_, [&](const Packet& one) { return !is_after(one.last, tsn); });
    });
}

}  // namespace volley::proto::sctp
