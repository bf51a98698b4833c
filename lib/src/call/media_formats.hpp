// The media that this side brings to an offer or an answer: codecs, feedback, header extensions, sources.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "media/plugin.hpp"
#include "proto/sdp/negotiation.hpp"

namespace volley::call {

using media::AudioCodec;
using media::VideoCodec;
/// `VP8`, `H264`, `opus`, `G722`, `PCMU`, `PCMA`: the encoding names of SDP.
[[nodiscard]] std::string_view to_string(VideoCodec codec) noexcept;
[[nodiscard]] std::string_view to_string(AudioCodec codec) noexcept;
/// By these names, in any case.
[[nodiscard]] std::optional<VideoCodec> video_codec_named(std::string_view name) noexcept;
[[nodiscard]] std::optional<AudioCodec> audio_codec_named(std::string_view name) noexcept;

/// Who sends one track: the sources that descriptions announce and packets carry.
struct TrackSources {
    std::uint32_t ssrc = 0;
    std::uint32_t rtx_ssrc = 0;  ///< 0: the track has none
    std::string cname;           ///< of all tracks of a call
};
/// Sources that differ from each other and from 0.
struct CallSources {
    TrackSources audio;
    TrackSources video;
};
[[nodiscard]] CallSources make_sources(RandomSource& random);

/// Video in both directions, with the feedback and the header extensions that streams::Session understands, and RTX for each codec.
/// @param codecs  most wanted first; none: VP8, then H264
[[nodiscard]] proto::sdp::LocalMedia video_media(const TrackSources& sources, std::vector<VideoCodec> codecs = {},
                                                 proto::sdp::Direction direction = proto::sdp::Direction::sendrecv);
/// Audio in both directions. @param codecs  most wanted first; none: Opus, G.722, PCMU, PCMA
[[nodiscard]] proto::sdp::LocalMedia audio_media(const TrackSources& sources, std::vector<AudioCodec> codecs = {},
                                                 proto::sdp::Direction direction = proto::sdp::Direction::sendrecv);

}  // namespace volley::call
