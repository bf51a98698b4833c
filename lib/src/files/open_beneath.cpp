#include "files/open_beneath.hpp"

#include <cerrno>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace volley::files {
namespace {

// O_NONBLOCK: opening a pipe that nobody writes to would wait for ever. It changes nothing for files.
constexpr int read_flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

error_code last_error() { return {errno, boost::system::system_category()}; }

int openat2_below(int folder, const std::string& path) {
    open_how how{};
    how.flags = static_cast<__u64>(read_flags);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    long fd = -1;
    // EAGAIN: something was renamed on the way, so that the kernel cannot tell whether it is still beneath.
    for (int tries = 0; tries < 8; ++tries) {
        fd = ::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
    }
    return static_cast<int>(fd);
}

int open_step_wise(int folder, const std::vector<std::string>& parts) {
    int at = folder;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const bool last = i + 1 == parts.size();
        const int flags = last ? read_flags | O_NOFOLLOW : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
        const int next = ::openat(at, parts[i].c_str(), flags);
        const int failed = errno;
        if (at != folder) ::close(at);
        errno = failed;
        if (next < 0) return -1;
        at = next;
    }
    return at;
}

Result<OpenedFile> facts_of(int fd) {
    if (fd < 0) return last_error();
    OpenedFile out;
    out.descriptor = std::make_shared<Descriptor>(fd);
    struct stat facts {};
    if (::fstat(fd, &facts) != 0) return last_error();
    out.is_folder = S_ISDIR(facts.st_mode);
    if (!out.is_folder && !S_ISREG(facts.st_mode))
        return error_code(boost::system::errc::make_error_code(boost::system::errc::not_supported));
    out.facts.size = static_cast<std::uint64_t>(facts.st_size);
    out.facts.modified_ns = facts.st_mtim.tv_sec * 1'000'000'000LL + facts.st_mtim.tv_nsec;
    out.facts.inode = facts.st_ino;
    return out;
}

}  // namespace

Descriptor::~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
}

Result<std::shared_ptr<Descriptor>> open_folder(const std::string& path) {
    const int fd = ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return last_error();
    return std::make_shared<Descriptor>(fd);
}

Result<OpenedFile> open_beneath(const Descriptor& folder, const std::vector<std::string>& parts, Beneath how) {
    std::string path = ".";
    for (const std::string& part : parts) {
        path += '/';
        path += part;
    }
    int fd = -1;
    if (how == Beneath::kernel) fd = openat2_below(folder.get(), path);
    // EPERM: filters of system calls that are older than this one answer so.
    const bool missing = how == Beneath::kernel && fd < 0 && (errno == ENOSYS || errno == EPERM);
    if (how == Beneath::step_wise || missing)
        fd = parts.empty() ? ::openat(folder.get(), ".", read_flags) : open_step_wise(folder.get(), parts);
    return facts_of(fd);
}

Result<OpenedFile> open_file(const std::string& path) { return facts_of(::open(path.c_str(), read_flags)); }

Refusal refused_part(std::string_view part) {
    if (part == "." || part == "..") return {400, "a path does not climb: `.` and `..` are not taken, encoded or not"};
    if (part.find('\0') != std::string_view::npos) return {400, "a path holds no NUL character"};
    if (part.find('/') != std::string_view::npos)
        return {400, "an encoded slash is no separator, and no name of a file holds one"};
    if (part.find('\\') != std::string_view::npos)
        return {400, "a backslash is no separator, and no name of a file here holds one"};
    if (part.empty()) return {404, "no name of a file is empty: there are two slashes in a row"};
    if (part.starts_with('.')) return {404, "names that begin with a dot are not served"};
    return {};
}

Result<std::string> read_at(const Descriptor& file, std::uint64_t at, std::size_t most) {
    std::string out(most, '\0');
    std::size_t have = 0;
    while (have < most) {
        const ssize_t n = ::pread(file.get(), out.data() + have, most - have, static_cast<off_t>(at + have));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return last_error();
        if (n == 0) break;
        have += static_cast<std::size_t>(n);
    }
    out.resize(have);
    return out;
}

Result<std::string> read_file(const std::string& path, std::size_t most) {
    const int fd = ::open(path.c_str(), read_flags);
    if (fd < 0) return last_error();
    const Descriptor file(fd);
    struct stat facts {};
    if (::fstat(fd, &facts) != 0) return last_error();
    if (S_ISDIR(facts.st_mode)) return error_code(boost::system::errc::make_error_code(boost::system::errc::is_a_directory));
    auto text = read_at(file, 0, most + 1);
    if (text && text->size() > most) return error_code(boost::system::errc::make_error_code(boost::system::errc::file_too_large));
    return text;
}

}  // namespace volley::files
