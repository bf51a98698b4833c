#include "proto/sctp/packet.hpp"

#include <gtest/gtest.h>

namespace volley::proto::sctp {
namespace {

TEST(SctpPacket, has_the_checksum_of_the_standards) {
    EXPECT_EQ(crc32c_of(bytes_of("123456789")), 0xe3069283U);  // the check value of the catalogues
    EXPECT_EQ(crc32c_of({}), 0U);
    // RFC 3720 appendix B.4: 32 bytes of zeros, of ones, and counting up.
    EXPECT_EQ(crc32c_of(Bytes(32, 0)), 0x8a9136aaU);
    EXPECT_EQ(crc32c_of(Bytes(32, 0xff)), 0x62a8ab43U);
    Bytes counting(32);
    for (std::size_t i = 0; i < counting.size(); ++i) counting[i] = static_cast<std::uint8_t>(i);
    EXPECT_EQ(crc32c_of(counting), 0x46dd794eU);
}

// The bytes of RFC 3720's example as they stand on the wire: AA 36 91 8A. SCTP sends its sum in the same order (RFC 9260 appendix A).
TEST(SctpPacket, is_addressed_and_read_again) {
    Bytes packet{0x13, 0x88, 0x13, 0x88, 0, 0, 0, 7, 0, 0, 0, 0, 10, 0, 0, 4};
    address(packet, {5000, 4711});
    EXPECT_EQ(ports_of_sound(packet), (Ports{5000, 4711}));
    Bytes zeroed = packet;
    for (std::size_t i = 8; i < 12; ++i) zeroed[i] = 0;
    const std::uint32_t crc = crc32c_of(zeroed);
    EXPECT_EQ(packet[8], crc & 0xff);
    EXPECT_EQ(packet[11], crc >> 24);
    for (std::size_t i = 0; i < packet.size(); ++i) {
        Bytes damaged = packet;
        damaged[i] ^= 0x40;
        EXPECT_FALSE(ports_of_sound(damaged)) << i;
    }
    EXPECT_FALSE(ports_of_sound(BytesView(packet).first(12)));
    EXPECT_FALSE(ports_of_sound({}));
}

}  // namespace
}  // namespace volley::proto::sctp
