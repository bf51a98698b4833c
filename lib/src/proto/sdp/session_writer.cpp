// From values to lines, in the order that browsers write them.
#include <string>
#include <utility>

#include "proto/sdp/session.hpp"
#include "proto/sdp/syntax.hpp"

namespace volley::proto::sdp {
namespace {

constexpr std::uint64_t most_port = 65535;

void write_transport(Section& out, const Media& media) {
    for (const std::string& candidate : media.candidates) out.attribute("candidate", candidate);
    if (media.end_of_candidates) out.attribute("end-of-candidates");
    if (media.ice) {
        out.attribute("ice-ufrag", media.ice->ufrag);
        out.attribute("ice-pwd", media.ice->password);
    }
    if (!media.ice_options.empty()) {
        std::string options;
        for (const std::string& option : media.ice_options) options += (options.empty() ? "" : " ") + option;
        out.attribute("ice-options", options);
    }
    for (const Fingerprint& fingerprint : media.fingerprints) out.attribute("fingerprint", to_text(fingerprint));
    if (media.setup) out.attribute("setup", to_text(*media.setup));
    if (!media.mid.empty()) out.attribute("mid", media.mid);
    if (media.bundle_only) out.attribute("bundle-only");
}

void write_rtp(Section& out, const Media& media) {
    for (const HeaderExtension& extension : media.extensions) out.attribute("extmap", to_text(extension));
    out.attribute(to_text(media.direction));
    for (const Msid& msid : media.msids) out.attribute("msid", to_text(msid));
    if (media.rtcp_mux) out.attribute("rtcp-mux");
    if (media.rtcp_rsize) out.attribute("rtcp-rsize");
    for (const Codec& codec : media.codecs) {
        out.attribute("rtpmap", to_text(RtpMap{codec.payload_type, codec.name, codec.clock_rate, codec.channels}));
        for (const std::string& feedback : codec.feedback)
            out.attribute("rtcp-fb", to_text(PayloadText{codec.payload_type, feedback}));
        if (!codec.parameters.empty()) out.attribute("fmtp", to_text(PayloadText{codec.payload_type, codec.parameters}));
    }
    for (const std::string& feedback : media.any_feedback) out.attribute("rtcp-fb", to_text(PayloadText{std::nullopt, feedback}));
    for (const std::string& rid : media.rids) out.attribute("rid", rid);
    if (!media.simulcast.empty()) out.attribute("simulcast", media.simulcast);
    for (const SsrcGroup& group : media.ssrc_groups) out.attribute("ssrc-group", to_text(group));
    for (const SsrcAttribute& ssrc : media.ssrcs) out.attribute("ssrc", to_text(ssrc));
}

void write_data(Section& out, const Media& media) {
    if (media.sctp_map) out.attribute("sctpmap", to_text(*media.sctp_map));
    if (media.sctp_port) out.attribute("sctp-port", std::to_string(*media.sctp_port));
    if (media.max_message_size) out.attribute("max-message-size", std::to_string(*media.max_message_size));
}

Section write_media(const Media& media) {
    Section out;
    out.add('m', to_text(media.line));
    out.add('c', media.connection);
    write_transport(out, media);
    if (media.is_rtp())
        write_rtp(out, media);
    else if (media.direction != Direction::sendrecv)
        out.attribute(to_text(media.direction));
    write_data(out, media);
    return out;
}

}  // namespace

bool Media::is_data() const noexcept {
    if (line.kind != "application") return false;
    // What carries it is ICE's to find out, whichever of the two stands here (RFC 9429 section 5.1.2).
    if (line.protocol == "UDP/DTLS/SCTP" || line.protocol == "TCP/DTLS/SCTP")
        return !line.formats.empty() && line.formats[0] == "webrtc-datachannel";
    return line.protocol == "DTLS/SCTP" && (!sctp_map || sctp_map->application == "webrtc-datachannel");
}

bool Media::is_rtp() const noexcept {
    // The first is what everyone writes; the others are what RFC 9429 has us take for it.
    return line.protocol == "UDP/TLS/RTP/SAVPF" || line.protocol == "UDP/TLS/RTP/SAVP" || line.protocol == "TCP/TLS/RTP/SAVPF" ||
           line.protocol == "TCP/TLS/RTP/SAVP" || line.protocol == "RTP/SAVPF" || line.protocol == "RTP/SAVP" ||
           line.protocol == "RTP/AVPF" || line.protocol == "RTP/AVP";
}

bool Media::has_old_data_form() const noexcept {
    return line.protocol == "DTLS/SCTP" && !line.formats.empty() && number(line.formats[0], most_port).has_value();
}

std::uint16_t Media::effective_sctp_port() const noexcept {
    constexpr std::uint16_t usual = 5000;
    if (sctp_port) return *sctp_port;
    if (sctp_map) return sctp_map->port;
    if (has_old_data_form()) return static_cast<std::uint16_t>(number(line.formats[0], most_port).value_or(usual));
    return usual;
}

Description write(const Session& session) {
    Description out;
    out.session.add('v', "0");
    out.session.add('o', to_text(session.origin));
    out.session.add('s', session.name);
    out.session.add('t', "0 0");
    for (const Group& group : session.groups) out.session.attribute("group", to_text(group));
    if (session.extmap_allow_mixed) out.session.attribute("extmap-allow-mixed");
    if (session.ice_lite) out.session.attribute("ice-lite");
    if (!session.msid_semantic.empty()) out.session.attribute("msid-semantic", ' ' + session.msid_semantic);
    for (const HeaderExtension& extension : session.extensions) out.session.attribute("extmap", to_text(extension));
    for (const Media& media : session.media) out.media.push_back(write_media(media));
    return out;
}

}  // namespace volley::proto::sdp
