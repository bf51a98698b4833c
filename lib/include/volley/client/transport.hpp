// Sending requests in two movements: prepare opens the sockets, fire sends at a planned instant.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <volley/error.hpp>
#include <volley/http/message.hpp>
#include <volley/metrics/sample.hpp>
#include <volley/time.hpp>

namespace volley::client {

template <class T>
using awaitable = boost::asio::awaitable<T>;

/// How the peer's certificate is checked, and which one we show. Paths name PEM files.
struct TlsOptions {
    bool verify = true;
    std::string ca_file;  ///< empty: the system's trust store
    std::string cert_file;
    std::string key_file;
};

/// Where requests go and under which limits. One Transport serves one origin.
struct Target {
    std::string scheme = "http";  ///< http or https
    std::string host;  ///< name or address, no brackets; `localhost` means ::1 first, then 127.0.0.1 (RFC 6761 section 6.3)
    std::uint16_t port = 80;
    TlsOptions tls;
    Duration connect_timeout = std::chrono::seconds(10);
    Duration idle_timeout{};  ///< longest wait for the next byte once connected, 0 = none (HTTPie's --timeout)
    std::size_t max_header_bytes = 64 * 1024;
    std::size_t max_body_bytes = 64UL * 1024 * 1024;
    bool keep_body = true;          ///< false: count the body's bytes and drop them
    bool reuse_connections = true;  ///< false: one request per connection
    /// Connections that are kept after their exchange; over that they are closed. libcurl's transport keeps a count of its own.
    std::size_t max_idle = std::numeric_limits<std::size_t>::max();
};

/// Called as the answer arrives, for verbs that show it while it comes. Returning false ends the exchange (Condition::cancelled).
struct ResponseSink {
    std::function<bool(const http::Response& head)> on_head;
    std::function<bool(std::string_view chunk)> on_body;  ///< where set, Response::body stays empty
};

/// One request and what became of it. `response` holds what arrived, whole or not.
struct Exchange {
    metrics::Sample sample;
    http::Response response;
    error_code error;
    Diagnostics diagnostics;
};

/// Sends requests to one origin. One behaviour, several implementations; one set of tests runs against all.
/// Thread safety: none; all calls on the executor that it was made with.
class Transport {
public:
    virtual ~Transport() = default;

    /// First movement: resolves, connects and (https) completes TLS on `n` connections, held until they are fired on.
    /// @return how many idle ones are held when it ends, those from before included; the error of the first that failed is in `failed`.
    /// A transport that cannot hold connections (libcurl) returns 0 without an error.
    virtual awaitable<std::size_t> prepare(std::size_t n, TimePoint deadline, Exchange& failed) = 0;

    /// Second movement: waits until `planned` (not at all when it has passed), sends on a held connection (or a new one), reads the
    /// whole answer. Never throws for what the network does; cancellation ends it with Condition::cancelled.
    /// @param request  borrowed until the result is there. Host and Content-Length are added where they are missing.
    virtual awaitable<Exchange> fire(const http::Request& request, TimePoint planned, TimePoint deadline,
                                     const ResponseSink* sink = nullptr) = 0;

    /// Connections open now, idle or busy.
    [[nodiscard]] virtual std::size_t open_connections() const noexcept = 0;
    /// Closes every idle connection.
    virtual void close_idle() noexcept = 0;
};

/// HTTP/1.1 on Asio: sockets held open before the clock starts. For bursts and phases.
[[nodiscard]] std::unique_ptr<Transport> make_http1_transport(boost::asio::any_io_executor executor, Target target);

/// libcurl's multi interface on the same io_context: HTTP/2, proxies, redirects, digest. For request verbs.
struct CurlOptions {
    int http_version = 0;  ///< 0 automatic, 10, 11, 20
    /// HTTP/2 over http without asking first (RFC 9113 section 3.3), and as streams of connections that are there, as long as those take
    /// more. For http_version 20.
    bool http2_streams = false;
    std::string proxy;
    std::string user, password;
    enum class Auth { none, basic, digest, bearer } auth = Auth::none;
};
/// One request with all that belongs to it, ready to be sent again and again.
struct DirectRequest {
    std::string name;  ///< in messages: `GET /offer`
    Target target;
    http::Request request;
    CurlOptions curl;
    Duration timeout = std::chrono::seconds(30);  ///< for the whole exchange
};

[[nodiscard]] std::unique_ptr<Transport> make_curl_transport(boost::asio::any_io_executor executor, Target target,
                                                             CurlOptions options = {});

}  // namespace volley::client
