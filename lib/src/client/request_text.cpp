#include "client/request_text.hpp"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <volley/http/url.hpp>

namespace volley::client {

bool is_idempotent(std::string_view m) noexcept {
    return m == "GET" || m == "HEAD" || m == "PUT" || m == "DELETE" || m == "OPTIONS" || m == "TRACE";
}

bool announces_body(const http::Request& request) noexcept {
    const std::string_view m = request.method;
    return !request.body.empty() || !(m == "GET" || m == "HEAD" || m == "OPTIONS" || m == "TRACE" || m == "CONNECT");
}

std::string host_field(const Target& target) {
    http::Url url;
    url.scheme = target.scheme;
    url.host = target.host;
    url.port = target.port;
    return url.authority();
}

Result<std::string> render_request(const http::Request& request, const Target& target) {
    const auto printable = [](char c) { return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) != 0x7f; };
    if (!http::is_token(request.method) || request.target.empty() || !std::ranges::all_of(request.target, printable))
        return NetErrc::unsupported;
    std::string out = request.method + ' ' + request.target + " HTTP/1.1\r\n";
    if (!request.headers.has("Host")) out += "Host: " + host_field(target) + "\r\n";
    for (const auto& [name, value] : request.headers) {
        if (!http::is_valid_field(name, value)) return NetErrc::unsupported;
        out += name + ": " + value + "\r\n";
    }
    if (announces_body(request) && !request.headers.has("Content-Length") && !request.headers.has("Transfer-Encoding"))
        out += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    out += "\r\n";
    out += request.body;
    return out;
}

awaitable<std::optional<std::string>> begin(const http::Request& request, const Target& target, TimePoint planned,
                                            Exchange& exchange) {
    namespace asio = boost::asio;
    auto wire = render_request(request, target);
    if (!wire) {
        exchange.sample.started = Clock::now();
        exchange.error = wire.error();
        exchange.diagnostics.message =
            "the request cannot be sent: a method, target or header field holds characters that it must not";
        co_return std::nullopt;
    }
    if (planned > Clock::now()) {
        asio::steady_timer timer(co_await asio::this_coro::executor, planned);
        const auto [ec] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        if (ec) {
            exchange.error = NetErrc::cancelled;
            co_return std::nullopt;
        }
    }
    exchange.sample.started = Clock::now();
    co_return std::move(*wire);
}

}  // namespace volley::client
