#include "client/http1_connection.hpp"

#include <array>

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

namespace volley::client {
namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using asio::ip::tcp;

namespace {
constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_size = 16 * 1024;
}  // namespace

/// Beast's parser over a small window: what it decodes is handed on piece by piece, so that a body is never held twice.
struct Http1Connection::Incoming {
    using Parser = beast_http::response_parser<beast_http::buffer_body>;

    explicit Incoming(const Target& target, bool is_head) : limits(target), head(is_head) { reset(); }

    void reset() {
        parser.emplace();
        parser->eager(true);
        parser->header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(limits.max_header_bytes, UINT32_MAX)));
        parser->body_limit(boost::none);  // counted here, so that the limit holds for a kept and a dropped body alike
        parser->skip(head);
        head_done = false;
    }

    const Target& limits;
    bool head;
    std::optional<Parser> parser;
    bool head_done = false;
    std::size_t interim_bytes = 0;  ///< of answers 1xx, which may come in any number
    std::size_t body_bytes = 0;
    std::array<char, read_size> window{};
};

Http1Connection::Http1Connection(asio::any_io_executor executor, const Target& target, asio::ssl::context* tls, std::uint32_t id)
    : target_(target),
      socket_(executor),
      watchdog_(executor,
                [this] {
                    boost::system::error_code ignored;
                    socket_.close(ignored);
                }),
      id_(id) {
    if (tls != nullptr) tls_.emplace(socket_, *tls);
}

Http1Connection::~Http1Connection() = default;

error_code Http1Connection::translate(boost::system::error_code ec) const noexcept {
    if (!ec) return {};
    if (watchdog_.expired()) return NetErrc::timed_out;
    if (ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor) return NetErrc::cancelled;
    if (ec == asio::error::eof) return NetErrc::closed_before_answer;
    if (ec.category() == asio::error::get_ssl_category()) return NetErrc::tls_failed;
    return ec;
}

/// The deadline alone is armed once: setting it anew at each read would take back an expiry that waits behind that read.
void Http1Connection::rearm(TimePoint deadline) {
    if (target_.idle_timeout > Duration::zero()) deadline = std::min(deadline, Clock::now() + target_.idle_timeout);
    if (deadline == TimePoint::max())
        watchdog_.disarm();
    else
        watchdog_.arm(deadline);
}

asio::awaitable<error_code> Http1Connection::connect(const std::vector<tcp::endpoint>& endpoints, TimePoint deadline,
                                                     std::size_t& used, Diagnostics& why) {
    watchdog_.arm(std::min(deadline, Clock::now() + target_.connect_timeout));
    error_code last = NetErrc::not_resolved;
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
        boost::system::error_code ignored;
        socket_.close(ignored);
        const auto [ec] = co_await socket_.async_connect(endpoints[i], token);
        last = translate(ec);
        if (!ec) {
            used = i;
            break;
        }
        if (last == NetErrc::timed_out || last == NetErrc::cancelled) break;
    }
    if (!last) {
        boost::system::error_code ignored;
        socket_.set_option(tcp::no_delay(true), ignored);
        if (tls_) last = co_await handshake(why);
    }
    watchdog_.disarm();
    co_return last;
}

asio::awaitable<error_code> Http1Connection::handshake(Diagnostics& why) {
    boost::system::error_code not_address;
    asio::ip::make_address(target_.host, not_address);
    // SNI carries names only (RFC 6066 section 3).
    if (not_address) SSL_set_tlsext_host_name(tls_->native_handle(), target_.host.c_str());
    if (target_.tls.verify) tls_->set_verify_callback(asio::ssl::host_name_verification(target_.host));
    const auto [ec] = co_await tls_->async_handshake(asio::ssl::stream_base::client, token);
    if (!ec) co_return error_code{};
    if (const auto known = translate(ec); known == NetErrc::timed_out || known == NetErrc::cancelled) co_return known;
    const long verify = SSL_get_verify_result(tls_->native_handle());
    why.message = verify != X509_V_OK ? X509_verify_cert_error_string(verify) : ec.message();
    co_return NetErrc::tls_failed;
}

