// RFC 7983 gives each first byte to one protocol.
#include <gtest/gtest.h>

#include "support/rtp_packets.hpp"
#include "webrtc/demux.hpp"

namespace volley::webrtc {
namespace {

TEST(Demux, each_first_byte_belongs_to_one_protocol) {
    for (int first = 0; first < 256; ++first) {
        const Bytes datagram = {static_cast<std::uint8_t>(first), 96, 0, 0};
        DatagramKind expected = DatagramKind::unknown;  // 4 to 19 (ZRTP is not spoken), 80 to 127 (nor is QUIC), 192 and up
        if (first <= 3) expected = DatagramKind::stun;
        if (first >= 20 && first <= 63) expected = DatagramKind::dtls;
        if (first >= 64 && first <= 79) expected = DatagramKind::turn_channel;
        if (first >= 128 && first <= 191) expected = DatagramKind::rtp;
        EXPECT_EQ(kind_of(datagram), expected) << first;
    }
}

TEST(Demux, rtcp_is_told_from_rtp_by_its_type) {
    for (int second = 0; second < 256; ++second) {
        const Bytes datagram = {0x80, static_cast<std::uint8_t>(second)};
        EXPECT_EQ(kind_of(datagram), second >= 192 && second <= 223 ? DatagramKind::rtcp : DatagramKind::rtp) << second;
    }
    EXPECT_EQ(kind_of(test::sender_report(1)), DatagramKind::rtcp);
    EXPECT_EQ(kind_of(test::rtp_packet(1, 1)), DatagramKind::rtp);
}

TEST(Demux, too_little_is_nobody_s) {
    EXPECT_EQ(kind_of({}), DatagramKind::unknown);
    EXPECT_EQ(kind_of(Bytes{0x80}), DatagramKind::unknown);
    EXPECT_EQ(kind_of(Bytes{0x16}), DatagramKind::dtls);
}

}  // namespace
}  // namespace volley::webrtc
