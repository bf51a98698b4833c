// The test vectors of RFC 5769, and of RFC 8489 appendix B.1 as erratum 6268 has it.
#include <string>

#include <gtest/gtest.h>

#include "proto/stun/integrity.hpp"
#include "proto/stun/message.hpp"
#include "support/hex.hpp"

namespace volley::proto::stun {
namespace {

using test::unhex;

constexpr std::string_view password = "VOkJxbRl1RmTxUk/WvJxBt";
const std::string matrix_user = "\xe3\x83\x9e\xe3\x83\x88\xe3\x83\xaa\xe3\x83\x83\xe3\x82\xaf\xe3\x82\xb9";

const Bytes sample_request = unhex(
    "00 01 00 58 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae 80 22 00 10 53 54 55 4e 20 74 65 73 74 20 63 6c 69 65 6e 74"
    "00 24 00 04 6e 00 01 ff 80 29 00 08 93 2f f9 b1 51 26 3b 36 00 06 00 09 65 76 74 6a 3a 68 36 76 59 20 20 20"
    "00 08 00 14 9a ea a7 0c bf d8 cb 56 78 1e f2 b5 b2 d3 f2 49 c1 b5 71 a2 80 28 00 04 e5 7a 3b cf");
const Bytes sample_v4_response = unhex(
    "01 01 00 3c 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae 80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20"
    "00 20 00 08 00 01 a1 47 e1 12 a6 43 00 08 00 14 2b 91 f5 99 fd 9e 90 c3 8c 74 89 f9 2a f9 ba 53 f0 6b e7 d7"
    "80 28 00 04 c0 7d 4c 96");
const Bytes sample_v6_response = unhex(
    "01 01 00 48 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae 80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20"
    "00 20 00 14 00 02 a1 47 01 13 a9 fa a5 d3 f1 79 bc 25 f4 b5 be d2 b9 d9 00 08 00 14 a3 82 95 4e 4b e6 7b f1 17 84 c9 7c"
    "82 92 c2 75 bf e3 ed 41 80 28 00 04 c8 fb 0b 4c");
const Bytes sample_long_term = unhex(
    "00 01 00 60 21 12 a4 42 78 ad 34 33 c6 ad 72 c0 29 da 41 2e 00 06 00 12 e3 83 9e e3 83 88 e3 83 aa e3 83 83 e3 82 af e3"
    "82 b9 00 00 00 15 00 1c 66 2f 2f 34 39 39 6b 39 35 34 64 36 4f 4c 33 34 6f 4c 39 46 53 54 76 79 36 34 73 41"
    "00 14 00 0b 65 78 61 6d 70 6c 65 2e 6f 72 67 00 00 08 00 14 f6 70 24 65 6d d6 4a 3e 02 b8 e0 71 2e 85 c9 a2 8c a8 96 66");
const Bytes sample_sha256 = unhex(
    "00 01 00 90 21 12 a4 42 78 ad 34 33 c6 ad 72 c0 29 da 41 2e 00 1e 00 20 4a 3c f3 8f ef 69 92 bd a9 52 c6 78 04 17 da 0f"
    "24 81 94 15 56 9e 60 b2 05 c4 6e 41 40 7f 17 04 00 15 00 29 6f 62 4d 61 74 4a 6f 73 32 41 41 41 43 66 2f 2f 34 39 39 6b"
    "39 35 34 64 36 4f 4c 33 34 6f 4c 39 46 53 54 76 79 36 34 73 41 00 00 00 00 14 00 0b 65 78 61 6d 70 6c 65 2e 6f 72 67 00"
    "00 1d 00 04 00 02 00 00 00 1c 00 20 b5 c7 bf 00 5b 6c 52 a2 1c 51 c5 e8 92 f8 19 24 13 62 96 cb 92 7c 43 14 93 09 27 8c"
    "c6 51 8e 65");

TEST(Rfc5769, the_request_of_section_2_1) {
    const auto message = MessageView::parse(sample_request);
    ASSERT_TRUE(message) << message.error().message();
    EXPECT_EQ(message->message_class(), MessageClass::request);
    EXPECT_EQ(message->method(), Method::binding);
    EXPECT_EQ(Bytes(message->transaction_id().begin(), message->transaction_id().end()), unhex("b7e7a701bc34d686fa87dfae"));
    EXPECT_EQ(message->text(Attribute::software), "STUN test client");
    EXPECT_EQ(message->text(Attribute::username), "evtj:h6vY");
    EXPECT_EQ(message->u32(Attribute::priority), 0x6e0001ffU);
    EXPECT_EQ(message->u64(Attribute::ice_controlled), 0x932ff9b151263b36U);
    EXPECT_FALSE(message->has(Attribute::ice_controlling));
    EXPECT_TRUE(message->unknown_required().empty());
    EXPECT_TRUE(has_right_fingerprint(*message));
    EXPECT_EQ(check_integrity(*message, bytes_of(password)), Integrity::right);
    EXPECT_EQ(check_integrity(*message, bytes_of("VOkJxbRl1RmTxUk/WvJxBu")), Integrity::wrong);
}

TEST(Rfc5769, the_responses_of_sections_2_2_and_2_3) {
    for (const auto& [bytes, address] : {std::pair{&sample_v4_response, "192.0.2.1:32853"},
                                         std::pair{&sample_v6_response, "[2001:db8:1234:5678:11:2233:4455:6677]:32853"}}) {
        const auto message = MessageView::parse(*bytes);
        ASSERT_TRUE(message) << address;
        EXPECT_EQ(message->message_class(), MessageClass::success);
        EXPECT_EQ(message->method(), Method::binding);
        EXPECT_EQ(message->text(Attribute::software), "test vector");
        ASSERT_TRUE(message->address(Attribute::xor_mapped_address));
        EXPECT_EQ(message->address(Attribute::xor_mapped_address)->to_string(), address);
        EXPECT_TRUE(has_right_fingerprint(*message));
        EXPECT_EQ(check_integrity(*message, bytes_of(password)), Integrity::right);
    }
}

TEST(Rfc5769, the_long_term_request_of_section_2_4) {
    const auto message = MessageView::parse(sample_long_term);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->text(Attribute::username), matrix_user);
    EXPECT_EQ(message->text(Attribute::realm), "example.org");
    EXPECT_EQ(message->text(Attribute::nonce), "f//499k954d6OL34oL9FSTvy64sA");
    EXPECT_FALSE(has_right_fingerprint(*message));  // it has none
    const auto key = long_term_key(matrix_user, "example.org", "TheMatrIX");
    EXPECT_EQ(check_integrity(*message, key), Integrity::right);

