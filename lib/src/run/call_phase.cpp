#include "run/call_phase.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "call/caller.hpp"
#include "net/deadline.hpp"
#include "net/task_group.hpp"

namespace volley::run {
namespace asio = boost::asio;
using asio::awaitable;
using call::CallNumber;
using call::CallSeen;

namespace {

constexpr auto tick_every = std::chrono::milliseconds(100);
constexpr auto look_every = std::chrono::seconds(1);
/// As phases of requests have it.
constexpr auto before_the_end = std::chrono::milliseconds(300);
constexpr unsigned most_extensions = 2;
constexpr auto before_a_burst = std::chrono::milliseconds(5);
/// A call that nobody answers fails at once; its user is not to come again as fast as that.
constexpr auto after_failure = std::chrono::milliseconds(100);
/// A start that is later than this was delayed by us.
constexpr auto punctual = std::chrono::milliseconds(10);
/// Starts that are due are still made for so long behind the end of the phase.
constexpr auto catch_up = std::chrono::seconds(1);

/// From the planned start until the call was set up, as bursts see it.
metrics::Sample sample_of(const CallSeen& seen) {
    using metrics::CallStage;
    const auto at = [&](CallStage stage) { return seen.reached[static_cast<std::size_t>(stage)].value_or(TimePoint{}); };
    metrics::Sample out;
    out.planned = seen.planned;
    out.started = seen.started;
    out.sent = at(CallStage::gathered);
    out.first_byte = at(CallStage::http);
    const TimePoint open = at(CallStage::channel);
    out.right = open != TimePoint{} && !seen.failure;
    out.done = open != TimePoint{} ? open : seen.ended;
    out.outcome = out.right ? metrics::Outcome::ok : metrics::Outcome::protocol;
    return out;
}

class CallPhase {
public:
    CallPhase(asio::any_io_executor executor, engine::PhasePlan plan, const PreparedCall& call, engine::Counters& counters)
        : executor_(executor),
          plan_(std::move(plan)),
          call_(call),
          counters_(counters),
          observer_(observer_of(plan_)),
          caller_(executor, call_.plan, observer_, engine::needs_curl(plan_)),
          all_(executor),
          ticks_(executor) {
        counters_ = {};
        if (call_.judges_round_trips) caller_.keep_round_trips();
        if (call_.judges_pictures) caller_.look_at_pictures();
    }
    CallPhase(const CallPhase&) = delete;
    CallPhase& operator=(const CallPhase&) = delete;

    awaitable<engine::PhaseOutcome> run() {
        const bool throws = co_await asio::this_coro::throw_if_cancelled();
        co_await asio::this_coro::throw_if_cancelled(false);
        ticks_.spawn(watch());
        all_.spawn(drive());
        std::exception_ptr broken;
        try {
            co_await all_.join();
        } catch (...) {
            broken = std::current_exception();
        }
        const auto state = co_await asio::this_coro::cancellation_state;
        outcome_.interrupted = state.cancelled() != asio::cancellation_type::none;
        ticks_.cancel();
        co_await ticks_.join();
        if (broken) std::rethrow_exception(broken);
        finish();
        co_await asio::this_coro::throw_if_cancelled(throws);
        co_return std::move(outcome_);
    }

private:
    static call::OfferObserver observer_of(const engine::PhasePlan& plan) {
        call::OfferObserver out;
        if (!plan.samples) return out;
        out.ping = [&plan](std::size_t, const call::PingSeen& ping) { plan.samples({ping.sample}); };
        out.failed = [&plan](std::size_t, const std::string&, const metrics::Sample& call) { plan.samples({call}); };
        return out;
    }

    // --- what is made, and when ---------------------------------------------------------------------------------------

    awaitable<void> drive() {
        co_await caller_.prepare();
        start_ = last_ = Clock::now();
        caller_.begin(start_);
        if (!caller_.result().never_worked.empty()) co_return;
        began_ = true;
        if (plan_.burst)
            co_await bursts();
        else if (plan_.users)
            begin_users();
        else
            co_await arrivals();
    }

