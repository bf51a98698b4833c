#include "call/local_addresses.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "net/interfaces.hpp"
#include "proto/ice/gatherer.hpp"

namespace volley::call {

std::vector<IpAddress> local_addresses(bool loopback) { return candidate_addresses(net::interface_addresses(), loopback); }

std::vector<IpAddress> candidate_addresses(std::vector<IpAddress> all, bool loopback) {
    constexpr std::size_t most = proto::ice::Gatherer::most_hosts;
    const auto first_loopback = std::find_if(all.begin(), all.end(), [](const auto& a) { return a.is_loopback(); });
    const auto others = static_cast<std::size_t>(first_loopback - all.begin());
    if (!loopback && others > 0) all.resize(std::min(others, most));
    if (all.size() <= most) return all;
    const std::size_t dropped = std::min(all.size() - most, others);
    all.erase(first_loopback - static_cast<std::ptrdiff_t>(dropped), first_loopback);
    if (all.size() > most) all.resize(most);
    return all;
}

bool is_from_this_machine(const IpAddress& remote, const IpAddress& local) noexcept {
    return remote.unmapped().is_loopback() || remote == local;
}

}  // namespace volley::call
