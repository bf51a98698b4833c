// The Asio HTTP/1.1 transport: sockets held open before the clock starts.
#include <algorithm>
#include <deque>
#include <optional>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <volley/client/transport.hpp>

#include "client/http1_connection.hpp"
#include "client/request_text.hpp"
#include "client/resolve.hpp"
#include "net/task_group.hpp"

namespace volley::client {
namespace asio = boost::asio;

namespace {

/// So many connects run at once: more would overrun a small backlog and time its SYN retransmits instead of the server.
constexpr std::size_t connects_at_once = 128;

class Http1Transport final : public Transport {
public:
    Http1Transport(asio::any_io_executor executor, Target target) : executor_(std::move(executor)), target_(std::move(target)) {
        if (target_.scheme == "https") set_up_tls();
    }

    awaitable<std::size_t> prepare(std::size_t n, TimePoint deadline, Exchange& failed) override {
        const std::size_t before = idle_.size();
        failed = {};
        net::TaskGroup group(executor_);
        std::size_t left = n;
        const std::size_t lanes = std::min(n, connects_at_once);
        for (std::size_t i = 0; i < lanes; ++i) group.spawn(connect_lane(left, deadline, failed));
        co_await group.join();
        // A server that is overrun may take a connection only to close it.
        const auto lost = std::erase_if(idle_, [](const ConnectionPtr& c) { return !c->still_quiet(); });
        if (lost > 0 && !failed.error) {
            failed.error = NetErrc::closed_before_answer;
            failed.sample.outcome = metrics::outcome_of(failed.error);
        }
        co_return idle_.size() - std::min(before, idle_.size());
    }

    awaitable<Exchange> fire(const http::Request& request, TimePoint planned, TimePoint deadline,
                             const ResponseSink* sink) override {
        const bool throws = co_await asio::this_coro::throw_if_cancelled();
        co_await asio::this_coro::throw_if_cancelled(false);
        Exchange exchange;
        exchange.sample.planned = planned;
        co_await run(request, planned, deadline, sink, exchange);
        exchange.sample.done = Clock::now();
        if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none && exchange.error)
            exchange.error = NetErrc::cancelled;
        exchange.sample.outcome = metrics::outcome_of(exchange.error);
        exchange.sample.right = !exchange.error && exchange.response.status >= 200 && exchange.response.status < 400;
        co_await asio::this_coro::throw_if_cancelled(throws);
        co_return exchange;
    }

    std::size_t open_connections() const noexcept override { return idle_.size() + busy_; }
    void close_idle() noexcept override { idle_.clear(); }

private:
    using ConnectionPtr = std::unique_ptr<Http1Connection>;

    void set_up_tls() {
        tls_.emplace(asio::ssl::context::tls_client);
        boost::system::error_code ec;
        if (target_.tls.verify) {
            tls_->set_verify_mode(asio::ssl::verify_peer, ec);
            if (target_.tls.ca_file.empty())
                tls_->set_default_verify_paths(ec);
            else
                tls_->load_verify_file(target_.tls.ca_file, ec);
            if (ec) set_up_error_ = "cannot read the certificate authorities " + target_.tls.ca_file + ": " + ec.message();
        } else {
            tls_->set_verify_mode(asio::ssl::verify_none, ec);
        }
        if (!target_.tls.cert_file.empty()) {
            tls_->use_certificate_chain_file(target_.tls.cert_file, ec);
            const auto& key = target_.tls.key_file.empty() ? target_.tls.cert_file : target_.tls.key_file;
            if (!ec) tls_->use_private_key_file(key, asio::ssl::context::pem, ec);
            if (ec) set_up_error_ = "cannot use the client certificate " + target_.tls.cert_file + ": " + ec.message();
        }
        constexpr unsigned char alpn[] = "\x08http/1.1";
        SSL_CTX_set_alpn_protos(tls_->native_handle(), alpn, sizeof alpn - 1);
    }

