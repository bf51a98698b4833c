// Video of whatever file libavformat reads, decoded to I420.
#pragma once

#include <string>

#include "media/plugin.hpp"

namespace volley::avformat_plugin {

[[nodiscard]] media::Made<media::PictureSource> open_movie(const std::string& path);
/// Names and versions.
[[nodiscard]] std::string libraries();

}  // namespace volley::avformat_plugin
