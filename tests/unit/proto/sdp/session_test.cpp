// What WebRTC needs of a description, as the stacks write it.
#include <chrono>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/sdp/session.hpp"
#include "support/fixtures.hpp"

namespace volley::proto::sdp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

const std::string head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
const std::string fingerprint =
    "sha-256 6B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08";

Session fixture(const std::string& name) {
    const auto session = read(test::read_file(std::string(VOLLEY_SDP_FIXTURES) + '/' + name + ".sdp"));
    if (session) return *session;
    ADD_FAILURE() << name << ": " << format_source_error(session.error());
    return {};
}

Session taken(const std::string& text) {
    const auto session = read(text);
    if (session) return *session;
    ADD_FAILURE() << format_source_error(session.error());
    return {};
}

SourceError refusal(const std::string& text) {
    const auto session = read(text);
    if (!session) return session.error();
    ADD_FAILURE() << "was taken: " << text;
    return {};
}

TEST(Session, every_recorded_description_has_all_that_a_call_needs) {
    for (const auto& file : test::files_of(VOLLEY_SDP_FIXTURES)) {
        const auto session = read(test::read_file(file));
        ASSERT_TRUE(session) << file << '\n' << format_source_error(session.error());
        ASSERT_FALSE(session->media.empty()) << file;
        const Media& first = session->media.front();
        EXPECT_TRUE(first.ice) << file;
        EXPECT_FALSE(first.fingerprints.empty()) << file;
        EXPECT_TRUE(first.setup) << file;
        ASSERT_FALSE(session->groups.empty()) << file;
        EXPECT_EQ(session->groups[0].mids.size(), session->media.size()) << file;
        for (const Media& media : session->media) {
            EXPECT_TRUE(media.is_data() || media.is_rtp()) << file;
            EXPECT_FALSE(media.rejected()) << file;
            EXPECT_FALSE(media.mid.empty()) << file;
            if (media.is_rtp()) {
                EXPECT_TRUE(media.rtcp_mux) << file;
                EXPECT_FALSE(media.codecs.empty()) << file;
            } else {
                EXPECT_EQ(media.effective_sctp_port(), 5000) << file;
            }
        }
    }
}

TEST(Session, every_recorded_description_means_the_same_when_written_anew) {
    for (const auto& file : test::files_of(VOLLEY_SDP_FIXTURES)) {
        const auto session = read(test::read_file(file));
        ASSERT_TRUE(session) << file;
        const std::string once = print(write(*session));
        const auto again = read(once);
        ASSERT_TRUE(again) << file << '\n' << format_source_error(again.error());
        EXPECT_EQ(print(write(*again)), once) << file;
        EXPECT_EQ(again->media.size(), session->media.size());
        for (std::size_t i = 0; i < session->media.size(); ++i) {
            EXPECT_EQ(again->media[i].codecs, session->media[i].codecs) << file;
            EXPECT_EQ(again->media[i].extensions, session->media[i].extensions) << file;
            EXPECT_EQ(again->media[i].candidates, session->media[i].candidates) << file;
            EXPECT_EQ(again->media[i].ice, session->media[i].ice) << file;
            EXPECT_EQ(again->media[i].fingerprints, session->media[i].fingerprints) << file;
        }
    }
}

TEST(Session, chromium_names_codecs_extensions_and_sources) {
    const Session offer = fixture("chromium-1-offer");
    EXPECT_EQ(offer.origin.session_id, "361501882912966120");
    EXPECT_TRUE(offer.extmap_allow_mixed);
    EXPECT_FALSE(offer.ice_lite);
    ASSERT_THAT(offer.media, SizeIs(3));
    const Media& audio = offer.media[0];
    EXPECT_EQ(audio.mid, "0");
    EXPECT_EQ(audio.setup, Setup::actpass);
    EXPECT_EQ(audio.ice, (IceCredentials{"jDEk", "nAGXGLC9uc3RF4CPKR2vYNzI"}));
    EXPECT_THAT(audio.ice_options, ElementsAre("trickle"));
    EXPECT_THAT(audio.candidates, SizeIs(2));
    EXPECT_FALSE(audio.end_of_candidates);
    EXPECT_EQ(audio.codecs[0], (Codec{111, "opus", 48000, 2, "minptime=10;useinbandfec=1", {"transport-cc"}}));
    EXPECT_EQ(audio.codecs[2], (Codec{9, "G722", 8000, 1, "", {}}));
    EXPECT_THAT(audio.extensions, SizeIs(4));
    EXPECT_EQ(audio.extensions[3], (HeaderExtension{4, {}, "urn:ietf:params:rtp-hdrext:sdes:mid", ""}));
    const Media& video = offer.media[1];
    EXPECT_EQ(video.codecs[0], (Codec{96, "VP8", 90000, 1, "", {"goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"}}));
    EXPECT_EQ(video.codecs[1], (Codec{97, "rtx", 90000, 1, "apt=96", {}}));
    EXPECT_THAT(video.ssrc_groups, ElementsAre(SsrcGroup{"FID", {346470992, 3259302160}}));
    EXPECT_EQ(video.ssrcs[0], (SsrcAttribute{346470992, "cname", "pOurESnZne8QSVvx"}));
    EXPECT_EQ(video.msids[0].track, "2d1f0fda-9d0f-4188-812d-4f11e0f9578b");
    const Media& data = offer.media[2];
    EXPECT_TRUE(data.is_data());
    EXPECT_EQ(data.sctp_port, 5000);
    EXPECT_EQ(data.max_message_size, 262144U);
}

