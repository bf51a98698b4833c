#include "verify/prober.hpp"

#include <algorithm>
#include <random>

#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include "engine/phase_runner.hpp"
#include "engine/request_template.hpp"
#include "net/deadline.hpp"
#include "process/ports.hpp"
#include "verify/beside.hpp"
#include "verify/process_tape.hpp"
#include "verify/questions.hpp"

namespace volley::verify {
namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr auto control_service = std::chrono::milliseconds(100);
constexpr auto canary_every = std::chrono::milliseconds(20);
constexpr int idle_canary_times = 8;
constexpr auto idle_patience = std::chrono::seconds(1);
/// A canary that waits behind a blocked loop is answered just after the burst.
constexpr auto canary_patience = std::chrono::milliseconds(500);
/// Requests that are bounded by the time that is left end at its end: a moment for them to say so.
constexpr auto over_time = std::chrono::milliseconds(200);
constexpr auto progress_every = std::chrono::milliseconds(100);
/// So many wrong answers in a row, and nothing else, are no endpoint to verify.
constexpr std::size_t hopeless = 2;
constexpr std::size_t stream_times = 3;
/// Requests at once for a question, where no limit says how many make sense.
constexpr std::size_t usual_crowd = 10;
/// Descriptors that stay free beside the sockets of a burst: canaries, event loops, files.
constexpr std::size_t spare_descriptors = 64;

bool is_address_of_this_host(const asio::ip::address& address) {
    if (address.is_loopback()) return true;
    const int fd = ::socket(address.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    const asio::ip::tcp::endpoint any_port(address, 0);
    const bool ours = ::bind(fd, any_port.data(), static_cast<socklen_t>(any_port.size())) == 0;
    ::close(fd);
    return ours;
}

/// What a peer or a user has written, for a report. One that is longer than a page has nothing to say, and would not be read back.
std::string told(std::string_view text) {
    constexpr std::size_t longest = 400;  // each byte may take four, escaped
    return escape_for_terminal(text.substr(0, longest)) + (text.size() > longest ? "..." : "");
}

/// A path that is surely not there, and not in any cache either.
std::string unlikely_path() {
    std::random_device random;
    return fmt::format("/volley-canary-{:08x}{:08x}", random(), random());
}

/// Instants of a sample from its planned start; those that were not reached are `never`.
verdict::Shot shot_of(const metrics::Sample& sample) {
    const auto from_planned = [&](TimePoint t) { return t == TimePoint{} ? verdict::never : Duration(t - sample.planned); };
    verdict::Shot shot;
    shot.started = from_planned(sample.started);
    shot.connected = from_planned(sample.connected);
    shot.sent = from_planned(sample.sent);
    shot.first_byte = from_planned(sample.first_byte);
    shot.done = from_planned(sample.done);
    shot.bytes = sample.bytes;
    shot.status = sample.status;
    shot.outcome = sample.outcome;
    shot.right = sample.outcome == metrics::Outcome::ok && sample.status >= 200 && sample.status < 300;
    return shot;
}

awaitable<void> run_into(engine::PhasePlan plan, engine::Counters& counters, engine::PhaseOutcome& outcome) {
    auto ended = co_await engine::run_phase(std::move(plan), counters);
    outcome = std::move(ended);
}

bool is_alone(const verdict::Burst& burst) { return burst.shots.size() == 1; }

}  // namespace

Prober::Prober(asio::any_io_executor executor, client::DirectRequest request, Options options,
               std::function<void(const Progress&)> progress)
    : executor_(std::move(executor)), request_(std::move(request)), options_(std::move(options)), progress_(std::move(progress)) {
    request_.target.keep_body = false;
    request_.target.reuse_connections = false;
}

awaitable<bool> Prober::cancelled() {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) result_.seen.interrupted = true;
    co_return result_.seen.interrupted;
}

awaitable<Result> Prober::run() {
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    begin_ = Clock::now();
    deadline_ = begin_ + options_.time;
    auto& seen = result_.seen;
    seen.target = told(request_.name);
    seen.given_service = options_.service_time;
    seen.budget = options_.time;
    seen.control_service = control_service;
    seen.http2 = options_.http2;
    rlimit descriptors{};
    ::getrlimit(RLIMIT_NOFILE, &descriptors);
    seen.most = std::min<std::size_t>(
        std::min(options_.most, verdict::most_at_once),
        descriptors.rlim_cur > 2 * spare_descriptors ? descriptors.rlim_cur - spare_descriptors : spare_descriptors);

    if (options_.pid != 0)
        if (auto trouble = pid_trouble(options_.pid); !trouble.empty()) {
            result_.unreachable = fmt::format("process {} cannot be watched: {}", options_.pid, trouble);
            co_await asio::this_coro::throw_if_cancelled(throws);
            co_return std::move(result_);
        }

    std::exception_ptr broken;
    try {
        co_await ask_all();
    } catch (...) {
        broken = std::current_exception();
    }
    if (control_.process) co_await control_.process->stop();
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (broken) std::rethrow_exception(broken);
    co_return std::move(result_);
}

