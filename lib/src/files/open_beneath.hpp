// Opening files below a folder, and nowhere else.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <volley/error.hpp>

#include "files/conditional.hpp"

namespace volley::files {

/// An open descriptor.
class Descriptor {
public:
    explicit Descriptor(int fd) noexcept : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor();
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_;
};

struct OpenedFile {
    std::shared_ptr<Descriptor> descriptor;
    FileFacts facts;
    bool is_folder = false;
};

/// Opens a folder, to look below it. Blocks. Errors: the system's.
[[nodiscard]] Result<std::shared_ptr<Descriptor>> open_folder(const std::string& path);

/// How links are kept within the folder.
enum class Beneath {
    kernel,     ///< openat2(2) where there is it, which follows links that stay beneath; else `step_wise`
    step_wise,  ///< one openat(2) for each part, which follows no link at all
};

/// Opens what stands below a folder, for reading. `parts` are names: none is empty, `.`, `..` or holds a slash or NUL; see
/// refused_part(). Blocks. Errors: the system's; cross_device_link for a link that leads out; not_supported for what is neither a file
/// nor a folder.
[[nodiscard]] Result<OpenedFile> open_beneath(const Descriptor& folder, const std::vector<std::string>& parts,
                                              Beneath how = Beneath::kernel);

/// Opens what the user named, links followed. Blocks. Errors: as open_beneath().
[[nodiscard]] Result<OpenedFile> open_file(const std::string& path);

/// Why a part of a path is no name that may be asked for: a sentence, and the status to say it with; an empty text for one that is fine.
struct Refusal {
    int status = 0;
    std::string text;
};
[[nodiscard]] Refusal refused_part(std::string_view part);

/// Up to `most` bytes at a place; fewer at the end of the file. Blocks. Errors: the system's.
[[nodiscard]] Result<std::string> read_at(const Descriptor& file, std::uint64_t at, std::size_t most);

/// A whole small file by its path; for what the user names. Blocks. Errors: the system's; file_too_large.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t most);

}  // namespace volley::files
