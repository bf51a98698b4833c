// The threads that synchronous code runs on.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

namespace volley::view {

using Job = std::function<void()>;

/// Where the innermost async_to_sync() of a thread waits, and runs what must run on that thread meanwhile.
/// Thread safety: push() from any thread; the rest on the thread that waits.
class CallerQueue {
public:
    /// @return false when nobody waits there any more; the job was not taken.
    bool push(Job job);
    /// Runs jobs until `done` is set; finish() sets it.
    void run_until(const bool& done);
    void finish(bool& done);
    /// Refuses what comes from now on. @return what had not begun.
    std::deque<Job> close();

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    bool closed_ = false;
};

/// The one thread of the process that thread-sensitive code shares. Started at first use, joined at exit.
[[nodiscard]] boost::asio::any_io_executor sensitive_executor();

/// Threads for code that is not thread-sensitive. They are started when needed and kept.
class SyncPool {
public:
    explicit SyncPool(unsigned most) : most_(most) {}
    SyncPool(const SyncPool&) = delete;
    SyncPool& operator=(const SyncPool&) = delete;
    ~SyncPool();

    /// Throws: std::system_error where not even one thread can be had.
    void push(Job job);

    /// While it lives the calling thread, if it is one of the pool's, does not count: what it waits for may need the pool itself.
    class Blocked {
    public:
        Blocked();
        Blocked(const Blocked&) = delete;
        Blocked& operator=(const Blocked&) = delete;
        ~Blocked();

    private:
        SyncPool* pool_;
    };

private:
    void work();
    void start_where_needed();  // with the lock held

    const unsigned most_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    std::vector<std::thread> threads_;
    std::size_t idle_ = 0;
    std::size_t blocked_ = 0;
    bool ending_ = false;
};

/// The process's pool.
[[nodiscard]] SyncPool& sync_pool();

}  // namespace volley::view
