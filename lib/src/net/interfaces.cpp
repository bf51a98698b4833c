#include "net/interfaces.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

namespace volley::net {
namespace {

struct Freed {
    void operator()(ifaddrs* list) const noexcept { ::freeifaddrs(list); }
};

[[nodiscard]] std::optional<IpAddress> address_of(const sockaddr* name) noexcept {
    if (name == nullptr) return std::nullopt;
    if (name->sa_family == AF_INET)
        return IpAddress::from_bytes(
            {reinterpret_cast<const std::uint8_t*>(&reinterpret_cast<const sockaddr_in*>(name)->sin_addr), 4});
    if (name->sa_family == AF_INET6)
        return IpAddress::from_bytes(
            {reinterpret_cast<const std::uint8_t*>(&reinterpret_cast<const sockaddr_in6*>(name)->sin6_addr), 16});
    return std::nullopt;
}

}  // namespace

std::vector<IpAddress> interface_addresses() {
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) return {};
    const std::unique_ptr<ifaddrs, Freed> owner(list);
    std::vector<IpAddress> out;
    for (const ifaddrs* i = list; i != nullptr; i = i->ifa_next) {
        if ((i->ifa_flags & IFF_UP) == 0) continue;
        const auto address = address_of(i->ifa_addr);
        if (!address || address->is_link_local() || address->is_unspecified()) continue;
        if (std::find(out.begin(), out.end(), *address) == out.end()) out.push_back(*address);
    }
    const auto rank = [](const IpAddress& a) { return (a.is_loopback() ? 2 : 0) + (a.is_v6() ? 1 : 0); };
    std::stable_sort(out.begin(), out.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    return out;
}

}  // namespace volley::net
