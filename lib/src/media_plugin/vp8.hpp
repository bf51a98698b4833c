// VP8 by libvpx.
#pragma once

#include <memory>
#include <string>

#include "media/plugin.hpp"

namespace volley::media_plugin {

[[nodiscard]] std::unique_ptr<media::VideoEncoder> make_vp8_encoder();
[[nodiscard]] std::unique_ptr<media::VideoDecoder> make_vp8_decoder();
[[nodiscard]] std::string vp8_library();

}  // namespace volley::media_plugin
