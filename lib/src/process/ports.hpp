// Ports of servers under test: free ones, and whose a listening one is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include <volley/error.hpp>

namespace volley::process {

/// The addresses of a host: an address as it stands, a name by the system's resolver (blocking; meant for names of this machine).
/// Errors: NetErrc::not_resolved.
[[nodiscard]] Result<std::vector<boost::asio::ip::tcp::endpoint>> endpoints_of(const std::string& host, std::uint16_t port);

/// Whether a server could listen there now. Errors: address_in_use, permission_denied, ... as bind(2) and listen(2) say.
[[nodiscard]] error_code try_listen(const boost::asio::ip::tcp::endpoint& where);

/// Who listens on a host's port, as far as /proc tells.
struct Listener {
    enum class Owner {
        nobody,   ///< nobody listens, or /proc does not show it
        tree,     ///< a descendant of the supervisor
        other,    ///< somebody else
        unknown,  ///< somebody whose descriptors we may not read
    } owner = Owner::nobody;
    int pid = 0;       ///< of `other`, 0 when unknown
    std::string name;  ///< of `other`, escaped for a terminal
};

/// Reads /proc/net/tcp and tcp6 and the descriptors of the supervisor's descendants. Source: proc(5).
/// @param supervisor  a pid, or -1 for "nobody is ours".
[[nodiscard]] Listener find_listener(int supervisor, const std::string& host, std::uint16_t port);

/// The processes that hold a listening socket of that host and port: a master and its workers share one. Those whose descriptors we may
/// not read are left out.
[[nodiscard]] std::vector<int> listening_processes(const std::string& host, std::uint16_t port);

/// How many connections these processes have opened themselves: TCP ones that do not end at `port`, and connected sockets of the Unix
/// domain that have no name (the ends of a pair look the same: what counts is how the number grows). Source: proc(5), net/tcp, net/unix.
[[nodiscard]] int outgoing_connections(const std::vector<int>& pids, std::uint16_t port);

/// "process 123 (nginx)", or "another process" when we may not know.
[[nodiscard]] std::string describe(const Listener& listener);

}  // namespace volley::process