    /// @return whether all was as it should be; also where the phase was ended meanwhile.
    awaitable<bool> one(CallNumber number, TimePoint planned, metrics::Sample* sample = nullptr) {
        ++counters_.in_flight;
        const CallSeen seen = co_await caller_.make(number, planned);
        --counters_.in_flight;
        // The call has switched cancellation off, so that it is hung up in good order.
        co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
        if (seen.cut_short) co_return true;
        bool right = !seen.failure;
        if (right && call_.judge) {
            auto judgement = call_.judge(seen);
            right = judgement.kind.empty();
            if (!right) caller_.fail(number, {std::move(judgement.kind), std::move(judgement.example)}, seen);
        }
        if (right) {
            auto failure = call_.judges_video ? std::nullopt : call::failure_of_video(seen);
            if (!failure && !call_.judges_audio) failure = call::failure_of_audio(seen);
            right = !failure;
            if (failure) caller_.fail(number, *failure, seen);
        }
        ++counters_.done;
        if (!right) ++counters_.wrong;
        last_ = std::max(last_, seen.ended);
        if (sample != nullptr) {
            *sample = sample_of(seen);
            sample->connection = static_cast<std::uint32_t>(number.call);
        }
        co_return right;
    }
    awaitable<void> just_one(CallNumber number, TimePoint planned, metrics::Sample* sample) {
        (void)co_await one(number, planned, sample);
    }

    awaitable<void> bursts() {
        const std::size_t repeats = plan_.iterations.value_or(1);
        const std::size_t n = *plan_.burst;
        counters_.planned = n * repeats;
        for (std::size_t r = 0; r < repeats; ++r) {
            const TimePoint planned = Clock::now() + before_a_burst;
            co_await net::sleep_until(planned);
            std::vector<metrics::Sample> samples(n);
            net::TaskGroup burst(executor_);
            for (std::size_t i = 0; i < n; ++i) burst.spawn(just_one({next_call_++, i}, planned, &samples[i]));
            co_await burst.join();
            if (all_.cancelled()) co_return;
            outcome_.bursts.push_back(std::move(samples));
        }
    }

    void begin_users() {
        if (plan_.duration) {
            length_ = plan_.duration;
            end_ = start_ + *length_;
        } else {
            counters_.planned = plan_.iterations.value_or(0);
        }
        if (plan_.iterations) left_ = *plan_.iterations;
        for (std::size_t i = 0; i < *plan_.users; ++i) all_.spawn(user(i));
    }

    awaitable<void> user(std::size_t index) {
        for (std::uint64_t n = 1; left_ > 0 && Clock::now() < end_; ++n) {
            --left_;
            const CallNumber number{next_call_++, index};
            const bool right = co_await one(number, Clock::now());
            if (all_.cancelled()) co_return;
            Duration pause = load::think_time(plan_.think, plan_.seed, index, n);
            if (!right) pause = std::max<Duration>(pause, after_failure);
            co_await rest_until(Clock::now() + pause);
        }
    }

    /// Or until nothing is to start any more, which may change meanwhile.
    awaitable<void> rest_until(TimePoint when) {
        for (TimePoint now = Clock::now(); left_ > 0 && now < std::min(when, end_); now = Clock::now()) {
            const TimePoint next = std::min({when, end_, now + tick_every});
            co_await net::sleep_until(next);
        }
    }

    awaitable<void> arrivals() {
        schedule_.emplace(plan_.stages, plan_.arrivals, plan_.seed, plan_.iterations);
        length_ = schedule_->length();
        end_ = start_ + *length_;
        counters_.planned = schedule_->total();
        for (;;) {
            const auto next = schedule_->next();
            if (!next) {
                const bool counted_out = plan_.iterations && schedule_->passed() >= *plan_.iterations;
                if (counted_out || Clock::now() >= end_) co_return;
                co_await net::sleep_until(end_);  // until then the phase may be told to run on
                continue;
            }
            co_await net::sleep_until(start_ + *next);
            co_await arrive(start_ + *next);
        }
    }

    awaitable<void> arrive(TimePoint planned) {
        const bool late = Clock::now() > planned + punctual;
        // Calls that ended while we stalled only look as if they were under way until the loop has got to them.
        if (late) co_await asio::post(executor_, asio::use_awaitable);
        auto& calls = *caller_.result().calls;
        auto& slice = caller_.result().pings->series.at(planned - start_);
        if (Clock::now() > end_ + catch_up || (late && counters_.in_flight >= plan_.max_users)) {
            ++calls.planned;
            ++calls.missed;
            ++slice.missed;
        } else if (counters_.in_flight >= plan_.max_users) {
            ++calls.planned;
            ++calls.saturated;
            ++slice.saturated;
        } else {
            const std::size_t number = next_call_++;
            all_.spawn(just_one({number, number}, planned, nullptr));
        }
    }

    // --- while it runs ------------------------------------------------------------------------------------------------

