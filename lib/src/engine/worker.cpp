#include "engine/worker.hpp"

#include <algorithm>
#include <exception>
#include <new>

#include "client/request_text.hpp"
#include "net/thread_cpu.hpp"

namespace volley::engine {
namespace {

/// How far past the end of an open phase its arrivals may still be caught up with; what is left then was missed.
constexpr auto catch_up = std::chrono::seconds(1);
/// A start that is later than this is late by our own doing.
constexpr auto punctual = std::chrono::milliseconds(1);
/// A refused connection fails in microseconds: without a pause a closed loop would only burn the processor.
constexpr auto after_failure = std::chrono::milliseconds(10);
/// So many overdue arrivals are started before answers are looked at again.
constexpr int arrivals_in_a_row = 64;
/// So many that are too late for anything are counted before others get the loop: about a millisecond's worth.
constexpr int given_up_in_a_row = 20'000;
/// Turns of the loop in which answers that have come may free a user, or a connection.
constexpr int turns_to_catch_up = 50;
constexpr int turns_to_open = 8;
constexpr auto tick_every = std::chrono::milliseconds(100);
/// A thread that runs for more than this share of the time may be what limits the rate.
constexpr double busy_share = 0.95;
constexpr const char* no_memory = "out of memory";

std::string origin_of(const client::Target& t) { return t.scheme + ' ' + t.host + ' ' + std::to_string(t.port); }

}  // namespace

Worker::Worker(const PhasePlan& plan, unsigned index, unsigned workers, std::function<void(Recorder::Batch)> samples)
    : plan_(plan),
      index_(index),
      workers_(workers),
      kind_(plan.burst   ? Kind::burst
            : plan.users ? Kind::closed
                         : Kind::open),
      work_(io_.get_executor()),
      around_(std::move(samples)),
      timers_(io_.get_executor()),
      arrival_timer_(io_),
      tick_(io_) {
    for (const auto& step : plan_.steps) {
        LiveStep live;
        live.step = &step;
        // A request that cannot be rendered never gets here: whoever prepared it has refused it.
        if (auto bytes = RequestTemplate::make(step.request, step.target)) live.bytes = std::move(*bytes);
        live.has_slots = has_slots(step.request);
        live.idempotent = client::is_idempotent(step.request.method);
        around_.steps.push_back(std::move(live));
    }
    if (kind_ == Kind::closed) {
        if (plan_.iterations) iterations_left_ = share(*plan_.iterations);
    } else if (kind_ == Kind::open) {
        most_users_ = share(plan_.max_users);
        std::optional<std::uint64_t> most;
        if (plan_.iterations) most = *plan_.iterations;
        schedule_.emplace(load::ArrivalSchedule(plan_.stages, plan_.arrivals, plan_.seed, most), index_, workers_);
    }
}

Worker::~Worker() = default;

std::uint64_t Worker::share(std::uint64_t of_all) const noexcept {
    return of_all / workers_ + (index_ < of_all % workers_ ? 1 : 0);
}

void Worker::make_carriers() {
    // Steps share connections, so bodies are kept for all of an origin's steps as soon as one of them reads them.
    std::map<std::string, client::Target> targets;
    for (const auto& step : plan_.steps) {
        auto& target = targets.emplace(origin_of(step.target), step.target).first->second;
        target.keep_body = target.keep_body || step.target.keep_body;
    }
    for (auto& [origin, carrier] : carriers_) opened_ += carrier->opened();
    carriers_.clear();
    // What all users of the phase may keep at once is bounded; each may keep a little however many they are.
    constexpr std::uint64_t kept_by_all = 2ULL << 30U;
    constexpr std::uint64_t kept_at_least = 1ULL << 20U;
    const std::uint64_t users = plan_.burst ? *plan_.burst : plan_.users ? *plan_.users : plan_.max_users;
    around_.longest_kept_body = std::max(kept_by_all / std::max<std::uint64_t>(users, 1), kept_at_least);
    const bool curl = needs_curl(plan_);
    for (const auto& [origin, target] : targets)
        carriers_[origin] = curl ? client::make_curl_carrier(io_.get_executor(), target, plan_.curl)
                                 : client::make_fast_carrier(io_.get_executor(), target);
    for (auto& live : around_.steps) live.carrier = carriers_[origin_of(live.step->target)].get();
}

void Worker::run() {
    began_ = Clock::now();
    cpu_before_ = net::thread_cpu();
    for (bool watched = false;;) {
        try {
            if (!std::exchange(watched, true)) watch_timer();
            io_.run();
            return;
        } catch (const std::bad_alloc&) {
            fail(no_memory);
        } catch (const std::exception& error) {
            fail(error.what());
        } catch (...) {
            fail("unknown exception");
        }
    }
}

void Worker::fail(const char* what) noexcept {
    auto& outcome = around_.recorder.outcome;
    if (!outcome.trouble.empty()) return;
    stopped_ = load_over_ = true;
    try {
        outcome.trouble = "thread " + std::to_string(index_ + 1) + " of " + std::to_string(workers_) +
                          " that make the load ended early: " + what;
    } catch (const std::bad_alloc&) {
        outcome.trouble = no_memory;  // short enough to need none
    }
    post([this] { break_off(); });  // carriers are closed on the loop, and here it may have been left
}

void Worker::break_off() {
    if (finished_) return;
    arrival_timer_.cancel();
    for (auto& [origin, carrier] : carriers_) opened_ += carrier->opened();
    carriers_.clear();
    for (auto& user : users_) user.abandon(timers_);
    active_ = 0;
    last_ = std::max(last_, Clock::now());
    if (on_ready_) std::exchange(on_ready_, {})({});
    end_if_over();
}

void Worker::sleep_on(boost::asio::steady_timer& timer, TimePoint until, std::function<void()> then) {
    timer.expires_at(until);
    timer.async_wait([this, until, then = std::move(then)](boost::system::error_code ec) {
        // One that has come due is past cancelling: what it would begin would keep the loop running.
        if (ec || finished_) return;
        around_.recorder.outcome.generator.timer_overshoot.record(Clock::now() - until);
        then();
    });
}

/// A timer of its own, so that phases without timers know too how late their loop runs.
void Worker::watch_timer() {
    sleep_on(tick_, Clock::now() + tick_every, [this] { watch_timer(); });
}

User& Worker::make_user() {
    const auto index = static_cast<std::uint32_t>(users_.size() * workers_ + index_);
    return users_.emplace_back(around_, static_cast<User::Owner&>(*this), index);
}

void Worker::begin(TimePoint start, std::function<void(TimePoint)> over) {
    over_ = std::move(over);
    start_ = last_ = began_ = start;
    around_.recorder.begin_series(start);
    if (stopped_) return end_if_over();
    cpu_before_ = net::thread_cpu();
    make_carriers();
    if (kind_ == Kind::closed) {
        if (plan_.duration) end_ = start + *plan_.duration;
        begin_closed();
        if (plan_.duration) wait_for_end();
    } else {
        end_ = start + schedule_->schedule().length();
        next_look_ = excused_ = start;
        arrivals();
    }
    end_if_over();
}

// --- closed -----------------------------------------------------------------------------------------------------------

void Worker::begin_closed() {
    const std::uint64_t n = share(*plan_.users);
    active_ = n;
    for (std::uint64_t i = 0; i < n; ++i) next_iteration(make_user());
}

void Worker::next_iteration(User& user) {
    const TimePoint now = Clock::now();
    if (load_over_ || iterations_left_ == 0 || now >= end_) {
        --active_;
        free_.push_back(&user);
        return end_if_over();
    }
    if (--iterations_left_ == 0) end_rests();
    ++user.iterations;
    user.begin(now, now, next_iteration_++ * workers_ + index_);
}

/// On the timer of arrivals, of which there are none.
void Worker::wait_for_end() {
    sleep_on(arrival_timer_, end_, [this] {
        if (load_over_) return;
        if (Clock::now() < end_) return wait_for_end();  // extend() has moved it
        end_load(end_);
    });
}

// --- open -------------------------------------------------------------------------------------------------------------

void Worker::wait_for_arrival(TimePoint when) {
    arrivals_rest_ = true;
    // One that comes sooner stays: to set it anew for each answer that has done its work would cost what the answer has spared.
    if (when >= arrival_timer_at_) return;
    arrival_timer_at_ = when;
    sleep_on(arrival_timer_, when, [this] {
        arrival_timer_at_ = TimePoint::max();
        if (next_arrival_) starts_.timer_came(Clock::now() - (start_ + *next_arrival_));
        if (std::exchange(arrivals_rest_, false)) arrivals();
    });
}

/// Whoever comes to see an answer starts what is due by then too, instead of being woken for it once more.
void Worker::arrivals_with_answer() {
    if (!arrivals_rest_ || !next_arrival_ || start_ + *next_arrival_ > Clock::now()) return;
    arrivals_rest_ = false;
    const auto passed = arrivals_passed_;
    arrivals(true);
    starts_.with_answer(arrivals_passed_ - passed);
}

void Worker::arrivals(bool with_answer) {
    for (int in_a_row = 0; !load_over_ && !ended_;) {
        if (!next_arrival_) next_arrival_ = schedule_->next();
        if (!next_arrival_ && ended_by_count()) return end_if_over();
        const TimePoint now = Clock::now();
        if (now >= end_) note_end_of_load();
        if (!next_arrival_) {
            if (now >= end_) return end_load(end_);
            return wait_for_arrival(end_);  // until then extend() may add some
        }
        const TimePoint planned = start_ + *next_arrival_;
        if (planned > now) {
            if (active_ == 0) starts_.none_in_flight();
            return wait_for_arrival(std::min(starts_.timer_for(planned), end_));
        }
        if (now > end_ + catch_up) {
            give_up_some_arrivals();
            return post([this] { arrivals(); });
        }
        // More answers may have come with this one, whose users are not in flight any more.
        if (with_answer && full()) return post([this] { arrivals(); });
        const bool late = now > planned + punctual;
        // Users whose answers came while we stalled are not in flight, they only look so until the loop has got to them. To open
        // connections in their place would put us further behind.
        if (!late) turns_ = 0;
        if (late && free_.empty() && now >= next_look_) {
            if (turns_ < (full() ? turns_to_catch_up : turns_to_open)) {
                ++turns_;
                return post([this] { arrivals(); });
            }
            turns_ = 0;
            next_look_ = now + punctual;
        }
        if (in_a_row == 0) starts_.started(now);
        // What a stall has piled up takes the server about as long to answer as it took us to send.
        if (late) excused_ = std::max(excused_, now + (now - planned));
        ++arrivals_passed_;
        if (!full())
            arrive(planned, now);
        else if (now < excused_)
            around_.recorder.missed(planned);
        else
            around_.recorder.saturated(planned);
        next_arrival_ = schedule_->next();
        if (++in_a_row == arrivals_in_a_row) return post([this] { arrivals(); });
    }
}

void Worker::arrive(TimePoint planned, TimePoint now) {
    User* user = nullptr;
    if (free_.empty()) {
        user = &make_user();
        free_.reserve(users_.size());
    } else {
        user = free_.back();
        free_.pop_back();
    }
    ++active_;
    user->begin(planned, now, next_iteration_++ * workers_ + index_);
}

void Worker::give_up_some_arrivals() {
    for (int n = 0; next_arrival_ && n < given_up_in_a_row; ++n) {
        ++arrivals_passed_;
        around_.recorder.missed(start_ + *next_arrival_);
        next_arrival_ = schedule_->next();
    }
}

// --- bursts -----------------------------------------------------------------------------------------------------------

void Worker::prepare_burst(std::function<void(Ready)> ready) {
    on_ready_ = std::move(ready);
    ready_ = {};
    make_carriers();
    const std::uint64_t n = share(*plan_.burst);
    while (users_.size() < n) make_user();
    if (plan_.cold) return std::exchange(on_ready_, {})(ready_);
    ready_.wanted = n * carriers_.size();
    const auto& first = plan_.steps.front();
    prepare_until_ = Clock::now() + std::min(first.timeout, first.target.connect_timeout);
    prepared_first_ = prepared_held_ = 0;
    prepare_rest();
}

/// Prepares one origin after the other, then looks once more at what all of them hold.
void Worker::prepare_rest() {
    const std::size_t n = users_.size();
    if (prepared_first_ == carriers_.size() || stopped_) return prepared();
    auto& carrier = *std::next(carriers_.begin(), static_cast<std::ptrdiff_t>(prepared_first_))->second;
    carrier.prepare(n - prepared_held_, prepare_until_, [this, n](client::Carrier::Prepared result) {
        prepared_held_ = result.held;
        // Without an error some have gone that an earlier attempt had opened.
        const bool for_now = !result.error || result.error == Condition::refused || result.error == Condition::reset;
        if (result.held < n && result.held > 0 && for_now && Clock::now() < prepare_until_ && !stopped_)
            return sleep_on(arrival_timer_, Clock::now() + std::chrono::milliseconds(20), [this] { prepare_rest(); });
        if (result.error && !ready_.error) {
            ready_.error = result.error;
            ready_.why = result.why.message;
        }
        // What one origin would not hold is not asked of the next.
        prepared_first_ = result.held < n ? carriers_.size() : prepared_first_ + 1;
        prepared_held_ = 0;
        prepare_rest();
    });
}

void Worker::prepared() {
    if (!on_ready_) return;
    ready_.held = 0;
    for (auto& [origin, carrier] : carriers_)
        carrier->prepare(0, prepare_until_, [this](const client::Carrier::Prepared& result) { ready_.held += result.held; });
    if (ready_.held < ready_.wanted && !ready_.error) ready_.error = NetErrc::closed_before_answer;
    std::exchange(on_ready_, {})(ready_);
}

void Worker::fire_burst(TimePoint planned, std::function<void(std::vector<metrics::Sample>)> over) {
    on_burst_ = std::move(over);
    active_ = users_.size();
    fired_ = false;
    sleep_on(arrival_timer_, planned, [this, planned] {
        if (stopped_) return;  // it had come due when it was cancelled
        fired_ = true;
        for (auto& user : users_) user.begin(planned, Clock::now(), next_iteration_++ * workers_ + index_);
    });
    if (stopped_) stop();
}

// --- the end ----------------------------------------------------------------------------------------------------------

void Worker::iteration_ended(User& user) {
    last_ = std::max(last_, user.whole().done);
    if (kind_ == Kind::closed) {
        const bool failed = user.whole().outcome != metrics::Outcome::ok;
        if (load_over_ || iterations_left_ == 0) return next_iteration(user);
        Duration pause = load::think_time(plan_.think, plan_.seed, user.index(), user.iterations);
        if (failed) pause = std::max<Duration>(pause, after_failure);
        if (pause <= Duration::zero()) return next_iteration(user);
        return user.rest_until(timers_, Clock::now() + pause);
    }
    --active_;
    if (kind_ == Kind::open) {
        free_.push_back(&user);
        arrivals_with_answer();
    }
    end_if_over();
}

void Worker::rested(User& user) { next_iteration(user); }

bool Worker::ended_by_count() const noexcept {
    if (!plan_.iterations) return false;
    if (kind_ == Kind::closed) return iterations_left_ == 0;
    return kind_ == Kind::open && !next_arrival_ && schedule_->schedule().passed() >= *plan_.iterations;
}

/// From now on nothing starts; what is under way is still waited for.
void Worker::end_load(TimePoint at) {
    load_over_ = true;
    last_ = std::max(last_, at);
    note_end_of_load();
    end_rests();
    end_if_over();
}

void Worker::note_end_of_load() {
    if (!spent_) spent_ = Spent{net::thread_cpu() - cpu_before_, Clock::now()};
}

/// Who rests has nothing to rest for any more.
void Worker::end_rests() {
    for (auto& user : users_)
        if (user.wake(timers_)) --active_;
}

void Worker::end_if_over() {
    if (active_ > 0) return;
    if (kind_ == Kind::burst) {
        if (!on_burst_) return;
        std::vector<metrics::Sample> samples;
        if (!stopped_)
            for (const auto& user : users_) samples.push_back(user.whole());
        return std::exchange(on_burst_, {})(std::move(samples));
    }
    if (ended_ || !over_ || !(load_over_ || ended_by_count())) return;
    ended_ = true;
    note_end_of_load();
    try {
        over_(last_);
    } catch (...) {
        ended_ = false;  // nobody knows of it yet
        throw;
    }
}

void Worker::stop() {
    stopped_ = true;
    arrival_timer_.cancel();
    for (auto& [origin, carrier] : carriers_) carrier->cancel_preparation();
    if (on_ready_) std::exchange(on_ready_, {})(ready_);
    if (!load_over_) end_load(Clock::now());
    for (auto& user : users_) user.cancel();
    if (kind_ == Kind::burst && !fired_) active_ = 0;
    end_if_over();
}

bool Worker::extend(Duration more) {
    if (ended_by_count()) return true;
    if (load_over_) return false;
    end_ += more;
    spent_.reset();
    if (kind_ == Kind::closed) {
        // Those that were through already begin again.
        for (User* user : std::exchange(free_, {})) {
            ++active_;
            next_iteration(*user);
        }
    } else if (kind_ == Kind::open) {
        schedule_->extend(more);  // whatever the timer finds next to start
    }
    return true;
}

PhaseOutcome Worker::so_far() const {
    PhaseOutcome copy;
    copy.merge(around_.recorder.outcome);
    copy.planned = arrivals_passed_;
    copy.elapsed = Clock::now() - start_;
    return copy;
}

PhaseOutcome Worker::finish() {
    finished_ = stopped_ = load_over_ = true;
    auto& outcome = around_.recorder.outcome;
    for (auto& [origin, carrier] : carriers_) opened_ += carrier->opened();
    carriers_.clear();
    for (auto& user : users_) user.abandon(timers_);
    tick_.cancel();
    arrival_timer_.cancel();
    timers_.rest();
    work_.reset();
    try {
        around_.recorder.flush();
    } catch (const std::bad_alloc&) {
        fail(no_memory);
    }
    note_end_of_load();
    auto& generator = outcome.generator;
    generator.transport = needs_curl(plan_) ? "curl" : "fast";
    generator.threads = 1;
    generator.connections = opened_;
    generator.cpu = spent_->cpu;
    generator.busy = to_seconds(spent_->cpu) > busy_share * to_seconds(spent_->until - began_);
    outcome.planned = arrivals_passed_;
    return std::move(outcome);
}

}  // namespace volley::engine
