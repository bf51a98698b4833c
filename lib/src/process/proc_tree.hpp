// Process trees as /proc shows them: who descends from whom, what they use, and signals that cannot hit a stranger.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <volley/server/spawn.hpp>

namespace volley::process {

/// The fields of /proc/PID/stat that we use. Source: proc(5); the number in brackets is the field's there.
struct ProcStat {
    int pid = 0;
    int parent = 0;                  ///< (4)
    char state = '?';                ///< (3) 'Z' and 'X' are dead
    std::string name;                ///< (2) at most 15 bytes, chosen by the process: escape before printing
    std::uint64_t cpu_ticks = 0;     ///< (14)+(15) own user and system time, clock ticks
    std::uint64_t waited_ticks = 0;  ///< (16)+(17) the same of the children it has waited for
    int threads = 0;                 ///< (20)
    std::uint64_t started = 0;       ///< (22) ticks after boot: with the pid, names a process for good
    std::uint64_t rss_pages = 0;     ///< (24)
    [[nodiscard]] bool dead() const noexcept { return state == 'Z' || state == 'X'; }
};

/// Reads one line of /proc/PID/stat. The name may hold anything, parentheses and newlines too: it ends at the last ')'.
[[nodiscard]] std::optional<ProcStat> parse_stat(std::string_view text);
/// nullopt: no such process (any more).
[[nodiscard]] std::optional<ProcStat> read_stat(int pid);

/// Open descriptors of a process; 0 where we may not look.
[[nodiscard]] int count_descriptors(int pid);
/// A small file of /proc, at most `limit` bytes of it; empty where it cannot be read.
[[nodiscard]] std::string slurp(const std::string& path, std::size_t limit);
/// Clock ticks of /proc as time.
[[nodiscard]] Duration from_ticks(std::uint64_t ticks);

/// Every process there is that we may see.
[[nodiscard]] std::vector<ProcStat> all_processes();
/// Every descendant of `root`, without `root`, zombies included, parents before children. One reading of /proc is no snapshot: a process
/// that forks or changes its parent meanwhile may be missed, so whoever must find all of them asks until nothing is left.
[[nodiscard]] std::vector<ProcStat> descendants(int root);
/// The same of several at once, for one reading of /proc.
[[nodiscard]] std::vector<ProcStat> descendants(const std::vector<int>& roots);

/// Sends a signal to exactly that process: a pid that was handed out again in between is left alone (pidfd_open(2), then the start time
/// is compared). @return whether it was sent.
bool signal_process(const ProcStat& target, int signal);

/// What the descendants of `supervisor` use now. Times of children that the supervisor itself waited for count too.
[[nodiscard]] server::TreeSample sample_tree(int supervisor);

/// Processes whose environment, as given at their start, holds `entry` ("NAME=value") exactly. Only those that we may read.
[[nodiscard]] std::vector<ProcStat> processes_with_environment(std::string_view entry);

/// SIGKILLs processes_with_environment() until there are none. For when a supervisor was killed itself and its tree has lost its parent.
/// @return whether all are gone. Blocks for at most two seconds.
bool kill_marked(std::string_view entry);

}  // namespace volley::process
