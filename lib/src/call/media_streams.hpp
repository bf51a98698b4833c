// The RTP of a call beside its peer: what the peer unprotects goes in, what is to be sent comes out.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <volley/time.hpp>

#include "base/random.hpp"
#include "call/media_formats.hpp"
#include "proto/sdp/negotiation.hpp"
#include "streams/session.hpp"
#include "webrtc/peer.hpp"

namespace volley::call {

/// The first section of a kind that something flows in, and the codec to send with there.
struct MediaSection {
    std::size_t index = 0;  ///< in Agreed::media, and in the session's sections
    std::size_t codec = 0;  ///< index in its codecs: the first that is known here and no RTX
};
/// Nothing where the descriptions agreed on none.
[[nodiscard]] std::optional<MediaSection> video_section(const proto::sdp::Agreed& agreed);
[[nodiscard]] std::optional<MediaSection> audio_section(const proto::sdp::Agreed& agreed);
/// Of one of its codecs; nothing for one that is none of ours (RTX).
[[nodiscard]] std::optional<media::VideoCodec> video_codec_of(const proto::sdp::AgreedMedia& section, std::size_t codec);
[[nodiscard]] std::optional<media::AudioCodec> audio_codec_of(const proto::sdp::AgreedMedia& section, std::size_t codec);

/// How the sections of a call are delivered; see streams::Delivery.
struct StreamOptions {
    streams::Delivery video = streams::Delivery::frames;
    streams::Delivery audio = streams::Delivery::frames;
    streams::RateLimits rate;
    /// A frame leaves within this: longer evens out more, and comes back later.
    Duration pacing_limit = std::chrono::milliseconds(5);
    bool pace = true;
};

/// The session of what was agreed on.
[[nodiscard]] streams::Session make_streams(TimePoint now, const proto::sdp::Agreed& agreed, const CallSources& sources,
                                            const StreamOptions& options, RandomSource& random);

/// Hands all that the session has to send to the peer. What the peer does not take is lost, as packets are.
void send_media(TimePoint now, streams::Session& session, webrtc::Peer& peer);

/// A peer of which nothing came for so long did not merely pause.
constexpr Duration least_silence = std::chrono::seconds(2);

/// What all streams of video that come have in common.
struct IncomingVideo {
    std::optional<TimePoint> last;  ///< packet; nothing: none came
    std::uint64_t unanswered = 0;   ///< key frames that were asked for last and never came
};
[[nodiscard]] IncomingVideo incoming_video(const streams::Session& session, TimePoint now);

/// A coded picture as payloads of RTP. @return nothing for what is no such picture.
[[nodiscard]] std::optional<std::vector<Bytes>> packetise(media::VideoCodec codec, BytesView picture, std::uint16_t picture_id);
/// And back. @return nothing where they make none.
[[nodiscard]] std::optional<Bytes> assemble(media::VideoCodec codec, const std::vector<Bytes>& payloads);

}  // namespace volley::call
