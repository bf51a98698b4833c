// Opus by libopus: 48 kHz, stereo.
#pragma once

#include <memory>
#include <string>

#include "media/plugin.hpp"

namespace volley::media_plugin {

[[nodiscard]] media::Made<media::AudioEncoder> make_opus_encoder();
[[nodiscard]] media::Made<media::AudioDecoder> make_opus_decoder();
[[nodiscard]] std::string opus_library();

}  // namespace volley::media_plugin
