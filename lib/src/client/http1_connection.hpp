// One HTTP/1.1 connection: connect, TLS, one exchange at a time. Beast's parser is hidden in the .cpp.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <volley/client/transport.hpp>

#include "net/deadline.hpp"

namespace volley::client {

class Http1Connection {
public:
    /// `tls` is null for plain http; it and `target` must outlive the connection.
    Http1Connection(boost::asio::any_io_executor executor, const Target& target, boost::asio::ssl::context* tls,
                    std::uint32_t id);
    ~Http1Connection();

    /// Tries the endpoints in turn, then TLS. On success the one that answered is in `used`.
    boost::asio::awaitable<error_code> connect(const std::vector<boost::asio::ip::tcp::endpoint>& endpoints, TimePoint deadline,
                                               std::size_t& used, Diagnostics& why);
    /// Sends one rendered request and reads its answer into `exchange`, instants included.
    boost::asio::awaitable<void> exchange(const std::string& wire, bool head, TimePoint deadline, const ResponseSink* sink,
                                          Exchange& exchange);

    /// Whether another request may follow: the last answer came whole, both sides keep it alive.
    [[nodiscard]] bool reusable() const noexcept { return reusable_; }
    /// False when the peer has closed it, or sent something unasked, while it was idle.
    [[nodiscard]] bool still_quiet();
    [[nodiscard]] std::uint32_t id() const noexcept { return id_; }
    [[nodiscard]] std::size_t requests() const noexcept { return requests_; }

private:
    using TcpSocket = boost::asio::ip::tcp::socket;
    struct Incoming;  // Beast's parser and what it has fed

    boost::asio::awaitable<error_code> handshake(Diagnostics& why);
    boost::asio::awaitable<error_code> write(const std::string& wire);
    boost::asio::awaitable<error_code> read(Incoming& in, bool head, TimePoint deadline, const ResponseSink* sink,
                                            Exchange& exchange);
    boost::asio::awaitable<std::pair<boost::system::error_code, std::size_t>> read_some();
    void rearm(TimePoint deadline);
    error_code translate(boost::system::error_code ec) const noexcept;

    const Target& target_;
    TcpSocket socket_;
    std::optional<boost::asio::ssl::stream<TcpSocket&>> tls_;
    net::Watchdog watchdog_;
    std::vector<char> buffer_;
    std::uint32_t id_;
    std::size_t requests_ = 0;
    bool reusable_ = false;
};

}  // namespace volley::client
