// A worker on a thread of its own, which a test speaks to through its loop.
#pragma once

#include <atomic>
#include <future>
#include <thread>
#include <utility>

#include "engine/worker.hpp"
#include "net/engine/fixture.hpp"
#include "support/raw_client.hpp"

namespace volley::test {

class OnItsThread {
public:
    explicit OnItsThread(engine::PhasePlan plan, std::function<void(engine::Recorder::Batch)> samples = nullptr)
        : plan_(std::move(plan)), worker_(plan_, 0, 1, std::move(samples)), thread_([this] { worker_.run(); }) {}
    OnItsThread(const OnItsThread&) = delete;
    OnItsThread& operator=(const OnItsThread&) = delete;
    ~OnItsThread() {
        if (thread_.joinable()) finish();
    }

    /// Has something done on the loop. @return what came of it. Where that takes a minute the test program ends: its thread cannot.
    template <class What>
    auto ask(What what) {
        using Answer = decltype(what(worker_));
        auto answer = std::make_shared<std::promise<Answer>>();
        auto came = answer->get_future();
        worker_.post([this, answer, what = std::move(what)]() mutable {
            if constexpr (std::is_void_v<Answer>) {
                what(worker_);
                answer->set_value();
            } else {
                answer->set_value(what(worker_));
            }
        });
        if (came.wait_for(std::chrono::minutes(1)) != std::future_status::ready) {
            std::fputs("a worker answers nobody\n", stderr);
            std::abort();
        }
        return came.get();
    }
    /// Has something done on the loop, later; from any thread.
    template <class What>
    void post(What what) {
        worker_.post(std::move(what));
    }
    void begin(TimePoint start = Clock::now()) {
        ask([&](engine::Worker& worker) { worker.begin(start, take_over()); });
    }
    /// For Worker::begin(): notes when the phase was over.
    std::function<void(TimePoint)> take_over() {
        return [this](TimePoint last) {
            last_ = last;
            ++over_;
        };
    }
    [[nodiscard]] int times_over() const { return over_; }
    /// Waits for the end of the phase. @return the instant that it was said to have ended.
    TimePoint last() {
        EXPECT_TRUE(eventually([&] { return over_ > 0; }));
        return last_;
    }
    engine::PhaseOutcome finish() {
        auto outcome = ask([](engine::Worker& worker) { return worker.finish(); });
        thread_.join();
        return outcome;
    }
    [[nodiscard]] engine::Recorder::Counts counts() const { return worker_.counts(); }

private:
    engine::PhasePlan plan_;
    engine::Worker worker_;
    std::atomic<TimePoint> last_{};
    std::atomic<int> over_ = 0;
    std::thread thread_;
};

}  // namespace volley::test
