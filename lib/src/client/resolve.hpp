// Names to addresses, in the order in which they are tried.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <volley/error.hpp>
#include <volley/time.hpp>

namespace volley::client {

using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

/// The endpoints of a host that need no resolver: an address, and `localhost` and names below it, which are ::1, then 127.0.0.1
/// (RFC 6761 section 6.3). Empty for every other name.
[[nodiscard]] Endpoints known_endpoints(const std::string& host, std::uint16_t port);

/// One question to the system's resolver, which any number of coroutines may wait for. getaddrinfo(3) can be neither bounded nor
/// cancelled, so it has a thread of its own, which may outlive the lookup and then tells nobody.
/// Thread safety: none; every call on the executor's thread.
class Lookup {
public:
    Lookup(const boost::asio::any_io_executor& executor, const std::string& host, std::uint16_t port);
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;
    /// Nobody may be waiting any more.
    ~Lookup();

    /// Waits for the answer. Errors: Condition::resolve; timeout at the deadline; cancelled.
    boost::asio::awaitable<Result<Endpoints>> wait(TimePoint deadline);
    /// The answer is there, a good or a bad one.
    [[nodiscard]] bool over() const noexcept { return answer_.has_value(); }

private:
    struct Question;
    void take(Result<Endpoints> answer);

    boost::asio::any_io_executor executor_;
    std::list<boost::asio::steady_timer> waiting_;
    std::optional<Result<Endpoints>> answer_;
    std::shared_ptr<Question> question_;
};

}  // namespace volley::client
