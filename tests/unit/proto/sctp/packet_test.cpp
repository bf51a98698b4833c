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

Bytes packet_of(std::initializer_list<std::uint8_t> chunks) {
    Bytes packet(header_bytes);
    packet.insert(packet.end(), chunks);
    return packet;
}

TEST(SctpPacket, of_whole_chunks_is_well_formed) {
    const auto ok = [](std::initializer_list<std::uint8_t> chunks) {
        return is_well_formed(packet_of(chunks), Phase::connected);
    };
    EXPECT_TRUE(ok({0, 3, 0, 17, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 51, 'x', 0, 0, 0}));
    EXPECT_TRUE(ok({0, 3, 0, 17, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 51, 'x'})) << "the last chunk's padding may be missing";
    EXPECT_FALSE(ok({0, 3, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 51})) << "DATA without data";
    EXPECT_FALSE(ok({0, 3, 0, 18, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 51, 'x'}));
    EXPECT_FALSE(ok({11, 0, 0, 3}));
    EXPECT_FALSE(ok({11, 0, 0, 0}));
    EXPECT_FALSE(ok({11, 0, 0}));
    EXPECT_TRUE(ok({11, 0, 0, 4, 10, 0, 0, 5, 'c'}));
    EXPECT_TRUE(ok({3, 0, 0, 16, 0, 0, 0, 1, 0, 0, 9, 9, 0, 0, 0, 0}));
    EXPECT_FALSE(ok({3, 0, 0, 16, 0, 0, 0, 1, 0, 0, 9, 9, 0, 1, 0, 0})) << "a gap that is not there";
    EXPECT_TRUE(ok({130, 0, 0, 16, 0, 16, 0, 12, 0, 0, 0, 1, 0, 0, 0, 1}));
    EXPECT_FALSE(ok({130, 0, 0, 16, 0, 16, 0, 13, 0, 0, 0, 1, 0, 0, 0, 1}));
    EXPECT_FALSE(ok({130, 0, 0, 8, 0, 16, 0, 0}));
    EXPECT_FALSE(ok({193, 0, 0, 8, 0, 0, 0, 1})) << "an address change";
    EXPECT_TRUE(ok({0x84, 0, 0, 8, 0, 0, 0, 0})) << "padding: RFC 4820";
}

// usrsctp 0.9.5 never came back from a parameter without bytes.
TEST(SctpPacket, an_init_has_whole_parameters_and_comes_alone_and_early) {
    const Bytes good = packet_of({1, 0, 0, 24, 0, 0, 0, 7, 0, 1, 0, 0, 0, 9, 0, 9, 0, 0, 0, 9, 0xc0, 0, 0, 4});
    EXPECT_TRUE(is_well_formed(good, Phase::connecting));
    EXPECT_FALSE(is_well_formed(good, Phase::connected));
    Bytes endless = good;
    endless.back() = 0;
    EXPECT_FALSE(is_well_formed(endless, Phase::connecting));
    Bytes accompanied = good;
    accompanied.insert(accompanied.end(), {11, 0, 0, 4});
    EXPECT_FALSE(is_well_formed(accompanied, Phase::connecting));
    EXPECT_FALSE(is_well_formed(packet_of({1, 0, 0, 16, 0, 0, 0, 7, 0, 1, 0, 0, 0, 9, 0, 9}), Phase::connecting));
}

}  // namespace
}  // namespace volley::proto::sctp