awaitable<void> Prober::ask_all() {
    auto& seen = result_.seen;
    bool met = false;
    while (result_.unreachable.empty()) {
        const bool stop = co_await cancelled();
        if (stop) break;
        const Duration for_ladder = left() - time_for_questions();
        const verdict::Step step = verdict::next_step(seen, for_ladder, options_.seed);
        if (step.what == verdict::Step::What::done) break;
        if (for_ladder <= Duration::zero()) {
            seen.out_of_time = true;
            break;
        }
        co_await play(step);
        note_unreachable();
        if (!met && !seen.bursts.empty() && seen.bursts.back().shots.front().right) {
            met = true;
            co_await meet();
        }
    }
    result_.record = verdict::judge(seen);
    if (met && !seen.interrupted) co_await ask_questions();
    result_.answers = verdict::judge_questions(seen, result_.record);
}

awaitable<void> Prober::play(const verdict::Step& step) {
    now_.step = step;
    Shooting what;
    what.n = std::max<std::size_t>(step.n, 1);
    what.sockets = step.sockets;
    what.canaries = step.canaries;
    if (step.what == verdict::Step::What::control) {
        const bool there = co_await start_control();
        if (!there) {
            // An empty burst says that there is no control, so that it is not asked for again.
            result_.seen.control.emplace_back();
            co_return;
        }
        what.of_target = false;
        what.request = control_.request;
    } else {
        what.request = request_;
    }
    auto burst = co_await shoot(std::move(what));
    auto& all = step.what == verdict::Step::What::control ? result_.seen.control : result_.seen.bursts;
    if (!burst.shots.empty()) all.push_back(std::move(burst));
}

engine::PhasePlan Prober::plan_of(const Shooting& what) {
    engine::PreparedStep step;
    step.name = what.request.name;
    step.target = what.request.target;
    step.request = what.request.request;
    step.target.connect_timeout = std::min(step.target.connect_timeout, left());
    step.timeout = std::min(what.request.timeout, left());
    if (options_.distinct && what.of_target) {
        auto& target = step.request.target;
        target += target.find('?') == std::string::npos ? '?' : '&';
        target += fmt::format("volley={}-{}-{}", options_.seed, shot_, engine::marker(engine::Slot::iteration));
    }
    // Who answers is asked of the first answer; the others are only counted, which is the light path.
    if (what.of_target && shot_ == 0) {
        step.judge = [this](const client::Exchange& exchange) {
            const auto& headers = exchange.response.headers;
            result_.seen.server = told(headers.get("Server").value_or(""));
            result_.seen.via = told(headers.get("Via").value_or(""));
            return engine::Judgement{};
        };
    }
    engine::PhasePlan plan;
    plan.steps.push_back(std::move(step));
    plan.burst = what.n;
    plan.cold = what.sockets == verdict::Sockets::cold;
    plan.seed = options_.seed;
    plan.curl = what.request.curl;
    if (options_.http2 && what.of_target) {
        plan.carriage = engine::Carriage::curl;
        plan.curl.http_version = 20;
        plan.curl.http2_streams = true;
    }
    return plan;
}

