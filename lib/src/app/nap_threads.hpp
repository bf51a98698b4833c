// Threads that sleep, for a view that blocks one for each request.
#pragma once

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <volley/time.hpp>
#include <volley/view.hpp>

#include "view/sync_threads.hpp"

namespace volley::app {

/// A thread that sleeps cannot be stopped: it goes on when the request that it sleeps for has been cancelled. The end of this object
/// wakes them all.
/// Thread safety: nap() from any thread. Lifetime: must outlive every nap() that is awaited.
class NapThreads {
public:
    /// @param most  how many threads at most, started when they are needed and kept; 0: a new one for each nap, which ends with it.
    explicit NapThreads(unsigned most);
    NapThreads(const NapThreads&) = delete;
    NapThreads& operator=(const NapThreads&) = delete;
    ~NapThreads();

    /// Has a thread sleep, and awaits it; waits for a free one where there may be no more of them.
    /// Throws: std::system_error when the system has no more threads.
    view::awaitable<void> nap(Duration time);

private:
    struct Nap;
    class Awaiting;
    void start(std::shared_ptr<Nap> nap, Duration time);
    void sleep(const std::shared_ptr<Nap>& nap, Duration time);
    void join_ended();

    std::mutex mutex_;
    std::condition_variable wake_;       ///< at the end
    std::condition_variable one_ended_;  ///< of running_
    bool ending_ = false;
    std::list<std::thread> running_;  ///< new ones, one for each nap
    std::list<std::thread> ended_;
    std::optional<view::SyncPool> pool_;  ///< last: its threads use the rest
};

}  // namespace volley::app
