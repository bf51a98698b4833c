// Threads that run one view at a time.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "net/loop_thread.hpp"

namespace volley::server {

/// A thread with an event loop, so that an asynchronous view can run to its end on it: one of its own, or a borrowed one.
class Worker {
public:
    Worker() : own_(std::make_unique<net::LoopThread>()), executor_(own_->executor()) {}
    explicit Worker(boost::asio::any_io_executor borrowed) : executor_(std::move(borrowed)) {}
    [[nodiscard]] const boost::asio::any_io_executor& executor() const noexcept { return executor_; }

private:
    std::unique_ptr<net::LoopThread> own_;
    boost::asio::any_io_executor executor_;
};

/// Lends workers, in the order in which they were asked for.
/// Thread safety: none; every call on the loop's thread. That is why there is no lock in it.
class WorkerPool {
public:
    /// @param most  how many threads at most. They start when they are needed; see start_all().
    explicit WorkerPool(unsigned most) : most_(most) {}
    /// One worker, on a thread that others use as well and that `borrow` starts when it is first needed.
    explicit WorkerPool(std::function<boost::asio::any_io_executor()> borrow) : most_(1), borrow_(std::move(borrow)) {}

    /// Somebody who waits for a worker. `wake` is called when `worker` has been set.
    struct Waiter {
        std::function<void()> wake;
        Worker* worker = nullptr;
    };

    /// Starts every thread. Throws: std::system_error when the system has no more threads.
    void start_all();
    /// @return a free worker, or nothing: then `waiter` stands in the queue until it is given one or withdrawn.
    Worker* acquire(Waiter& waiter);
    /// Takes a waiter out of the queue, and back what it was given.
    void withdraw(Waiter& waiter);
    void release(Worker& worker);
    /// Runs `task` on every thread that there is, between two steps of its view.
    void post_to_all(const std::function<void()>& task) const;
    /// Ends and joins the threads. No worker may be lent out.
    void stop();

private:
    std::unique_ptr<Worker> make_worker() const {
        return borrow_ ? std::make_unique<Worker>(borrow_()) : std::make_unique<Worker>();
    }

    unsigned most_;
    std::function<boost::asio::any_io_executor()> borrow_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<Worker*> free_;
    std::deque<Waiter*> waiting_;
};

}  // namespace volley::server