awaitable<verdict::Burst> Prober::shoot(Shooting what) {
    verdict::Burst burst;
    burst.sockets = what.sockets;
    burst.canaries = what.canaries;
    std::optional<ProcessTape> tape;
    if (processes_ && what.of_target) tape.emplace(*processes_);
    std::optional<Canaries> app;
    std::optional<Canaries> parser;
    if (what.canaries && app_) app.emplace(executor_, app_, canary_every);
    if (what.canaries && parser_) parser.emplace(executor_, parser_, canary_every);

    engine::PhasePlan plan = plan_of(what);
    const Duration allowed = plan.steps.front().timeout;
    const bool bounded_by_us = allowed < what.request.timeout;
    if (what.of_target) ++shot_;
    // Reading /proc takes tens of milliseconds where there are many processes or sockets: not between the planned start and the first
    // request.
    plan.burst_ready = [&] {
        if (tape) tape->start();
    };
    plan.burst_planned = [&](TimePoint planned) {
        burst.at = planned - begin_;
        if (app) app->start(planned);
        if (parser) parser->start(planned);
    };
    engine::Counters counters;
    net::TaskGroup ticker(executor_);
    ticker.spawn(tick(counters));
    engine::PhaseOutcome outcome;
    std::exception_ptr broken;  // no more threads, or what `progress` throws: what was started must be stopped all the same
    // Opening the connections and the requests themselves are each bounded by what is left; together they may take twice that.
    net::TaskGroup phase(executor_);
    net::Watchdog limit(executor_, [&] { phase.cancel(); });
    limit.arm(deadline_ + over_time);
    phase.spawn(run_into(std::move(plan), counters, outcome));
    try {
        co_await phase.join();
    } catch (...) {
        broken = std::current_exception();
    }
    const bool too_late = limit.expired();
    limit.disarm();
    ticker.cancel();
    try {
        co_await ticker.join();
    } catch (...) {
        broken = std::current_exception();
    }
    if (tape) tape->finish();
    if (app) {
        auto canaries = co_await app->stop(patience(canary_patience));
        burst.app = std::move(canaries);
    }
    if (parser) {
        auto canaries = co_await parser->stop(patience(canary_patience));
        burst.parser = std::move(canaries);
    }
    if (broken) std::rethrow_exception(broken);
    // Nothing is timed now: this may wait for the last reading.
    if (tape) {
        const verdict::Process process = tape->take();
        if (processes_->gone()) {
            result_.seen.process_ended = true;
            processes_.reset();
        } else {
            burst.process = process;
        }
    }
    if (!outcome.bursts.empty())
        for (const auto& sample : outcome.bursts.front()) burst.shots.push_back(shot_of(sample));
    // Over plain text each request may have a connection of its own, where libcurl cannot share them.
    if (options_.http2 && what.of_target && what.request.target.scheme == "https")
        burst.connections = static_cast<std::size_t>(outcome.generator.connections);
    const bool timed_out = std::ranges::any_of(burst.shots, [](const auto& s) { return s.outcome == metrics::Outcome::timeout; });
    burst.cut = outcome.interrupted || (bounded_by_us && timed_out);
    if (!outcome.examples.empty()) example_ = outcome.examples.front();
    if (too_late)
        result_.seen.out_of_time = true;
    else if (outcome.interrupted)
        result_.seen.interrupted = true;
    co_return burst;
}

awaitable<void> Prober::tick(const engine::Counters& counters) {
    for (;;) {
        now_.done = counters.done;
        now_.elapsed = Clock::now() - begin_;
        now_.limit = options_.time;
        if (progress_) progress_(now_);
        const TimePoint next = Clock::now() + progress_every;
        co_await net::sleep_until(next);
    }
}

awaitable<void> Prober::meet() {
    const auto& target = request_.target;
    // Blocks for as long as the resolver takes, which has just answered the client.
    const auto where = process::endpoints_of(target.host, target.port);
    auto& seen = result_.seen;
    seen.local = where && std::ranges::any_of(*where, [](const auto& e) { return is_address_of_this_host(e.address()); });
    if (seen.local || options_.pid != 0) {
        auto pids = options_.pid != 0 ? std::vector<int>{options_.pid} : process::listening_processes(target.host, target.port);
        // A server in this very process: its threads cannot be told from ours.
        if (std::ranges::find(pids, ::getpid()) != pids.end()) pids.clear();
        process::ServerProcesses processes(std::move(pids), target.port);
        if (!processes.gone()) {
            seen.process_name = escape_for_terminal(processes.name());
            seen.thread_limit = processes.thread_limit();
            seen.processors = processes.processors();
            processes_ = std::move(processes);
        } else if (options_.pid != 0 && options_.pid != ::getpid()) {
            seen.process_ended = true;
        }
    }
    if (options_.streaming) {
        client::DirectRequest request = request_;
        const TimePoint deadline = Clock::now() + left() / 4;
        auto streams = co_await watch_streams(executor_, std::move(request), stream_times, deadline);
        seen.streams = std::move(streams);
    }
    app_ =
        app_canary(executor_, target, get_beside(request_.request, options_.canary.empty() ? unlikely_path() : options_.canary));
    if (where && (seen.local || options_.parser_canary)) parser_ = parser_canary(executor_, target, *where);
    auto app = co_await while_idle(app_);
    seen.idle_app = std::move(app);
    if (!parser_) co_return;
    auto parser = co_await while_idle(parser_);
    seen.idle_parser = std::move(parser);
}