    awaitable<void> watch() {
        TimePoint next_look = Clock::now() + look_every;
        for (;;) {
            co_await net::sleep_until(std::min(next_look, Clock::now() + tick_every));
            const TimePoint now = Clock::now();
            counters_.requests = caller_.result().pings->requests;
            const bool ending = began_ && end_ != TimePoint::max() && end_ != asked_about_ && now >= end_ - before_the_end;
            if (now < next_look && !ending) continue;
            if (now >= next_look) {
                next_look += look_every;
                glance(now);
            }
            if (ending) asked_about_ = end_;  // a look may move it, and is asked again then
            if (plan_.look && began_ && !plan_.burst && !outcome_.aborted) look(now, ending);
        }
    }

    void glance(TimePoint now) {
        counters_.rate = static_cast<double>(counters_.done - done_then_) / to_seconds(now - then_);
        done_then_ = counters_.done;
        then_ = now;
        const auto& series = caller_.result().pings->series;
        const auto index = began_ ? static_cast<std::size_t>((now - start_) / series.width()) : 0;
        if (index == 0 || index > series.size()) return;
        counters_.p50 = series[index - 1].response.quantile(0.50);
        counters_.p99 = series[index - 1].response.quantile(0.99);
    }

    void look(TimePoint now, bool ending) {
        engine::PhaseOutcome so_far;
        take_figures(so_far);
        so_far.elapsed = now - start_;
        so_far.loaded = std::min(so_far.elapsed, end_ - start_);
        so_far.extensions = outcome_.extensions;
        const auto decision = plan_.look(so_far, ending);
        if (decision == engine::Decision::abort) {
            outcome_.aborted = true;
            all_.cancel();
        } else if (decision == engine::Decision::extend && ending && outcome_.extensions < most_extensions) {
            ++outcome_.extensions;
            end_ += *length_;
            if (!schedule_) return;
            schedule_->extend(*length_);
            counters_.planned = schedule_->total();
        }
    }

    // --- the end ------------------------------------------------------------------------------------------------------

    void take_figures(engine::PhaseOutcome& out) {
        const auto& result = caller_.result();
        const auto& calls = *result.calls;
        out.tally = result.pings;
        out.calls = result.calls;
        out.examples = result.examples;
        // A call that was made is none of the requests, one that could not be made is one that is missing.
        out.planned = result.planned + calls.missed + calls.saturated;
        out.missed = result.missed + calls.missed;
        out.saturated = result.saturated + calls.saturated;
        out.generator = result.generator;
    }

    void finish() {
        const TimePoint now = Clock::now();
        if (start_ == TimePoint{}) caller_.begin(start_ = now);
        auto& result = caller_.result();
        if (outcome_.interrupted) result.interrupted = true;
        caller_.finish(now);
        take_figures(outcome_);
        outcome_.never_worked = result.never_worked;
        outcome_.elapsed = (outcome_.interrupted || outcome_.aborted ? now : std::max(last_, start_)) - start_;
        outcome_.loaded = std::min(outcome_.elapsed, end_ - start_);
    }

    asio::any_io_executor executor_;
    const engine::PhasePlan plan_;
    const PreparedCall& call_;
    engine::Counters& counters_;
    const call::OfferObserver observer_;
    call::Caller caller_;
    net::TaskGroup all_;
    net::TaskGroup ticks_;
    TimePoint start_{};
    TimePoint last_{};
    TimePoint end_ = TimePoint::max();
    TimePoint asked_about_{};
    bool began_ = false;
    std::optional<Duration> length_;  ///< as planned, where time ends it
    std::optional<load::ArrivalSchedule> schedule_;
    std::uint64_t left_ = std::numeric_limits<std::uint64_t>::max();  ///< calls that may begin
    std::size_t next_call_ = 0;
    TimePoint then_ = Clock::now();  ///< of the last glance
    std::uint64_t done_then_ = 0;
    engine::PhaseOutcome outcome_;
};

}  // namespace

PreparedCall PreparedCall::alone() const {
    PreparedCall out;
    out.plan = plan;
    out.plan.pings.count = 0;
    out.plan.pings.length.reset();               // media stop as soon as they have begun
    out.judges_video = out.judges_audio = true;  // so nothing need come back
    return out;
}

awaitable<engine::PhaseOutcome> run_calls(engine::PhasePlan plan, const PreparedCall& call, engine::Counters& counters) {
    const auto executor = co_await asio::this_coro::executor;
    CallPhase phase(executor, std::move(plan), call, counters);
    engine::PhaseOutcome outcome = co_await phase.run();
    co_return outcome;
}

}  // namespace volley::run
