// The addresses that this machine can be reached at.
#pragma once

#include <vector>

#include "base/endpoint.hpp"

namespace volley::net {

/// Of interfaces that are up: IPv4 before IPv6, loopback ones behind all others; without link-local ones, which mean nothing without their
/// interface's name. Empty where the system does not tell (getifaddrs(3)).
[[nodiscard]] std::vector<IpAddress> interface_addresses();

}  // namespace volley::net
