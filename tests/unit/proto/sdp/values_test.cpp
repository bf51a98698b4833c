// Single lines: what is read of each, and what is refused with the piece that is wrong.
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/sdp/description.hpp"
#include "proto/sdp/values.hpp"

namespace volley::proto::sdp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Read and written, a value in its usual form stays as it is.
template <class T>
void expect_kept(Reading<T> (*read)(std::string_view), std::string_view value) {
    const auto reading = read(value);
    ASSERT_TRUE(reading) << value << ": " << reading.error().text;
    EXPECT_EQ(to_text(*reading), value);
}

template <class T>
void expect_refused(Reading<T> (*read)(std::string_view), std::string_view value, std::string_view piece) {
    const auto reading = read(value);
    ASSERT_FALSE(reading) << value;
    EXPECT_EQ(reading.error().piece, piece) << value;
    EXPECT_FALSE(reading.error().text.empty());
}

TEST(Values, usual_forms_are_read_and_written_alike) {
    for (const auto value : {"- 361501882912966120 2 IN IP4 127.0.0.1", "mozilla...THIS_IS_SDPARTA-99.0 7135 0 IN IP6 ::",
                             "- 123456789012345678901234567890 18446744073709551615 IN IP4 host.example"})
        expect_kept(read_origin, value);
    for (const auto value : {"audio 9 UDP/TLS/RTP/SAVPF 111 63 9", "application 50168 DTLS/SCTP 5000", "video 49170/2 RTP/AVP 31",
                             "application 0 UDP/DTLS/SCTP webrtc-datachannel", "audio 65535 RTP/AVP 0"})
        expect_kept(read_media_line, value);
    for (const auto value : {"0 PCMU/8000", "111 opus/48000/2", "127 rtx/4294967295"}) expect_kept(read_rtp_map, value);
    for (const auto value : {"96 nack pli", "* transport-cc"}) expect_kept(read_feedback, value);
    for (const auto value :
         {"1 urn:ietf:params:rtp-hdrext:sdes:mid", "2/recvonly http://example/x some attributes", "255 a", "4096 a"})
        expect_kept(read_header_extension, value);
    for (const auto value : {"1 cname:pOurESnZne8QSVvx", "4294967295 msid:a b", "0 flag"}) expect_kept(read_ssrc, value);
    for (const auto value : {"FID 1 2", "SIM 1 2 3", "X"}) expect_kept(read_ssrc_group, value);
    for (const auto value : {"BUNDLE 0 1 2", "LS a", "BUNDLE"}) expect_kept(read_group, value);
    for (const auto value : {"stream track", "-", "{8a3a} {3d2f}"}) expect_kept(read_msid, value);
    expect_kept(read_sctp_map, "5000 webrtc-datachannel 1024");
}

TEST(Values, blanks_around_what_is_asked_for_say_nothing) {
    // Pion writes a blank in the place of the parameter that a feedback does not have.
    for (const auto value : {"96 nack ", "96 nack", "96  nack"}) EXPECT_EQ(read_feedback(value)->text, "nack") << value;
    for (const auto value : {"* ccm fir ", "* ccm  fir"}) EXPECT_EQ(read_feedback(value)->text, "ccm fir") << value;
    expect_refused(read_feedback, "96 ", "96 ");
}

TEST(Values, what_is_wrong_is_pointed_at) {
    expect_refused(read_origin, "- x 2 IN IP4 127.0.0.1", "x");
    expect_refused(read_origin, "- 1 18446744073709551616 IN IP4 127.0.0.1", "18446744073709551616");
    expect_refused(read_origin, "- 1 2 IN IP4", "- 1 2 IN IP4");
    expect_refused(read_origin, "- 1 2 IN IP4 a b", "- 1 2 IN IP4 a b");
    expect_refused(read_media_line, "audio 65536 x 0", "65536");
    expect_refused(read_media_line, "audio -1 x 0", "-1");
    expect_refused(read_media_line, "audio 9/0 x 0", "9/0");
    expect_refused(read_media_line, "audio 9 x// 0", "x//");
    expect_refused(read_media_line, "audio 9 x", "audio 9 x");
    expect_refused(read_media_line, "au:dio 9 x 0", "au:dio");
    expect_refused(read_rtp_map, "128 a/1", "128");
    expect_refused(read_rtp_map, "96 VP8", "VP8");
    expect_refused(read_rtp_map, "96 VP8/0", "0");
    expect_refused(read_rtp_map, "96 VP8/4294967296", "4294967296");
    expect_refused(read_rtp_map, "96 opus/48000/0", "0");
    expect_refused(read_feedback, "96", "96");
    expect_refused(read_fmtp, "x a=b", "x");
    expect_refused(read_header_extension, "0 a", "0");
    expect_refused(read_header_extension, "256 a", "256");
    expect_refused(read_header_extension, "4352 a", "4352");
    expect_refused(read_header_extension, "1/sideways a", "sideways");
    expect_refused(read_header_extension, "1", "1");
    expect_refused(read_ssrc, "4294967296 a", "4294967296");
    expect_refused(read_ssrc, "1", "1");
    expect_refused(read_ssrc_group, "FID a", "a");
    expect_refused(read_sctp_map, "70000 x", "70000 x");
    expect_refused(read_setup, "actpas", "actpas");
    expect_refused(read_group, "", "");
}

