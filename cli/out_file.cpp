#include "out_file.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace volley::cli {

std::string unwritable(const std::string& path) {
    if (path == "-") return {};
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) return "it is a directory";
    if (::access(path.c_str(), F_OK) == 0) return ::access(path.c_str(), W_OK) == 0 ? "" : std::strerror(errno);
    auto parent = std::filesystem::path(path).parent_path();
    if (parent.empty()) parent = ".";
    if (!std::filesystem::is_directory(parent, ignored)) return "there is no directory " + parent.string();
    return ::access(parent.c_str(), W_OK) == 0 ? "" : std::strerror(errno);
}

OutFile::OutFile(const std::string& path, const char* mode) : own_(path != "-") {
    file_ = own_ ? std::fopen(path.c_str(), mode) : stdout;
    if (file_ == nullptr) note();
}

bool OutFile::write(std::string_view text) {
    if (error_.empty() && std::fwrite(text.data(), 1, text.size(), file_) != text.size()) note();
    return error_.empty();
}

bool OutFile::write_patiently(std::string_view text, const std::function<bool(std::chrono::milliseconds)>& go_on) {
    if (!error_.empty()) return false;
    const int fd = ::fileno(file_);
    struct stat is {};
    // A pipe that is ready takes so much without blocking (pipe(7)). To make it non-blocking would change it for all who share it.
    const std::size_t most = ::fstat(fd, &is) == 0 && S_ISREG(is.st_mode) ? text.size() : PIPE_BUF;
    constexpr std::chrono::milliseconds each{100};
    std::chrono::milliseconds stuck{};
    while (!text.empty()) {
        pollfd ready{fd, POLLOUT, 0};
        const int n = ::poll(&ready, 1, static_cast<int>(each.count()));
        if (n == 0) {
            stuck += each;
            if (!go_on(stuck)) return false;
            continue;
        }
        const auto written = n < 0 ? -1 : ::write(fd, text.data(), std::min(text.size(), most));
        if (written < 0 && errno != EINTR && errno != EAGAIN) {
            note();
            return false;
        }
        if (written <= 0) continue;
        stuck = {};
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

const std::string& OutFile::close() {
    if (file_ != nullptr && (own_ ? std::fclose(file_) : std::fflush(file_)) != 0) note();
    file_ = nullptr;
    return error_;
}

void OutFile::note() {
    if (error_.empty()) error_ = std::strerror(errno);
}

}  // namespace volley::cli
