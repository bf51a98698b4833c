// Files of what was received. Sources: RFC 9559 (Matroska), the WebM container guidelines, RFC 7845 section 5.1 (OpusHead), ISO/IEC 14496-15
// section 5.2.4 (the decoder configuration of H.264).
#pragma once

#include "media/plugin.hpp"

namespace volley::media_plugin {

[[nodiscard]] media::Made<media::Recorder> open_recorder(const media::RecorderSettings& settings);

}  // namespace volley::media_plugin
