#include "call/media_streams.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "proto/h264/payload.hpp"
#include "proto/vp8/payload.hpp"

namespace volley::call {

namespace sdp = proto::sdp;

namespace {

/// From 1900, where NTP begins, to 1970 (RFC 5905 section 6).
constexpr Duration ntp_epoch = std::chrono::seconds(2'208'988'800);

/// What has to be added to a TimePoint for the time of NTP. The two clocks may drift apart in a long call, by less than reports are used for.
Duration ntp_offset() {
    const auto since_1970 = std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch());
    return ntp_epoch + since_1970 - Clock::now().time_since_epoch();
}

streams::PacketShape shape_of(const sdp::Codec& codec, BytesView payload) {
    const auto known = video_codec_named(codec.name);
    if (known == media::VideoCodec::vp8) {
        const auto parsed = proto::vp8::parse(payload);
        if (!parsed) return {};
        return {parsed->starts_frame(), false, parsed->starts_key_frame(), false};
    }
    if (known == media::VideoCodec::h264) {
        const auto contents = proto::h264::inspect(payload);
        return {contents.delimiter || contents.sequence_parameters, false, contents.key(), contents.supplemental};
    }
    return {true, true, true, false};
}

template <class Known>
std::optional<MediaSection> first_section(const sdp::Agreed& agreed, std::string_view kind, Known known) {
    for (std::size_t i = 0; i < agreed.media.size(); ++i) {
        const auto& section = agreed.media[i];
        if (section.kind != kind || section.direction == sdp::Direction::inactive) continue;
        for (std::size_t codec = 0; codec < section.codecs.size(); ++codec)
            if (known(section.codecs[codec].name)) return MediaSection{i, codec};
    }
    return std::nullopt;
}

}  // namespace

std::optional<MediaSection> video_section(const sdp::Agreed& agreed) {
    return first_section(agreed, "video", [](const std::string& name) { return video_codec_named(name).has_value(); });
}

std::optional<MediaSection> audio_section(const sdp::Agreed& agreed) {
    return first_section(agreed, "audio", [](const std::string& name) { return audio_codec_named(name).has_value(); });
}

std::optional<media::VideoCodec> video_codec_of(const sdp::AgreedMedia& section, std::size_t codec) {
    return codec < section.codecs.size() ? video_codec_named(section.codecs[codec].name) : std::nullopt;
}

std::optional<media::AudioCodec> audio_codec_of(const sdp::AgreedMedia& section, std::size_t codec) {
    return codec < section.codecs.size() ? audio_codec_named(section.codecs[codec].name) : std::nullopt;
}

streams::Session make_streams(TimePoint now, const sdp::Agreed& agreed, const CallSources& sources, const StreamOptions& options,
                              RandomSource& random) {
    streams::SessionConfig config;
    const auto audio = audio_section(agreed);
    const auto video = video_section(agreed);
    for (std::size_t i = 0; i < agreed.media.size(); ++i) {
        streams::SectionConfig section;
        section.agreed = agreed.media[i];
        if (audio && audio->index == i) {
            section.ssrc = sources.audio.ssrc;
            section.delivery = options.audio;
        } else if (video && video->index == i) {
            section.ssrc = sources.video.ssrc;
            section.rtx_ssrc = sources.video.rtx_ssrc;
            section.delivery = options.video;
        }
        config.sections.push_back(std::move(section));
    }
    config.shape = shape_of;
    config.cname = sources.audio.cname;
    config.rate = options.rate;
    config.pace = options.pace;
    config.pacing_limit = options.pacing_limit;
    config.ntp_offset = ntp_offset();
    return {now, std::move(config), random};
}

IncomingVideo incoming_video(const streams::Session& session, TimePoint now) {
    IncomingVideo out;
    for (const auto& [stream, stats] : session.inbound_stats(now)) {
        if (stats.kind != "video") continue;
        out.last = std::max(out.last, stats.last_packet_received);
        out.unanswered += stats.key_frames_unanswered;
    }
    return out;
}

void send_media(TimePoint now, streams::Session& session, webrtc::Peer& peer) {
    while (const auto packet = session.poll_packet(now)) (void)peer.send_media(now, packet->rtcp, packet->bytes, packet->again);
}

std::optional<std::vector<Bytes>> packetise(media::VideoCodec codec, BytesView picture, std::uint16_t picture_id) {
    auto payloads = codec == media::VideoCodec::vp8 ? proto::vp8::packetise(picture, streams::Session::most_payload, picture_id)
                                                    : proto::h264::packetise(picture, streams::Session::most_payload);
    if (!payloads) return std::nullopt;
    return std::move(*payloads);
}

std::optional<Bytes> assemble(media::VideoCodec codec, const std::vector<Bytes>& payloads) {
    auto picture = codec == media::VideoCodec::vp8 ? proto::vp8::assemble(std::span<const Bytes>(payloads))
                                                   : proto::h264::assemble(std::span<const Bytes>(payloads));
    if (!picture) return std::nullopt;
    return std::move(*picture);
}

}  // namespace volley::call
