#include "streams/section.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "proto/rtp/transport_cc.hpp"
#include "proto/sdp/codecs.hpp"
#include "streams/abilities.hpp"

namespace volley::streams {
namespace {

constexpr std::string_view flow_identification = "FID";

bool is_rtx(const proto::sdp::Codec& codec) noexcept {
    constexpr std::string_view rtx = "rtx";
    return std::equal(codec.name.begin(), codec.name.end(), rtx.begin(), rtx.end(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

std::uint8_t id_of(const proto::sdp::AgreedMedia& media, std::string_view uri) noexcept {
    constexpr std::uint16_t most = 255;
    for (const auto& extension : media.extensions)
        if (extension.uri == uri && extension.id <= most) return static_cast<std::uint8_t>(extension.id);
    return 0;
}

bool has_feedback(const proto::sdp::AgreedMedia& media, std::string_view feedback) noexcept {
    return std::any_of(media.codecs.begin(), media.codecs.end(), [&](const proto::sdp::Codec& codec) {
        return std::find(codec.feedback.begin(), codec.feedback.end(), feedback) != codec.feedback.end();
    });
}

}  // namespace

Section::Section(const proto::sdp::AgreedMedia& media, std::size_t place)
    : agreed(&media),
      index(place),
      video(media.kind == "video"),
      sends(proto::sdp::sends(media.direction)),
      receives(proto::sdp::receives(media.direction)),
      resends(media.codecs.size()),
      rtx_types(media.codecs.size()),
      mid_id(id_of(media, mid_uri)),
      abs_send_time_id(id_of(media, abs_send_time_uri)),
      transport_cc_id(id_of(media, proto::rtp::transport_cc_uri)),
      nack(has_feedback(media, "nack")),
      picture_loss(has_feedback(media, "nack pli")),
      intra_request(has_feedback(media, "ccm fir")),
      remb(has_feedback(media, "goog-remb")),
      transport_cc(transport_cc_id != 0 && has_feedback(media, "transport-cc")) {
    codecs.fill(-1);
    for (std::size_t i = 0; i < media.codecs.size(); ++i)
        if (media.codecs[i].payload_type < payload_types) codecs[media.codecs[i].payload_type] = static_cast<std::int16_t>(i);
    for (std::size_t i = 0; i < media.codecs.size(); ++i) {
        if (!is_rtx(media.codecs[i])) continue;
        const auto text = proto::sdp::parameter(media.codecs[i].parameters, "apt");
        std::uint8_t type = 0;
        if (!text || std::from_chars(text->data(), text->data() + text->size(), type).ec != std::errc()) continue;
        const auto of = codec_of(type);
        if (!of || is_rtx(media.codecs[*of])) continue;
        resends[i] = *of;
        rtx_types[*of] = media.codecs[i].payload_type;
    }
}

std::optional<std::size_t> Section::codec_of(std::uint8_t payload_type) const noexcept {
    if (payload_type >= payload_types || codecs[payload_type] < 0) return std::nullopt;
    return static_cast<std::size_t>(codecs[payload_type]);
}

bool Section::carries(std::size_t codec) const noexcept {
    return codec < agreed->codecs.size() && !proto::sdp::carries_another(agreed->codecs[codec]);
}

bool Section::names(std::uint32_t ssrc) const noexcept {
    return std::any_of(agreed->remote_ssrcs.begin(), agreed->remote_ssrcs.end(),
                       [&](const auto& attribute) { return attribute.ssrc == ssrc; }) ||
           resent_source(ssrc) || rtx_source(ssrc);
}

std::optional<std::uint32_t> Section::resent_source(std::uint32_t rtx_ssrc) const noexcept {
    for (const auto& group : agreed->remote_ssrc_groups)
        if (group.semantics == flow_identification && group.ssrcs.size() == 2 && group.ssrcs[1] == rtx_ssrc)
            return group.ssrcs[0];
    return std::nullopt;
}

std::optional<std::uint32_t> Section::rtx_source(std::uint32_t ssrc) const noexcept {
    for (const auto& group : agreed->remote_ssrc_groups)
        if (group.semantics == flow_identification && group.ssrcs.size() == 2 && group.ssrcs[0] == ssrc) return group.ssrcs[1];
    return std::nullopt;
}

}  // namespace volley::streams