awaitable<std::vector<verdict::Canary>> Prober::while_idle(SendCanary send) {
    const TimePoint origin = Clock::now();
    Canaries canaries(executor_, std::move(send), canary_every);
    canaries.start(origin);
    const TimePoint over = origin + idle_canary_times * canary_every;
    try {
        co_await net::sleep_until(over);
    } catch (const boost::system::system_error&) {
        // Cancelled: what was started must still be stopped, and run() asks for itself.
    }
    auto seen = co_await canaries.stop(patience(idle_patience));
    co_return seen;
}

/// What the questions beside the verdict will take, as far as a request alone tells.
Duration Prober::time_for_questions() const {
    const auto& bursts = result_.seen.bursts;
    if (bursts.empty() || !bursts.front().shots.front().right) return {};
    const Duration alone = bursts.front().shots.front().done;
    Duration out{};
    if (options_.cancellation) out += 5 * alone + std::chrono::seconds(1);
    if (!options_.isolation.empty()) out += 5 * alone + std::chrono::seconds(2);
    return std::min(out, options_.time / 2);
}

awaitable<void> Prober::ask_questions() {
    const auto& record = result_.record;
    auto& seen = result_.seen;
    const std::size_t limit = record.workers && !record.workers_at_least ? *record.workers : 0;
    if (options_.cancellation && left() > Duration::zero()) {
        verdict::Abandonment abandonment;
        // Without a gauge it takes more than are served at a time for a delay; with one, not more than it counts.
        abandonment.n = !options_.gauge.empty() ? (limit > 0 ? std::min(limit, usual_crowd) : usual_crowd)
                        : limit > 0             ? std::min(2 * limit, seen.most)
                                                : usual_crowd;
        abandonment.after = record.service / 4;
        client::DirectRequest request = request_;
        Gauge gauge = parse_gauge(options_.gauge);
        co_await abandon(executor_, std::move(request), std::move(gauge), abandonment, deadline_);
        seen.abandonment = std::move(abandonment);
    }
    const bool stop = co_await cancelled();
    if (!options_.isolation.empty() && !stop && left() > Duration::zero()) {
        verdict::Isolation isolation;
        // Without its query, which may hold a secret.
        isolation.path = told(std::string_view(options_.isolation).substr(0, options_.isolation.find('?')));
        const SendCanary other = app_canary(executor_, request_.target, get_beside(request_.request, options_.isolation));
        auto idle = co_await while_idle(other);
        isolation.idle = std::move(idle);
        // Two turns of a pool; not more than there is time for.
        isolation.n = limit > 0 ? std::min(2 * limit, seen.most) : usual_crowd;
        app_ = other;
        parser_ = {};
        Shooting what;
        what.request = request_;
        what.n = isolation.n;
        what.canaries = true;
        auto burst = co_await shoot(std::move(what));
        isolation.busy = std::move(burst.app);
        seen.isolation = std::move(isolation);
    }
}

/// Our own coroutine server, started when it is first needed.
awaitable<bool> Prober::start_control() {
    if (control_.process) co_return control_.process->alive();
    if (!control_.trouble.empty()) co_return false;
    std::string kind = "coroutine";  // named, as are its faults: GCC bug 107288
    std::vector<std::string> faults;
    auto started = co_await start_builtin(executor_, std::move(kind), std::move(faults), control_service, left());
    control_ = std::move(started);
    control_.request.target.keep_body = false;
    control_.request.target.reuse_connections = false;
    co_return control_.process != nullptr;
}

/// The words for an endpoint whose requests alone have never worked.
void Prober::note_unreachable() {
    const auto& bursts = result_.seen.bursts;
    if (result_.seen.interrupted || bursts.empty()) return;
    if (!std::ranges::all_of(bursts, [](const auto& b) { return is_alone(b) && !b.shots.front().right && !b.cut; })) return;
    const verdict::Shot& shot = bursts.back().shots.front();
    const int status = shot.status;
    auto& words = result_.unreachable;
    if (status >= 300 && status < 400)
        words = fmt::format("the first request was answered {}: verify the URL that it redirects to", status);
    else if (status == 401 || status == 403)
        words = fmt::format("the first request was answered {}: it needs a login; give --auth, or a header", status);
    else if (status == 404 || status == 405 || status == 410)
        words = fmt::format("the first request was answered {}: is the path right, and the method?", status);
    else if (bursts.size() >= hopeless && status != 0)
        words = fmt::format("a request alone is answered {}: it must work before it can be verified", status);
    else if (bursts.size() >= hopeless)
        words = "a request alone is not answered: " + (example_.empty() ? std::string(to_string(shot.outcome)) : example_);
}

}  // namespace volley::verify
