#include "call/media_formats.hpp"

#include <array>
#include <utility>

#include <volley/http/message.hpp>

#include "streams/abilities.hpp"

namespace volley::call {

namespace sdp = proto::sdp;

namespace {

constexpr std::uint32_t video_clock = 90'000;
constexpr std::string_view stream_name = "volley";

struct VideoForm {
    VideoCodec codec;
    std::string_view name;
    std::uint8_t payload_type;
    std::uint8_t rtx_payload_type;
    const char* parameters;
};
// RFC 7741 section 6.1, RFC 6184 section 8.1: constrained baseline, what every stack of WebRTC has (RFC 7742 section 6.2).
constexpr std::array<VideoForm, 2> video_forms{{
    {VideoCodec::vp8, "VP8", 96, 97, ""},
    {VideoCodec::h264, "H264", 98, 99, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"},
}};

struct AudioForm {
    AudioCodec codec;
    std::string_view name;
    std::uint8_t payload_type;
    std::uint32_t clock;
    std::uint8_t channels;
    const char* parameters;
};
// RFC 7587 section 7; RFC 3551 table 4, whose clock of G.722 is 8,000 by an old mistake.
constexpr std::array<AudioForm, 4> audio_forms{{
    {AudioCodec::opus, "opus", 111, 48'000, 2, "minptime=10;useinbandfec=1"},
    {AudioCodec::g722, "G722", 9, 8'000, 1, ""},
    {AudioCodec::pcmu, "PCMU", 0, 8'000, 1, ""},
    {AudioCodec::pcma, "PCMA", 8, 8'000, 1, ""},
}};

template <class Forms, class Codec>
const auto& form_of(const Forms& forms, Codec codec) noexcept {
    for (const auto& form : forms)
        if (form.codec == codec) return form;
    return forms.front();
}

template <class Forms>
auto named(const Forms& forms, std::string_view name) noexcept -> std::optional<decltype(forms.front().codec)> {
    for (const auto& form : forms)
        if (http::iequals(form.name, name)) return form.codec;
    return std::nullopt;
}

void add_sources(const TrackSources& sources, std::string_view track, sdp::LocalMedia& media) {
    media.msids.push_back({std::string(stream_name), std::string(track)});
    const auto announce = [&](std::uint32_t ssrc) {
        media.ssrcs.push_back({ssrc, "cname", sources.cname});
        media.ssrcs.push_back({ssrc, "msid", std::string(stream_name) + ' ' + std::string(track)});
    };
    announce(sources.ssrc);
    if (sources.rtx_ssrc == 0) return;
    announce(sources.rtx_ssrc);
    media.ssrc_groups.push_back({"FID", {sources.ssrc, sources.rtx_ssrc}});
}

}  // namespace

std::string_view to_string(VideoCodec codec) noexcept { return form_of(video_forms, codec).name; }
std::string_view to_string(AudioCodec codec) noexcept { return form_of(audio_forms, codec).name; }
std::optional<VideoCodec> video_codec_named(std::string_view name) noexcept { return named(video_forms, name); }
std::optional<AudioCodec> audio_codec_named(std::string_view name) noexcept { return named(audio_forms, name); }

CallSources make_sources(RandomSource& random) {
    CallSources out;
    std::vector<std::uint32_t> taken{0};
    const auto draw = [&] {
        for (;;) {
            const auto ssrc = static_cast<std::uint32_t>(random.next());
            bool is_new = true;
            for (const std::uint32_t other : taken) is_new = is_new && other != ssrc;
            if (!is_new) continue;
            taken.push_back(ssrc);
            return ssrc;
        }
    };
    // RFC 7022 section 4.2: new for each session, 96 bits or more.
    const std::string cname = random.text(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    out.audio = {draw(), 0, cname};
    out.video.ssrc = draw();
    out.video.rtx_ssrc = draw();
    out.video.cname = cname;
    return out;
}

sdp::LocalMedia video_media(const TrackSources& sources, std::vector<VideoCodec> codecs, sdp::Direction direction) {
    if (codecs.empty()) codecs = {VideoCodec::vp8, VideoCodec::h264};
    sdp::LocalMedia media;
    media.kind = "video";
    media.direction = direction;
    for (const VideoCodec codec : codecs) {
        const VideoForm& form = form_of(video_forms, codec);
        media.codecs.push_back(
            {form.payload_type, std::string(form.name), video_clock, 1, form.parameters, streams::feedback_of(media.kind)});
        media.codecs.push_back(streams::rtx_of(media.codecs.back(), form.rtx_payload_type));
    }
    media.extensions = streams::header_extensions();
    add_sources(sources, "video", media);
    return media;
}

sdp::LocalMedia audio_media(const TrackSources& sources, std::vector<AudioCodec> codecs, sdp::Direction direction) {
    if (codecs.empty()) codecs = {AudioCodec::opus, AudioCodec::g722, AudioCodec::pcmu, AudioCodec::pcma};
    sdp::LocalMedia media;
    media.kind = "audio";
    media.direction = direction;
    for (const AudioCodec codec : codecs) {
        const AudioForm& form = form_of(audio_forms, codec);
        media.codecs.push_back({form.payload_type, std::string(form.name), form.clock, form.channels, form.parameters,
                                streams::feedback_of(media.kind)});
    }
    media.extensions = streams::header_extensions();
    add_sources(sources, "audio", media);
    return media;
}

}  // namespace volley::call
