// Candidates that come later, as WHIP's PATCH carries them.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/sdp/fragment.hpp"

namespace volley::proto::sdp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Fragment taken(const std::string& text) {
    const auto fragment = read_fragment(text);
    if (fragment) return *fragment;
    ADD_FAILURE() << format_source_error(fragment.error());
    return {};
}

SourceError refusal(const std::string& text) {
    const auto fragment = read_fragment(text);
    if (!fragment) return fragment.error();
    ADD_FAILURE() << "was taken: " << text;
    return {};
}

// The form of RFC 8840 section 4.4's example, with the credentials that RFC 9725 section 4.3.1 puts in front.
const std::string two_sections =
    "a=ice-ufrag:EsAw\r\n"
    "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
    "a=group:BUNDLE 0 1\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
    "a=mid:0\r\n"
    "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1\r\n"
    "a=candidate:3471623853 1 udp 2122194687 198.51.100.2 61765 typ host generation 0 ufrag EsAw network-id 2\r\n"
    "a=end-of-candidates\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"
    "a=mid:1\r\n"
    "a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n";

TEST(Fragments, candidates_belong_to_their_section_and_generation) {
    const Fragment fragment = taken(two_sections);
    EXPECT_EQ(fragment.ice, (IceCredentials{"EsAw", "P2uYro0UCOQ4zxjKXaWCBui1"}));
    EXPECT_THAT(fragment.bundle, ElementsAre("0", "1"));
    ASSERT_THAT(fragment.media, SizeIs(2));
    EXPECT_EQ(fragment.media[0].mid, "0");
    EXPECT_THAT(fragment.media[0].candidates, SizeIs(2));
    EXPECT_TRUE(fragment.media[0].end_of_candidates);
    EXPECT_FALSE(fragment.media[1].end_of_candidates);
    EXPECT_FALSE(fragment.end_of_candidates);
    EXPECT_THAT(fragment.media[1].candidates, ElementsAre("1 1 udp 1 192.0.2.1 1 typ host"));
}

TEST(Fragments, what_is_read_is_written_alike) { EXPECT_EQ(print(taken(two_sections)), two_sections); }

TEST(Fragments, credentials_may_stand_in_a_section) {
    const Fragment fragment = taken(
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:data\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdabcdabcdabcdabcdabcd\r\n"
        "a=end-of-candidates\r\n");
    EXPECT_EQ(fragment.ice, std::nullopt);
    EXPECT_EQ(fragment.media[0].ice->ufrag, "abcd");
    EXPECT_TRUE(fragment.media[0].end_of_candidates);
}

TEST(Fragments, candidates_without_a_section_and_an_end_for_all_are_taken) {
    const Fragment fragment = taken("a=candidate:1 1 udp 1 192.0.2.1 1 typ host\na=end-of-candidates\n");
    ASSERT_THAT(fragment.media, SizeIs(1));
    EXPECT_EQ(fragment.media[0].mid, "");
    EXPECT_TRUE(fragment.end_of_candidates);
    EXPECT_THAT(taken("").media, IsEmpty());
}

TEST(Fragments, wrong_lines_are_refused_with_their_number) {
    const std::string section = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n";
    const struct {
        std::string text;
        int line;
        std::string said;
    } cases[] = {
        {"v=0\r\n", 1, "v= does not stand in a fragment"},
        {section + "c=IN IP4 0.0.0.0\r\n", 2, "c= does not stand"},
        {section, 1, "a section without mid"},
        {section + "a=candidate:x\r\n" + section + "a=mid:1\r\n", 1, "a section without mid"},
        {section + "a=mid:1\r\n" + section + "a=mid:1\r\n", 4, "a second section with the mid \"1\""},
        {section + "a=mid:1\r\na=mid:2\r\n", 3, "a second section"},
        {section + "a=mid:a b\r\n", 2, "is no word"},
        {"a=ice-ufrag:abcd\r\n" + section + "a=mid:0\r\n", 1, "ice-pwd is missing"},
        {"a=ice-pwd:abcdabcdabcdabcdabcdabcd\r\n", 1, "ice-ufrag is missing"},
        {"a=ice-ufrag:a d\r\n", 1, "ice-ufrag of 3"},
        {"m=audio\r\n", 1, "the port"},
        {"a=a b\r\n", 1, "is none"},
        {"{\"candidate\": \"\"}", 1, "not a line of SDP"},
    };
    for (const auto& c : cases) {
        const auto error = refusal(c.text);
        EXPECT_EQ(error.pos.line, c.line) << c.text;
        EXPECT_THAT(error.text, HasSubstr(c.said)) << c.text;
    }
}

TEST(Fragments, an_error_does_not_show_the_password) {
    for (const char* text : {"a=ice-ufrag:abcd\r\na=ice-pwd:s3cr3t\r\n", "a=ice-pwd:s3cr3ts3cr3ts3cr3ts3cr3t\r\n"}) {
        const auto error = refusal(text);
        EXPECT_EQ(error.line_text, "a=ice-pwd:***");
        EXPECT_EQ(format_source_error(error).find("s3cr3t"), std::string::npos) << format_source_error(error);
    }
}

TEST(Fragments, candidates_and_sections_are_bounded) {
    std::string text = "m=audio 9 x 0\r\na=mid:0\r\n";
    for (int i = 0; i < 10'000; ++i) text += "a=candidate:x\r\n";
    EXPECT_THAT(taken(text).media[0].candidates, SizeIs(10'000));
    EXPECT_THAT(refusal(text + "a=candidate:x\r\n").text, HasSubstr("more than 10000 candidates"));
    text.clear();
    for (int i = 0; i < 1025; ++i) text += "m=audio 9 x 0\r\na=mid:" + std::to_string(i) + "\r\n";
    EXPECT_THAT(refusal(text).text, HasSubstr("more than 1024 media sections"));
}

}  // namespace
}  // namespace volley::proto::sdp
