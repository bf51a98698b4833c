// Opens the ports of a server.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <volley/error.hpp>

namespace volley::server {

/// Listens on `host` and `port` (0: the system picks one, the same for every address of the host).
/// `localhost` means 127.0.0.1 and, where the machine has it, ::1 (RFC 6761 section 6.3).
/// @param backlog  connections that may wait for accept(), for each address.
/// @return one acceptor for each address. Errors: see Server::listen().
[[nodiscard]] Result<std::vector<boost::asio::ip::tcp::acceptor>> open_listeners(const boost::asio::any_io_executor& executor,
                                                                                 const std::string& host, std::uint16_t port,
                                                                                 int backlog, Diagnostics& why);

}  // namespace volley::server
