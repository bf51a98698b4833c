#include "run/room.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <sys/resource.h>

namespace volley::run {
namespace {

/// Beside the load: the run's own event loop, pipes to servers, files of results.
constexpr std::size_t spare_descriptors = 64;
/// An event loop has an epoll set, an eventfd and a timerfd; a client in it another epoll set, or libcurl's pair of sockets.
constexpr std::size_t descriptors_of_a_thread = 3;
constexpr std::size_t descriptors_of_a_client = 2;
/// 127.0.0.1 to 127.0.0.251: the client uses them in turn.
constexpr std::size_t loopback_sources = 251;

std::size_t descriptors_in_use() {
    std::size_t n = 0;
    std::error_code error;
    for (auto it = std::filesystem::directory_iterator("/proc/self/fd", error);
         !error && it != std::filesystem::directory_iterator(); it.increment(error))
        ++n;
    return n;
}

/// How many ports the system gives out for connections from one address; 0 where it does not say.
std::size_t ports_of_an_address() {
    std::ifstream in("/proc/sys/net/ipv4/ip_local_port_range");
    std::size_t first = 0;
    std::size_t last = 0;
    return in >> first >> last && last >= first ? last - first + 1 : 0;
}

bool is_loopback_v4(const std::string& host) { return host.starts_with("127.") || host == "localhost"; }

std::string too_little_descriptors(const Need& need) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {};
    const std::size_t origins = std::max<std::size_t>(need.hosts.size(), 1);
    const std::size_t taken =
        descriptors_in_use() + spare_descriptors + need.threads * (descriptors_of_a_thread + origins * descriptors_of_a_client);
    const std::size_t room = (limit.rlim_cur > taken ? limit.rlim_cur - taken : 0) / origins;
    if (need.connections <= room) return {};
    return fmt::format(
        "{} connections at a time{}{} need more descriptors than the {} that this process may have (ulimit -Hn): {}",
        need.connections, origins > 1 ? fmt::format(" to each of {} servers", origins) : std::string(),
        need.threads > 1 ? fmt::format(" and {} threads", need.threads) : std::string(), limit.rlim_cur,
        room > 0 ? fmt::format("ask for at most {}, or raise the limit", room)
                 : std::string("ask for fewer threads, or raise the limit"));
}

}  // namespace

std::string too_little_room(const Need& need) {
    if (auto why = too_little_descriptors(need); !why.empty()) return why;
    const std::size_t ports = ports_of_an_address();
    if (ports == 0) return {};
    for (const auto& host : need.hosts) {
        const std::size_t sources = is_loopback_v4(host) ? loopback_sources : 1;
        if (need.connections > ports * sources)
            return fmt::format(
                "{} connections at a time need more local ports than the {} that this machine has for one server: ask for "
                "fewer, or widen net.ipv4.ip_local_port_range (sysctl)",
                need.connections, ports * sources);
    }
    return {};
}

}  // namespace volley::run
