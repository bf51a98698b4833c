// Files of what was received. Sources: RFC 9559 (Matroska), the WebM container guidelines, RFC 7845 section 5.1 (OpusHead), ISO/IEC 14496-15
// section 5.2.4 (the decoder configuration of H.264).
//
// By libmatroska: of libwebm, Debian has the headers of the parser alone, and FFmpeg's libraries are too large to be a need of every recording.
#pragma once

#include <string>

#include "media/plugin.hpp"

namespace volley::media_plugin {

[[nodiscard]] std::string recorder_library();
[[nodiscard]] media::Made<media::Recorder> open_recorder(const media::RecorderSettings& settings);

}  // namespace volley::media_plugin
