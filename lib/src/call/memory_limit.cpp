#include "call/memory_limit.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>

#include <unistd.h>

namespace volley::call {
namespace {

constexpr std::size_t most_read = 64 * 1024;
constexpr std::size_t most_path = 4096;
constexpr std::size_t most_groups = 64;  // one in another, and lines of the list

/// Nothing for `max`, which is no limit, and for what is no number of bytes. Version 1 has a number for no limit that is beyond any memory.
std::optional<std::uint64_t> limit_of(std::string_view text) {
    if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    std::uint64_t out = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (ec != std::errc{} || end != text.data() + text.size() || out == 0) return std::nullopt;
    return out;
}

bool names(std::string_view controllers, std::string_view wanted) {
    for (std::size_t begin = 0; begin <= controllers.size();) {
        const auto comma = std::min(controllers.find(',', begin), controllers.size());
        if (controllers.substr(begin, comma - begin) == wanted) return true;
        begin = comma + 1;
    }
    return false;
}

std::optional<std::string> read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::nullopt;
    std::string out(most_read, '\0');
    in.read(out.data(), static_cast<std::streamsize>(out.size()));
    out.resize(static_cast<std::size_t>(in.gcount()));
    return out;
}

}  // namespace

std::optional<std::uint64_t> least_memory_limit(std::string_view groups, const FileReader& read) {
    std::optional<std::uint64_t> out;
    std::size_t lines = 0;
    for (std::size_t at = 0; at < groups.size() && lines < most_groups; ++lines) {
        const auto end = std::min(groups.find('\n', at), groups.size());
        const std::string_view line = groups.substr(at, end - at);
        at = end + 1;
        const auto first = line.find(':');
        const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
        if (second == std::string_view::npos) continue;
        const auto controllers = line.substr(first + 1, second - first - 1);
        const bool unified = controllers.empty();
        if (!unified && !names(controllers, "memory")) continue;
        const std::string mount = unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
        const std::string_view file = unified ? "/memory.max" : "/memory.limit_in_bytes";
        std::string_view path = line.substr(second + 1);
        // A group outside of what this process may see begins with `/..`.
        if (path.size() > most_path || path.find("..") != std::string_view::npos) path = {};
        for (std::size_t depth = 0; depth < most_groups; ++depth) {
            while (!path.empty() && path.back() == '/') path.remove_suffix(1);
            const auto text = read(mount + std::string(path) + std::string(file));
            const auto limit = text ? limit_of(*text) : std::nullopt;
            if (limit) out = std::min(out.value_or(*limit), *limit);
            if (path.empty()) break;
            const auto parent = path.rfind('/');
            path = path.substr(0, parent == std::string_view::npos ? 0 : parent);
        }
    }
    return out;
}

std::uint64_t usable_memory() {
    const long pages = sysconf(_SC_PHYS_PAGES);
    const long page = sysconf(_SC_PAGESIZE);
    const std::uint64_t machine =
        pages > 0 && page > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) : 0;
    const auto limit = least_memory_limit(read_file("/proc/self/cgroup").value_or(std::string()), read_file);
    if (!limit) return machine;
    return machine > 0 ? std::min(machine, *limit) : *limit;
}

}  // namespace volley::call
