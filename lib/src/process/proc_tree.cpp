#include "process/proc_tree.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <memory>
#include <thread>
#include <unordered_set>

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace volley::process {
namespace {

struct DirClose {
    void operator()(DIR* d) const noexcept { ::closedir(d); }
};
using Dir = std::unique_ptr<DIR, DirClose>;

}  // namespace

// `limit` bounds what a process can make us read.
std::string slurp(const std::string& path, std::size_t limit) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return {};
    std::string out;
    std::array<char, 4096> chunk{};
    while (out.size() < limit) {
        const auto n = ::read(fd, chunk.data(), chunk.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        out.append(chunk.data(), static_cast<std::size_t>(n));
    }
    ::close(fd);
    return out;
}

namespace {

int to_pid(const char* name) {
    const std::string_view text(name);
    int pid = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), pid);
    return ec == std::errc{} && end == text.data() + text.size() ? pid : 0;
}

}  // namespace

int count_descriptors(int pid) {
    const Dir dir(::opendir(("/proc/" + std::to_string(pid) + "/fd").c_str()));
    if (!dir) return 0;
    int count = 0;
    while (const dirent* entry = ::readdir(dir.get()))
        if (entry->d_name[0] != '.') ++count;
    return count;
}

Duration from_ticks(std::uint64_t ticks) {
    static const auto per_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    return std::chrono::nanoseconds(static_cast<std::int64_t>(ticks * (1'000'000'000ULL / per_second)));
}

std::optional<ProcStat> parse_stat(std::string_view text) {
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open || close + 2 >= text.size())
        return std::nullopt;
    ProcStat out;
    if (std::from_chars(text.data(), text.data() + text.size(), out.pid).ec != std::errc{}) return std::nullopt;
    out.name = text.substr(open + 1, close - open - 1);
    out.state = text[close + 2];
    std::array<std::uint64_t, 25> field{};  // by proc(5)'s numbers
    const char* at = text.data() + close + 3;
    const char* const end = text.data() + text.size();
    for (std::size_t n = 4; n < field.size(); ++n) {
        while (at != end && *at == ' ') ++at;
        std::int64_t value = 0;  // some fields that we skip are negative
        const auto [next, ec] = std::from_chars(at, end, value);
        if (ec == std::errc::invalid_argument) return std::nullopt;
        field[n] = static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
        at = next;
    }
    out.parent = static_cast<int>(field[4]);
    out.cpu_ticks = field[14] + field[15];
    out.waited_ticks = field[16] + field[17];
    out.threads = static_cast<int>(field[20]);
    out.started = field[22];
    out.rss_pages = field[24];
    return out;
}

std::optional<ProcStat> read_stat(int pid) { return parse_stat(slurp("/proc/" + std::to_string(pid) + "/stat", 8192)); }

std::vector<ProcStat> all_processes() {
    std::vector<ProcStat> out;
    const Dir dir(::opendir("/proc"));
    if (!dir) return out;
    while (const dirent* entry = ::readdir(dir.get()))
        if (const int pid = to_pid(entry->d_name))
            if (auto stat = read_stat(pid)) out.push_back(std::move(*stat));
    return out;
}

std::vector<ProcStat> descendants(int root) { return descendants(std::vector<int>{root}); }

std::vector<ProcStat> descendants(const std::vector<int>& roots) {
    auto all = all_processes();
    std::vector<ProcStat> out;
    std::unordered_set<int> tree(roots.begin(), roots.end());
    // A parent may have a higher pid than its child (pids wrap round, orphans change parents), so sweep until a sweep adds
    // nothing.
    for (bool grew = true; grew;) {
        grew = false;
        for (auto& p : all) {
            if (tree.contains(p.pid) || !tree.contains(p.parent)) continue;
            tree.insert(p.pid);
            out.push_back(p);
            grew = true;
        }
    }
    return out;
}

bool signal_process(const ProcStat& target, int signal) {
    const auto same = [&] {
        const auto now = read_stat(target.pid);
        return now && now->started == target.started;
    };
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, target.pid, 0));
    if (fd < 0) return errno == ENOSYS && same() && ::kill(target.pid, signal) == 0;
    const bool sent = same() && ::syscall(SYS_pidfd_send_signal, fd, signal, nullptr, 0) == 0;
    ::close(fd);
    return sent;
}

namespace {

/// The processes below `supervisor`, and with them the time of those that it has waited for, as of one moment: /proc is
/// read process by process, and one that is waited for in between would be found in neither its parent's sum nor its own
/// entry. So what each has waited for is read again, and all of it once more where it moved.
std::vector<ProcStat> consistent_tree(int supervisor, std::uint64_t& waited) {
    constexpr int attempts = 5;  // a tree that ends children all the time is taken as it is
    std::vector<ProcStat> tree;
    for (int i = 0; i < attempts; ++i) {
        const auto before = read_stat(supervisor);
        waited = before ? before->waited_ticks : 0;
        tree = descendants(supervisor);
        const auto still = [](const ProcStat& p) {
            const auto now = read_stat(p.pid);
            return now ? now->started == p.started && now->waited_ticks == p.waited_ticks : p.dead();
        };
        const auto after = read_stat(supervisor);
        if (!before || (after && after->waited_ticks == waited && std::all_of(tree.begin(), tree.end(), still))) break;
    }
    return tree;
}

}  // namespace

server::TreeSample sample_tree(int supervisor) {
    server::TreeSample out;
    out.at = Clock::now();
    static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    std::uint64_t ticks = 0;
    for (const auto& p : consistent_tree(supervisor, ticks)) {
        ticks += p.cpu_ticks + p.waited_ticks;  // a zombie's time is in no parent's sum yet
        if (p.dead()) continue;
        ++out.processes;
        out.threads += p.threads;
        out.descriptors += count_descriptors(p.pid);
        out.rss_bytes += p.rss_pages * page;
    }
    out.cpu = from_ticks(ticks);
    return out;
}

std::vector<ProcStat> processes_with_environment(std::string_view entry) {
    std::vector<ProcStat> out;
    const std::string wanted = '\0' + std::string(entry) + '\0';
    for (auto& p : all_processes()) {
        if (p.dead()) continue;
        const auto environment = '\0' + slurp("/proc/" + std::to_string(p.pid) + "/environ", 4U << 20U) + '\0';
        if (environment.find(wanted) != std::string::npos) out.push_back(std::move(p));
    }
    return out;
}

bool kill_marked(std::string_view entry) {
    for (int round = 0; round < 100; ++round) {
        const auto left = processes_with_environment(entry);
        if (left.empty()) return true;
        for (const auto& p : left) signal_process(p, SIGKILL);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
}

}  // namespace volley::process
