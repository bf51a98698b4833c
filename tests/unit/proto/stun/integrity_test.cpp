#include "proto/stun/integrity.hpp"

#include <gtest/gtest.h>

#include "support/hex.hpp"

namespace volley::proto::stun {
namespace {

constexpr TransactionId id{};

TEST(StunIntegrity, a_message_without_one_is_neither_right_nor_wrong) {
    const Bytes bytes = MessageBuilder(MessageClass::request, Method::binding, id).fingerprint().finish();
    EXPECT_EQ(check_integrity(*MessageView::parse(bytes), bytes_of("key")), Integrity::absent);
}

TEST(StunIntegrity, the_better_of_two_decides) {
    const Bytes bytes = MessageBuilder(MessageClass::request, Method::binding, id)
                            .integrity(bytes_of("old"))
                            .integrity_sha256(bytes_of("new"))
                            .finish();
    const auto message = MessageView::parse(bytes);
    EXPECT_EQ(check_integrity(*message, bytes_of("new")), Integrity::right);
    EXPECT_EQ(check_integrity(*message, bytes_of("old")), Integrity::wrong);
}

TEST(StunIntegrity, a_shortened_sha256_is_taken_from_16_bytes_on) {
    for (const std::size_t size : {16, 20, 24, 28, 32}) {
        // The length that is hashed counts the shortened value.
        ByteWriter covered;
        covered.u16(0x0001);
        covered.u16(static_cast<std::uint16_t>(4 + size));
        covered.u32(magic_cookie);
        covered.bytes(id);
        const Sha256Digest whole = hmac_sha256(bytes_of("key"), covered.view());
        covered.u16(static_cast<std::uint16_t>(Attribute::message_integrity_sha256));
        covered.u16(static_cast<std::uint16_t>(size));
        covered.bytes(BytesView(whole).first(size));
        const Bytes bytes = covered.take();
        const auto message = MessageView::parse(bytes);
        ASSERT_TRUE(message) << size;
        EXPECT_EQ(check_integrity(*message, bytes_of("key")), Integrity::right) << size;
        EXPECT_EQ(check_integrity(*message, bytes_of("kez")), Integrity::wrong) << size;
    }
}

}  // namespace
}  // namespace volley::proto::stun
