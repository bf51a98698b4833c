#include "proto/stun/message.hpp"

#include <gtest/gtest.h>

#include "proto/stun/integrity.hpp"
#include "support/hex.hpp"

namespace volley::proto::stun {
namespace {

using test::unhex;

constexpr TransactionId id{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

// A request with these attributes, as hex digits.
Bytes request_with(std::string_view attributes) {
    const Bytes body = unhex(attributes);
    ByteWriter out;
    out.u16(0x0001);
    out.u16(static_cast<std::uint16_t>(body.size()));
    out.u32(magic_cookie);
    out.bytes(id);
    out.bytes(body);
    return out.take();
}

error_code error_of(const Bytes& bytes) {
    const auto message = MessageView::parse(bytes);
    return message ? error_code() : message.error();
}

TEST(StunMessage, classes_and_methods_keep_their_bits_apart) {
    for (const auto message_class :
         {MessageClass::request, MessageClass::indication, MessageClass::success, MessageClass::error}) {
        for (unsigned method = 0; method < 0x1000; ++method) {
            const Bytes bytes = MessageBuilder(message_class, static_cast<Method>(method), id).finish();
            ASSERT_LT(bytes[0], 0x40);
            const auto message = MessageView::parse(bytes);
            ASSERT_TRUE(message);
            ASSERT_EQ(message->message_class(), message_class);
            ASSERT_EQ(static_cast<unsigned>(message->method()), method);
        }
    }
    // RFC 8489 section 5: a Binding response is 0x0101, RFC 8656: an Allocate error 0x0113.
    EXPECT_EQ(MessageBuilder(MessageClass::success, Method::binding, id).finish()[1], 0x01);
    EXPECT_EQ(MessageBuilder(MessageClass::error, Method::allocate, id).finish()[1], 0x13);
}

TEST(StunMessage, every_attribute_reads_as_it_was_written) {
    const auto v4 = *Endpoint::parse("192.0.2.7:3478");
    const auto v6 = *Endpoint::parse("[2001:db8::7]:65535");
    const Bytes bytes = MessageBuilder(MessageClass::error, Method::allocate, id)
                            .text(Attribute::username, "a:b")
                            .text(Attribute::realm, "r")
                            .text(Attribute::nonce, "")
                            .u32(Attribute::priority, 0x7fffffff)
                            .u32(Attribute::lifetime, 600)
                            .flag(Attribute::use_candidate)
                            .u64(Attribute::ice_controlling, 0xfedcba9876543210)
                            .address(Attribute::xor_peer_address, v4)
                            .address(Attribute::xor_relayed_address, v6)
                            .address(Attribute::mapped_address, v4)
                            .address(Attribute::alternate_server, v6)
                            .channel_number(0x4abc)
                            .requested_transport(transport_udp)
                            .requested_address_family(family_v6)
                            .bytes(Attribute::data, Bytes{9, 8, 7, 6, 5})
                            .error(438, "Stale Nonce")
                            .fingerprint()
                            .finish();
    const auto message = MessageView::parse(bytes);
    ASSERT_TRUE(message) << message.error().message();
    EXPECT_EQ(message->text(Attribute::username), "a:b");
    EXPECT_EQ(message->text(Attribute::realm), "r");
    EXPECT_EQ(message->text(Attribute::nonce), "");
    EXPECT_EQ(message->text(Attribute::software), std::nullopt);
    EXPECT_EQ(message->u32(Attribute::priority), 0x7fffffffU);
    EXPECT_EQ(message->u32(Attribute::lifetime), 600U);
    EXPECT_TRUE(message->has(Attribute::use_candidate));
    EXPECT_EQ(message->u64(Attribute::ice_controlling), 0xfedcba9876543210U);
    EXPECT_EQ(message->address(Attribute::xor_peer_address), v4);
    EXPECT_EQ(message->address(Attribute::xor_relayed_address), v6);
    EXPECT_EQ(message->address(Attribute::mapped_address), v4);
    EXPECT_EQ(message->address(Attribute::alternate_server), v6);
    EXPECT_EQ(message->address(Attribute::xor_mapped_address), std::nullopt);
    EXPECT_EQ(message->channel_number(), 0x4abc);
    EXPECT_EQ((*message->find(Attribute::requested_transport))[0], transport_udp);
    EXPECT_EQ((*message->find(Attribute::requested_address_family))[0], family_v6);
    EXPECT_EQ(Bytes(message->find(Attribute::data)->begin(), message->find(Attribute::data)->end()), (Bytes{9, 8, 7, 6, 5}));
    ASSERT_TRUE(message->error());
    EXPECT_EQ(message->error()->code, 438);
    EXPECT_EQ(message->error()->reason, "Stale Nonce");
    EXPECT_TRUE(has_right_fingerprint(*message));
}

TEST(StunMessage, what_is_not_stun_is_told_at_once) {
    const Bytes good = MessageBuilder(MessageClass::request, Method::binding, id).finish();
    EXPECT_FALSE(error_of(good));
    EXPECT_EQ(error_of({}), Errc::not_stun);
    EXPECT_EQ(error_of(Bytes(good.begin(), good.end() - 1)), Errc::not_stun);
    Bytes bytes = good;
    bytes[7] ^= 1;  // the cookie
    EXPECT_EQ(error_of(bytes), Errc::not_stun);
    for (const unsigned first : {0x40U, 0x80U, 0xc0U}) {  // TURN channels, RTP
        bytes = good;
        bytes[0] = static_cast<std::uint8_t>(first);
        EXPECT_EQ(error_of(bytes), Errc::not_stun) << first;
    }
}

TEST(StunMessage, the_length_must_be_that_of_the_datagram) {
    Bytes bytes = request_with("00 25 00 00");
    EXPECT_FALSE(error_of(bytes));
    bytes.push_back(0);
    EXPECT_EQ(error_of(bytes), Errc::bad_length);
    bytes.erase(bytes.end() - 2, bytes.end());
    EXPECT_EQ(error_of(bytes), Errc::bad_length);
    EXPECT_EQ(error_of(request_with("00 25 00")), Errc::bad_length);
}

TEST(StunMessage, attributes_stay_within_the_message) {
    EXPECT_EQ(error_of(request_with("80 22 00 05 61 62 63 64")), Errc::bad_attribute);
    EXPECT_EQ(error_of(request_with("80 22 ff ff 61 62 63 64")), Errc::bad_attribute);
    EXPECT_FALSE(error_of(request_with("80 22 00 03 61 62 63 64")));  // padding may be anything
}

TEST(StunMessage, attributes_have_the_sizes_of_their_kind) {
    for (const std::string_view attribute :
         {"00 24 00 03 01 02 03 00", "00 24 00 08 01 02 03 04 05 06 07 08", "80 29 00 04 01 02 03 04", "00 25 00 04 01 02 03 04",
          "00 20 00 08 00 02 01 01 01 01 01 01", "00 20 00 08 00 03 01 01 01 01 01 01", "00 20 00 00", "00 20 00 04 00 01 00 00",
          "00 08 00 10 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00", "80 28 00 00", "00 09 00 03 00 00 04 00",
          "00 09 00 04 00 00 02 00", "00 09 00 04 00 00 07 00", "00 09 00 04 00 00 04 64", "00 0c 00 02 40 00 00 00",
          "00 0a 00 01 00 00 00 00", "00 1c 00 0c 00 00 00 00 00 00 00 00 00 00 00 00", "00 1d 00 00"})
        EXPECT_EQ(error_of(request_with(attribute)), Errc::bad_attribute) << attribute;
}

TEST(StunMessage, unknown_attributes_that_must_be_known_are_listed) {
    const Bytes bytes = request_with("00 03 00 04 00 00 00 06 ff 00 00 00 7f ff 00 01 00 00 00 00 c0 57 00 04 00 00 00 00");
    const auto message = MessageView::parse(bytes);
    ASSERT_TRUE(message);
    ASSERT_EQ(message->unknown_required().size(), 2U);
    EXPECT_EQ(message->unknown_required()[0], 0x0003);
    EXPECT_EQ(message->unknown_required()[1], 0x7fff);

    const Bytes answer = MessageBuilder(MessageClass::error, Method::binding, id)
                             .error(420, "Unknown Attribute")
                             .unknown_attributes(message->unknown_required())
                             .finish();
    const auto read = MessageView::parse(answer);
    ASSERT_TRUE(read);
    EXPECT_EQ(Bytes(read->find(Attribute::unknown_attributes)->begin(), read->find(Attribute::unknown_attributes)->end()),
              (Bytes{0x00, 0x03, 0x7f, 0xff}));
}

TEST(StunMessage, the_first_of_two_attributes_counts) {
    const Bytes bytes = request_with("00 24 00 04 00 00 00 01 00 24 00 04 00 00 00 02");
    EXPECT_EQ(MessageView::parse(bytes)->u32(Attribute::priority), 1U);
}

TEST(StunMessage, behind_the_integrity_nothing_counts_but_fingerprints) {
    // Section 14.5: someone on the way could have put it there.
    Bytes bytes = MessageBuilder(MessageClass::request, Method::binding, id)
                      .text(Attribute::username, "a:b")
                      .integrity(bytes_of("key"))
                      .flag(Attribute::use_candidate)
                      .u32(Attribute::priority, 7)
                      .bytes(static_cast<Attribute>(0x7fff), {})
                      .fingerprint()
                      .finish();
    auto message = MessageView::parse(bytes);
    ASSERT_TRUE(message);
    EXPECT_FALSE(message->has(Attribute::use_candidate));
    EXPECT_FALSE(message->has(Attribute::priority));
    EXPECT_TRUE(message->unknown_required().empty());
    EXPECT_TRUE(has_right_fingerprint(*message));
    EXPECT_EQ(check_integrity(*message, bytes_of("key")), Integrity::right);

    bytes = MessageBuilder(MessageClass::request, Method::binding, id)
                .integrity(bytes_of("key"))
                .integrity_sha256(bytes_of("key"))
                .flag(Attribute::use_candidate)
                .fingerprint()
                .finish();
    message = MessageView::parse(bytes);
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->has(Attribute::message_integrity_sha256));
    EXPECT_FALSE(message->has(Attribute::use_candidate));
    EXPECT_EQ(check_integrity(*message, bytes_of("key")), Integrity::right);
}

TEST(StunMessage, the_fingerprint_is_the_last) {
    const Bytes bytes =
        MessageBuilder(MessageClass::request, Method::binding, id).fingerprint().u32(Attribute::priority, 7).finish();
    EXPECT_EQ(error_of(bytes), Errc::bad_attribute);
}

TEST(StunMessage, many_attributes_are_too_many) {
    MessageBuilder builder(MessageClass::request, Method::binding, id);
    for (std::size_t i = 0; i < MessageView::most_attributes; ++i) builder.bytes(static_cast<Attribute>(0x7f00 + i), {});
    MessageBuilder more = builder;
    const Bytes bytes = builder.finish();
    ASSERT_TRUE(MessageView::parse(bytes));
    EXPECT_EQ(MessageView::parse(bytes)->unknown_required().size(), MessageView::most_attributes);
    EXPECT_EQ(error_of(more.flag(Attribute::use_candidate).finish()), Errc::too_many_attributes);
}

TEST(StunMessage, lists_of_password_algorithms_are_read) {
    const Bytes bytes = request_with("80 02 00 10 00 07 00 03 61 62 63 00 00 02 00 00 00 01 00 00");
    const auto message = MessageView::parse(bytes);
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->offers_password_algorithm(7));
    EXPECT_TRUE(message->offers_password_algorithm(2));
    EXPECT_TRUE(message->offers_password_algorithm(1));
    EXPECT_FALSE(message->offers_password_algorithm(3));
    const Bytes cut = request_with("80 02 00 04 00 02 ff ff");
    EXPECT_FALSE(MessageView::parse(cut)->offers_password_algorithm(2));
}

TEST(StunMessage, values_that_are_too_long_are_cut) {
    const Bytes value(70'000, 1);
    const Bytes bytes = MessageBuilder(MessageClass::indication, Method::send, id).bytes(Attribute::data, value).finish();
    EXPECT_EQ(bytes.size(), header_size + 4 + 65'536);
}

}  // namespace
}  // namespace volley::proto::stun
