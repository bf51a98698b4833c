// Every wait on a network has a deadline.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <volley/time.hpp>

namespace volley::net {

/// Calls `expire` when a deadline passes; one per connection, moved on as the connection goes on. `expire` closes or cancels what
/// the connection waits on; `expired()` tells afterwards that it was the deadline.
/// Cheaper than racing every operation against a timer, and Boost 1.81 has no cancel_after.
/// [Asio's timeout_watchdog example]
class Watchdog {
public:
    template <class Expire>
    Watchdog(const boost::asio::any_io_executor& executor, Expire expire) : timer_(executor), expire_(std::move(expire)) {}
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
    ~Watchdog() { disarm(); }

    /// Sets the deadline, or moves it.
    void arm(TimePoint when) {
        const auto generation = ++*generation_;
        expired_ = false;
        timer_.expires_at(when);
        timer_.async_wait([this, generation, alive = generation_](boost::system::error_code ec) {
            if (ec || *alive != generation) return;  // `this` is gone or armed anew: the counter outlives both
            expired_ = true;
            expire_();
        });
    }
    void disarm() {
        ++*generation_;
        timer_.cancel();
    }
    [[nodiscard]] bool expired() const noexcept { return expired_; }

private:
    boost::asio::steady_timer timer_;
    std::function<void()> expire_;
    std::shared_ptr<unsigned long> generation_ = std::make_shared<unsigned long>(0);
    bool expired_ = false;
};

/// Waits until an instant; at once when it has passed.
boost::asio::awaitable<void> sleep_until(TimePoint when);

}  // namespace volley::net
