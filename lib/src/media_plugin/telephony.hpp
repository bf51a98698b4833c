// G.711 (PCMU, PCMA) and G.722 by SpanDSP: one channel. Source of their RTP form: RFC 3551 sections 4.5.2 and 4.5.14.
#pragma once

#include <memory>
#include <string>

#include "media/plugin.hpp"

namespace volley::media_plugin {

[[nodiscard]] media::Made<media::AudioEncoder> make_telephony_encoder(media::AudioCodec codec);
[[nodiscard]] media::Made<media::AudioDecoder> make_telephony_decoder(media::AudioCodec codec);

}  // namespace volley::media_plugin
