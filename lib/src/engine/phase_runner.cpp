#include "engine/phase_runner.hpp"

#include <algorithm>
#include <cmath>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/task_group.hpp"

namespace volley::engine {
namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr std::size_t examples_kept = 3;
/// How far past the end of an open phase its arrivals may still be caught up with; what is left then was missed.
constexpr auto catch_up = std::chrono::seconds(1);
/// A start that is later than this is late by our own doing.
constexpr auto punctual = std::chrono::milliseconds(1);

/// One transport for each origin that the steps speak to.
class Transports {
public:
    Transports(const asio::any_io_executor& executor, const std::vector<PreparedStep>& steps) {
        // Steps share connections, so bodies are kept for all of an origin's steps as soon as one of them reads them.
        std::map<std::string, client::Target> targets;
        for (const auto& step : steps) {
            auto& target = targets.emplace(key(step.target), step.target).first->second;
            target.keep_body = target.keep_body || step.target.keep_body;
        }
        for (const auto& [origin, target] : targets) by_origin_[origin] = client::make_http1_transport(executor, target);
        for (const auto& step : steps) of_step_.push_back(by_origin_[key(step.target)].get());
    }
    [[nodiscard]] client::Transport& of(std::size_t step) const { return *of_step_[step]; }
    [[nodiscard]] auto begin() const { return by_origin_.begin(); }
    [[nodiscard]] auto end() const { return by_origin_.end(); }

private:
    static std::string key(const client::Target& t) { return t.scheme + ' ' + t.host + ' ' + std::to_string(t.port); }
    std::map<std::string, std::unique_ptr<client::Transport>> by_origin_;
    std::vector<client::Transport*> of_step_;
};

class PhaseRunner {
public:
    PhaseRunner(asio::any_io_executor executor, PhasePlan plan, Counters& counters)
        : executor_(std::move(executor)), plan_(std::move(plan)), counters_(counters) {
        counters_ = {};
    }

    awaitable<PhaseOutcome> run() {
        const bool throws = co_await asio::this_coro::throw_if_cancelled();
        co_await asio::this_coro::throw_if_cancelled(false);
        const TimePoint start = Clock::now();
        if (plan_.burst)
            co_await run_bursts(*plan_.burst);
        else if (plan_.users)
            co_await run_users(*plan_.users);
        else if (plan_.rate)
            co_await run_arrivals(*plan_.rate);
        outcome_.elapsed = Clock::now() - start;
        outcome_.planned = counters_.planned;
        co_await asio::this_coro::throw_if_cancelled(throws);
        co_return std::move(outcome_);
    }

private:
    void record(metrics::Sample& sample, const client::Exchange& exchange, const PreparedStep& step) {
        Judgement judgement;
        if (exchange.error) {
            judgement.kind = metrics::to_string(sample.outcome);
            judgement.example = step.name + ": " + exchange.error.message();
            if (!exchange.diagnostics.message.empty()) judgement.example += " (" + exchange.diagnostics.message + ')';
        } else {
            if (!outcome_.first_status) outcome_.first_status = exchange.response.status;
            judgement = step.judge(exchange);
            if (!judgement.example.empty()) judgement.example = step.name + ": " + judgement.example;
        }
        sample.right = judgement.kind.empty();
        // What we ended ourselves says nothing of the server.
        if (sample.outcome == metrics::Outcome::cancelled) return;
        outcome_.tally->add(sample, judgement.kind);
        if (plan_.on_sample) plan_.on_sample(sample);
        if (!sample.right && outcome_.examples.size() < examples_kept) outcome_.examples.push_back(judgement.example);
    }

    /// All steps of one user, once. The sample spans them: planned start of the first to the end of the last.
    awaitable<metrics::Sample> iterate(const Transports& transports, TimePoint planned) {
        metrics::Sample whole;
        whole.planned = planned;
        ++counters_.in_flight;
        for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
            const auto& step = plan_.steps[i];
            const TimePoint step_planned = i == 0 ? planned : Clock::now();
            auto exchange = co_await transports.of(i).fire(step.request, step_planned,
                                                           std::max(step_planned, Clock::now()) + step.timeout, nullptr);
            auto sample = exchange.sample;
            sample.step = static_cast<std::uint16_t>(i);
            record(sample, exchange, step);
            if (i == 0) {
                whole = sample;
            } else {
                whole.bytes += sample.bytes;
                whole.done = sample.done;
                whole.status = sample.status;
                whole.outcome = sample.outcome;
                whole.right = sample.right;
            }
            if (!sample.right) break;  // what follows would build on an answer that did not come
        }
        --counters_.in_flight;
        ++counters_.done;
        if (!whole.right) ++counters_.wrong;
        co_return whole;
    }

    awaitable<void> burst_user(const Transports& transports, TimePoint planned, metrics::Sample& out) {
        out = co_await iterate(transports, planned);
    }

    /// Opens a connection for each user. A server with a small backlog takes only some of many at once: as long as it takes any, the
    /// others are tried again, for the time that a connect may take.
    awaitable<void> prepare(client::Transport& transport, std::size_t n) {
        const auto& first = plan_.steps.front();
        const TimePoint until = Clock::now() + std::min(first.timeout, first.target.connect_timeout);
        client::Exchange failed;
        std::size_t held = 0;
        for (;;) {
            held += co_await transport.prepare(n - held, until, failed);
            const bool for_now = failed.error == Condition::refused || failed.error == Condition::reset;
            if (held >= n || held == 0 || !for_now || Clock::now() >= until) break;
            const bool go_on = co_await pause(std::chrono::milliseconds(20));
            if (!go_on) break;
        }
        if (held >= n || !outcome_.unprepared.empty()) co_return;
        outcome_.unprepared = "only " + std::to_string(held) + " of " + std::to_string(n) +
                              " connections could be opened before the burst: " + failed.error.message();
        if (!failed.diagnostics.message.empty()) outcome_.unprepared += " (" + failed.diagnostics.message + ')';
    }

