#include "call/source_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace volley::call {

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
