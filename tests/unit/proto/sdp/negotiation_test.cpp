// Offers and answers between this side and the stacks that it meets.
#include <algorithm>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/sdp/codecs.hpp"
#include "proto/sdp/negotiation.hpp"
#include "support/fixtures.hpp"

namespace volley::proto::sdp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
const std::string digest = "6B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08";
const std::string transport =
    "a=ice-ufrag:theirs\r\na=ice-pwd:theirstheirstheirstheirs\r\na=fingerprint:sha-256 " + digest + "\r\n";
const std::string data_line = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";

Session taken(const std::string& text) {
    const auto session = read(text);
    if (session) return *session;
    ADD_FAILURE() << format_source_error(session.error());
    return {};
}

Session fixture(const std::string& name) {
    return taken(test::read_file(std::string(VOLLEY_SDP_FIXTURES) + '/' + name + ".sdp"));
}

Local data_only() {
    Local local;
    local.origin = {"-", "4711", 1, "IN IP4 127.0.0.1"};
    local.transport = {{"ours", "oursoursoursoursoursours"},
                       {"trickle"},
                       {*read_fingerprint("sha-256 " + digest)},
                       {"1 1 udp 2130706431 192.0.2.1 4000 typ host"},
                       true,
                       4000,
                       "IN IP4 192.0.2.1"};
    local.data = LocalData{};
    return local;
}

