// RTP packets, as bytes and as values.
#include <cstdint>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/rtp/extensions.hpp"
#include "proto/rtp/packet.hpp"
#include "support/hex.hpp"
#include "support/rtp_packets.hpp"

namespace volley::proto::rtp {
namespace {

using test::unhex;
using testing::ElementsAre;

Bytes written(const Packet& packet) {
    Bytes out(written_bytes(packet));
    const auto size = write(packet, out);
    EXPECT_TRUE(size);
    EXPECT_EQ(*size, out.size());
    return out;
}

TEST(RtpPacket, every_part_is_where_the_rfc_puts_it) {
    const Bytes bytes = unhex("b2e0 1234 00010203 deadbeef 11111111 22222222 bede0001 10aa0000 010203 0000000004");
    const auto packet = parse(bytes);
    ASSERT_TRUE(packet) << packet.error().message();
    EXPECT_TRUE(packet->marker);
    EXPECT_EQ(packet->payload_type, 96);
    EXPECT_EQ(packet->sequence, 0x1234);
    EXPECT_EQ(packet->timestamp, 0x00010203U);
    EXPECT_EQ(packet->ssrc, 0xdeadbeefU);
    EXPECT_EQ(packet->contributor_count, 2);
    EXPECT_EQ(packet->contributors[1], 0x22222222U);
    ASSERT_TRUE(packet->has_extension);
    EXPECT_EQ(packet->extension.profile, 0xbede);
    EXPECT_THAT(packet->extension.data, ElementsAre(0x10, 0xaa, 0, 0));
    EXPECT_EQ(packet->padding, 4);
    EXPECT_THAT(packet->payload, ElementsAre(1, 2, 3, 0));
}

TEST(RtpPacket, what_is_read_is_written_alike) {
    for (const auto& bytes :
         {unhex("800012340001020300000007"), unhex("80601234000102030000000701"), test::rtp_packet(65535, 1, 1200),
          test::rtp_packet_with_extension(1, 2), unhex("b2e01234000102030000000711111111222222221000000110aa000004030000 02"),
          unhex("a0601234000102030000000700000003"), unhex("90601234000102030000000700000000ff")}) {
        const auto packet = parse(bytes);
        ASSERT_TRUE(packet);
        EXPECT_EQ(written(*packet), bytes);
    }
}

TEST(RtpPacket, every_shorter_packet_is_cut) {
    const Bytes whole = test::rtp_packet_with_extension(1, 2);
    for (std::size_t size = 0; size < 32; ++size)
        EXPECT_EQ(parse(BytesView(whole).first(size)).error(), make_error_code(Errc::truncated)) << size;
    EXPECT_TRUE(parse(BytesView(whole).first(32)));  // nothing is left of the payload, which may be so
}

TEST(RtpPacket, other_versions_are_refused) {
    for (const int first : {0x00, 0x40, 0xc0}) {
        Bytes bytes = test::rtp_packet(1, 1);
        bytes[0] = static_cast<std::uint8_t>(first);
        EXPECT_EQ(parse(bytes).error(), make_error_code(Errc::bad_version));
    }
}

TEST(RtpPacket, padding_counts_itself_and_fits) {
    Bytes bytes = test::rtp_packet(1, 1, 8);
    bytes[0] |= 0x20;
    const auto with = [&](std::uint8_t last) {
        bytes.back() = last;
        return parse(bytes);
    };
    EXPECT_EQ(with(1)->payload.size(), 7U);
    EXPECT_EQ(with(8)->payload.size(), 0U);  // a probe
    EXPECT_EQ(with(0).error(), make_error_code(Errc::bad_padding));
    EXPECT_EQ(with(9).error(), make_error_code(Errc::bad_padding));
    EXPECT_EQ(parse(BytesView(bytes).first(12)).error(), make_error_code(Errc::bad_padding));
}

TEST(RtpPacket, what_cannot_be_written_is_refused) {
    Packet packet;
    Bytes out(100);
    packet.payload_type = 128;
    EXPECT_EQ(write(packet, out).error(), make_error_code(Errc::bad_field));
    packet.payload_type = 127;
    packet.contributor_count = 16;
    EXPECT_EQ(write(packet, out).error(), make_error_code(Errc::bad_field));
    packet.contributor_count = 15;
    const Bytes data(3);
    packet.has_extension = true;
    packet.extension.data = data;
    EXPECT_EQ(write(packet, out).error(), make_error_code(Errc::bad_field));
    packet.has_extension = false;
    EXPECT_EQ(*write(packet, std::span(out).first(72)), 72U);
    EXPECT_EQ(write(packet, std::span(out).first(71)).error(), make_error_code(Errc::no_room));
}

// --- extensions ------------------------------------------------------------------------------------------------------

struct Walk {
    std::vector<std::pair<int, Bytes>> elements;
    bool ok = true;
};

Walk walk(std::uint16_t profile, const Bytes& data) {
    ExtensionReader reader({profile, data});
    Walk out;
    while (const auto element = reader.next())
        out.elements.emplace_back(element->id, Bytes(element->data.begin(), element->data.end()));
    EXPECT_FALSE(reader.next());
    out.ok = reader.ok();
    return out;
}

TEST(RtpExtensions, one_byte_elements_as_in_the_rfc) {
    // RFC 8285 section 4.2: lengths of one, two and four bytes, with padding between them.
    const Walk seen = walk(0xbede, unhex("10aa 21bbbb 0000 33cccccccc"));
    EXPECT_TRUE(seen.ok);
    EXPECT_THAT(seen.elements,
                ElementsAre(std::pair(1, unhex("aa")), std::pair(2, unhex("bbbb")), std::pair(3, unhex("cccccccc"))));
}

TEST(RtpExtensions, two_byte_elements_as_in_the_rfc) {
    // Section 4.3: ids up to 255, elements without data; the profile's last four bits are the application's.
    for (const int application : {0, 5, 15}) {
        const Walk seen = walk(static_cast<std::uint16_t>(0x1000 + application), unhex("0100 0201bb 00 ff04cccccccc 00"));
        EXPECT_TRUE(seen.ok);
        EXPECT_THAT(seen.elements,
                    ElementsAre(std::pair(1, Bytes()), std::pair(2, unhex("bb")), std::pair(255, unhex("cccccccc"))));
    }
}

TEST(RtpExtensions, malformed_ones_keep_what_stands_before) {
    const struct {
        std::uint16_t profile;
        const char* data;
        bool ok;
    } cases[] = {
        {0xbede, "10aa f0bb 20cc", true},   // 15: to be ignored from here on
        {0xbede, "10aa 01bb 20cc", false},  // 0 with a length
        {0xbede, "10aa 22bb", false},       // longer than what is left
        {0x1000, "0101aa 05", false},      {0x1000, "0101aa 0502bb", false},
    };
    for (const auto& c : cases) {
        const Walk seen = walk(c.profile, unhex(c.data));
        EXPECT_EQ(seen.ok, c.ok) << c.data;
        EXPECT_THAT(seen.elements, ElementsAre(std::pair(1, unhex("aa")))) << c.data;
    }
}

TEST(RtpExtensions, other_profiles_have_no_elements) {
    EXPECT_TRUE(walk(0x1234, unhex("10aa0000")).elements.empty());
    EXPECT_TRUE(walk(0xbedf, unhex("10aa0000")).elements.empty());
    EXPECT_TRUE(walk(0x2000, unhex("0101aa00")).elements.empty());
}

TEST(RtpExtensions, elements_are_found_by_id) {
    const auto bytes = test::rtp_packet_with_extension(1, 2);
    const auto packet = parse(bytes);
    EXPECT_THAT(*find_element(*packet, 1), ElementsAre(0xaa));
    EXPECT_THAT(*find_element(*packet, 3), ElementsAre(0xcc));
    EXPECT_FALSE(find_element(*packet, 4));
    EXPECT_FALSE(find_element(Packet(), 1));
}

TEST(RtpExtensions, the_short_form_is_written_where_it_is_enough) {
    const Bytes one = unhex("aa");
    const Bytes sixteen(16, 7);
    const Bytes seventeen(17, 7);
    std::uint16_t profile = 0;
    const auto write = [&](const std::vector<ExtensionElement>& elements) { return write_elements(elements, profile); };
    EXPECT_EQ(*write({{1, one}, {14, sixteen}}), unhex("10aa ef07070707070707070707070707070707 00"));
    EXPECT_EQ(profile, 0xbede);
    EXPECT_EQ(*write({{1, one}, {15, one}}), unhex("0101aa 0f01aa 0000"));
    EXPECT_EQ(profile, 0x1000);
    (void)write({{1, seventeen}});
    EXPECT_EQ(profile, 0x1000);
    EXPECT_EQ(*write({{1, {}}}), unhex("01000000"));
    EXPECT_EQ(profile, 0x1000);
    EXPECT_FALSE(write({{0, one}}));
    EXPECT_FALSE(write({{1, Bytes(256)}}));
    for (std::size_t size = 0; size < 256; ++size) {
        const Bytes data(size, 9);
        const auto written = write({{7, data}, {8, one}});
        ASSERT_TRUE(written);
        EXPECT_EQ(written->size() % 4, 0U);
        const Walk seen = walk(profile, *written);
        EXPECT_TRUE(seen.ok);
        EXPECT_THAT(seen.elements, ElementsAre(std::pair(7, data), std::pair(8, one)));
    }
}

}  // namespace
}  // namespace volley::proto::rtp
