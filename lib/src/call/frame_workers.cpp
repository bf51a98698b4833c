#include "call/frame_workers.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

namespace volley::call {
namespace {

// Pictures and sound come from peers: what cannot be done for one call must not end those of all others.
void run_guarded(FrameWork& work) noexcept {
    try {
        try {
            work.run();
        } catch (const std::bad_alloc&) {
            work.fail("out of memory");
        } catch (const std::exception& e) {
            work.fail(e.what());
        } catch (...) {
            work.fail("an error of no known kind");
        }
    } catch (...) {  // not even that could be said
    }
}

}  // namespace

struct FrameWorkers::Impl {
    explicit Impl(unsigned count) : most_threads(std::max(1U, count)) {}

    void work() {
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [&] { return ending || !waiting.empty(); });
            if (waiting.empty()) return;
            std::shared_ptr<FrameWork> mine = std::move(waiting.front());
            waiting.pop_front();
            mine->waiting_ = false;
            ++mine->running_;
            lock.unlock();
            run_guarded(*mine);
            lock.lock();
            --mine->running_;
            if (std::exchange(mine->wanted_, false) && may_wait(*mine)) {
                mine->waiting_ = true;
                waiting.push_back(std::move(mine));
                continue;
            }
            lock.unlock();
            mine.reset();  // may be the last who holds it, and its codecs take a while to go
            lock.lock();
        }
    }

    [[nodiscard]] bool may_wait(const FrameWork& work) const { return !work.waiting_ && (!ending || work.must_end()); }

    const unsigned most_threads;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::shared_ptr<FrameWork>> waiting;
    std::vector<std::thread> threads;
    bool ending = false;
};

void FrameWork::want_again() {
    if (workers_ == nullptr) return;
    if (const auto self = self_.lock()) workers_->want(self);
}

FrameWorkers::FrameWorkers(unsigned threads) : impl_(std::make_unique<Impl>(threads)) {}

FrameWorkers::~FrameWorkers() {
    {
        const std::scoped_lock lock(impl_->mutex);
        impl_->ending = true;
        std::erase_if(impl_->waiting, [](const auto& work) { return !work->must_end(); });
    }
    impl_->changed.notify_all();
    for (auto& thread : impl_->threads) thread.join();
}

void FrameWorkers::want(const std::shared_ptr<FrameWork>& work) {
    const std::scoped_lock lock(impl_->mutex);
    if (work->workers_ == nullptr) {
        work->workers_ = this;
        work->self_ = work;
    }
    if (!impl_->may_wait(*work)) return;
    if (work->running_ >= work->most_at_once()) {
        work->wanted_ = true;
        return;
    }
    work->waiting_ = true;
    impl_->waiting.push_back(work);
    if (!impl_->ending && impl_->threads.size() < impl_->most_threads) {
        // One that cannot be had is done without, as long as there is another.
        try {
            impl_->threads.emplace_back([my = impl_.get()] { my->work(); });
        } catch (const std::system_error&) {
            if (impl_->threads.empty()) throw;
        }
    }
    impl_->changed.notify_one();
}

unsigned FrameWorkers::threads_for_this_machine() noexcept { return std::max(1U, std::thread::hardware_concurrency()); }

}  // namespace volley::call
