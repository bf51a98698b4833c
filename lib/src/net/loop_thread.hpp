// An event loop on a thread of its own.
#pragma once

#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

namespace volley::net {

/// Runs from its making on. The destructor waits until the loop has nothing left to do.
/// Throws: std::system_error when the system has no more threads.
class LoopThread {
public:
    LoopThread() : work_(context_.get_executor()), thread_([this] { context_.run(); }) {}
    LoopThread(const LoopThread&) = delete;
    LoopThread& operator=(const LoopThread&) = delete;
    ~LoopThread() { finish(); }
    /// Waits as the destructor does, but leaves the context to what is made of it.
    void finish() {
        work_.reset();
        if (thread_.joinable()) thread_.join();
    }
    [[nodiscard]] boost::asio::io_context::executor_type executor() noexcept { return context_.get_executor(); }

private:
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::thread thread_;  // last: it uses the other two
};

}  // namespace volley::net