Local with_media() {
    Local local = data_only();
    LocalMedia audio;
    audio.kind = "audio";
    audio.codecs = {{111, "opus", 48000, 2, "minptime=10;useinbandfec=1", {"transport-cc"}}, {0, "PCMU", 8000, 1, "", {}}};
    audio.extensions = {{1, {}, "urn:ietf:params:rtp-hdrext:ssrc-audio-level", ""},
                        {4, {}, "urn:ietf:params:rtp-hdrext:sdes:mid", ""}};
    LocalMedia video;
    video.kind = "video";
    video.codecs = {
        {96, "VP8", 90000, 1, "", {"nack", "nack pli", "goog-remb"}},
        {97, "rtx", 90000, 1, "apt=96", {}},
        {102, "H264", 90000, 1, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", {"nack pli"}}};
    video.extensions = {{2, {}, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", ""},
                        {4, {}, "urn:ietf:params:rtp-hdrext:sdes:mid", ""}};
    video.msids = {{"stream", "track"}};
    video.ssrcs = {{1234, "cname", "name"}};
    local.media = {audio, video};
    return local;
}

Answer answered(const Session& offer, const Local& local) {
    auto answer = create_answer(offer, local);
    if (answer) return *answer;
    ADD_FAILURE() << format_source_error(answer.error());
    return {};
}

SourceError answer_refusal(const Session& offer, const Local& local) {
    const auto answer = create_answer(offer, local);
    if (!answer) return answer.error();
    ADD_FAILURE() << "was answered";
    return {};
}

Agreed applied(const Session& offer, const Session& answer) {
    auto agreed = apply_answer(offer, answer);
    if (agreed) return *agreed;
    ADD_FAILURE() << format_source_error(agreed.error());
    return {};
}

SourceError apply_refusal(const Session& offer, const Session& answer) {
    const auto agreed = apply_answer(offer, answer);
    if (!agreed) return agreed.error();
    ADD_FAILURE() << "was taken";
    return {};
}

// --- offers ----------------------------------------------------------------------------------------------------------

TEST(Offer, a_data_channel_alone_reads_as_browsers_write_it) {
    EXPECT_EQ(print(write(create_offer(data_only()))),
              "v=0\r\n"
              "o=- 4711 1 IN IP4 127.0.0.1\r\n"
              "s=-\r\n"
              "t=0 0\r\n"
              "a=group:BUNDLE 0\r\n"
              "m=application 4000 UDP/DTLS/SCTP webrtc-datachannel\r\n"
              "c=IN IP4 192.0.2.1\r\n"
              "a=candidate:1 1 udp 2130706431 192.0.2.1 4000 typ host\r\n"
              "a=end-of-candidates\r\n"
              "a=ice-ufrag:ours\r\n"
              "a=ice-pwd:oursoursoursoursoursours\r\n"
              "a=ice-options:trickle\r\n"
              "a=fingerprint:sha-256 " +
                  digest +
                  "\r\n"
                  "a=setup:actpass\r\n"
                  "a=mid:0\r\n"
                  "a=sctp-port:5000\r\n"
                  "a=max-message-size:262144\r\n");
}

TEST(Offer, media_and_data_share_one_bundle_and_its_words) {
    const Session offer = taken(print(write(create_offer(with_media()))));
    ASSERT_THAT(offer.media, SizeIs(3));
    EXPECT_THAT(offer.groups[0].mids, ElementsAre("0", "1", "2"));
    for (const Media& media : offer.media) {
        EXPECT_EQ(media.ice->ufrag, "ours");
        EXPECT_EQ(media.setup, Setup::actpass);
        EXPECT_THAT(media.fingerprints, SizeIs(1));
    }
    // Who takes the data channel alone finds the candidates there.
    Local refusing = data_only();
    refusing.idle_media = false;
    const Answer answer = answered(offer, refusing);
    EXPECT_EQ(answer.agreed.mid, "2");
    EXPECT_THAT(answer.agreed.candidates, SizeIs(1));
    EXPECT_EQ(offer.media[1].codecs, with_media().media[1].codecs);
    EXPECT_TRUE(offer.media[1].rtcp_mux);
    EXPECT_THAT(offer.media[1].msids, SizeIs(1));
}

// --- answers to others' offers ---------------------------------------------------------------------------------------

TEST(AnswerTo, every_recorded_offer_is_one_that_it_matches) {
    for (const Local& local : {data_only(), with_media()}) {
        int offers = 0;
        for (const auto& file : test::files_of(VOLLEY_SDP_FIXTURES)) {
            if (file.filename().string().find("offer") == std::string::npos) continue;
            ++offers;
            const Session offer = taken(test::read_file(file));
            const Answer answer = answered(offer, local);
            const Session ours = taken(print(write(answer.answer)));
            ASSERT_EQ(ours.media.size(), offer.media.size()) << file;
            for (std::size_t i = 0; i < ours.media.size(); ++i) {
                EXPECT_EQ(ours.media[i].mid, offer.media[i].mid) << file;
                EXPECT_EQ(ours.media[i].line.kind, offer.media[i].line.kind) << file;
                EXPECT_EQ(ours.media[i].line.protocol, offer.media[i].line.protocol) << file;
            }
            EXPECT_EQ(answer.agreed.data.has_value(), offer.media.back().is_data()) << file;
            EXPECT_EQ(answer.agreed.dtls, DtlsRole::client) << file;
            // What the offerer makes of it fits.
            const Agreed theirs = applied(offer, ours);
            EXPECT_EQ(theirs.dtls, DtlsRole::server) << file;
            EXPECT_EQ(theirs.remote_ice.ufrag, "ours") << file;
            EXPECT_EQ(theirs.media.size(), answer.agreed.media.size() + answer.idle.size()) << file;
            EXPECT_EQ(theirs.mid, answer.agreed.mid) << file;
            EXPECT_THAT(theirs.candidates, SizeIs(1)) << file;
        }
        EXPECT_GE(offers, 16);
    }
}

TEST(AnswerTo, chromium_is_active_and_takes_its_first_section_s_transport) {
    const Answer answer = answered(fixture("chromium-1-offer"), with_media());
    EXPECT_THAT(answer.refused, IsEmpty());
    EXPECT_FALSE(answer.agreed.controlling);
    EXPECT_EQ(answer.agreed.dtls, DtlsRole::client);
    EXPECT_EQ(answer.agreed.mid, "0");
    EXPECT_TRUE(answer.agreed.remote_trickles);
    EXPECT_THAT(answer.agreed.candidates, SizeIs(2));
    EXPECT_THAT(answer.answer.groups[0].mids, ElementsAre("0", "1", "2"));
    for (const Media& media : answer.answer.media) EXPECT_EQ(media.setup, Setup::active);
    EXPECT_EQ(answer.agreed.data->max_message_size, 262144U);
    ASSERT_THAT(answer.agreed.media, SizeIs(2));
    const AgreedMedia& video = answer.agreed.media[1];
    ASSERT_THAT(video.codecs, SizeIs(3));
    EXPECT_EQ(video.codecs[0], (Codec{96, "VP8", 90000, 1, "", {"goog-remb", "nack", "nack pli"}}));
    EXPECT_EQ(video.codecs[1], (Codec{97, "rtx", 90000, 1, "apt=96", {}}));
    EXPECT_EQ(video.codecs[2].payload_type, 108);  // 102 to 107 are of another profile or mode
    EXPECT_THAT(video.extensions, SizeIs(2));
    EXPECT_EQ(video.remote_ssrcs[0].ssrc, 346470992U);
    EXPECT_EQ(answer.answer.media[1].msids, with_media().media[1].msids);
}

TEST(AnswerTo, pion_s_words_for_feedback_are_known_by_the_blank_after_them_too) {
    const Answer answer = answered(fixture("pion-3.1-offer"), with_media());
    ASSERT_THAT(answer.agreed.media, SizeIs(2));
    const AgreedMedia& video = answer.agreed.media[0];
    EXPECT_EQ(video.codecs[0], (Codec{96, "VP8", 90000, 1, "", {"goog-remb", "nack", "nack pli"}}));
    EXPECT_EQ(answer.agreed.media[1].codecs[0], (Codec{111, "opus", 48000, 2, "minptime=10;useinbandfec=1", {"transport-cc"}}));
}

TEST(AnswerTo, a_data_only_side_leaves_tracks_idle_in_the_bundle) {
    // aiortc does not know refused sections: it goes on connecting each with a transport of its own.
    const Answer answer = answered(fixture("aiortc-1.4-offer"), data_only());
    EXPECT_THAT(answer.refused, IsEmpty());
    ASSERT_THAT(answer.idle, SizeIs(2));
    EXPECT_THAT(answer.idle[1].reason, HasSubstr("no \"video\" is wanted"));
    EXPECT_THAT(answer.answer.groups[0].mids, ElementsAre("0", "1", "2"));
    EXPECT_THAT(answer.agreed.media, IsEmpty());
    EXPECT_EQ(answer.agreed.remote_ice.ufrag, "LXxM");
    const Media& video = answer.answer.media[1];
    EXPECT_EQ(video.direction, Direction::inactive);
    EXPECT_THAT(video.line.formats, ElementsAre("97"));
    EXPECT_EQ(video.codecs, (std::vector<Codec>{{97, "VP8", 90000, 1, "", {}}}));
    EXPECT_EQ(video.ice->ufrag, "ours");
    // Only within the bundle that is taken, and only where something else is.
    const std::string audio = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=rtcp-mux\r\n";
    EXPECT_THAT(answered(taken(head + audio + data_line + transport), data_only()).refused, SizeIs(1));
    (void)answer_refusal(taken(head + "a=group:BUNDLE 0\r\n" + audio + transport + "a=mid:0\r\n"), data_only());
}

TEST(AnswerTo, where_tracks_are_refused_the_data_section_s_transport_is_taken) {
    // aiortc 1.4 names other credentials in each section: those of the first one that is taken count.
    Local local = data_only();
    local.idle_media = false;
    const Answer answer = answered(fixture("aiortc-1.4-offer"), local);
    EXPECT_EQ(answer.agreed.remote_ice.ufrag, "ZvC7");
    EXPECT_EQ(answer.agreed.mid, "2");
    EXPECT_THAT(answer.answer.groups[0].mids, ElementsAre("2"));
    ASSERT_THAT(answer.refused, SizeIs(2));
    EXPECT_EQ(answer.refused[0].mid, "0");
    EXPECT_THAT(answer.refused[0].reason, HasSubstr("no \"audio\" is wanted"));
    EXPECT_TRUE(answer.answer.media[0].rejected());
    EXPECT_EQ(answer.answer.media[0].line.formats, fixture("aiortc-1.4-offer").media[0].line.formats);
    // And with everything taken, the first section's.
    EXPECT_EQ(answered(fixture("aiortc-1.4-offer"), with_media()).agreed.remote_ice.ufrag, "LXxM");
}

TEST(AnswerTo, the_old_form_is_answered_in_the_old_form) {
    const Answer answer = answered(fixture("aiortc-1.4-offer-data"), data_only());
    const std::string text = print(write(answer.answer));
    EXPECT_THAT(text, HasSubstr("m=application 4000 DTLS/SCTP 5000\r\n"));
    EXPECT_THAT(text, HasSubstr("a=sctpmap:5000 webrtc-datachannel 65535\r\n"));
    EXPECT_EQ(text.find("sctp-port"), std::string::npos);
    EXPECT_EQ(answer.agreed.data->max_message_size, 65536U);
}

TEST(AnswerTo, the_form_between_is_answered_with_the_new_words) {
    const Answer answer =
        answered(taken(head + "m=application 9 DTLS/SCTP webrtc-datachannel\r\na=sctp-port:6000\r\n" + transport), data_only());
    const std::string text = print(write(answer.answer));
    EXPECT_THAT(text, HasSubstr("m=application 4000 DTLS/SCTP webrtc-datachannel\r\n"));
    EXPECT_THAT(text, HasSubstr("a=sctp-port:5000\r\n"));
    EXPECT_EQ(answer.agreed.data->remote_port, 6000);
}

TEST(AnswerTo, promises_of_a_bundle_are_taken_with_the_first_section_s_transport) {
    const Session offer = fixture("chromium-max-bundle-offer");
    const Answer all = answered(offer, with_media());
    EXPECT_THAT(all.refused, IsEmpty());
    EXPECT_EQ(all.agreed.mid, "0");
    EXPECT_NE(all.answer.media[1].line.port, 0);
    EXPECT_EQ(all.agreed.media[1].direction, Direction::sendonly);  // it only receives
    // Without tracks only sections of port 0 are left, which say nothing of a transport.
    Local refusing = data_only();
    refusing.idle_media = false;
    const Answer data = answered(offer, refusing);
    EXPECT_EQ(data.agreed.mid, "2");
    EXPECT_EQ(data.agreed.remote_ice.ufrag, "sF1m");
    EXPECT_THAT(data.answer.groups[0].mids, ElementsAre("2"));
}

TEST(AnswerTo, an_ice_lite_offerer_leaves_control_to_us) {
    EXPECT_TRUE(answered(fixture("janus-1.1-offer"), data_only()).agreed.controlling);
    EXPECT_TRUE(answered(fixture("janus-1.1-offer"), data_only()).agreed.remote_lite);
    EXPECT_FALSE(answered(fixture("firefox-offer"), data_only()).agreed.controlling);
}

// Taken from Firefox 153 ESR: the order in which a page adds its tracks, mDNS names, a second component beside the first.
TEST(AnswerTo, firefox_153_is_taken_whole) {
    const auto answer = answered(fixture("firefox-153-offer"), with_media());
    EXPECT_THAT(answer.refused, IsEmpty());
    EXPECT_THAT(answer.idle, IsEmpty());
    EXPECT_THAT(answer.answer.groups[0].mids, ElementsAre("0", "1", "2"));
    const Agreed& agreed = answer.agreed;
    EXPECT_EQ(agreed.dtls, DtlsRole::client);
    EXPECT_TRUE(agreed.end_of_candidates);
    EXPECT_THAT(agreed.candidates, SizeIs(4));
    EXPECT_THAT(agreed.fingerprints, SizeIs(1));
    ASSERT_THAT(agreed.media, SizeIs(2));
    const AgreedMedia& video = agreed.media[0];
    EXPECT_EQ(video.kind, "video");
    ASSERT_THAT(video.codecs, SizeIs(2));
    EXPECT_EQ(video.codecs[0].payload_type, 120) << "VP8";
    EXPECT_EQ(video.codecs[1].payload_type, 124) << "and what sends it again";
    EXPECT_THAT(video.remote_ssrc_groups, SizeIs(1));
    const AgreedMedia& audio = agreed.media[1];
    EXPECT_EQ(audio.kind, "audio");
    ASSERT_THAT(audio.codecs, SizeIs(2));
    EXPECT_EQ(audio.codecs[0].payload_type, 109) << "Opus";
    ASSERT_TRUE(agreed.data);
    EXPECT_EQ(agreed.data->mid, "2");
    EXPECT_EQ(agreed.data->max_message_size, 1073741823U);
}

TEST(AnswerTo, setup_takes_the_side_that_the_offer_leaves) {
    const auto with = [](const std::string& setup) { return taken(head + data_line + transport + setup + "a=mid:0\r\n"); };
    EXPECT_EQ(answered(with("a=setup:actpass\r\n"), data_only()).answer.media[0].setup, Setup::active);
    EXPECT_EQ(answered(with("a=setup:passive\r\n"), data_only()).answer.media[0].setup, Setup::active);
    EXPECT_EQ(answered(with("a=setup:active\r\n"), data_only()).answer.media[0].setup, Setup::passive);
    EXPECT_EQ(answered(with("a=setup:active\r\n"), data_only()).agreed.dtls, DtlsRole::server);
    EXPECT_EQ(answered(with(""), data_only()).agreed.dtls, DtlsRole::server);
    const auto error = answer_refusal(with("a=setup:holdconn\r\n"), data_only());
    EXPECT_EQ(error.pos.line, 9);
    EXPECT_THAT(error.text, HasSubstr("holdconn"));
}

TEST(AnswerTo, message_sizes_follow_the_rfc) {
    const auto with = [](const std::string& size) {
        return answered(taken(head + data_line + transport + size), data_only()).agreed.data->max_message_size;
    };
    EXPECT_EQ(with(""), 65536U);  // RFC 8841 section 6.1
    EXPECT_EQ(with("a=max-message-size:0\r\n"), 0U);
    EXPECT_EQ(with("a=max-message-size:262144\r\n"), 262144U);
}

TEST(AnswerTo, a_section_without_mid_or_bundle_is_a_transport_of_its_own) {
    const Answer answer = answered(taken(head + data_line + transport), data_only());
    EXPECT_THAT(answer.answer.groups, IsEmpty());
    EXPECT_EQ(answer.answer.media[0].mid, "");
    EXPECT_EQ(answer.agreed.remote_ice.ufrag, "theirs");
}

TEST(AnswerTo, of_several_transports_the_data_channel_s_is_taken) {
    const std::string audio = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=rtcp-mux\r\n";
    const Session offer =
        taken(head + "a=group:BUNDLE a b\r\na=group:BUNDLE c d\r\n" + audio + transport + "a=mid:a\r\n" + audio + transport +
              "a=mid:b\r\n" + data_line + transport + "a=mid:c\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtcp-mux\r\n" +
              "a=rtpmap:96 VP8/90000\r\na=mid:d\r\n" + data_line + transport + "a=mid:e\r\n");
    const Answer answer = answered(offer, with_media());
    EXPECT_THAT(answer.answer.groups, SizeIs(1));
    EXPECT_THAT(answer.answer.groups[0].mids, ElementsAre("c", "d"));
    ASSERT_THAT(answer.refused, SizeIs(3));
    EXPECT_THAT(answer.refused[0].reason, HasSubstr("one transport"));
    EXPECT_THAT(answer.refused[1].reason, HasSubstr("no \"audio\""));  // one track of each kind
    EXPECT_THAT(answer.refused[2].reason, HasSubstr("one section for data channels"));
    // Without a data channel, that of the first track.
    Local local = with_media();
    local.data.reset();
    EXPECT_EQ(answered(offer, local).agreed.mid, "a");
}

TEST(AnswerTo, header_extensions_keep_the_ids_of_their_section) {
    const Answer answer = answered(fixture("aiortc-1.4-offer"), with_media());
    EXPECT_THAT(answer.agreed.media[0].extensions,
                ElementsAre(HeaderExtension{1, {}, "urn:ietf:params:rtp-hdrext:sdes:mid", ""},
                            HeaderExtension{2, {}, "urn:ietf:params:rtp-hdrext:ssrc-audio-level", ""}));
    EXPECT_THAT(answer.agreed.media[1].extensions,
                ElementsAre(HeaderExtension{1, {}, "urn:ietf:params:rtp-hdrext:sdes:mid", ""},
                            HeaderExtension{2, {}, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", ""}));
}

TEST(AnswerTo, what_cannot_be_taken_is_refused_with_a_reason) {
    const auto reason = [](const std::string& section) {
        const Answer answer = answered(taken(head + section + data_line + transport), with_media());
        EXPECT_THAT(answer.refused, SizeIs(1));
        return answer.refused.empty() ? std::string() : answer.refused[0].reason;
    };
    EXPECT_THAT(reason("m=audio 0 UDP/TLS/RTP/SAVPF 0\r\n"), HasSubstr("port is 0"));
    EXPECT_THAT(reason("m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"), HasSubstr("rtcp-mux"));
    EXPECT_THAT(reason("m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP7/90000\r\na=rtcp-mux\r\n"),
                HasSubstr("none of its codecs"));
    EXPECT_THAT(reason("m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 rtx/90000\r\na=rtcp-mux\r\n"),
                HasSubstr("none of its codecs"));
    EXPECT_THAT(reason("m=text 9 UDP/TLS/RTP/SAVPF 0\r\na=rtcp-mux\r\n"), HasSubstr("no \"text\""));
    EXPECT_THAT(reason("m=application 9 UDP/BFCP *\r\n"), HasSubstr("\"UDP/BFCP\""));
    EXPECT_THAT(reason("m=application 9 UDP/DTLS/SCTP other\r\n"), HasSubstr("\"UDP/DTLS/SCTP\""));
}

TEST(AnswerTo, an_offer_of_which_nothing_can_be_taken_is_an_error_that_says_why) {
    const auto error = answer_refusal(taken(head + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:x\r\n"), data_only());
    EXPECT_EQ(error.file, "the offer");
    EXPECT_EQ(error.pos.line, 5);
    EXPECT_EQ(error.text, "section 1 (audio with mid \"x\"): no \"audio\" is wanted");
    EXPECT_THAT(error.hint, HasSubstr("data channel"));
    EXPECT_THAT(answer_refusal(taken(head), data_only()).text, HasSubstr("no media section"));
}

TEST(AnswerTo, a_transport_that_cannot_be_used_is_an_error) {
    const auto bare = [](const std::string& lines) { return answer_refusal(taken(head + data_line + lines), data_only()).text; };
    EXPECT_THAT(bare(""), HasSubstr("no ice-ufrag"));
    EXPECT_THAT(bare("a=ice-ufrag:abcd\r\na=ice-pwd:abcdabcdabcdabcdabcdabcd\r\n"), HasSubstr("no fingerprint"));
    EXPECT_THAT(bare("a=ice-ufrag:abcd\r\na=ice-pwd:abcdabcdabcdabcdabcdabcd\r\n"
                     "a=fingerprint:sha-1 00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00\r\n"),
                HasSubstr("no fingerprint that is safe"));
}

TEST(AnswerTo, a_thousand_sections_and_ten_thousand_candidates_are_answered_soon) {
    std::string text = head + "a=group:BUNDLE";
    for (int i = 0; i < 1000; ++i) text += ' ' + std::to_string(i);
    text += "\r\n";
    for (int i = 0; i < 1000; ++i) {
        text += (i == 999 ? data_line : "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n") + transport + "a=mid:" + std::to_string(i) + "\r\n";
        for (int k = 0; k < 10; ++k) text += "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n";
    }
    ASSERT_LT(text.size(), Limits().bytes);
    const Answer answer = answered(taken(text), data_only());
    EXPECT_EQ(answer.agreed.mid, "999");  // the others lack rtcp-mux
    EXPECT_THAT(answer.agreed.candidates, SizeIs(10));
    EXPECT_THAT(answer.refused, SizeIs(999));
}

TEST(Answered, sources_that_resend_are_announced_where_the_peer_takes_what_they_send) {
    Local local = with_media();
    LocalMedia& video = local.media[1];
    video.ssrcs = {
        {1234, "cname", "name"}, {1234, "msid", "stream track"}, {5678, "cname", "name"}, {5678, "msid", "stream track"}};
    video.ssrc_groups = {{"FID", {1234, 5678}}};
    const Media with = answered(fixture("chromium-1-offer"), local).answer.media[1];
    EXPECT_EQ(with.ssrc_groups, video.ssrc_groups);
    EXPECT_EQ(with.ssrcs, video.ssrcs);

    const Answer answer = answered(fixture("libdatachannel-0.24-offer"), local);
    ASSERT_THAT(answer.agreed.media, SizeIs(2));
    EXPECT_EQ(answer.agreed.mid, "aud");
    EXPECT_THAT(answer.agreed.fingerprints, SizeIs(1)) << "that of the session";
    const Media& without = answer.answer.media[1];
    EXPECT_THAT(without.line.formats, ElementsAre("102"));
    EXPECT_THAT(without.ssrc_groups, IsEmpty());
    EXPECT_THAT(without.ssrcs, ElementsAre(video.ssrcs[0], video.ssrcs[1]));
}

// --- answers to our offer --------------------------------------------------------------------------------------------

TEST(Applied, every_recorded_answer_fits_the_offer_that_it_was_given_to) {
    // Which of the recorded offers each of these answered.
    for (const auto& [offer, answer] : {std::pair{"chromium-1-offer", "aiortc-1.4-answer"},
                                        {"chromium-2-offer", "gstreamer-1.22-answer"},
                                        {"chromium-3-offer", "janus-1.1-answer"},
                                        {"chromium-4-offer", "pion-3.1-answer"},
                                        {"chromium-5-offer", "werift-0.24-answer"},
                                        {"chromium-6-offer", "libwebrtc-answer"},
                                        {"aiortc-1.4-offer-data", "aiortc-1.4-answer-data"}}) {
        const Agreed agreed = applied(fixture(offer), fixture(answer));
        EXPECT_EQ(agreed.dtls, DtlsRole::server) << answer;
        EXPECT_TRUE(agreed.controlling) << answer;
        EXPECT_EQ(agreed.mid, "0") << answer;
        EXPECT_FALSE(agreed.candidates.empty()) << answer;
        EXPECT_THAT(agreed.fingerprints, SizeIs(1)) << answer;
        ASSERT_TRUE(agreed.data) << answer;
        EXPECT_EQ(agreed.data->remote_port, 5000) << answer;
    }
}

TEST(Applied, aiortc_s_answer_to_an_offer_of_ours) {
    const Agreed agreed = applied(create_offer(with_media()), fixture("aiortc-1.4-answer-to-volley"));
    EXPECT_EQ(agreed.dtls, DtlsRole::server);
    EXPECT_EQ(agreed.mid, "0");
    EXPECT_EQ(agreed.data->max_message_size, 65536U);
    ASSERT_THAT(agreed.media, SizeIs(2));
    EXPECT_EQ(agreed.media[0].direction, Direction::sendrecv);
    EXPECT_EQ(agreed.media[0].codecs[0].name, "opus");
    EXPECT_EQ(agreed.media[1].codecs[1].parameters, "apt=96");
}

TEST(Applied, libdatachannel_s_answer_to_an_offer_of_ours) {
    const Agreed agreed = applied(create_offer(with_media()), fixture("libdatachannel-0.24-answer-to-volley"));
    EXPECT_EQ(agreed.dtls, DtlsRole::server);
    EXPECT_THAT(agreed.fingerprints, SizeIs(1)) << "that of the session";
    EXPECT_THAT(agreed.candidates, SizeIs(1));
    ASSERT_THAT(agreed.media, SizeIs(2));
    EXPECT_EQ(agreed.media[1].direction, Direction::sendrecv);
    EXPECT_EQ(agreed.media[1].codecs[1].parameters, "apt=96");
    EXPECT_THAT(agreed.media[1].remote_ssrcs, IsEmpty());
    ASSERT_TRUE(agreed.data);
    EXPECT_EQ(agreed.data->max_message_size, 262144U);
}

TEST(Applied, an_answer_that_does_not_match_says_in_which_line) {
    const Session offer = create_offer(with_media());
    const std::string audio = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-mux\r\na=setup:active\r\n";
    const std::string video = "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n";
    const std::string data = data_line + "a=setup:active\r\n";
    const std::string bundle = "a=group:BUNDLE 0 2\r\n";
    const auto whole = [&](const std::string& a, const std::string& v, const std::string& d) {
        return head + bundle + a + v + d;
    };
    const std::string good_audio = audio + transport + "a=mid:0\r\n";
    const std::string good_video = video + "a=mid:1\r\n";
    const std::string good_data = data + transport + "a=mid:2\r\n";
    const Agreed agreed = applied(offer, taken(whole(good_audio, good_video, good_data)));
    EXPECT_THAT(agreed.media, SizeIs(1));
    EXPECT_EQ(agreed.media[0].codecs[0].payload_type, 111);
    const auto with = [](std::string text, const std::string& from, const std::string& to) {
        const std::size_t at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return text.replace(at, from.size(), to);
    };
    // A medium of which nothing comes does not end the call: the data channels are there.
    const Agreed without = applied(offer, taken(whole(with(good_audio, "111 opus", "111 ilbc"), good_video, good_data)));
    EXPECT_TRUE(without.data);
    ASSERT_THAT(without.media, SizeIs(1));
    EXPECT_EQ(without.media[0].direction, Direction::inactive);
    const struct {
        std::string answer;
        int line;
        std::string said;
    } cases[] = {
        {head + good_audio, 5, "1 media sections where the offer has 3"},
        {head + bundle + good_data + good_video + good_audio, 6, "answers one of audio"},
        {whole(with(good_audio, "mid:0", "mid:2"), good_video, with(good_data, "mid:2", "mid:0")), 13,
         "answers the one with mid \"0\""},
        {whole(good_audio, good_video, with(good_data, "setup:active", "setup:actpass")), 0, ""},  // not the tagged one's
        {whole(with(good_audio, "setup:active", "setup:actpass"), good_video, good_data), 9, "setup:actpass is no answer"},
        {whole(with(good_audio, "setup:active", "setup:holdconn"), good_video, good_data), 9, "setup:holdconn is no answer"},
        {whole(with(good_audio, "a=rtcp-mux\r\n", ""), good_video, good_data), 6, "lacks rtcp-mux"},
        {whole(with(good_audio, "111 opus", "111 ilbc"), good_video, with(good_data, "application 9", "application 0")), 6,
         "names no codec that was offered"},
        {head + good_audio + good_video + good_data, 15, "not in a bundle with the others"},
        {head + "a=group:BUNDLE 0\r\n" + good_audio + good_video + good_data, 16, "not in a bundle with the others"},
        {head + "a=group:BUNDLE 2\r\n" + good_audio + good_video + good_data, 6, "not in a bundle with the others"},
        {head + "a=group:BUNDLE 1 0 2\r\n" + good_audio + good_video + good_data, 5, "begins with \"1\", which it refuses"},
        {whole(with(good_audio, "m=audio 9", "m=audio 0"), good_video, with(good_data, "application 9", "application 0")), 6,
         "refuses everything"},
        {whole(with(good_audio, "a=ice-ufrag:theirs\r\na=ice-pwd:theirstheirstheirstheirs\r\n", ""), good_video, good_data), 6,
         "no ice-ufrag"},
        {whole(with(good_audio, "a=fingerprint:sha-256 " + digest + "\r\n", ""), good_video, good_data), 6, "no fingerprint"},
        {whole(good_audio, good_video, with(good_data, "UDP/DTLS/SCTP webrtc-datachannel", "UDP/BFCP *")), 16,
         "speaks \"UDP/BFCP\""},
    };
    for (const auto& c : cases) {
        if (c.said.empty()) {
            (void)applied(offer, taken(c.answer));
            continue;
        }
        const auto error = apply_refusal(offer, taken(c.answer));
        EXPECT_EQ(error.file, "the answer");
        EXPECT_EQ(error.pos.line, c.line) << c.said << '\n' << c.answer;
        EXPECT_THAT(error.text, HasSubstr(c.said)) << c.answer;
    }
}

TEST(Applied, a_bundle_of_what_was_not_bundled_is_refused) {
    const Session offer = taken(head + data_line + transport + "a=setup:actpass\r\na=mid:0\r\n");
    const auto error =
        apply_refusal(offer, taken(head + "a=group:BUNDLE 0\r\n" + data_line + transport + "a=setup:active\r\na=mid:0\r\n"));
    EXPECT_EQ(error.pos.line, 5);
    EXPECT_THAT(error.text, HasSubstr("was not offered in a bundle"));
}

TEST(Applied, an_answer_without_mids_or_bundle_is_enough_for_one_section) {
    const Session offer = create_offer(data_only());
    const Agreed agreed = applied(offer, taken(head + data_line + transport + "a=setup:passive\r\n"));
    EXPECT_EQ(agreed.dtls, DtlsRole::client);
    EXPECT_EQ(agreed.mid, "0");
    EXPECT_EQ(agreed.data->mid, "0");
    // Nor is the old form one that cannot be understood.
    EXPECT_TRUE(
        applied(offer, taken(head + "m=application 9 DTLS/SCTP 5000\r\na=sctpmap:5000 webrtc-datachannel 16\r\n" + transport))
            .data);
}

TEST(Applied, a_refused_section_may_hold_anything) {
    Local local = with_media();
    const Session offer = create_offer(local);
    const std::string refused = "m=audio 0 x y\r\na=mid:0\r\nm=video 0 x y\r\na=mid:1\r\n";
    const Agreed agreed =
        applied(offer, taken(head + "a=group:BUNDLE 2\r\n" + refused + data_line + transport + "a=setup:active\r\na=mid:2\r\n"));
    EXPECT_EQ(agreed.mid, "2");
    EXPECT_THAT(agreed.media, IsEmpty());
}

// --- codecs ----------------------------------------------------------------------------------------------------------

TEST(Codecs, levels_of_h264_are_agreed_on) {
    const auto answer_to = [](const char* parameters) {
        Media remote;
        remote.codecs = {{100, "H264", 90000, 1, parameters, {}}};
        const auto codecs = shared_codecs(
            remote, {{102, "H264", 90000, 1, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", {}}});
        return codecs.empty() ? std::string("none") : codecs[0].parameters;
    };
    // Both allow asymmetry: the offer's profile and our level.
    EXPECT_EQ(answer_to("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42c015"),
              "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42c01f");
    // Else the lower one, without a word of what the offer did not allow.
    EXPECT_EQ(answer_to("packetization-mode=1;profile-level-id=42c015"), "packetization-mode=1;profile-level-id=42c015");
    EXPECT_EQ(answer_to("packetization-mode=1;profile-level-id=42e034"), "packetization-mode=1;profile-level-id=42e01f");
    EXPECT_EQ(answer_to("packetization-mode=1;profile-level-id=640c1f"), "none");
}

TEST(Codecs, the_same_coding_is_told_from_another) {
    const auto codec = [](const char* name, std::uint32_t rate, std::uint8_t channels, const char* parameters) {
        return Codec{1, name, rate, channels, parameters, {}};
    };
    EXPECT_TRUE(same_codec(codec("opus", 48000, 2, "a=b"), codec("OPUS", 48000, 2, "")));
    EXPECT_FALSE(same_codec(codec("opus", 48000, 2, ""), codec("opus", 48000, 1, "")));
    EXPECT_FALSE(same_codec(codec("G722", 8000, 1, ""), codec("G722", 16000, 1, "")));
    const char* baseline = "packetization-mode=1;profile-level-id=42e01f";
    EXPECT_TRUE(
        same_codec(codec("H264", 90000, 1, baseline), codec("H264", 90000, 1, "profile-level-id=42E034; packetization-mode=1")));
    EXPECT_FALSE(same_codec(codec("H264", 90000, 1, baseline), codec("H264", 90000, 1, "profile-level-id=42e01f")));
    EXPECT_FALSE(
        same_codec(codec("H264", 90000, 1, baseline), codec("H264", 90000, 1, "packetization-mode=1;profile-level-id=640c1f")));
    // RFC 6184 table 5: all of these are constrained baseline.
    for (const char* same : {"packetization-mode=1;profile-level-id=42c01f", "packetization-mode=1;profile-level-id=4d801f"})
        EXPECT_TRUE(same_codec(codec("H264", 90000, 1, baseline), codec("H264", 90000, 1, same))) << same;
    EXPECT_FALSE(
        same_codec(codec("H264", 90000, 1, baseline), codec("H264", 90000, 1, "packetization-mode=1;profile-level-id=42001f")));
    EXPECT_FALSE(
        same_codec(codec("H264", 90000, 1, baseline), codec("H264", 90000, 1, "packetization-mode=1;profile-level-id=42")));
    EXPECT_TRUE(same_codec(codec("VP9", 90000, 1, ""), codec("VP9", 90000, 1, "profile-id=0")));
    EXPECT_FALSE(same_codec(codec("VP9", 90000, 1, ""), codec("VP9", 90000, 1, "profile-id=2")));
}

}  // namespace
}  // namespace volley::proto::sdp
