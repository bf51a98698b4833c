#include "call/frame_workers.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
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

}  // namespace
}  // namespace volley::call
