// The transforms of aiortc's example server, with its calls of OpenCV and its constants: none, cartoon, edges, rotate.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "media/plugin.hpp"

namespace volley::media_plugin {

/// Names, `none` first.
[[nodiscard]] std::vector<std::string> transform_names();
[[nodiscard]] media::Made<media::Transform> make_transform(std::string_view name);

[[nodiscard]] std::string transforms_library();
/// Keeps OpenCV from starting threads of its own: who transforms many streams at once shares the processors out itself. Once, before anything else.
void use_one_thread();

}  // namespace volley::media_plugin
