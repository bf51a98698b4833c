// Owns coroutines, so that none outlives its owner and no error is lost.
#pragma once

#include <cstddef>
#include <exception>
#include <list>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

namespace volley::net {

/// Runs coroutines on one executor and waits for them. Its owner must co_await join() (or see empty()) before it dies.
/// Thread safety: none; every call on the executor's thread.
class TaskGroup {
public:
    explicit TaskGroup(boost::asio::any_io_executor executor);
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;
    ~TaskGroup();

    /// Starts a coroutine. After cancel() it is started with its cancellation already requested.
    void spawn(boost::asio::awaitable<void> task);
    /// Requests terminal cancellation of every task; later ones too.
    void cancel();
    /// Waits until every task has ended, then rethrows the first exception that left one (operation_aborted aside, which is how
    /// a cancelled coroutine ends). A cancelled join() cancels the tasks and still waits for them.
    boost::asio::awaitable<void> join();

    [[nodiscard]] std::size_t size() const noexcept { return tasks_.size(); }
    [[nodiscard]] bool empty() const noexcept { return tasks_.empty(); }
    [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }

private:
    struct Task {
        boost::asio::cancellation_signal signal;
        bool ended = false;
    };
    void finished(std::list<Task>::iterator task, std::exception_ptr error);

    boost::asio::any_io_executor executor_;
    std::list<Task> tasks_;  // a list: the signals must not move
    boost::asio::steady_timer idle_;
    std::exception_ptr first_error_;
    bool cancelled_ = false;
};

}  // namespace volley::net
