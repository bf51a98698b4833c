#include <volley/net/signals.hpp>

#include <csignal>
#include <cstdlib>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/deadline.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace volley::net {

struct SignalWatch::State : std::enable_shared_from_this<SignalWatch::State> {
    State(const boost::asio::any_io_executor& executor, std::function<void(int)> f)
        : set(executor, SIGINT, SIGTERM), on_signal(std::move(f)) {}

    void wait() {
        set.async_wait([self = shared_from_this()](boost::system::error_code ec, int number) {
            if (ec) return;
            // A person who presses Ctrl-C twice wants out; nothing that hangs may hold them.
            if (self->received != 0) std::_Exit(128 + number);
            self->received = number;
            self->wait();
            if (self->on_signal) self->on_signal(number);
        });
    }

    boost::asio::signal_set set;
    std::function<void(int)> on_signal;
    int received = 0;
};

SignalWatch::SignalWatch(boost::asio::any_io_executor executor, std::function<void(int)> on_signal)
    : state_(std::make_shared<State>(executor, std::move(on_signal))) {
    state_->wait();
}

SignalWatch::~SignalWatch() {
    state_->on_signal = nullptr;
    boost::system::error_code ec;
    state_->set.cancel(ec);
}

int SignalWatch::received() const noexcept { return state_->received; }

boost::asio::awaitable<void> sleep_until(TimePoint when) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, when);
    co_await timer.async_wait(boost::asio::use_awaitable);
}

}  // namespace volley::net
