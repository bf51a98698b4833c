// The processes of a server that somebody else started, read from /proc again and again while it is at work.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <volley/time.hpp>

namespace volley::process {

/// Threads and processes come and go within milliseconds, so counting them is cheap and often; everything else is read now and then.
/// Thread safety: as a plain value.
class ServerProcesses {
public:
    /// @param roots  the processes that are the server; their descendants are, too
    /// @param port   that it listens on; 0: not known
    ServerProcesses(std::vector<int> roots, std::uint16_t port);

    /// Nothing of it is left, or it was never there.
    [[nodiscard]] bool gone() const noexcept { return pids_.empty(); }

    struct Counts {
        int processes = 0;
        int threads = 0;
    };
    /// Of the processes that look() has found.
    [[nodiscard]] Counts counts() const;

    struct Reading {
        Counts counts;
        int descriptors = 0;
        std::uint64_t rss = 0;  ///< bytes
        Duration cpu{};         ///< user and system since each began, of children that were waited for too
        Duration run_delay{};   ///< of the living threads since each began: ready, and no processor was free
        int outgoing = 0;       ///< connections that it opened itself: TCP that does not end at the port, and Unix-domain clients
    };
    /// Finds the processes anew and reads all of it.
    [[nodiscard]] Reading look();

    /// The first root's name, at most 15 bytes, chosen by the process: escape before printing.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// How many threads one of its processes may still start, by its limits and its control group's; 0: no limit is known.
    /// Source: proc(5) limits, RLIMIT_NPROC (which does not bind a privileged process); cgroups(7) pids.max.
    [[nodiscard]] int thread_limit() const;
    /// Processors that its threads may run on. Source: proc(5), status, Cpus_allowed_list.
    [[nodiscard]] int processors() const;

private:
    std::vector<int> roots_;
    std::uint16_t port_;
    std::vector<int> pids_;
    std::string name_;
};

/// How many numbers a list like `0-3,8` names; 0 for anything else.
[[nodiscard]] int count_of_list(std::string_view list) noexcept;

}  // namespace volley::process