    const Bytes built = MessageBuilder(MessageClass::request, Method::binding, message->transaction_id())
                            .text(Attribute::username, matrix_user)
                            .text(Attribute::nonce, "f//499k954d6OL34oL9FSTvy64sA")
                            .text(Attribute::realm, "example.org")
                            .integrity(key)
                            .finish();
    EXPECT_EQ(built, sample_long_term);
}

TEST(Rfc5769, the_request_of_rfc_8489_b_1) {
    const auto message = MessageView::parse(sample_sha256);
    ASSERT_TRUE(message);
    const auto key = long_term_key_sha256(matrix_user, "example.org", "TheMatrIX");
    EXPECT_EQ(check_integrity(*message, key), Integrity::right);
    const auto hash = userhash(matrix_user, "example.org");
    ASSERT_TRUE(message->find(Attribute::userhash));
    EXPECT_TRUE(equal_in_constant_time(*message->find(Attribute::userhash), hash));

    const Bytes built = MessageBuilder(MessageClass::request, Method::binding, message->transaction_id())
                            .bytes(Attribute::userhash, hash)
                            .text(Attribute::nonce, "obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA")
                            .text(Attribute::realm, "example.org")
                            .password_algorithm(2)
                            .integrity_sha256(key)
                            .finish();
    EXPECT_EQ(built, sample_sha256);
}

TEST(Rfc5769, no_bit_of_a_sample_may_flip) {
    for (const Bytes* sample : {&sample_request, &sample_v4_response, &sample_v6_response}) {
        for (std::size_t bit = 0; bit < 8 * sample->size(); ++bit) {
            Bytes bytes = *sample;
            bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
            const auto message = MessageView::parse(bytes);
            if (!message) continue;
            EXPECT_FALSE(has_right_fingerprint(*message)) << bit;
            // FINGERPRINT itself is behind what the integrity covers, and its header's last bits must still say what it is.
            if (bit / 8 >= sample->size() - 8) continue;
            EXPECT_NE(check_integrity(*message, bytes_of(password)), Integrity::right) << bit;
        }
    }
}

}  // namespace
}  // namespace volley::proto::stun
