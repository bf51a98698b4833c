// Names to addresses, in the order in which they are tried.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <volley/error.hpp>

namespace volley::client {

using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

/// The endpoints of a host that need no resolver: an address, and `localhost` and names below it, which are ::1, then 127.0.0.1
/// (RFC 6761 section 6.3). Empty for every other name.
[[nodiscard]] Endpoints known_endpoints(const std::string& host, std::uint16_t port);

/// One question to the system's resolver. getaddrinfo(3) can be neither bounded nor cancelled, so it has a thread of its own, which may
/// outlive the lookup and then tells nobody. Does not keep the event loop running.
/// Thread safety: none; every call on the executor's thread.
class Lookup {
public:
    /// Condition::resolve, or exhausted where the system has no thread left.
    using Answer = std::function<void(Result<Endpoints>)>;
    /// @param answer  called once, later, on the executor; not after this object is gone. May destroy it.
    Lookup(const boost::asio::any_io_executor& executor, const std::string& host, std::uint16_t port, Answer answer);
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;
    ~Lookup();

private:
    struct Question;
    std::shared_ptr<Question> question_;
};

}  // namespace volley::client
