// Cameras of Linux, by libv4l2, which turns what they give into I420.
#pragma once

#include "media/plugin.hpp"

namespace volley::media_plugin {

[[nodiscard]] media::Made<media::PictureSource> open_camera(const media::CameraSettings& settings);

}  // namespace volley::media_plugin
