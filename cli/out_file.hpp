// A file to write, or the standard output.
#pragma once

#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

namespace volley::cli {

/// Why a file could not be written, as far as that can be told without touching it; empty where nothing speaks against it.
[[nodiscard]] std::string unwritable(const std::string& path);

/// Errors are those of the first call that failed.
class OutFile {
public:
    /// @param path  `-` is the standard output, which stays open.
    explicit OutFile(const std::string& path, const char* mode = "wb");
    OutFile(const OutFile&) = delete;
    OutFile& operator=(const OutFile&) = delete;
    ~OutFile() { (void)close(); }

    bool write(std::string_view text);
    /// The same to what may never take it, a pipe whose reader does something else: while it takes nothing, `go_on` is asked ten times a
    /// second, and told for how long that has been so. Not to be mixed with write(). @return false: not all was written
    bool write_patiently(std::string_view text, const std::function<bool(std::chrono::milliseconds stuck)>& go_on);
    /// @return why not all of it was written; empty where it was, and where `go_on` said no
    const std::string& close();
    [[nodiscard]] const std::string& error() const noexcept { return error_; }

private:
    void note();

    bool own_;
    FILE* file_ = nullptr;
    std::string error_;
};

}  // namespace volley::cli
