#include "engine/phase_runner.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <thread>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "engine/worker.hpp"
#include "net/task_group.hpp"

namespace volley::engine {
namespace asio = boost::asio;
using asio::awaitable;

namespace {

/// How long before its end a phase is asked whether it may run on: time for the answer to reach the workers.
constexpr auto before_the_end = std::chrono::milliseconds(300);
constexpr auto look_every = std::chrono::seconds(1);
/// A phase runs for at most so many times its length.
constexpr unsigned most_extensions = 2;

/// Answers of several workers, awaited by one coroutine. Kept alive by those who still owe one.
template <class T>
struct Replies {
    Replies(const asio::any_io_executor& executor, std::size_t n)
        : left(n), values(n), given(n), all(executor, TimePoint::max()) {}
    void take(std::size_t i, T value) {
        if (given[i]) return;  // a worker that failed within its reply has been answered for
        given[i] = true;
        values[i] = std::move(value);
        if (--left == 0) all.cancel();
    }
    std::size_t left;
    std::vector<T> values;
    std::vector<bool> given;
    asio::steady_timer all;
};

class PhaseRunner {
public:
    PhaseRunner(asio::any_io_executor executor, PhasePlan plan, Counters& counters)
        : executor_(std::move(executor)), plan_(std::move(plan)), counters_(counters), ticks_(executor_) {
        counters_ = {};
    }

    PhaseRunner(const PhaseRunner&) = delete;
    PhaseRunner& operator=(const PhaseRunner&) = delete;
    ~PhaseRunner() {
        for (std::size_t i = 0; i < threads_.size(); ++i) {
            if (!threads_[i].joinable()) continue;  // only where an exception passed
            workers_[i]->post([worker = workers_[i].get()] { (void)worker->finish(); });
            threads_[i].join();
        }
    }

    awaitable<PhaseOutcome> run() {
        const bool throws = co_await asio::this_coro::throw_if_cancelled();
        co_await asio::this_coro::throw_if_cancelled(false);
        start_workers();
        ticks_.spawn(watch());
        if (plan_.burst)
            co_await run_bursts();
        else
            co_await run_load();
        ticks_.cancel();
        co_await ticks_.join();
        co_await finish();
        co_await asio::this_coro::throw_if_cancelled(throws);
        co_return std::move(outcome_);
    }

private:
    // --- the workers --------------------------------------------------------------------------------------------------

    void start_workers() {
        const std::size_t most = plan_.burst ? *plan_.burst : plan_.users ? *plan_.users : plan_.max_users;
        const auto n = static_cast<unsigned>(std::clamp<std::size_t>(plan_.threads, 1, std::max<std::size_t>(most, 1)));
        std::function<void(Recorder::Batch)> samples;
        if (plan_.samples) samples = [this](Recorder::Batch batch) { take_samples(std::move(batch)); };
        for (unsigned i = 0; i < n; ++i) workers_.push_back(std::make_unique<Worker>(plan_, i, n, samples));
        for (auto& worker : workers_) threads_.emplace_back([&worker] { worker->run(); });
    }

    /// On a worker's thread.
    void take_samples(Recorder::Batch batch) {
        asio::post(executor_, [this, batch = std::move(batch)]() mutable { plan_.samples(std::move(batch)); });
    }

