// Names to addresses, in the order in which they are tried.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <volley/error.hpp>
#include <volley/time.hpp>

namespace volley::client {

/// Endpoints of a host. `localhost` and names below it never ask a resolver: ::1, then 127.0.0.1 (RFC 6761 section 6.3).
/// Errors: Condition::resolve; Condition::timeout at the deadline. A cancelled call returns Condition::cancelled.
boost::asio::awaitable<Result<std::vector<boost::asio::ip::tcp::endpoint>>> resolve(std::string host, std::uint16_t port,
                                                                                    TimePoint deadline);

}  // namespace volley::client
