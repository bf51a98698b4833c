#include "run/room.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <sys/resource.h>

namespace volley::run {
namespace {

/// Beside the connections: event loops, timers, pipes to servers, files of results.
constexpr std::size_t spare_descriptors = 64;
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

}  // namespace

std::string too_little_room(std::size_t connections, const std::string& host) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        const std::size_t taken = descriptors_in_use() + spare_descriptors;
        const std::size_t room = limit.rlim_cur > taken ? limit.rlim_cur - taken : 0;
        if (connections > room)
            return fmt::format(
                "{} connections at a time need more descriptors than the {} that this process may have (ulimit -Hn): "
                "ask for at most {}, or raise the limit",
                connections, limit.rlim_cur, room);
    }
    const std::size_t ports = ports_of_an_address();
    if (host.empty() || ports == 0) return {};
    const std::size_t sources = is_loopback_v4(host) ? loopback_sources : 1;
    if (connections > ports * sources)
        return fmt::format(
            "{} connections at a time need more local ports than the {} that this machine has for one server: ask for "
            "fewer, or widen net.ipv4.ip_local_port_range (sysctl)",
            connections, ports * sources);
    return {};
}

}  // namespace volley::run
