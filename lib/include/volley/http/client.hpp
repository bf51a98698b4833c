// An HTTP client for views and programs: any number of requests at once, connections kept between them.
//
//     http::Client client(co_await boost::asio::this_coro::executor);
//     const Result<http::Response> answer = co_await client.get("http://localhost:8000/ping");
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <volley/client/transport.hpp>
#include <volley/error.hpp>
#include <volley/http/message.hpp>
#include <volley/time.hpp>

namespace volley::http {

struct ClientOptions {
    Duration connect_timeout = std::chrono::seconds(10);  ///< name, connection and TLS together; above 0
    Duration timeout = std::chrono::seconds(30);          ///< of get(), post() and post_json(), redirects included; above 0
    unsigned max_redirects = 0;                           ///< how many are followed; 0: the 3xx is the answer
    client::TlsOptions tls;
    std::size_t max_header_bytes = 64 * 1024;         ///< of one answer's head
    std::size_t max_body_bytes = 64UL * 1024 * 1024;  ///< of one answer's body
    std::size_t max_idle_per_origin = 32;             ///< connections kept open between requests; 0: a new one each time
    std::size_t max_origins = 32;                     ///< kept connections to more are closed, longest unused first; at least 1
    Headers headers;                                  ///< of every request that has none of that name itself
    std::optional<std::string> user_agent;            ///< nothing: `volley/VERSION`; "": the field is not sent
};

/// How one send() went, for logs and figures; filled in however it ended.
struct SendDetails {
    std::string url;          ///< that answered or failed: the last one after redirects, without user and password
    unsigned redirects = 0;   ///< followed
    bool reused = false;      ///< the last request went on a connection that was there already
    Duration connected{};     ///< from the start of the last request until it had a connection
    Duration first_byte{};    ///< until the first byte of its answer; 0 where none came
    Duration total{};         ///< of everything, redirects included
    Diagnostics diagnostics;  ///< words for the error; what the peer said unescaped
};

/// Sends requests to any origin. Source: RFC 9110, RFC 9112 (HTTP/1.1). Requests run at the same time, each on a connection of its own;
/// a connection whose answer came whole is kept for the next request to the same scheme, host and port.
/// Errors of every request, as values, never thrown: ParseErrc::bad_url, empty, out_of_range for a URL that is none;
/// NetErrc::unsupported for a method or field that must not be sent; NetErrc::too_many_redirects; Condition::resolve, refused, reset, timeout,
/// tls, protocol, truncated, exhausted, too_large. A status of 4xx or 5xx is an answer, not an error.
/// A request that an idle connection lost before a byte of its answer is sent again once, if its method is idempotent.
/// Cancellation: terminal; ends the request with Condition::cancelled, and its connection with it.
/// Thread safety: none; every call on the executor's thread, where any number of coroutines may send at once.
/// Lifetime: must not outlive its executor's context. Requests that run when it dies go on to their end.
class Client {
public:
    explicit Client(boost::asio::any_io_executor executor, ClientOptions options = {});
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client();

    /// @param request   `target` holds an absolute http or https URL (RFC 9112 section 3.2.2). Host and Content-Length are added where they
    ///                  are missing; a user in the URL becomes an Authorization field (RFC 7617) unless the request has one.
    /// @param deadline  for everything, redirects included; TimePoint::max() for none but the connect time-out
    /// @param details   borrowed until the result is there
    /// Give the request a name before the co_await: g++ 12 destroys an aggregate that is written in braces inside it twice.
    [[nodiscard]] boost::asio::awaitable<Result<Response>> send(Request request, TimePoint deadline,
                                                                SendDetails* details = nullptr);

    /// GET; the texts are copied at the call. Ends with Condition::timeout after ClientOptions::timeout, as do the next two.
    [[nodiscard]] boost::asio::awaitable<Result<Response>> get(std::string_view url);
    [[nodiscard]] boost::asio::awaitable<Result<Response>> post(std::string_view url, std::string_view body,
                                                                std::string_view content_type);
    /// @param json  JSON text, sent as it is; asks for JSON back
    [[nodiscard]] boost::asio::awaitable<Result<Response>> post_json(std::string_view url, std::string_view json);

    /// Connections open now, idle or busy, to origins that are kept.
    [[nodiscard]] std::size_t open_connections() const noexcept;
    /// Closes every idle connection.
    void close_idle() noexcept;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;  // shared with the requests that run
};

}  // namespace volley::http