    awaitable<void> run_bursts(std::size_t n) {
        const std::size_t repeats = plan_.iterations.value_or(1);
        counters_.planned = n * repeats;
        for (std::size_t r = 0; r < repeats && !outcome_.interrupted; ++r) {
            // Fresh sockets for every burst, all open before it starts: otherwise the burst measures the accept queue.
            const Transports transports(executor_, plan_.steps);
            for (const auto& [origin, transport] : transports) co_await prepare(*transport, n);
            const bool over = co_await was_cancelled();
            if (over) co_return;
            std::vector<metrics::Sample> samples(n);
            net::TaskGroup users(executor_);
            // Time enough for every coroutine to be waiting when it comes.
            const TimePoint planned = Clock::now() + std::chrono::milliseconds(5) + std::chrono::microseconds(20) * n;
            for (auto& sample : samples) users.spawn(burst_user(transports, planned, sample));
            co_await users.join();
            if (users.cancelled())
                outcome_.interrupted = true;
            else
                outcome_.bursts.push_back(std::move(samples));
        }
    }

    awaitable<void> closed_user(const Transports& transports, TimePoint end, std::size_t& left) {
        while (left > 0 && Clock::now() < end) {
            if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
            --left;
            const auto sample = co_await iterate(transports, Clock::now());
            // A refused connection fails in microseconds: without a pause the loop would only burn the processor.
            if (sample.outcome != metrics::Outcome::ok) co_await pause(std::chrono::milliseconds(10));
        }
    }

    awaitable<void> run_users(std::size_t n) {
        const Transports transports(executor_, plan_.steps);
        std::size_t left = plan_.iterations.value_or(SIZE_MAX);
        counters_.planned = plan_.iterations.value_or(0);
        const TimePoint end = plan_.duration ? Clock::now() + *plan_.duration : TimePoint::max();
        net::TaskGroup users(executor_);
        for (std::size_t i = 0; i < n; ++i) users.spawn(closed_user(transports, end, left));
        co_await users.join();
        outcome_.interrupted = users.cancelled();
    }

    awaitable<void> arrival(const Transports& transports, TimePoint planned) { co_await iterate(transports, planned); }

    [[nodiscard]] bool is_full(const net::TaskGroup& users) const {
        return users.size() > plan_.max_users;  // one of them is the loop of arrivals
    }

    /// Lets the loop handle what is ready, a few steps deep.
    awaitable<void> catch_up_with(const net::TaskGroup& users) {
        for (int turn = 0; turn < 50 && is_full(users); ++turn) co_await asio::post(executor_, asio::use_awaitable);
    }

    awaitable<void> arrivals(const Transports& transports, Rate rate, net::TaskGroup& users) {
        const TimePoint start = Clock::now();
        TimePoint next_look = start;
        TimePoint excused = start;  // until then what cannot start is our doing
        for (std::uint64_t k = 0; k < counters_.planned; ++k) {
            const TimePoint planned = start + from_seconds(static_cast<double>(k) / rate.per_second);
            if (planned > Clock::now() && !co_await pause(planned - Clock::now())) co_return;
            if (plan_.duration && Clock::now() > start + *plan_.duration + catch_up) {
                outcome_.missed += counters_.planned - k;
                co_return;
            }
            const TimePoint now = Clock::now();
            const bool late = now > planned + punctual;
            // Users whose answers came while we stalled are not in flight, they only look so until the loop has got to them.
            if (late && is_full(users) && now >= next_look) {
                co_await catch_up_with(users);
                next_look = Clock::now() + punctual;
            }
            // What a stall has piled up takes the server about as long to answer as it took us to send.
            if (late) excused = std::max(excused, now + (now - planned));
            if (!is_full(users))
                users.spawn(arrival(transports, planned));
            else if (now < excused)
                ++outcome_.missed;
            else
                ++outcome_.saturated;
        }
    }

    awaitable<void> run_arrivals(Rate rate) {
        const Transports transports(executor_, plan_.steps);
        const double by_time = plan_.duration ? std::ceil(to_seconds(*plan_.duration) * rate.per_second - 1e-9) : 1e18;
        const double by_count = plan_.iterations ? static_cast<double>(*plan_.iterations) : 1e18;
        counters_.planned = static_cast<std::uint64_t>(std::min(by_time, by_count));
        net::TaskGroup users(executor_);
        users.spawn(arrivals(transports, rate, users));
        co_await users.join();
        outcome_.interrupted = users.cancelled();
    }

    /// @return false when it was cancelled.
    awaitable<bool> pause(Duration d) {
        asio::steady_timer timer(executor_, d);
        const auto [ec] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        co_return !ec;
    }

    awaitable<bool> was_cancelled() {
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) outcome_.interrupted = true;
        co_return outcome_.interrupted;
    }

    asio::any_io_executor executor_;
    PhasePlan plan_;
    Counters& counters_;
    PhaseOutcome outcome_;
};

}  // namespace

awaitable<PhaseOutcome> run_phase(PhasePlan plan, Counters& counters) {
    PhaseRunner runner(co_await asio::this_coro::executor, std::move(plan), counters);
    co_return co_await runner.run();
}

}  // namespace volley::engine
