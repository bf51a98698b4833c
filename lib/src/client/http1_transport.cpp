// The pool of HTTP/1.1 connections as a Transport: for coroutines, and for callers that want the whole answer.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <volley/client/transport.hpp>

#include "client/http1_pool.hpp"
#include "client/request_text.hpp"

namespace volley::client {
namespace asio = boost::asio;

namespace {

/// A call that somebody waits for, and its answer.
class AwaitedCall final : public Call {
public:
    AwaitedCall(const asio::any_io_executor& executor, std::string_view wire, const http::Request& request, const Target& target,
                const ResponseSink* sink, Exchange& exchange)
        : wire_(wire), request_(request), target_(target), sink_(sink), exchange_(exchange), over_(executor, TimePoint::max()) {}

    RequestBytes bytes() override { return {wire_, {}, request_.method == "HEAD", is_idempotent(request_.method)}; }

    const http::Request& request() override { return request_; }
    bool on_head(const AnswerHead& head) override {
        head.copy_to(exchange_.response);
        return sink_ == nullptr || !sink_->on_head || sink_->on_head(exchange_.response);
    }
    bool on_body(std::string_view piece) override {
        if (sink_ != nullptr && sink_->on_body) return sink_->on_body(piece);
        if (target_.keep_body) exchange_.response.body += piece;
        return true;
    }
    void on_done(error_code error) override {
        exchange_.error = error;
        done_ = true;
        over_.cancel();
    }

    /// Waits until it is over; ends it where the coroutine is cancelled.
    awaitable<void> wait(Http1Pool& pool) {
        if (!done_) co_await over_.async_wait(asio::as_tuple(asio::use_awaitable));
        if (!done_) pool.cancel(*this);
    }

private:
    std::string_view wire_;
    const http::Request& request_;
    const Target& target_;
    const ResponseSink* sink_;
    Exchange& exchange_;
    asio::steady_timer over_;
    bool done_ = false;
};

class Http1Transport final : public Transport {
public:
    Http1Transport(asio::any_io_executor executor, Target target)
        : executor_(std::move(executor)), pool_(executor_, std::move(target), false) {}

    awaitable<std::size_t> prepare(std::size_t n, TimePoint deadline, Exchange& failed) override {
        asio::steady_timer over(executor_, TimePoint::max());
        bool done = false;
        Http1Pool::Prepared result;
        pool_.prepare(n, deadline, [&](Http1Pool::Prepared prepared) {
            result = std::move(prepared);
            done = true;
            over.cancel();
        });
        if (!done) co_await over.async_wait(asio::as_tuple(asio::use_awaitable));
        if (!done) pool_.cancel_preparation();
        failed = {};
        failed.error = result.error;
        failed.diagnostics = result.why;
        if (failed.error) failed.sample.outcome = metrics::outcome_of(failed.error);
        co_return result.held;
    }

    awaitable<Exchange> fire(const http::Request& request, TimePoint planned, TimePoint deadline,
                             const ResponseSink* sink) override {
        const bool throws = co_await asio::this_coro::throw_if_cancelled();
        co_await asio::this_coro::throw_if_cancelled(false);
        Exchange exchange;
        exchange.sample.planned = planned;
        const auto wire = co_await begin(request, pool_.target(), planned, exchange);
        if (wire) {
            AwaitedCall call(executor_, *wire, request, pool_.target(), sink, exchange);
            call.sample = exchange.sample;
            call.deadline = deadline;
            pool_.fire(call);
            co_await call.wait(pool_);
            exchange.sample = call.sample;
            exchange.diagnostics = call.why;
        } else {
            exchange.sample.done = Clock::now();
        }
        exchange.sample.outcome = metrics::outcome_of(exchange.error);
        exchange.sample.right = !exchange.error && exchange.response.status >= 200 && exchange.response.status < 400;
        co_await asio::this_coro::throw_if_cancelled(throws);
        co_return exchange;
    }

    std::size_t open_connections() const noexcept override { return pool_.open_connections(); }
    void close_idle() noexcept override { pool_.close_idle(); }

private:
    asio::any_io_executor executor_;
    Http1Pool pool_;
};

}  // namespace

std::unique_ptr<Transport> make_http1_transport(asio::any_io_executor executor, Target target) {
    return std::make_unique<Http1Transport>(std::move(executor), std::move(target));
}

}  // namespace volley::client
