// Calls that are made at planned instants, one coroutine each, all on one loop.
#include <volley/call/offer.hpp>

#include <exception>
#include <utility>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "call/caller.hpp"
#include "net/deadline.hpp"
#include "net/task_group.hpp"

namespace volley::call {
namespace asio = boost::asio;

namespace {

constexpr auto tick_every = std::chrono::milliseconds(200);

/// All calls of a plan.
class Run {
public:
    Run(OfferPlan plan, OfferObserver observer, asio::any_io_executor executor)
        : plan_(std::move(plan)),
          observer_(std::move(observer)),
          executor_(executor),
          caller_(executor, plan_, observer_, plan_.calls == 1 || needs_curl(plan_)),
          result_(caller_.result()),
          calls_(executor) {}
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    asio::awaitable<OfferResult> work() {
        auto preparing = caller_.prepare();
        const bool ready = co_await guarded(std::move(preparing));
        began_ = Clock::now();
        caller_.begin(began_);
        if (observer_.began) observer_.began(began_);
        if (ready && result_.never_worked.empty()) {
            net::TaskGroup ticker(executor_);
            ticker.spawn(tick());
            auto beginning = begin_calls();
            const bool all_begun = co_await guarded(std::move(beginning));
            if (!all_begun) calls_.cancel();
            co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
            co_await join_calls();
            ticker.cancel();
            co_await ticker.join();
        }
        if (broken_) std::rethrow_exception(broken_);
        caller_.finish(Clock::now());
        co_return std::move(result_);
    }

private:
    const OfferPlan plan_;
    const OfferObserver observer_;
    asio::any_io_executor executor_;
    Caller caller_;
    OfferResult& result_;
    TimePoint began_{};
    net::TaskGroup calls_;
    std::exception_ptr broken_;

    /// @return whether it came to its end, and was not cancelled.
    asio::awaitable<bool> guarded(asio::awaitable<void> work) {
        bool whole = true;
        try {
            co_await std::move(work);
        } catch (const boost::system::system_error& e) {
            if (e.code() != asio::error::operation_aborted) throw;
            whole = false;
        }
        if (!whole) result_.interrupted = true;
        co_return whole;
    }

    asio::awaitable<void> begin_calls() {
        for (std::size_t i = 0; i < plan_.calls; ++i) {
            const auto offset = plan_.rate ? from_seconds(static_cast<double>(i) / plan_.rate->per_second) : Duration{};
            const TimePoint planned = began_ + offset;
            co_await net::sleep_until(planned);
            calls_.spawn(one(i, planned));
        }
    }
    asio::awaitable<void> one(std::size_t index, TimePoint planned) {
        const CallNumber number{index, index};
        const CallSeen seen = co_await caller_.make(number, planned);
        auto failure = failure_of_video(seen);
        if (!failure) failure = failure_of_audio(seen);
        if (failure) caller_.fail(number, *failure, seen);
    }

    /// Waits for the calls, which are hung up where somebody ends the run meanwhile.
    asio::awaitable<void> join_calls() {
        try {
            co_await calls_.join();
        } catch (const boost::system::system_error& e) {
            if (e.code() != asio::error::operation_aborted) broken_ = std::current_exception();
            result_.interrupted = true;
        } catch (...) {
            broken_ = std::current_exception();
        }
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    }

    asio::awaitable<void> tick() {
        for (;;) {
            co_await net::sleep_until(Clock::now() + tick_every);
            if (!observer_.progress) continue;
            const auto& c = *result_.calls;
            OfferProgress p;
            p.planned = plan_.calls;
            p.begun = c.calls;
            p.set_up = c.set_up;
            p.open = caller_.open();
            p.failed = c.failed;
            p.answered = c.answered;
            p.lost = c.lost;
            p.p50 = result_.pings->response.quantile(0.5);
            p.p99 = result_.pings->response.quantile(0.99);
            p.elapsed = Clock::now() - began_;
            observer_.progress(p);
        }
    }
};

}  // namespace

asio::awaitable<OfferResult> offer(OfferPlan plan, OfferObserver observer) {
    const auto executor = co_await asio::this_coro::executor;
    Run run(std::move(plan), std::move(observer), executor);
    OfferResult result = co_await run.work();
    co_return result;
}

}  // namespace volley::call
