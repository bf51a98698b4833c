// The two messages of RFC 8832, as bytes and as values.
#include <string>

#include <gtest/gtest.h>

#include "proto/dcep/message.hpp"
#include "support/hex.hpp"

namespace volley::proto::dcep {
namespace {

using test::unhex;

Message taken(const Bytes& bytes) {
    auto message = parse(bytes);
    if (message) return *message;
    ADD_FAILURE() << message.error().message();
    return Acknowledge();
}

TEST(Dcep, an_open_as_browsers_send_it) {
    // new RTCDataChannel("chat"): reliable, ordered, normal priority.
    const Bytes bytes = unhex("03 00 0100 00000000 0004 0000 63686174");
    const Message message = taken(bytes);
    EXPECT_EQ(std::get<Open>(message), (Open{true, Reliability::reliable, 0, 256, "chat", ""}));
    EXPECT_EQ(*write(message), bytes);
}

TEST(Dcep, each_type_of_channel) {
    const struct {
        const char* bytes;
        Open open;
    } cases[] = {
        {"03 00 0000 00000000 0000 0000", {true, Reliability::reliable, 0, 0, "", ""}},
        {"03 80 0000 00000000 0000 0000", {false, Reliability::reliable, 0, 0, "", ""}},
        {"03 01 0080 00000003 0001 0001 6c70", {true, Reliability::retransmits, 3, 128, "l", "p"}},
        {"03 81 0200 00000000 0000 0001 70", {false, Reliability::retransmits, 0, 512, "", "p"}},
        {"03 02 0400 000001f4 0002 0000 c3a4", {true, Reliability::lifetime, 500, 1024, "\xc3\xa4", ""}},
        {"03 82 ffff ffffffff 0000 0000", {false, Reliability::lifetime, 0xffffffff, 65535, "", ""}},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(std::get<Open>(taken(unhex(c.bytes))), c.open) << c.bytes;
        EXPECT_EQ(*write(c.open), unhex(c.bytes));
    }
}

TEST(Dcep, an_acknowledgement_is_one_byte) {
    EXPECT_TRUE(std::holds_alternative<Acknowledge>(taken(unhex("02"))));
    EXPECT_EQ(*write(Acknowledge()), unhex("02"));
}

TEST(Dcep, what_follows_an_acknowledgement_says_nothing) {
    // As Pion sends it, in each of its versions: four bytes.
    EXPECT_TRUE(std::holds_alternative<Acknowledge>(taken(unhex("02 000000"))));
    EXPECT_TRUE(std::holds_alternative<Acknowledge>(taken(unhex("02 ff"))));
}

TEST(Dcep, the_parameter_of_a_reliable_channel_is_ignored) {
    EXPECT_EQ(std::get<Open>(taken(unhex("03 80 0100 00000007 0000 0000"))).parameter, 0U);
    Open open;
    open.parameter = 7;
    EXPECT_EQ(*write(open), unhex("03 00 0100 00000000 0000 0000"));
}

TEST(Dcep, malformed_messages_are_refused) {
    const struct {
        const char* bytes;
        Errc why;
    } cases[] = {
        {"", Errc::truncated},
        {"00", Errc::unknown_message},
        {"01", Errc::unknown_message},
        {"ff", Errc::unknown_message},
        {"03", Errc::truncated},
        {"03 00 0100 00000000 0004 0000 636861", Errc::truncated},
        {"03 00 0100 00000000 0001 0001 63", Errc::truncated},
        {"03 00 0100 00000000 ffff ffff", Errc::truncated},
        {"03 00 0100 00000000 0001 0000 6363", Errc::trailing_bytes},
        {"03 03 0100 00000000 0000 0000", Errc::unknown_channel},
        {"03 7f 0100 00000000 0000 0000", Errc::unknown_channel},
        {"03 83 0100 00000000 0000 0000", Errc::unknown_channel},
        {"03 00 0100 00000000 0001 0000 ff", Errc::bad_text},
        {"03 00 0100 00000000 0000 0001 c3", Errc::bad_text},
    };
    for (const auto& c : cases) {
        const auto message = parse(unhex(c.bytes));
        ASSERT_FALSE(message) << c.bytes;
        EXPECT_EQ(message.error(), make_error_code(c.why)) << c.bytes;
    }
    const Bytes whole = unhex("03 00 0100 00000000 0002 0002 61626364");
    for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(parse(BytesView(whole).first(size))) << size;
}

TEST(Dcep, texts_have_at_most_65535_bytes) {
    Open open;
    open.label = std::string(65535, 'l');
    open.protocol = std::string(65535, 'p');
    EXPECT_EQ(std::get<Open>(taken(*write(open))), open);
    open.label += 'l';
    EXPECT_EQ(write(open).error(), make_error_code(Errc::too_long));
}

}  // namespace
}  // namespace volley::proto::dcep
