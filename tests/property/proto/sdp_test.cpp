// Any description of well-formed values is read as what was written; its lines may stand in any order within a section; damaged ones are
// refused in words. Any answer of ours fits any offer of ours.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "proto/sdp/fragment.hpp"
#include "proto/sdp/negotiation.hpp"

namespace volley::proto::sdp {
namespace {

std::string text_of(const std::string& letters, std::size_t least, std::size_t most) {
    const auto size = *rc::gen::inRange(least, most + 1);
    return *rc::gen::container<std::string>(size, rc::gen::elementOf(letters));
}
std::string token() { return text_of("abcXYZ019-_.!+~{|}", 1, 8); }
std::string words() { return text_of("abcXYZ019:/=;,.", 1, 12) + *rc::gen::element<std::string>("", " x", " 1 2"); }
template <class T, class Make>
std::vector<T> some(std::size_t most, Make make) {
    std::vector<T> out;
    for (auto n = *rc::gen::inRange<std::size_t>(0, most + 1); n > 0; --n) out.push_back(make());
    return out;
}
template <class T, class Make>
std::optional<T> maybe(Make make) {
    return *rc::gen::arbitrary<bool>() ? std::optional<T>(make()) : std::nullopt;
}
Direction direction() {
    return *rc::gen::element(Direction::sendrecv, Direction::sendonly, Direction::recvonly, Direction::inactive);
}
IceCredentials credentials() {
    const std::string letters = "abcXYZ019+/";
    return {text_of(letters, 4, 20), text_of(letters, 22, 40)};
}
Fingerprint fingerprint() {
    const auto bytes = *rc::gen::element<std::size_t>(32, 48, 64);
    return {"sha-" + std::to_string(bytes * 8),
            *rc::gen::container<std::vector<std::uint8_t>>(bytes, rc::gen::arbitrary<std::uint8_t>())};
}
HeaderExtension extension(std::uint16_t id) {
    return {id, maybe<Direction>(direction), "urn:" + text_of("abc:-", 1, 6), *rc::gen::element<std::string>("", "x y")};
}

void make_rtp(Media& media) {
    media.line.kind = *rc::gen::element<std::string>("audio", "video");
    media.line.protocol = *rc::gen::element<std::string>("UDP/TLS/RTP/SAVPF", "RTP/SAVPF");
    const auto types = *rc::gen::unique<std::vector<int>>(rc::gen::inRange(0, 128));
    for (const int type : types) {
        media.line.formats.push_back(std::to_string(type));
        media.codecs.push_back({static_cast<std::uint8_t>(type), token(), *rc::gen::inRange<std::uint32_t>(1, 200'000),
                                *rc::gen::inRange<std::uint8_t>(1, 9), *rc::gen::element<std::string>("", "apt=1", "a=b;c"),
                                some<std::string>(2, words)});
    }
    if (types.empty()) media.line.formats = {"0"};
    if (types.empty()) media.codecs.push_back({0, "PCMU", 8000, 1, "", {}});
    media.direction = direction();
    media.rtcp_mux = *rc::gen::arbitrary<bool>();
    media.rtcp_rsize = *rc::gen::arbitrary<bool>();
    media.any_feedback = some<std::string>(2, words);
    for (auto n = *rc::gen::inRange<std::uint16_t>(0, 4); n > 0; --n) media.extensions.push_back(extension(n));
    media.msids = some<Msid>(2, [] { return Msid{token(), *rc::gen::element<std::string>("", "t")}; });
    media.ssrc_groups = some<SsrcGroup>(2, [] { return SsrcGroup{token(), *rc::gen::arbitrary<std::vector<std::uint32_t>>()}; });
    media.ssrcs = some<SsrcAttribute>(3, [] {
        return SsrcAttribute{*rc::gen::arbitrary<std::uint32_t>(), token(), *rc::gen::element<std::string>("", "v", "a:b c")};
    });
    media.rids = some<std::string>(2, words);
    media.simulcast = *rc::gen::element<std::string>("", "send a;b");
}

void make_data(Media& media) {
    media.line.kind = "application";
    if (*rc::gen::arbitrary<bool>()) {
        media.line.protocol = "UDP/DTLS/SCTP";
        media.line.formats = {"webrtc-datachannel"};
        media.sctp_port = maybe<std::uint16_t>([] { return *rc::gen::inRange<std::uint16_t>(1, 65535); });
    } else {
        media.line.protocol = "DTLS/SCTP";
        media.line.formats = {"5000"};
        media.sctp_map =
            SctpMap{*rc::gen::arbitrary<std::uint16_t>(), "webrtc-datachannel", *rc::gen::arbitrary<std::uint16_t>()};
    }
    media.max_message_size = maybe<std::uint64_t>([] { return *rc::gen::arbitrary<std::uint64_t>(); });
}

Media make_media(std::size_t index) {
    Media media;
    if (*rc::gen::arbitrary<bool>())
        make_rtp(media);
    else
        make_data(media);
    media.line.port = *rc::gen::arbitrary<std::uint16_t>();
    media.mid = std::to_string(index) + token();
    media.bundle_only = *rc::gen::arbitrary<bool>();
    media.ice = maybe<IceCredentials>(credentials);
    media.ice_options = some<std::string>(2, token);
    media.fingerprints = some<Fingerprint>(3, fingerprint);
    media.setup = maybe<Setup>([] { return *rc::gen::element(Setup::actpass, Setup::active, Setup::passive, Setup::holdconn); });
    media.candidates = some<std::string>(3, words);
    media.end_of_candidates = *rc::gen::arbitrary<bool>();
    return media;
}

Session make_session() {
    Session session;
    session.origin = {token(), std::to_string(*rc::gen::arbitrary<std::uint64_t>()), *rc::gen::arbitrary<std::uint64_t>(),
                      "IN IP6 ::1"};
    session.name = *rc::gen::element<std::string>("-", " ", "a name");
    const auto count = *rc::gen::inRange<std::size_t>(0, 4);
    Group group{"BUNDLE", {}};
    for (std::size_t i = 0; i < count; ++i) {
        session.media.push_back(make_media(i));
        if (*rc::gen::arbitrary<bool>()) group.mids.push_back(session.media.back().mid);
    }
    if (!group.mids.empty()) session.groups.push_back(group);
    session.ice_lite = *rc::gen::arbitrary<bool>();
    session.extmap_allow_mixed = *rc::gen::arbitrary<bool>();
    session.msid_semantic = *rc::gen::element<std::string>("", "WMS *");
    return session;
}

void expect_same(const Media& a, const Media& b) {
    RC_ASSERT(a.line == b.line);
    RC_ASSERT(a.connection == b.connection);
    RC_ASSERT(a.mid == b.mid);
    RC_ASSERT(a.bundle_only == b.bundle_only);
    RC_ASSERT(a.ice == b.ice);
    RC_ASSERT(a.ice_options == b.ice_options);
    RC_ASSERT(a.fingerprints == b.fingerprints);
    RC_ASSERT(a.setup == b.setup);
    RC_ASSERT(a.candidates == b.candidates);
    RC_ASSERT(a.end_of_candidates == b.end_of_candidates);
    RC_ASSERT(a.sctp_port == b.sctp_port);
    RC_ASSERT(a.max_message_size == b.max_message_size);
    RC_ASSERT(a.sctp_map == b.sctp_map);
    RC_ASSERT(a.direction == b.direction);
    RC_ASSERT(a.rtcp_mux == b.rtcp_mux);
    RC_ASSERT(a.rtcp_rsize == b.rtcp_rsize);
    RC_ASSERT(a.codecs == b.codecs);
    RC_ASSERT(a.any_feedback == b.any_feedback);
    RC_ASSERT(a.extensions == b.extensions);
    RC_ASSERT(a.msids == b.msids);
    RC_ASSERT(a.ssrc_groups == b.ssrc_groups);
    RC_ASSERT(a.ssrcs == b.ssrcs);
    RC_ASSERT(a.rids == b.rids);
    RC_ASSERT(a.simulcast == b.simulcast);
}

void expect_same(const Session& a, const Session& b) {
    RC_ASSERT(a.origin == b.origin);
    RC_ASSERT(a.name == b.name);
    RC_ASSERT(a.groups == b.groups);
    RC_ASSERT(a.ice_lite == b.ice_lite);
    RC_ASSERT(a.extmap_allow_mixed == b.extmap_allow_mixed);
    RC_ASSERT(a.msid_semantic == b.msid_semantic);
    RC_ASSERT(a.media.size() == b.media.size());
    for (std::size_t i = 0; i < a.media.size(); ++i) expect_same(a.media[i], b.media[i]);
}

RC_GTEST_PROP(Sdp, values_are_read_as_they_were_written, ()) {
    const Session session = make_session();
    const std::string text = print(write(session));
    const auto again = read(text);
    if (!again) RC_FAIL(format_source_error(again.error()) + text);
    expect_same(*again, session);
}

RC_GTEST_PROP(Sdp, kinds_of_lines_may_stand_in_any_order, ()) {
    const Session session = make_session();
    Description description = write(session);
    for (Section& section : description.media) {
        // Lines of one attribute keep their order among themselves, as they do when a stack sorts by name.
        std::stable_sort(section.lines.begin() + 1, section.lines.end(), [](const Line& a, const Line& b) {
            return std::string(attribute_of(a).name) > std::string(attribute_of(b).name);
        });
    }
    const auto again = read(print(description));
    if (!again) RC_FAIL(format_source_error(again.error()));
    expect_same(*again, session);
}

RC_GTEST_PROP(Sdp, a_damaged_description_is_refused_in_words_or_kept_byte_for_byte, ()) {
    std::string text = print(write(make_session()));
    for (auto n = *rc::gen::inRange(1, 4); n > 0; --n) {
        const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
        text[at] = *rc::gen::oneOf(rc::gen::arbitrary<char>(), rc::gen::element('\n', '\r', '=', ':', ' ', '0', 'm', 'a'));
    }
    const auto parsed = parse(text);
    if (!parsed) {
        RC_ASSERT(!parsed.error().text.empty());
        return;
    }
    RC_ASSERT(print(*parsed) == text);
    const auto session = read(*parsed);
    if (!session) RC_ASSERT(!session.error().text.empty());
}

RC_GTEST_PROP(Sdp, an_answer_of_ours_fits_an_offer_of_ours, ()) {
    const auto side = [](bool must_have_data) {
        Local local;
        local.transport.ice = credentials();
        local.transport.fingerprints = {fingerprint()};
        local.transport.candidates = some<std::string>(2, words);
        if (must_have_data || *rc::gen::arbitrary<bool>())
            local.data = LocalData{*rc::gen::inRange<std::uint16_t>(1, 65535), 1000};
        local.idle_media = *rc::gen::arbitrary<bool>();
        for (const char* kind : {"audio", "video"}) {
            if (!*rc::gen::arbitrary<bool>()) continue;
            LocalMedia media;
            media.kind = kind;
            media.direction = direction();
            media.codecs = {{96, *rc::gen::element<std::string>("VP8", "H264"), 90000, 1, "", {"nack"}},
                            {0, "PCMU", 8000, 1, "", {}}};
            local.media.push_back(media);
        }
        return local;
    };
    const Local a = side(true);
    const Local b = side(true);
    const auto offer = read(print(write(create_offer(a))));
    RC_ASSERT(offer.has_value());
    const auto answer = create_answer(*offer, b);
    RC_ASSERT(answer.has_value());
    const auto read_back = read(print(write(answer->answer)));
    RC_ASSERT(read_back.has_value());
    const auto agreed = apply_answer(*offer, *read_back);
    if (!agreed) RC_FAIL(format_source_error(agreed.error()));
    RC_ASSERT(agreed->dtls == DtlsRole::server);
    RC_ASSERT(answer->agreed.dtls == DtlsRole::client);
    RC_ASSERT(agreed->controlling != answer->agreed.controlling);
    RC_ASSERT(agreed->remote_ice == b.transport.ice);
    RC_ASSERT(answer->agreed.remote_ice == a.transport.ice);
    RC_ASSERT(agreed->candidates == b.transport.candidates);
    RC_ASSERT(answer->agreed.candidates == a.transport.candidates);
    RC_ASSERT(agreed->media.size() == answer->agreed.media.size() + answer->idle.size());
    for (const AgreedMedia& media : agreed->media) {
        const auto& theirs = answer->agreed.media;
        const auto same =
            std::find_if(theirs.begin(), theirs.end(), [&](const AgreedMedia& other) { return other.mid == media.mid; });
        if (same == theirs.end()) {
            RC_ASSERT(media.direction == Direction::inactive);
            continue;
        }
        RC_ASSERT(media.direction == turned(same->direction));
        RC_ASSERT(media.codecs == same->codecs);
    }
    RC_ASSERT(agreed->data->remote_port == answer->agreed.data->local_port);
    RC_ASSERT(agreed->data->local_port == answer->agreed.data->remote_port);
}

}  // namespace
}  // namespace volley::proto::sdp
