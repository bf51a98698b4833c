#include "call/frame_workers.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

namespace volley::call {
namespace {

class Work final : public FrameWork {
public:
    explicit Work(std::function<void()> what) : what_(std::move(what)) {}

    void run() override {
        what_();
        note("done");
    }
    void fail(std::string why) override { note(std::move(why)); }

    [[nodiscard]] std::string outcome() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !outcome_.empty(); });
        return outcome_;
    }

private:
    void note(std::string what) {
        const std::scoped_lock lock(mutex_);
        outcome_ = std::move(what);
        changed_.notify_all();
    }

    const std::function<void()> what_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string outcome_;
};

TEST(FrameWorkers, work_that_throws_is_told_so_and_others_go_on) {
    const auto memory = std::make_shared<Work>([] { throw std::bad_alloc(); });
    const auto words = std::make_shared<Work>([] { throw std::runtime_error("these rates have too little in common"); });
    const auto strange = std::make_shared<Work>([] { throw 7; });  // as a plugin of somebody else's may
    const auto good = std::make_shared<Work>([] {});
    FrameWorkers workers(1);
    workers.want(memory);
    workers.want(words);
    workers.want(strange);
    workers.want(good);
    EXPECT_EQ(memory->outcome(), "out of memory");
    EXPECT_EQ(words->outcome(), "these rates have too little in common");
    EXPECT_EQ(strange->outcome(), "an error of no known kind");
    EXPECT_EQ(good->outcome(), "done");
}

TEST(FrameWorkers, what_cannot_even_be_told_ends_nothing) {
    class Hopeless final : public FrameWork {
    public:
        void run() override { throw std::bad_alloc(); }
        void fail(std::string /*why*/) override { throw std::bad_alloc(); }
    };
    const auto good = std::make_shared<Work>([] {});
    FrameWorkers workers(1);
    workers.want(std::make_shared<Hopeless>());
    workers.want(std::make_shared<Work>([] { throw 1; }));
    workers.want(good);
    EXPECT_EQ(good->outcome(), "done");
}

/// Each run waits until as many have been there at once as it is told, but not for ever.
class Together final : public FrameWork {
public:
    Together(unsigned most, unsigned awaited) : most_(most), awaited_(awaited) {}

    void run() override {
        std::unique_lock lock(mutex_);
        if (++running_ < awaited_ && calls_) {
            lock.unlock();
            want_again();
            lock.lock();
        }
        seen_ = std::max(seen_, running_);
        changed_.notify_all();
        changed_.wait_for(lock, std::chrono::seconds(30), [&] { return seen_ >= awaited_; });
        --running_;
        ++runs_;
        changed_.notify_all();
    }
    void fail(std::string /*why*/) override {}
    [[nodiscard]] unsigned most_at_once() const override { return most_; }

    /// @return how many were there at once
    [[nodiscard]] unsigned seen_after(unsigned runs) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return runs_ >= runs; });
        return seen_;
    }
    void call_others() { calls_ = true; }

private:
    const unsigned most_;
    const unsigned awaited_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::atomic<bool> calls_ = false;
    unsigned running_ = 0;
    unsigned seen_ = 0;
    unsigned runs_ = 0;
};

TEST(FrameWorkers, work_runs_on_as_many_threads_as_it_calls_for_and_may_have) {
    const auto work = std::make_shared<Together>(3, 3);
    work->call_others();
    FrameWorkers workers(4);
    // A thread starts with each that is wanted.
    for (int i = 0; i < 3; ++i) {
        const auto one = std::make_shared<Work>([] {});
        workers.want(one);
        EXPECT_EQ(one->outcome(), "done");
    }
    workers.want(work);
    EXPECT_EQ(work->seen_after(3), 3U);
}

TEST(FrameWorkers, work_that_says_nothing_runs_on_one_thread_and_once_more_for_what_came_meanwhile) {
    const auto work = std::make_shared<Together>(1, 1);
    work->call_others();
    FrameWorkers workers(3);
    for (int i = 0; i < 3; ++i) workers.want(work);
    EXPECT_EQ(work->seen_after(1), 1U);
    workers.want(work);
    EXPECT_EQ(work->seen_after(2), 1U);
}

TEST(FrameWorkers, begin_nothing_more_for_work_that_wants_itself_again_when_all_is_over) {
    class Endless final : public FrameWork {
    public:
        void run() override {
            ++runs;
            want_again();
        }
        void fail(std::string /*why*/) override {}
        [[nodiscard]] unsigned most_at_once() const override { return 2; }
        std::atomic<int> runs = 0;
    };
    const auto endless = std::make_shared<Endless>();
    {
        FrameWorkers workers(2);
        workers.want(endless);
        while (endless->runs < 10) std::this_thread::yield();
    }
    EXPECT_GE(endless->runs, 10);
    EXPECT_EQ(endless.use_count(), 1);
}

}  // namespace
}  // namespace volley::call
