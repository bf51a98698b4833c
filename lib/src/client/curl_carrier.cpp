// Calls over the libcurl transport: a coroutine for each, for what the lighter carrier cannot speak.
#include <memory>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "client/call.hpp"

namespace volley::client {
namespace asio = boost::asio;

class CurlCarrier final : public Carrier {
public:
    CurlCarrier(const asio::any_io_executor& executor, Target target, CurlOptions options)
        : executor_(executor), transport_(make_curl_transport(executor, std::move(target), std::move(options))) {}

    ~CurlCarrier() override {
        for (Transfer* transfer = first_; transfer != nullptr; transfer = transfer->next) transfer->call = nullptr;
        // Cancelled coroutines end on the loop, which may be after us: they hold the transport.
        for (Transfer* transfer = first_; transfer != nullptr; transfer = transfer->next) transfer->owner = nullptr;
        while (first_ != nullptr) {
            const auto transfer = first_->self;
            unlink(*transfer);
            transfer->end.emit(asio::cancellation_type::terminal);
        }
    }

    void fire(Call& call) override {
        const auto transfer = std::make_shared<Transfer>();
        transfer->self = transfer;
        transfer->call = &call;
        transfer->owner = this;
        transfer->transport = transport_;
        transfer->sink.on_head = [raw = transfer.get()](const http::Response& head) {
            return raw->call != nullptr && raw->call->on_head(AnswerHead(head));
        };
        transfer->sink.on_body = [raw = transfer.get()](std::string_view piece) {
            if (raw->call == nullptr) return false;
            raw->body += piece.size();
            return raw->body <= raw->call->longest_body() && raw->call->on_body(piece);
        };
        call.transfer_ = transfer.get();
        transfer->next = first_;
        if (first_ != nullptr) first_->previous = transfer.get();
        first_ = transfer.get();
        auto on_end = [transfer](const std::exception_ptr& error) {
            if (error) failed(*transfer, error);
        };
        asio::co_spawn(executor_, run(transfer, &call.request(), call.sample.planned, call.deadline),
                       asio::bind_cancellation_slot(transfer->end.slot(), std::move(on_end)));
    }

    void cancel(Call& call) override {
        if (call.transfer_ == nullptr) return;
        static_cast<Transfer*>(call.transfer_)->end.emit(asio::cancellation_type::terminal);
    }

    void prepare(std::size_t /*n*/, TimePoint /*deadline*/, std::function<void(Prepared)> done) override { done({}); }
    void cancel_preparation() override {}
    [[nodiscard]] std::uint64_t opened() const noexcept override { return opened_; }

private:
    struct Transfer {
        Call* call = nullptr;
        CurlCarrier* owner = nullptr;
        std::shared_ptr<Transport> transport;
        ResponseSink sink;
        std::uint64_t body = 0;  ///< bytes of it that have come
        asio::cancellation_signal end;
        std::shared_ptr<Transfer> self;  // until it is over
        Transfer* next = nullptr;
        Transfer* previous = nullptr;
    };

    void unlink(Transfer& transfer) noexcept {
        if (transfer.previous != nullptr) transfer.previous->next = transfer.next;
        if (transfer.next != nullptr) transfer.next->previous = transfer.previous;
        if (first_ == &transfer) first_ = transfer.next;
        transfer.next = transfer.previous = nullptr;
        transfer.self.reset();
    }

    static awaitable<void> run(std::shared_ptr<Transfer> transfer, const http::Request* request, TimePoint planned,
                               TimePoint deadline) {
        Exchange exchange = co_await transfer->transport->fire(*request, planned, deadline, &transfer->sink);
        if (transfer->owner == nullptr) co_return;
        CurlCarrier& owner = *transfer->owner;
        Call& call = *transfer->call;
        owner.opened_ = std::max<std::uint64_t>(owner.opened_, exchange.sample.connection);
        owner.unlink(*transfer);
        call.transfer_ = nullptr;
        call.why = std::move(exchange.diagnostics);
        // Its own start is the one before the hop onto the loop.
        const TimePoint started = call.sample.started;
        const auto step = call.sample.step;
        call.sample = exchange.sample;
        call.sample.started = started;
        call.sample.step = step;
        if (transfer->body > call.longest_body()) {
            exchange.error = NetErrc::body_too_large;
            call.sample.outcome = metrics::outcome_of(exchange.error);
            call.why.message = limit_text(call.longest_body());
        }
        call.on_done(exchange.error);
    }

    /// A coroutine that is cancelled before it has begun never runs, and ends with an exception.
    static void failed(Transfer& transfer, const std::exception_ptr& error) {
        try {
            std::rethrow_exception(error);
        } catch (const boost::system::system_error& e) {
            if (e.code() != asio::error::operation_aborted) throw;
        }
        if (transfer.owner == nullptr) return;
        Call& call = *transfer.call;
        transfer.owner->unlink(transfer);
        call.transfer_ = nullptr;
        call.sample.done = Clock::now();
        call.on_done(NetErrc::cancelled);
    }

    asio::any_io_executor executor_;
    std::shared_ptr<Transport> transport_;
    Transfer* first_ = nullptr;
    std::uint64_t opened_ = 0;
};

std::unique_ptr<Carrier> make_curl_carrier(const asio::any_io_executor& executor, Target target, CurlOptions options) {
    return std::make_unique<CurlCarrier>(executor, std::move(target), std::move(options));
}

}  // namespace volley::client
