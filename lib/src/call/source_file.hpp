// Files that are named as sources of video and sound.
#pragma once

#include <string>

namespace volley::call {

/// Why nothing can be read from a path, in words; empty where something can. A pipe is refused unopened: opening it would wait for whoever writes
/// into it, and what tells its first bytes would have taken them. Nor is a device a source; cameras have names of their own (is_camera()).
[[nodiscard]] std::string why_unreadable(const std::string& path);

}  // namespace volley::call
