#include "view/sync_threads.hpp"

#include <system_error>
#include <utility>

#include <volley/view/sync.hpp>

#include "net/loop_thread.hpp"

namespace volley::view {
namespace {

thread_local SyncPool* pool_of_this_thread = nullptr;

}  // namespace

bool CallerQueue::push(Job job) {
    const std::scoped_lock lock(mutex_);
    if (closed_) return false;
    jobs_.push_back(std::move(job));
    changed_.notify_one();
    return true;
}

void CallerQueue::run_until(const bool& done) {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return done || !jobs_.empty(); });
        if (done) return;
        Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
        job = nullptr;
        lock.lock();
    }
}

void CallerQueue::finish(bool& done) {
    const std::scoped_lock lock(mutex_);
    done = true;
    changed_.notify_one();
}

std::deque<Job> CallerQueue::close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    return std::exchange(jobs_, {});
}

boost::asio::any_io_executor sensitive_executor() {
    // An io_context, so that a server can spawn on it what it spawns on its workers.
    static net::LoopThread thread;
    return thread.executor();
}

SyncPool& sync_pool() {
    static SyncPool pool(pool_threads);
    return pool;
}

SyncPool::~SyncPool() {
    {
        const std::scoped_lock lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
}

void SyncPool::push(Job job) {
    const std::scoped_lock lock(mutex_);
    jobs_.push_back(std::move(job));
    try {
        start_where_needed();
    } catch (const std::system_error&) {
        if (threads_.size() > blocked_) return;  // fewer threads must do
        jobs_.pop_back();
        throw;
    }
}

void SyncPool::start_where_needed() {
    if (jobs_.empty()) return;
    if (idle_ >= jobs_.size()) {
        changed_.notify_one();
    } else if (threads_.size() - blocked_ < most_) {
        threads_.emplace_back([this] { work(); });
    }
}

void SyncPool::work() {
    pool_of_this_thread = this;
    std::unique_lock lock(mutex_);
    for (;;) {
        ++idle_;
        changed_.wait(lock, [&] { return ending_ || !jobs_.empty(); });
        --idle_;
        if (jobs_.empty()) return;
        Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
        job = nullptr;
        lock.lock();
    }
}

// Nested ones on one thread count once.
SyncPool::Blocked::Blocked() : pool_(std::exchange(pool_of_this_thread, nullptr)) {
    if (pool_ == nullptr) return;
    const std::scoped_lock lock(pool_->mutex_);
    ++pool_->blocked_;
    try {
        pool_->start_where_needed();
    } catch (const std::system_error&) {
        // No more threads to be had: what waits, waits for one that comes free.
    }
}

SyncPool::Blocked::~Blocked() {
    if (pool_ == nullptr) return;
    const std::scoped_lock lock(pool_->mutex_);
    --pool_->blocked_;
    pool_of_this_thread = pool_;
}

}  // namespace volley::view
