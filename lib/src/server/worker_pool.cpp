#include "server/worker_pool.hpp"

#include <algorithm>
#include <system_error>

#include <boost/asio/post.hpp>

namespace volley::server {

void WorkerPool::start_all() {
    while (workers_.size() < most_) {
        workers_.push_back(make_worker());
        free_.push_back(workers_.back().get());
    }
}

Worker* WorkerPool::acquire(Waiter& waiter) {
    if (free_.empty() && workers_.size() < most_) {
        try {
            workers_.push_back(make_worker());
            free_.push_back(workers_.back().get());
        } catch (const std::system_error&) {
            if (workers_.empty()) throw;  // nobody would ever come free; otherwise fewer threads must do
        }
    }
    if (free_.empty()) {
        waiting_.push_back(&waiter);
        return nullptr;
    }
    Worker* const worker = free_.back();
    free_.pop_back();
    return worker;
}

void WorkerPool::withdraw(Waiter& waiter) {
    if (waiter.worker != nullptr) {
        release(*waiter.worker);
        waiter.worker = nullptr;
        return;
    }
    waiting_.erase(std::remove(waiting_.begin(), waiting_.end(), &waiter), waiting_.end());
}

void WorkerPool::release(Worker& worker) {
    if (waiting_.empty()) {
        free_.push_back(&worker);
        return;
    }
    Waiter* const next = waiting_.front();
    waiting_.pop_front();
    next->worker = &worker;
    next->wake();
}

void WorkerPool::post_to_all(const std::function<void()>& task) const {
    for (const auto& worker : workers_) boost::asio::post(worker->executor(), task);
}

void WorkerPool::stop() {
    free_.clear();
    workers_.clear();
}

}  // namespace volley::server
