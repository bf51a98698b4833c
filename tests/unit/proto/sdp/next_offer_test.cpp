// A call may be negotiated anew: what must stay as it was.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/sdp/next_offer.hpp"

namespace volley::proto::sdp {
namespace {

using testing::HasSubstr;

const std::string head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

Session taken(const std::string& sections) {
    const auto session = read(head + sections);
    if (session) return *session;
    ADD_FAILURE() << format_source_error(session.error());
    return {};
}

std::string section(const std::string& kind, const std::string& mid, int port = 9) {
    return "m=" + kind + ' ' + std::to_string(port) + " UDP/TLS/RTP/SAVPF 0\r\na=mid:" + mid + "\r\n";
}

TEST(NextOffer, sections_may_come_be_refused_and_be_taken_again) {
    const Session before = taken(section("audio", "0") + section("video", "1"));
    EXPECT_FALSE(check_next_offer(before, before, before));
    EXPECT_FALSE(check_next_offer(before, before, taken(section("audio", "0") + section("video", "1") + section("audio", "2"))));
    EXPECT_FALSE(check_next_offer(before, before, taken(section("audio", "0", 0) + section("video", "1"))));
    // A place that is free is used again, by another kind as well.
    const Session refused = taken(section("audio", "0", 0) + section("video", "1"));
    EXPECT_FALSE(check_next_offer(before, refused, taken(section("video", "7") + section("video", "1"))));
}

TEST(NextOffer, sections_neither_go_nor_change_places) {
    const Session before = taken(section("audio", "0") + section("video", "1"));
    const auto gone = check_next_offer(before, before, taken(section("audio", "0")));
    ASSERT_TRUE(gone);
    EXPECT_EQ(gone->pos.line, 5);
    EXPECT_THAT(gone->text, HasSubstr("1 media sections where there were 2"));
    const auto swapped = check_next_offer(before, before, taken(section("video", "1") + section("audio", "0")));
    ASSERT_TRUE(swapped);
    EXPECT_EQ(swapped->pos.line, 5);
    EXPECT_THAT(swapped->text, HasSubstr("section 1 was audio and is now video"));
    const auto renamed = check_next_offer(before, before, taken(section("audio", "0") + section("video", "2")), "the answer");
    ASSERT_TRUE(renamed);
    EXPECT_EQ(renamed->file, "the answer");
    EXPECT_EQ(renamed->pos.line, 8);
    EXPECT_THAT(renamed->text, HasSubstr("was \"1\" and is now \"2\""));
}

TEST(NextOffer, other_credentials_restart_ice) {
    const auto with = [](const std::string& ufrag, const std::string& password) {
        return taken(section("audio", "0") + "a=ice-ufrag:" + ufrag + "\r\na=ice-pwd:" + password + "\r\n");
    };
    const std::string password(24, 'p');
    const Session before = with("abcd", password);
    EXPECT_FALSE(restarts_ice(before, with("abcd", password), 0));
    EXPECT_TRUE(restarts_ice(before, with("abce", password), 0));
    EXPECT_TRUE(restarts_ice(before, with("abcd", password + "p"), 0));
    EXPECT_FALSE(restarts_ice(before, taken(section("audio", "0")), 0));
    EXPECT_FALSE(restarts_ice(before, with("abce", password), 1));
}

}  // namespace
}  // namespace volley::proto::sdp
