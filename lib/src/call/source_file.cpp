// Files and cameras that are named as sources of video and sound.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <volley/call/offer.hpp>

namespace volley::call {

bool is_camera(std::string_view source) noexcept { return source.starts_with("v4l2:") || source.starts_with("/dev/video"); }

std::string why_unreadable(const std::string& path) {
    std::error_code ignored;
    const auto status = std::filesystem::status(path, ignored);
    if (std::filesystem::is_directory(status)) return "it is a directory";
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
        return "it is a pipe or a device, and a file is expected";
    const std::ifstream in(path, std::ios::binary);
    return in ? std::string() : std::string(std::strerror(errno));
}

}  // namespace volley::call
