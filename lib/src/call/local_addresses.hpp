// Which of this machine's addresses candidates are made of.
#pragma once

#include <vector>

#include "base/endpoint.hpp"

namespace volley::call {

/// Addresses of this machine's interfaces that are up, IPv4 before IPv6, without link-local ones; at most 32 (ice::Gatherer::most_hosts).
/// Without loopback ones, unless they are asked for or there are no others.
[[nodiscard]] std::vector<IpAddress> local_addresses(bool loopback);

/// The same of `all`, which has loopback addresses last. A machine of many containers or networks has more addresses than candidates are
/// made of: then loopback ones that were asked for stay and others go, for a peer on this machine is sure to be reached there alone.
[[nodiscard]] std::vector<IpAddress> candidate_addresses(std::vector<IpAddress> all, bool loopback);

/// Whether a datagram that came to `local` was sent on this machine. Where it was, and yet from another of its addresses that is no loopback
/// one, this says no. (That nobody else sends from an address of ours, or a loopback one, is seen to by the system.)
[[nodiscard]] bool is_from_this_machine(const IpAddress& remote, const IpAddress& local) noexcept;

}  // namespace volley::call
