// Threads that run one view at a time.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

namespace volley::server {

/// A thread with an io_context of its own, so that an asynchronous view can run to its end on it.
class Worker {
public:
    Worker() : work_(context_.get_executor()), thread_([this] { context_.run(); }) {}
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker() {
        work_.reset();
        thread_.join();
    }
    [[nodiscard]] boost::asio::io_context::executor_type executor() noexcept { return context_.get_executor(); }

private:
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::thread thread_;  // last: it uses the other two
};

/// Lends workers, in the order in which they were asked for.
/// Thread safety: none; every call on the loop's thread. That is why there is no lock in it.
class WorkerPool {
public:
    /// @param most  how many threads at most. They start when they are needed; see start_all().
    explicit WorkerPool(unsigned most) : most_(most) {}

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
    /// Ends and joins the threads. No worker may be lent out.
    void stop();

private:
    unsigned most_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<Worker*> free_;
    std::deque<Waiter*> waiting_;
};

}  // namespace volley::server