    /// Opens one connection; its endpoints are asked for once and the one that worked goes first afterwards.
    awaitable<error_code> open(ConnectionPtr& out, TimePoint deadline, Diagnostics& why) {
        if (!set_up_error_.empty()) {
            why.message = set_up_error_;
            co_return NetErrc::tls_failed;
        }
        deadline = std::min(deadline, Clock::now() + target_.connect_timeout);
        if (endpoints_.empty()) endpoints_ = known_endpoints(target_.host, target_.port);
        if (endpoints_.empty()) {
            if (!lookup_) lookup_ = std::make_shared<Lookup>(executor_, target_.host, target_.port);
            const auto lookup = lookup_;
            const auto found = co_await lookup->wait(deadline);
            // An answer is used once, by all who wait for it; a question that goes on is left to those who come after us.
            if (lookup->over() && lookup_ == lookup) lookup_.reset();
            if (!found) co_return found.error();
            if (endpoints_.empty()) endpoints_ = *found;
        }
        const auto endpoints = endpoints_;  // another connect may reorder them meanwhile
        auto connection = std::make_unique<Http1Connection>(executor_, target_, tls_ ? &*tls_ : nullptr, next_id_++);
        std::size_t used = 0;
        const error_code ec = co_await connection->connect(endpoints, deadline, used, why);
        if (ec) {
            endpoints_.clear();  // the host may have moved: whoever asks next asks for its name again
            co_return ec;
        }
        const auto worked = std::ranges::find(endpoints_, endpoints[used]);
        if (worked != endpoints_.end()) std::rotate(endpoints_.begin(), worked, worked + 1);
        out = std::move(connection);
        co_return error_code{};
    }

    awaitable<void> connect_lane(std::size_t& left, TimePoint deadline, Exchange& failed) {
        while (left > 0 && !failed.error) {
            --left;
            ConnectionPtr connection;
            Diagnostics why;
            const error_code ec = co_await open(connection, deadline, why);
            if (ec && !failed.error) {
                failed.error = ec;
                failed.diagnostics = why;
                failed.sample.outcome = metrics::outcome_of(ec);
            }
            if (connection) idle_.push_back(std::move(connection));
        }
    }

    ConnectionPtr take_idle() {
        while (!idle_.empty()) {
            ConnectionPtr connection = std::move(idle_.front());
            idle_.pop_front();
            if (connection->still_quiet()) return connection;
        }
        return nullptr;
    }

    awaitable<void> run(const http::Request& request, TimePoint planned, TimePoint deadline, const ResponseSink* sink,
                        Exchange& exchange) {
        auto& sample = exchange.sample;
        const auto wire = co_await begin(request, target_, planned, exchange);
        if (!wire) co_return;
        const bool head = request.method == "HEAD";
        for (bool first = true;; first = false) {
            ConnectionPtr connection = first ? take_idle() : nullptr;
            if (connection) {
                sample.connected = sample.started;
            } else {
                exchange.error = co_await open(connection, deadline, exchange.diagnostics);
                if (exchange.error) co_return;
                sample.connected = Clock::now();
            }
            const bool used_before = connection->requests() > 0;
            ++busy_;
            co_await connection->exchange(*wire, head, deadline, sink, exchange);
            --busy_;
            if (target_.reuse_connections && connection->reusable() && idle_.size() < target_.max_idle)
                idle_.push_back(std::move(connection));
            // A server may close an idle connection just as we use it. Only then, and only where a repeat does no harm
            // (RFC 9110 section 9.2.2), the request is sent again.
            const bool lost = exchange.error == Condition::reset && sample.first_byte == TimePoint{};
            if (!(first && used_before && lost && is_idempotent(request.method))) co_return;
        }
    }

    asio::any_io_executor executor_;
    Target target_;
    std::optional<asio::ssl::context> tls_;
    std::string set_up_error_;
    std::shared_ptr<Lookup> lookup_;
    Endpoints endpoints_;
    std::deque<ConnectionPtr> idle_;
    std::size_t busy_ = 0;
    std::uint32_t next_id_ = 0;
};

}  // namespace

std::unique_ptr<Transport> make_http1_transport(asio::any_io_executor executor, Target target) {
    return std::make_unique<Http1Transport>(std::move(executor), std::move(target));
}

}  // namespace volley::client
