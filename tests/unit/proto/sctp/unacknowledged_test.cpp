// Which packets are kept until they are acknowledged.
#include <gtest/gtest.h>

#include "proto/sctp/unacknowledged.hpp"

namespace volley::proto::sctp {
namespace {

Bytes packet_of(std::initializer_list<Bytes> chunks) {
    Bytes out(12);
    for (const auto& chunk : chunks) out.insert(out.end(), chunk.begin(), chunk.end());
    return out;
}

// With `more` bytes after the TSN, padded.
Bytes chunk(std::uint8_t type, std::uint32_t tsn, std::size_t more) {
    ByteWriter out;
    out.u8(type);
    out.u8(0);
    out.u16(static_cast<std::uint16_t>(8 + more));
    out.u32(tsn);
    out.zeros((more + 3) / 4 * 4);
    return out.take();
}
Bytes data(std::uint32_t tsn) { return chunk(0, tsn, 9); }
Bytes sack(std::uint32_t cumulative) { return chunk(3, cumulative, 8); }

std::vector<std::uint32_t> kept(const Unacknowledged& u) {
    std::vector<std::uint32_t> out;
    for (const auto& one : u.packets()) out.push_back(one.last);
    return out;
}
using Tsns = std::vector<std::uint32_t>;

TEST(Unacknowledged, keeps_packets_of_data_until_all_of_it_is_acknowledged) {
    Unacknowledged u;
    u.sent(packet_of({data(0xfffffffe)}));
    u.sent(packet_of({sack(7)}));
    u.sent(packet_of({sack(7), data(0xffffffff), data(0)}));
    u.sent(packet_of({data(1)}));
    EXPECT_EQ(kept(u), (Tsns{0xfffffffe, 0, 1}));
    EXPECT_EQ(u.packets()[1].bytes, packet_of({sack(7), data(0xffffffff), data(0)}));
    u.received(packet_of({sack(0xffffffff)}));
    EXPECT_EQ(kept(u), (Tsns{0, 1}));
    u.received(packet_of({data(500), sack(0)}));
    EXPECT_EQ(kept(u), (Tsns{1}));
    u.received(packet_of({chunk(7, 1, 0)}));  // SHUTDOWN acknowledges as well
    EXPECT_EQ(kept(u), Tsns());
}

TEST(Unacknowledged, keeps_the_oldest_and_no_retransmissions) {
    Unacknowledged u;
    for (std::uint32_t tsn = 1; tsn <= 40; ++tsn) u.sent(packet_of({data(tsn)}));
    u.sent(packet_of({data(1)}));
    ASSERT_EQ(u.packets().size(), Unacknowledged::most);
    EXPECT_EQ(u.packets().front().last, 1U);
    u.received(packet_of({sack(16)}));
    u.sent(packet_of({data(20)}));
    EXPECT_EQ(kept(u), Tsns());
    u.sent(packet_of({data(41)}));
    EXPECT_EQ(kept(u), Tsns{41});
}

TEST(Unacknowledged, what_is_cut_off_does_no_harm) {
    Unacknowledged u;
    const Bytes whole = packet_of({data(1), sack(5), chunk(4, 0, 30)});
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        u.sent(BytesView(whole).first(size));
        u.received(BytesView(whole).first(size));
    }
    Bytes endless = packet_of({chunk(9, 0, 0)});
    endless[14] = endless[15] = 0;  // a chunk that says it has no bytes
    u.sent(endless);
    EXPECT_EQ(kept(u), Tsns());
}

}  // namespace
}  // namespace volley::proto::sctp
