// H.264 by OpenH264.
#pragma once

#include <memory>
#include <string>

#include "media/plugin.hpp"

namespace volley::media_plugin {

[[nodiscard]] std::unique_ptr<media::VideoEncoder> make_h264_encoder();
[[nodiscard]] std::unique_ptr<media::VideoDecoder> make_h264_decoder();
[[nodiscard]] std::string h264_library();

}  // namespace volley::media_plugin