    /// Has every worker do something that ends with a reply, and waits for all. When this coroutine is cancelled the workers are told to
    /// stop, and their replies are still waited for.
    /// @param main  false for what runs beside the phase, which is cancelled when that ends.
    template <class T, class Ask>
    awaitable<std::vector<T>> ask_all(Ask ask, bool main = true) {
        auto replies = std::make_shared<Replies<T>>(executor_, workers_.size());
        for (std::size_t i = 0; i < workers_.size(); ++i) {
            Worker& worker = *workers_[i];
            std::function<void(T)> reply = [executor = executor_, replies, i](T value) {
                asio::post(executor, [replies, i, value = std::move(value)]() mutable { replies->take(i, std::move(value)); });
            };
            worker.post([&worker, ask, reply = std::move(reply)] {
                try {
                    ask(worker, reply);
                } catch (...) {
                    reply({});
                    throw;  // which ends the worker
                }
            });
        }
        while (replies->left > 0) {
            const auto state = co_await asio::this_coro::cancellation_state;
            if (main && state.cancelled() != asio::cancellation_type::none) interrupt();
            co_await replies->all.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        co_return std::move(replies->values);
    }

    void interrupt() {
        if (outcome_.interrupted) return;
        outcome_.interrupted = true;
        stop_workers();
    }
    void stop_workers() {
        for (auto& worker : workers_) worker->post([&worker] { worker->stop(); });
    }

    awaitable<void> finish() {
        std::vector<PhaseOutcome> parts = co_await ask_all<PhaseOutcome>(
            [](Worker& worker, const std::function<void(PhaseOutcome)>& reply) { reply(worker.finish()); });
        for (auto& thread : threads_) thread.join();
        update_counters();
        for (const auto& part : parts) {
            outcome_.merge(part);
            outcome_.generator.merge(part.generator);
        }
        if (plan_.burst) outcome_.planned = counters_.planned;
        const bool all_made = plan_.iterations && (plan_.users ? counters_.done : outcome_.planned) == *plan_.iterations;
        // Iterations that time has cut short were no plan.
        if (plan_.users && plan_.iterations && (!plan_.duration || all_made)) outcome_.planned = *plan_.iterations;
        if (!refused_.empty() && !outcome_.interrupted && !all_made)
            outcome_.trouble += (outcome_.trouble.empty() ? "" : "; ") + refused_;
    }

    // --- phases -------------------------------------------------------------------------------------------------------

    awaitable<void> run_load() {
        if (plan_.users) {
            length_ = plan_.duration;
            if (!plan_.duration) counters_.planned = plan_.iterations.value_or(0);
        } else {
            schedule_.emplace(plan_.stages, plan_.arrivals, plan_.seed, plan_.iterations);
            length_ = schedule_->length();
            counters_.planned = schedule_->total();
        }
        start_ = Clock::now();
        if (length_) end_ = start_ + *length_;
        const auto last = co_await ask_all<TimePoint>(
            [start = start_](Worker& worker, const std::function<void(TimePoint)>& reply) { worker.begin(start, reply); });
        outcome_.elapsed = std::max(*std::max_element(last.begin(), last.end()), start_) - start_;
        outcome_.loaded = std::min(outcome_.elapsed, end_ - start_);
    }

    awaitable<void> run_bursts() {
        const std::size_t repeats = plan_.iterations.value_or(1);
        counters_.planned = *plan_.burst * repeats;
        start_ = Clock::now();
        for (std::size_t r = 0; r < repeats; ++r) {
            // Fresh sockets for every burst, all open before it starts: otherwise the burst measures the accept queue.
            const auto ready = co_await ask_all<Worker::Ready>(
                [](Worker& worker, const std::function<void(Worker::Ready)>& reply) { worker.prepare_burst(reply); });
            if (outcome_.interrupted) break;
            note_unprepared(ready);
            if (plan_.burst_ready) plan_.burst_ready();
            const TimePoint planned = Clock::now() + std::chrono::milliseconds(5);
            if (plan_.burst_planned) plan_.burst_planned(planned);
            auto parts = co_await ask_all<std::vector<metrics::Sample>>(
                [planned](Worker& worker, const std::function<void(std::vector<metrics::Sample>)>& reply) {
                    worker.fire_burst(planned, reply);
                });
            if (outcome_.interrupted) break;
            std::vector<metrics::Sample> burst;
            for (const auto& part : parts) burst.insert(burst.end(), part.begin(), part.end());
            // One that lacks the users of a worker that failed is another burst.
            if (burst.size() < *plan_.burst) break;
            outcome_.bursts.push_back(std::move(burst));
        }
        outcome_.elapsed = outcome_.loaded = Clock::now() - start_;
    }

    void note_unprepared(const std::vector<Worker::Ready>& ready) {
        if (!outcome_.unprepared.empty() || needs_curl(plan_)) return;
        std::size_t held = 0;
        std::size_t wanted = 0;
        const Worker::Ready* failed = nullptr;
        for (const auto& part : ready) {
            held += part.held;
            wanted += part.wanted;
            if (part.held < part.wanted && failed == nullptr) failed = &part;
        }
        if (failed == nullptr) return;
        outcome_.unprepared = "only " + std::to_string(held) + " of " + std::to_string(wanted) +
                              " connections could be opened before the burst: " + failed->error.message();
        if (!failed->why.empty()) outcome_.unprepared += " (" + failed->why + ')';
    }

    // --- while it runs ------------------------------------------------------------------------------------------------

    void update_counters() {
        Recorder::Counts sum;
        for (const auto& worker : workers_) {
            const auto one = worker->counts();
            sum.done += one.done;
            sum.wrong += one.wrong;
            sum.in_flight += one.in_flight;
            sum.requests += one.requests;
        }
        counters_.done = sum.done;
        counters_.wrong = sum.wrong;
        counters_.in_flight = sum.in_flight;
        counters_.requests = sum.requests;
    }

    awaitable<void> watch() {
        asio::steady_timer timer(executor_);
        TimePoint next_look = Clock::now() + look_every;
        for (;;) {
            timer.expires_at(std::min(next_look, Clock::now() + std::chrono::milliseconds(100)));
            const auto [ec] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
            if (ec) co_return;
            update_counters();
            const TimePoint now = Clock::now();
            const bool ending = end_ != TimePoint::max() && end_ != asked_about_ && now >= end_ - before_the_end;
            if (now < next_look && !ending) continue;
            if (now >= next_look) {
                next_look += look_every;
                co_await glance();
            }
            if (ending) asked_about_ = end_;  // a look may move it, and is asked again then
            if (plan_.look && !plan_.burst && !outcome_.aborted) co_await look(ending);
        }
    }

    awaitable<void> glance() {
        const auto seen = co_await ask_all<Recorder::Glance>(
            [](Worker& worker, const std::function<void(Recorder::Glance)>& reply) { reply(worker.take_glance()); }, false);
        metrics::CoarseHistogram response;
        counters_.lag = {};
        for (const auto& one : seen) {
            response.merge(one.response);
            counters_.lag = std::max(counters_.lag, one.lag);
        }
        const TimePoint now = Clock::now();
        counters_.rate = static_cast<double>(counters_.requests - requests_then_) / to_seconds(now - then_);
        requests_then_ = counters_.requests;
        then_ = now;
        counters_.p50 = response.quantile(0.50);
        counters_.p99 = response.quantile(0.99);
    }

    awaitable<void> look(bool ending) {
        const auto parts = co_await ask_all<PhaseOutcome>(
            [](Worker& worker, const std::function<void(PhaseOutcome)>& reply) { reply(worker.so_far()); }, false);
        PhaseOutcome so_far;
        for (const auto& part : parts) so_far.merge(part);
        so_far.elapsed = Clock::now() - start_;
        so_far.loaded = std::min(so_far.elapsed, end_ - start_);
        so_far.extensions = outcome_.extensions;
        switch (plan_.look(so_far, ending)) {
            case Decision::go_on:
                break;
            case Decision::abort:
                outcome_.aborted = true;
                stop_workers();
                break;
            case Decision::extend:
                if (!ending || outcome_.extensions == most_extensions || !so_far.trouble.empty()) break;
                co_await extend();
                break;
        }
    }

    awaitable<void> extend() {
        const auto more = *length_;
        refused_ = "the phase was over when it was told to run on";  // so it stays where the end comes before the answers
        const auto ask = [more](Worker& worker, const std::function<void(bool)>& reply) { reply(worker.extend(more)); };
        const std::vector<bool> on = co_await ask_all<bool>(ask, false);
        const auto refused = std::count(on.begin(), on.end(), false);
        refused_.clear();
        if (refused > 0)
            refused_ = std::to_string(refused) + " of " + std::to_string(on.size()) +
                       " threads had ended when the phase was told to run on";
        if (static_cast<std::size_t>(refused) == on.size()) co_return;
        ++outcome_.extensions;
        end_ += more;
        if (!schedule_) co_return;
        schedule_->extend(more);
        counters_.planned = schedule_->total();
    }

    asio::any_io_executor executor_;
    PhasePlan plan_;
    Counters& counters_;
    net::TaskGroup ticks_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::thread> threads_;
    TimePoint start_{};
    TimePoint end_ = TimePoint::max();
    TimePoint asked_about_{};
    std::optional<Duration> length_;                 ///< as planned, where time ends it
    std::optional<load::ArrivalSchedule> schedule_;  ///< of all workers together, only to count
    std::string refused_;                            ///< that some did not run on
    TimePoint then_ = Clock::now();                  ///< of the last glance
    std::uint64_t requests_then_ = 0;
    PhaseOutcome outcome_;
};

}  // namespace

awaitable<PhaseOutcome> run_phase(PhasePlan plan, Counters& counters) {
    PhaseRunner runner(co_await asio::this_coro::executor, std::move(plan), counters);
    co_return co_await runner.run();
}

}  // namespace volley::engine
