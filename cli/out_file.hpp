// A file to write, or the standard output.
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

namespace volley::cli {

/// Errors are those of the first call that failed.
class OutFile {
public:
    /// @param path  `-` is the standard output, which stays open.
    explicit OutFile(const std::string& path, const char* mode = "wb") : own_(path != "-") {
        file_ = own_ ? std::fopen(path.c_str(), mode) : stdout;
        if (file_ == nullptr) note();
    }
    OutFile(const OutFile&) = delete;
    OutFile& operator=(const OutFile&) = delete;
    ~OutFile() { (void)close(); }

    bool write(std::string_view text) {
        if (error_.empty() && std::fwrite(text.data(), 1, text.size(), file_) != text.size()) note();
        return error_.empty();
    }
    /// @return why not all of it was written; empty where it was
    const std::string& close() {
        if (file_ != nullptr && (own_ ? std::fclose(file_) : std::fflush(file_)) != 0) note();
        file_ = nullptr;
        return error_;
    }
    [[nodiscard]] const std::string& error() const noexcept { return error_; }

private:
    void note() {
        if (error_.empty()) error_ = std::strerror(errno);
    }

    bool own_;
    FILE* file_ = nullptr;
    std::string error_;
};

}  // namespace volley::cli
