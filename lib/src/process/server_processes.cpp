#include "process/server_processes.hpp"

#include <algorithm>
#include <charconv>
#include <memory>

#include <dirent.h>
#include <unistd.h>

#include "process/ports.hpp"
#include "process/proc_tree.hpp"

namespace volley::process {
namespace {

constexpr std::size_t small_file = 16 * 1024;

std::string file_of(int pid, const std::string& name) { return slurp("/proc/" + std::to_string(pid) + '/' + name, small_file); }

/// The number that `text` begins with, behind blanks; 0 where there is none.
std::uint64_t leading_number(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    std::uint64_t n = 0;
    if (begin != std::string_view::npos) std::from_chars(text.data() + begin, text.data() + text.size(), n);
    return n;
}

/// What stands behind `name` in a file of lines.
std::string_view behind(std::string_view file, std::string_view name) {
    for (std::size_t at = 0; at < file.size();) {
        const auto end = std::min(file.find('\n', at), file.size());
        const auto line = file.substr(at, end - at);
        if (line.starts_with(name)) return line.substr(name.size());
        at = end + 1;
    }
    return {};
}

/// Second number of each thread's schedstat, in nanoseconds.
Duration run_delay_of(int pid) {
    const std::string folder = "/proc/" + std::to_string(pid) + "/task";
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), [](DIR* d) { return ::closedir(d); });
    std::uint64_t sum = 0;
    while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) {
        if (entry->d_name[0] == '.') continue;
        const std::string text = slurp(folder + '/' + entry->d_name + "/schedstat", small_file);
        const auto blank = text.find(' ');
        if (blank != std::string::npos) sum += leading_number(std::string_view(text).substr(blank));
    }
    return Duration(static_cast<Duration::rep>(sum));
}

/// pids.max of the process's control group, in either layout; 0: none is known.
std::uint64_t cgroup_limit(int pid) {
    const std::string groups = file_of(pid, "cgroup");
    for (std::size_t at = 0; at < groups.size();) {
        const auto end = std::min(groups.find('\n', at), groups.size());
        const std::string_view line = std::string_view(groups).substr(at, end - at);
        at = end + 1;
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (second == std::string_view::npos) continue;
        const auto controller = line.substr(first + 1, second - first - 1);
        if (!controller.empty() && controller != "pids") continue;
        const std::string mount = controller.empty() ? "/sys/fs/cgroup" : "/sys/fs/cgroup/pids";
        if (const auto n = leading_number(slurp(mount + std::string(line.substr(second + 1)) + "/pids.max", small_file)))
            return n;
    }
    return 0;
}

}  // namespace

int count_of_list(std::string_view list) noexcept {
    constexpr unsigned most = 1U << 20U;  // far beyond what any kernel counts, and sums of it stay in range
    unsigned count = 0;
    for (std::size_t begin = 0; begin <= list.size();) {
        const auto comma = std::min(list.find(',', begin), list.size());
        const auto part = list.substr(begin, comma - begin);
        unsigned low = 0;
        const auto [at, ec] = std::from_chars(part.data(), part.data() + part.size(), low);
        if (ec != std::errc{}) return 0;
        unsigned high = low;
        if (at != part.data() + part.size()) {
            const auto [end, wrong] = std::from_chars(at + 1, part.data() + part.size(), high);
            if (*at != '-' || wrong != std::errc{} || end != part.data() + part.size() || high < low) return 0;
        }
        if (high >= most || count >= most) return 0;
        count += high - low + 1;
        begin = comma + 1;
    }
    return static_cast<int>(count);
}

ServerProcesses::ServerProcesses(std::vector<int> roots, std::uint16_t port) : roots_(std::move(roots)), port_(port) {
    for (const int pid : roots_)
        if (const auto stat = read_stat(pid); stat && name_.empty()) name_ = stat->name;
    (void)look();
}

ServerProcesses::Counts ServerProcesses::counts() const {
    Counts out;
    for (const int pid : pids_) {
        const auto stat = read_stat(pid);
        if (!stat || stat->dead()) continue;
        ++out.processes;
        out.threads += stat->threads;
    }
    return out;
}

ServerProcesses::Reading ServerProcesses::look() {
    Reading out;
    static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    std::vector<ProcStat> all;
    for (const int root : roots_)
        if (auto stat = read_stat(root)) all.push_back(std::move(*stat));
    for (auto& p : descendants(roots_)) all.push_back(std::move(p));
    pids_.clear();
    std::uint64_t ticks = 0;
    for (const auto& p : all) {
        ticks += p.cpu_ticks + p.waited_ticks;
        if (p.dead()) continue;
        pids_.push_back(p.pid);
        ++out.counts.processes;
        out.counts.threads += p.threads;
        out.descriptors += count_descriptors(p.pid);
        out.rss += p.rss_pages * page;
        out.run_delay += run_delay_of(p.pid);
    }
    out.cpu = from_ticks(ticks);
    if (port_ != 0) out.outgoing = outgoing_connections(pids_, port_);
    return out;
}

int ServerProcesses::thread_limit() const {
    std::uint64_t least = 0;
    for (const int pid : roots_) {
        const std::string status = file_of(pid, "status");
        // Capabilities lift RLIMIT_NPROC; to have them is to be root, for all practical purposes.
        const bool privileged = leading_number(behind(status, "Uid:")) == 0;
        const std::uint64_t own = privileged ? 0 : leading_number(behind(file_of(pid, "limits"), "Max processes"));
        for (const std::uint64_t limit : {own, cgroup_limit(pid)})
            if (limit != 0) least = least == 0 ? limit : std::min(least, limit);
    }
    return static_cast<int>(std::min<std::uint64_t>(least, 1U << 30U));
}

int ServerProcesses::processors() const {
    int most = 0;
    for (const int pid : roots_) {
        const std::string status = file_of(pid, "status");
        std::string_view list = behind(status, "Cpus_allowed_list:");
        list.remove_prefix(std::min(list.find_first_not_of(" \t"), list.size()));
        most = std::max(most, count_of_list(list));
    }
    return most;
}

}  // namespace volley::process
