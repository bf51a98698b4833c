#include "verify/canaries.hpp"

#include <array>

#include <openssl/err.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "client/tls_client.hpp"
#include "net/deadline.hpp"

namespace volley::verify {
namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;

namespace {

constexpr auto as_value = asio::as_tuple(asio::use_awaitable);
constexpr int most_out = 2;
/// A head in whole, so that a parser which waits for its end finds one; `{}` is no method (RFC 9110 section 9.1).
constexpr std::string_view malformed = "{} / HTTP/1.1\r\nHost: volley\r\nConnection: close\r\n\r\n";
constexpr auto patience_for_one = std::chrono::minutes(2);

awaitable<CanaryEnd> ask_app(std::shared_ptr<client::Transport> transport, std::shared_ptr<const http::Request> request,
                             TimePoint planned) {
    const TimePoint deadline = planned + patience_for_one;
    const client::Exchange exchange = co_await transport->fire(*request, planned, deadline);
    co_return CanaryEnd{exchange.response.status, exchange.sample.outcome};
}

/// Of the beginning of an answer; 0 where that is no status line of HTTP/1.
int status_of(std::string_view head) {
    constexpr std::string_view before = "HTTP/1.1 ";
    if (head.size() < before.size() + 3 || !head.starts_with("HTTP/1.")) return 0;
    int status = 0;
    for (const char c : head.substr(before.size(), 3)) {
        if (c < '0' || c > '9') return 0;
        status = status * 10 + (c - '0');
    }
    return status;
}

/// Whom parser canaries are sent to.
struct Parser {
    client::Endpoints where;
    std::unique_ptr<client::TlsClient> tls;  ///< null for http
};

/// Does one step of TLS, waiting for the socket as long as that is what it wants.
/// @param done  what the step has returned where it succeeded
awaitable<error_code> do_tls(tcp::socket& socket, SSL* ssl, int (*step)(SSL*, char*), char* bytes, int& done) {
    for (;;) {
        ERR_clear_error();
        done = step(ssl, bytes);
        if (done > 0) co_return error_code();
        const int why = SSL_get_error(ssl, done);
        if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
            // However it ended: closed by the peer, with or without a word, or not understood.
            const bool cut = why == SSL_ERROR_ZERO_RETURN || why == SSL_ERROR_SYSCALL ||
                             ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
            co_return cut ? error_code(asio::error::eof) : error_code(NetErrc::tls_failed);
        }
        const auto wanted = why == SSL_ERROR_WANT_READ ? tcp::socket::wait_read : tcp::socket::wait_write;
        const auto [ec] = co_await socket.async_wait(wanted, as_value);
        if (ec) co_return ec;
    }
}

constexpr int answer_bytes = 64;

awaitable<CanaryEnd> ask_inside_tls(tcp::socket& socket, client::TlsClient& tls) {
    CanaryEnd end;
    error_code ec;
    socket.native_non_blocking(true, ec);
    const client::SslPtr ssl = tls.begin(socket.native_handle());
    int done = 0;
    std::array<char, answer_bytes> head{};
    error_code last = NetErrc::tls_failed;
    if (ssl)
        last = co_await do_tls(
            socket, ssl.get(), [](SSL* s, char*) { return SSL_do_handshake(s); }, head.data(), done);
    if (last == asio::error::eof) last = NetErrc::tls_failed;
    if (!last)
        last = co_await do_tls(
            socket, ssl.get(), [](SSL* s, char*) { return SSL_write(s, malformed.data(), static_cast<int>(malformed.size())); },
            head.data(), done);
    if (!last) {
        last = co_await do_tls(
            socket, ssl.get(), [](SSL* s, char* into) { return SSL_read(s, into, answer_bytes); }, head.data(), done);
        if (!last) end.status = status_of({head.data(), static_cast<std::size_t>(done)});
        if (last == asio::error::eof) last = {};
    }
    end.outcome = metrics::outcome_of(last);
    co_return end;
}

awaitable<CanaryEnd> ask_parser(asio::any_io_executor executor, std::shared_ptr<const Parser> parser) {
    tcp::socket socket(executor);
    error_code last = asio::error::host_not_found;
    for (const auto& endpoint : parser->where) {
        error_code ignored;
        socket.close(ignored);
        const auto [ec] = co_await socket.async_connect(endpoint, as_value);
        last = ec;
        if (!ec) break;
    }
    CanaryEnd end;
    if (!last && parser->tls) {
        end = co_await ask_inside_tls(socket, *parser->tls);
        co_return end;
    }
    if (!last) {
        const auto text = asio::buffer(malformed);
        const auto [ec, sent] = co_await asio::async_write(socket, text, as_value);
        last = ec;
    }
    if (!last) {
        std::array<char, answer_bytes> head{};
        const auto into = asio::buffer(head);
        const auto [ec, n] = co_await socket.async_read_some(into, as_value);
        end.status = status_of({head.data(), n});
        last = ec == asio::error::eof || ec == asio::error::connection_reset ? error_code() : ec;
    }
    end.outcome = metrics::outcome_of(last);
    co_return end;
}

}  // namespace

SendCanary app_canary(const asio::any_io_executor& executor, client::Target target, http::Request request) {
    target.reuse_connections = false;
    target.keep_body = false;
    auto shared = std::make_shared<const http::Request>(std::move(request));
    std::shared_ptr<client::Transport> transport = client::make_http1_transport(executor, std::move(target));
    return [transport = std::move(transport), shared = std::move(shared)](TimePoint planned) {
        return ask_app(transport, shared, planned);
    };
}

SendCanary parser_canary(const asio::any_io_executor& executor, const client::Target& target, client::Endpoints where) {
    auto parser = std::make_shared<Parser>();
    parser->where = std::move(where);
    if (target.scheme == "https") parser->tls = std::make_unique<client::TlsClient>(target);
    return
        [executor, parser = std::shared_ptr<const Parser>(std::move(parser))](TimePoint) { return ask_parser(executor, parser); };
}

void Canaries::start(TimePoint origin) {
    origin_ = origin;
    tasks_.spawn(tick());
}

awaitable<void> Canaries::tick() {
    TimePoint planned = Clock::now();
    for (;;) {
        co_await net::sleep_until(planned);
        while (out_ >= most_out && !stopping_) {
            freed_.expires_at(TimePoint::max());
            (void)co_await freed_.async_wait(as_value);
        }
        if (stopping_) co_return;
        ++out_;
        seen_.push_back({planned - origin_, verdict::never, 0, metrics::Outcome::cancelled});
        tasks_.spawn(send_one(planned, seen_.size() - 1));
        planned = std::max(planned + every_, Clock::now());
    }
}

awaitable<void> Canaries::send_one(TimePoint planned, std::size_t index) {
    const CanaryEnd end = co_await send_(planned);
    --out_;
    freed_.cancel();
    if (end.outcome == metrics::Outcome::cancelled) co_return;
    seen_[index].status = end.status;
    seen_[index].outcome = end.outcome;
    seen_[index].done = Clock::now() - origin_;
}

awaitable<std::vector<verdict::Canary>> Canaries::stop(Duration patience) {
    stopping_ = true;
    const TimePoint until = Clock::now() + patience;
    while (out_ > 0 && Clock::now() < until) {
        freed_.expires_at(until);
        (void)co_await freed_.async_wait(as_value);
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) break;
    }
    tasks_.cancel();
    co_await tasks_.join();
    co_return std::move(seen_);
}

}  // namespace volley::verify
