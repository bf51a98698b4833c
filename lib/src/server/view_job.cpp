#include "server/view_job.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "view/frame.hpp"

namespace volley::server {
namespace asio = boost::asio;

ViewJob::ViewJob(asio::any_io_executor loop, asio::any_io_executor where, std::function<void()> wake)
    : loop_(std::move(loop)), where_(std::move(where)), wake_(std::move(wake)) {}

void ViewJob::start(const view::Handler& handler, const view::Request& request) {
    asio::dispatch(where_, [self = shared_from_this(), &handler, &request] {
        // Owned, not detached: the session waits for done(), and this handler is what keeps the job alive until then.
        auto on_end = [self](std::exception_ptr error) {
            asio::dispatch(self->loop_, [self, error] {
                self->error_ = error;
                self->done_ = true;
                self->wake_();
            });
        };
        asio::co_spawn(self->where_, self->run(handler, request),
                       asio::bind_cancellation_slot(self->signal_.slot(), std::move(on_end)));
    });
}

void ViewJob::cancel(Reason reason) {
    if (done_ || cancelled_ == reason || cancelled_ == Reason::server) return;
    cancelled_ = reason;
    const auto type = reason == Reason::server ? asio::cancellation_type::terminal | asio::cancellation_type::partial
                                               : asio::cancellation_type::terminal;
    // Asio's own forwarding of a cancellation to another thread keeps a bare pointer into the operation, which may have ended by the
    // time it arrives (Boost 1.81, impl/co_spawn.hpp); so the signal stays on the view's thread and the job is kept alive for it.
    asio::dispatch(where_, [self = shared_from_this(), type] { self->signal_.emit(type); });
}

std::optional<view::Response> ViewJob::take_stream_head() { return std::exchange(stream_head_, std::nullopt); }
std::optional<view::Response> ViewJob::take_result() { return std::exchange(result_, std::nullopt); }
std::optional<std::string> ViewJob::take_chunk() { return std::exchange(chunk_, std::nullopt); }

void ViewJob::go_on(bool wanted) {
    if (!reply_) return;
    asio::dispatch(where_, [reply = std::exchange(reply_, nullptr), wanted] {
        reply->answered = true;
        reply->wanted = wanted;
        reply->arrived.cancel();
    });
}

view::awaitable<void> ViewJob::run(const view::Handler& handler, const view::Request& request) {
    view::Response response;
    if (handler.is_async()) {
        response = co_await handler.async(request);
    } else {
        const view::SyncScope scope;
        response = handler.sync(request);
    }
    if (!response.stream) {
        auto hand = [self = shared_from_this(), r = std::move(response)]() mutable { self->result_ = std::move(r); };
        asio::dispatch(loop_, std::move(hand));  // on_end wakes the loop
        co_return;
    }
    const view::Stream producer = response.stream;
    const bool wanted = co_await hand_over(std::move(response), std::nullopt);
    if (wanted) co_await producer(*this);
}

view::awaitable<bool> ViewJob::write(std::string chunk) { return hand_over(std::nullopt, std::move(chunk)); }

view::awaitable<bool> ViewJob::hand_over(std::optional<view::Response> response, std::optional<std::string> chunk) {
    const auto reply = std::make_shared<Reply>(where_);
    auto hand = [self = shared_from_this(), reply, r = std::move(response), c = std::move(chunk)]() mutable {
        self->stream_head_ = std::move(r);
        self->chunk_ = std::move(c);
        self->reply_ = reply;
        self->wake_();
    };
    asio::dispatch(loop_, std::move(hand));
    // A cancelled coroutine leaves this loop by the exception that the next co_await throws.
    while (!reply->answered) {
        const auto [ec] = co_await reply->arrived.async_wait(asio::as_tuple(asio::use_awaitable));
        (void)ec;  // always aborted, by the answer or by our cancellation
    }
    co_return reply->wanted;
}

}  // namespace volley::server