TEST(Values, fingerprints_are_read_in_any_case_and_written_in_one) {
    // Compared as text they differ, and calls with such a peer failed: it is the bytes that count.
    const auto a = read_fingerprint("SHA-256 " + std::string("ab:").append("CD:") + [] {
        std::string rest;
        for (int i = 0; i < 30; ++i) rest += i == 29 ? "0f" : "0F:";
        return rest;
    }());
    ASSERT_TRUE(a) << a.error().text;
    EXPECT_EQ(a->algorithm, "sha-256");
    EXPECT_EQ(a->digest[0], 0xab);
    EXPECT_EQ(a->digest[31], 0x0f);
    EXPECT_TRUE(is_strong(*a));
    EXPECT_EQ(to_text(*a).substr(0, 16), "sha-256 AB:CD:0F");
    EXPECT_EQ(*read_fingerprint(to_text(*a)), *a);
}

TEST(Values, only_hash_functions_that_are_safe_count_as_strong) {
    const auto with = [](const char* name, int bytes) {
        std::string text = name;
        for (int i = 0; i < bytes; ++i) text += i == 0 ? " 00" : ":00";
        const auto reading = read_fingerprint(text);
        EXPECT_TRUE(reading) << name;
        return reading && is_strong(*reading);
    };
    EXPECT_TRUE(with("sha-256", 32));
    EXPECT_TRUE(with("sha-384", 48));
    EXPECT_TRUE(with("sha-512", 64));
    EXPECT_FALSE(with("sha-1", 20));
    EXPECT_FALSE(with("md5", 16));
    EXPECT_FALSE(with("sha3-256", 32));  // not known here, so its length is not judged either
}

TEST(Values, damaged_fingerprints_are_refused) {
    for (const auto value : {"sha-256", "sha-256 ", "sha-1 AB", "sha-1 AB:CD:", "x AB:C", "x AB:CG", "x A:BC", "x ABCD",
                             "x AB::CD", "x :AB", "x AB CD", " AB"})
        EXPECT_FALSE(read_fingerprint(value)) << value;
    std::string long_one = "x 00";
    for (int i = 0; i < 64; ++i) long_one += ":00";
    EXPECT_FALSE(read_fingerprint(long_one));
}

TEST(Values, ice_credentials_keep_to_lengths_and_letters) {
    EXPECT_FALSE(check_ufrag("jDEk"));
    EXPECT_FALSE(check_ufrag("a+/9"));
    EXPECT_FALSE(check_ufrag("a-_="));  // not of the RFC, but some stacks write them
    EXPECT_TRUE(check_ufrag("abc"));
    EXPECT_TRUE(check_ufrag(std::string(257, 'a')));
    EXPECT_FALSE(check_ufrag(std::string(256, 'a')));
    const auto wrong = check_ufrag("ab c");
    ASSERT_TRUE(wrong);
    EXPECT_EQ(wrong->piece, " ");
    EXPECT_TRUE(check_password(std::string(21, 'a')));
    EXPECT_FALSE(check_password(std::string(22, 'a')));
}

TEST(Values, parameters_of_a_format_are_found_by_name) {
    constexpr std::string_view h264 = "level-asymmetry-allowed=1; packetization-mode=1;PROFILE-level-id=42e01f ;x";
    EXPECT_EQ(parameter(h264, "packetization-mode"), "1");
    EXPECT_EQ(parameter(h264, "profile-level-id"), "42e01f");
    EXPECT_EQ(parameter(h264, "x"), "");
    EXPECT_EQ(parameter(h264, "mode"), std::nullopt);
    EXPECT_EQ(parameter("", "x"), std::nullopt);
    EXPECT_EQ(parameter("apt=96", "apt"), "96");
}

TEST(Values, directions_turn_and_meet) {
    EXPECT_EQ(turned(Direction::sendonly), Direction::recvonly);
    EXPECT_EQ(turned(Direction::sendrecv), Direction::sendrecv);
    EXPECT_EQ(turned(Direction::inactive), Direction::inactive);
    for (const auto direction : {Direction::sendrecv, Direction::sendonly, Direction::recvonly, Direction::inactive})
        EXPECT_EQ(direction_named(to_text(direction)), direction);
    EXPECT_EQ(direction_named("sendrec"), std::nullopt);
}

TEST(Values, peers_words_in_messages_are_short_and_escaped) {
    EXPECT_EQ(in_quotes("a\x1b[31m"), "\"a\\x1b[31m\"");
    EXPECT_EQ(in_quotes(std::string(50, 'x')), '"' + std::string(40, 'x') + "...\"");
    EXPECT_EQ(in_quotes("a\tb"), "\"a b\"");
}

}  // namespace
}  // namespace volley::proto::sdp