bool Http1Connection::still_quiet() {
    char byte = 0;
    if (tls_) {
        // TLS sends itself what is for itself, session tickets above all; only what comes out of it is the peer's, or its farewell.
        boost::system::error_code ec;
        socket_.non_blocking(true, ec);
        if (!ec) tls_->read_some(asio::buffer(&byte, 1), ec);
        return ec == asio::error::would_block || ec == asio::error::try_again;
    }
    const auto n = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

asio::awaitable<error_code> Http1Connection::write(const std::string& wire) {
    boost::system::error_code error;
    if (tls_) {
        const auto [ec, n] = co_await asio::async_write(*tls_, asio::buffer(wire), token);
        error = ec;
    } else {
        const auto [ec, n] = co_await asio::async_write(socket_, asio::buffer(wire), token);
        error = ec;
    }
    co_return translate(error);
}

asio::awaitable<std::pair<boost::system::error_code, std::size_t>> Http1Connection::read_some() {
    // A cancellation that meets an operation which has just succeeded ends nothing: it only shows here.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return std::pair(asio::error::operation_aborted, std::size_t{0});
    buffer_.resize(read_size);
    if (tls_) {
        const auto [ec, n] = co_await tls_->async_read_some(asio::buffer(buffer_), token);
        co_return std::pair(ec, n);
    }
    const auto [ec, n] = co_await socket_.async_read_some(asio::buffer(buffer_), token);
    co_return std::pair(ec, n);
}

namespace {

void copy_head(const beast_http::response_header<>& from, http::Response& to) {
    to.version = static_cast<int>(from.version());
    to.status = static_cast<int>(from.result_int());
    to.reason = std::string(from.reason());
    to.headers = {};
    for (const auto& field : from) to.headers.add(std::string(field.name_string()), std::string(field.value()));
}

error_code translate_parse(const boost::system::error_code& ec) {
    if (ec == beast_http::error::header_limit) return NetErrc::header_too_large;
    if (ec == beast_http::error::body_limit || ec == beast_http::error::buffer_overflow) return NetErrc::body_too_large;
    return NetErrc::bad_answer;
}

}  // namespace

asio::awaitable<error_code> Http1Connection::read(Incoming& in, bool head, TimePoint deadline, const ResponseSink* sink,
                                                  Exchange& exchange) {
    auto& sample = exchange.sample;
    std::string pending;  // bytes of a head or a trailer that is not complete: the parser wants it in one piece
    for (;;) {
        const auto [ec, n] = co_await read_some();
        const TimePoint now = Clock::now();
        if (ec) {
            const bool end = ec == asio::error::eof;
            if (!end || sample.first_byte == TimePoint{}) {
                // TLS that ends without close_notify may have been cut by anybody (RFC 9112 section 9.8).
                if (ec == asio::ssl::error::stream_truncated)
                    co_return sample.first_byte == TimePoint{} ? NetErrc::closed_before_answer : NetErrc::truncated_body;
                const auto known = translate(ec);
                const bool reset = known == Condition::reset && sample.first_byte != TimePoint{};
                co_return reset ? error_code(NetErrc::truncated_body) : known;
            }
            boost::system::error_code at_end;
            in.parser->put_eof(at_end);
            if (at_end || !in.parser->is_done()) co_return NetErrc::truncated_body;
            co_return error_code{};
        }
        if (sample.first_byte == TimePoint{}) sample.first_byte = now;
        sample.bytes += n;

        pending.append(buffer_.data(), n);
        std::size_t used = 0;
        while (!in.parser->is_done()) {
            in.parser->get().body().data = in.window.data();
            in.parser->get().body().size = in.window.size();
            in.parser->get().body().more = true;
            boost::system::error_code parse_error;
            const auto taken = in.parser->put(asio::buffer(pending.data() + used, pending.size() - used), parse_error);
            used += taken;
            const std::string_view decoded(in.window.data(), in.window.size() - in.parser->get().body().size);

            if (!in.head_done && in.parser->is_header_done()) {
                if (in.parser->get().result_int() < 200 && in.parser->get().result_int() != 101) {
                    in.interim_bytes += taken;
                    if (in.interim_bytes > target_.max_header_bytes) co_return NetErrc::header_too_large;
                    in.reset();  // interim answers precede the final one (RFC 9110 section 15.2)
                    continue;
                }
                in.head_done = true;
                copy_head(in.parser->get().base(), exchange.response);
                sample.status = static_cast<std::int16_t>(exchange.response.status);
                if (sink != nullptr && sink->on_head && !sink->on_head(exchange.response)) co_return NetErrc::cancelled;
            }
            if (in.head_done && !decoded.empty()) {
                in.body_bytes += decoded.size();
                if (in.body_bytes > target_.max_body_bytes) co_return NetErrc::body_too_large;
                if (sink != nullptr && sink->on_body) {
                    if (!sink->on_body(decoded)) co_return NetErrc::cancelled;
                } else if (target_.keep_body) {
                    exchange.response.body += decoded;
                }
            }
            if (parse_error == beast_http::error::need_buffer) continue;
            if (parse_error == beast_http::error::need_more) break;
            if (parse_error) co_return translate_parse(parse_error);
            if (used == pending.size()) break;
        }
        pending.erase(0, used);
        if (in.parser->is_done()) {
            // Bytes after the answer were not asked for: whatever they are, the connection is not to be used again.
            reusable_ = in.parser->keep_alive() && pending.empty() && exchange.response.status != 101 &&
                        (!tls_ || SSL_pending(tls_->native_handle()) == 0);
            (void)head;
            co_return error_code{};
        }
        // What is left over is a head, or a chunk's head or a trailer, whose end has not come; the parser counts none but the first.
        if (pending.size() > target_.max_header_bytes) co_return in.head_done ? NetErrc::bad_answer : NetErrc::header_too_large;
        // A peer that sends without pause keeps the loop from the watchdog's timer: the clock is looked at here too.
        if (now >= deadline) co_return NetErrc::timed_out;
        if (target_.idle_timeout > Duration::zero()) rearm(deadline);
    }
}

asio::awaitable<void> Http1Connection::exchange(const std::string& wire, bool head, TimePoint deadline, const ResponseSink* sink,
                                                Exchange& exchange) {
    ++requests_;
    reusable_ = false;
    exchange.sample.connection = id_;
    Incoming in(target_, head);
    rearm(deadline);
    exchange.sample.sent = Clock::now();
    const error_code write_error = co_await write(wire);
    error_code error = write_error;
    // A server may refuse a request before it has read all of it (413, 431): its answer says more than our EPIPE.
    if (!write_error || write_error == Condition::reset) {
        error = co_await read(in, head, deadline, sink, exchange);
        if (error && write_error) error = write_error;
    }
    watchdog_.disarm();
    exchange.error = error;
    if (error || write_error) reusable_ = false;
}

}  // namespace volley::client
