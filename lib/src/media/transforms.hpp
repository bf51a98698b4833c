// All transforms by name: those that the program has added (volley/media.hpp), then those of the plugin.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "media/plugin.hpp"

namespace volley::media {

/// The plugin is loaded only where the name is none of the program's. Fault: it cannot be, or there is no such transform (the words name those
/// that there are). Thread safety: callable from anywhere.
[[nodiscard]] Made<Transform> make_transform(std::string_view name);

/// Names of all: the plugin's first, where it can be loaded, then the program's.
[[nodiscard]] std::vector<std::string> transform_names();

}  // namespace volley::media