TEST(Session, ids_of_header_extensions_are_those_of_their_section) {
    // aiortc 1.4 gives id 2 to two different ones in one bundle.
    const Session offer = fixture("aiortc-1.4-offer");
    EXPECT_EQ(offer.media[0].extensions[1], (HeaderExtension{2, {}, "urn:ietf:params:rtp-hdrext:ssrc-audio-level", ""}));
    EXPECT_EQ(offer.media[1].extensions[1],
              (HeaderExtension{2, {}, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", ""}));
    EXPECT_NE(offer.media[0].ice, offer.media[1].ice);  // and other credentials to each section
}

TEST(Session, the_old_form_of_data_channels_is_read) {
    const Session offer = fixture("aiortc-1.4-offer-data");
    ASSERT_TRUE(offer.media[0].is_data());
    EXPECT_EQ(offer.media[0].sctp_map, (SctpMap{5000, "webrtc-datachannel", 65535}));
    EXPECT_EQ(offer.media[0].sctp_port, std::nullopt);
    EXPECT_EQ(offer.media[0].effective_sctp_port(), 5000);
    EXPECT_EQ(offer.media[0].max_message_size, 65536U);
    EXPECT_TRUE(offer.media[0].end_of_candidates);
    EXPECT_EQ(offer.media[0].line.protocol, "DTLS/SCTP");
}

TEST(Session, the_port_of_the_old_form_is_its_format) {
    const auto port = [](const std::string& section) { return taken(head + section).media[0].effective_sctp_port(); };
    EXPECT_EQ(port("m=application 9 DTLS/SCTP 6000\r\na=sctpmap:6000 webrtc-datachannel 16\r\n"), 6000);
    EXPECT_EQ(port("m=application 9 DTLS/SCTP 6000\r\n"), 6000);  // the map may be missing
    EXPECT_EQ(port("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=sctp-port:6001\r\n"), 6001);
    EXPECT_EQ(port("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"), 5000);
    // Between the two forms there was one with the old protocol's name and the new words.
    const Session between = taken(head + "m=application 9 DTLS/SCTP webrtc-datachannel\r\na=sctp-port:6002\r\n");
    EXPECT_TRUE(between.media[0].is_data());
    EXPECT_FALSE(between.media[0].has_old_data_form());
    EXPECT_EQ(between.media[0].effective_sctp_port(), 6002);
}

TEST(Session, an_end_of_candidates_above_all_sections_ends_those_of_each) {
    const Session session = taken(head + "a=end-of-candidates\r\nm=audio 9 x 0\r\nm=audio 9 x 0\r\n");
    EXPECT_TRUE(session.media[0].end_of_candidates);
    EXPECT_TRUE(session.media[1].end_of_candidates);
}

TEST(Session, what_firefox_says_once_for_all_holds_in_each_section) {
    const Session offer = fixture("firefox-offer");
    for (const Media& media : offer.media) {
        ASSERT_THAT(media.fingerprints, SizeIs(1));
        EXPECT_EQ(to_text(media.fingerprints[0]), fingerprint);
        EXPECT_THAT(media.ice_options, ElementsAre("trickle"));
        EXPECT_EQ(media.direction, Direction::sendrecv);
    }
    EXPECT_EQ(offer.media[0].extensions[1].direction, Direction::recvonly);
    EXPECT_EQ(offer.media[0].codecs[1], (Codec{9, "G722", 8000, 1, "", {}}));
    EXPECT_EQ(offer.media[2].max_message_size, 1073741823U);
}

TEST(Session, several_fingerprints_and_simulcast_are_read) {
    const Session aiortc = fixture("aiortc-1.15-offer");
    ASSERT_THAT(aiortc.media[1].fingerprints, SizeIs(3));
    EXPECT_EQ(aiortc.media[1].fingerprints[2].algorithm, "sha-512");
    const Session safari = fixture("safari-offer");
    EXPECT_THAT(safari.media[1].rids, ElementsAre("hi send", "mid send", "lo send"));
    EXPECT_EQ(safari.media[1].simulcast, "send hi;mid;lo");
    EXPECT_TRUE(fixture("janus-1.1-offer").ice_lite);
    EXPECT_THAT(fixture("libdatachannel-offer-data").media[0].ice_options, ElementsAre("ice2", "trickle"));
}

TEST(Session, port_0_is_a_refusal_unless_the_bundle_carries_it) {
    const Session session = taken(head +
                                  "a=group:BUNDLE 0 2\r\nm=audio 9 x 0\r\na=mid:0\r\nm=video 0 x 0\r\na=mid:1\r\n"
                                  "m=video 0 x 0\r\na=mid:2\r\na=bundle-only\r\n");
    EXPECT_FALSE(session.media[0].rejected());
    EXPECT_TRUE(session.media[1].rejected());
    EXPECT_FALSE(session.media[2].rejected());
}

TEST(Session, a_section_overrides_what_the_session_says) {
    const Session session = taken(head +
                                  "a=setup:passive\r\na=recvonly\r\na=ice-ufrag:aaaa\r\na=ice-pwd:aaaaaaaaaaaaaaaaaaaaaa\r\n"
                                  "c=IN IP4 192.0.2.1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=setup:active\r\na=sendonly\r\n"
                                  "a=ice-ufrag:bbbb\r\na=ice-pwd:bbbbbbbbbbbbbbbbbbbbbb\r\nc=IN IP4 192.0.2.2\r\n"
                                  "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n");
    EXPECT_EQ(session.media[0].setup, Setup::active);
    EXPECT_EQ(session.media[0].direction, Direction::sendonly);
    EXPECT_EQ(session.media[0].ice->ufrag, "bbbb");
    EXPECT_EQ(session.media[0].connection, "IN IP4 192.0.2.2");
    EXPECT_EQ(session.media[1].setup, Setup::passive);
    EXPECT_EQ(session.media[1].direction, Direction::recvonly);
    EXPECT_EQ(session.media[1].ice->ufrag, "aaaa");
    EXPECT_EQ(session.media[1].connection, "IN IP4 192.0.2.1");
    EXPECT_EQ(session.media[1].codecs[0].name, "PCMU");  // needs no rtpmap
}

TEST(Session, codecs_keep_the_order_of_the_m_line_and_know_only_its_formats) {
    const Session session =
        taken(head +
              "m=video 9 UDP/TLS/RTP/SAVPF 97 96 96 100\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 H264/90000\r\n"
              "a=rtpmap:98 VP9/90000\r\na=fmtp:99 x=y\r\na=rtcp-fb:* nack\r\na=rtcp-fb:96 nack pli\r\n");
    ASSERT_THAT(session.media[0].codecs, SizeIs(2));  // 100 has no rtpmap
    EXPECT_EQ(session.media[0].codecs[0].name, "H264");
    EXPECT_EQ(session.media[0].codecs[1].feedback, std::vector<std::string>{"nack pli"});
    EXPECT_THAT(session.media[0].any_feedback, ElementsAre("nack"));
}

TEST(Session, wrong_lines_are_refused_with_their_number) {
    const std::string audio = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n";
    const std::string data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";
    const struct {
        std::string text;
        int line;
        std::string said;
    } cases[] = {
        {"v=0\r\no=- a 1 IN IP4 0.0.0.0\r\ns=-\r\n", 2, "session id \"a\""},
        {head + audio + "a=mid:0\r\n" + audio + "a=mid:0\r\n", 8, "that of another section, in line 6"},
        {head + audio + "a=mid:0\r\na=mid:1\r\n", 7, "a second mid"},
        {head + audio + "a=mid:\r\n", 6, "is no word"},
        {head + "a=group:BUNDLE 0 1\r\n" + audio + "a=mid:0\r\n", 5, "no section has the mid \"1\""},
        {head + "a=group:BUNDLE 0 0\r\n" + audio + "a=mid:0\r\n", 5, "bundled twice"},
        {head + "a=group:BUNDLE 0\r\na=group:BUNDLE 0\r\n" + audio + "a=mid:0\r\n", 6, "bundled twice"},
        {head + audio + "a=ice-ufrag:abc\r\n", 6, "ice-ufrag of 3 characters"},
        {head + audio + "a=ice-ufrag:abcd\r\n", 6, "ice-pwd is missing"},
        {head + audio + "a=ice-pwd:abcdabcdabcdabcdabcdabcd\r\n", 6, "ice-ufrag is missing"},
        {head + "a=ice-ufrag:abcd\r\n" + audio, 5, "ice-pwd is missing"},
        {head + audio + "a=fingerprint:sha-256 00\r\n", 6, "a fingerprint of 1 bytes, where sha-256 gives 32"},
        {head + audio + "a=setup:both\r\n", 6, "does not exist"},
        {head + audio + "a=extmap:1 a\r\na=extmap:1 b\r\n", 7, "a second meaning"},
        {head + audio + "a=extmap:0 a\r\n", 6, "the id \"0\""},
        {head + data + "a=sctp-port:0\r\n", 6, "SCTP port \"0\""},
        {head + data + "a=sctp-port:65536\r\n", 6, "SCTP port"},
        {head + data + "a=max-message-size:-1\r\n", 6, "is no number"},
        {head + audio + "a=ssrc:x y\r\n", 6, "the source \"x\""},
        {head + audio + "a=rtpmap:0 x\r\n", 6, "clock rate"},
        {head + audio + "a=fmtp:200 x\r\n", 6, "payload type"},
        {head + "m=audio 9 UDP/TLS/RTP/SAVPF 0 128\r\n", 5, "payload type \"128\""},
        {head + "m=audio x UDP/TLS/RTP/SAVPF 0\r\n", 5, "the port \"x\""},
    };
    for (const auto& c : cases) {
        const auto error = refusal(c.text);
        EXPECT_EQ(error.pos.line, c.line) << c.text;
        EXPECT_THAT(error.text, HasSubstr(c.said)) << c.text;
    }
}

TEST(Session, a_column_points_into_the_line) {
    const auto error = refusal(head + "a=group:BUNDLE 0 one\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n");
    EXPECT_EQ(error.pos, (SourcePos{5, 18}));
}

TEST(Session, a_password_does_not_stand_in_an_error) {
    const auto error = refusal(head + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=ice-pwd:s3cr3ts3cr3ts3cr3ts3cr3t!\r\n");
    EXPECT_EQ(format_source_error(error).find("s3cr3t"), std::string::npos);
    EXPECT_EQ(format_source_error(refusal(head + "m=audio 9 x 0\r\na=ice-pwd:s3cr3ts3cr3ts3cr3ts3cr3t\r\n")).find("s3cr3t"),
              std::string::npos);
}

TEST(Session, the_same_extension_twice_is_no_contradiction) {
    EXPECT_THAT(taken(head + "m=audio 9 x 0\r\na=extmap:1 a\r\na=extmap:1 a\r\n").media[0].extensions, SizeIs(2));
}

TEST(Session, ten_thousand_candidates_are_the_most) {
    std::string text = head + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";
    for (int i = 0; i < 10'000; ++i) text += "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n";
    EXPECT_THAT(taken(text).media[0].candidates, SizeIs(10'000));
    const auto error = refusal(text + "m=audio 9 x 0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n");
    EXPECT_THAT(error.text, HasSubstr("more than 10000 candidates"));
    EXPECT_EQ(error.pos.line, 10'007);
}

TEST(Session, fingerprints_of_one_section_are_bounded) {
    std::string text = head + "m=audio 9 x 0\r\n";
    for (int i = 0; i < 16; ++i) text += "a=fingerprint:" + fingerprint + "\r\n";
    EXPECT_THAT(taken(text).media[0].fingerprints, SizeIs(16));
    EXPECT_THAT(refusal(text + "a=fingerprint:" + fingerprint + "\r\n").text, HasSubstr("more than 16 fingerprints"));
}

}  // namespace
}  // namespace volley::proto::sdp
