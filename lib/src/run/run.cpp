#include <volley/run/run.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <random>
#include <set>
#include <tuple>

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <volley/iso_time.hpp>
#include <volley/server/server.hpp>

#include "base/mask.hpp"
#include "engine/phase_runner.hpp"
#include "net/task_group.hpp"
#include "report/load_words.hpp"
#include "run/call_phase.hpp"
#include "run/live.hpp"
#include "run/never_worked.hpp"
#include "run/phase_plan.hpp"
#include "run/prepare.hpp"
#include "run/prepare_call.hpp"
#include "run/probe.hpp"
#include "run/room.hpp"
#include "run/server_under_test.hpp"

namespace volley::run {
namespace asio = boost::asio;
using asio::awaitable;

namespace {

using scenario::Phase;
using scenario::Scenario;

constexpr auto progress_every = std::chrono::milliseconds(100);
constexpr int ticks_per_sample =
    2;  // /proc is read every 200 ms: often enough for counts of threads, cheap enough beside a burst

bool wanted(const std::vector<std::string>& names, const std::string& name) {
    return names.empty() || std::ranges::find(names, name) != names.end();
}

std::string list(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

/// The most connections that a phase has open at a time; a call has a socket beside that of its offer.
std::size_t connections_of(const Phase& phase) {
    const std::size_t users = phase.burst ? *phase.burst : phase.users.value_or(phase.max_users);
    return phase.calls ? 2 * users : users;
}

/// What the users of a phase do.
struct Work {
    std::vector<engine::PreparedStep> steps;
    std::optional<PreparedCall> call;  ///< instead of the steps
};

/// As never_worked(), of requests or calls.
std::string why_never_worked(const engine::PhaseOutcome& outcome, const std::vector<std::string>& examples,
                             bool status_is_checked) {
    return outcome.calls ? outcome.never_worked : never_worked(*outcome.tally, examples, status_is_checked);
}

/// The servers of the file; without any, the target stands for one that runs already.
std::vector<scenario::ServerSpec> servers_of(const Scenario& scenario) {
    if (!scenario.servers.empty()) return scenario.servers;
    scenario::ServerSpec target;
    target.name = "target";
    target.kind = scenario::ServerSpec::Kind::url;
    if (scenario.config.target) target.url = *scenario.config.target;
    return {target};
}

/// What paths are joined to: the target where one is given, else the server.
std::string base_url(const Scenario& scenario, const scenario::Variables& variables, const std::string& server_url) {
    std::string base = server_url;
    if (scenario.config.target) {
        auto text = scenario::expand(*scenario.config.target, variables, scenario);
        if (auto* url = std::get_if<std::string>(&text)) base = std::move(*url);
    }
    while (base.ends_with('/')) base.pop_back();
    return base;
}

/// Whether the scenario says itself which status is right.
bool checks_status(const scenario::ScenarioBody& body) {
    const auto of_status = [](const scenario::Check& check) { return check.query == scenario::Check::Query::status; };
    return std::ranges::any_of(body.steps, [&](const auto& step) { return std::ranges::any_of(step.checks, of_status); });
}

/// Phases share a solo time when they run the same scenario alone equally often.
using SoloKey = std::pair<std::string, std::size_t>;
SoloKey solo_key(const Phase& phase) { return {phase.scenario, std::max<std::size_t>(phase.solo_runs, 1)}; }

class Runner {
public:
    Runner(asio::any_io_executor executor, const Scenario& scenario, Options options, Observer observer)
        : executor_(std::move(executor)), scenario_(scenario), options_(std::move(options)), observer_(std::move(observer)) {}

    awaitable<report::RunResult> run() {
        // From here on cancellation is asked for, not thrown: servers must be stopped and results handed over.
        co_await asio::this_coro::throw_if_cancelled(false);
        start_ = Clock::now();
        result_.name = scenario_.name;
        result_.file = scenario_.file;
        result_.version = VOLLEY_VERSION;
        result_.started_at = iso_time(std::chrono::system_clock::now());
        result_.seed = options_.seed.value_or(scenario_.config.seed.value_or(std::random_device{}()));
        (void)scenario::resolve_variables(scenario_, options_.env, options_.overrides,
                                          variables_);  // check() has reported its errors

        for (const auto& spec : servers_of(scenario_)) {
            if (!wanted(options_.servers, spec.name)) continue;
            co_await run_server(spec);
            if (interrupted_ || !result_.ended_early.empty()) break;
        }
        result_.elapsed = Clock::now() - start_;
        report::mask_secrets(result_, variables_.secrets());
        judge(scenario_, result_);
        if (interrupted_) result_.verdict = report::Verdict::interrupted;
        co_return std::move(result_);
    }

private:
    awaitable<bool> cancelled() {
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) interrupted_ = true;
        co_return interrupted_;
    }

    void tell(const std::string& server, const char* what) const {
        if (observer_.server_changed) observer_.server_changed(server, what);
    }

    awaitable<void> run_server(const scenario::ServerSpec& spec) {
        auto& result = result_.servers.emplace_back();
        ServerUnderTest server(scenario_, spec);
        tell(spec.name, "starting");
        std::exception_ptr broken;
        const bool ready = co_await server.start(variables_, result);
        const bool interrupted = co_await cancelled();
        if (interrupted) {
            result.state = report::ServerState::interrupted;
        } else if (ready) {
            tell(spec.name, "ready");
            // Whatever breaks, the server is stopped in good order first: a catch block cannot wait for it.
            try {
                co_await run_all(server, result);
            } catch (...) {
                broken = std::current_exception();
            }
        }
        tell(spec.name, "stopping");
        co_await server.stop();
        if (broken) std::rethrow_exception(broken);
    }

    awaitable<void> run_all(ServerUnderTest& server, report::ServerResult& result) {
        variables_.push(server_scope(result.name, server.url()));
        solo_.clear();
        worked_ = false;
        const bool go_on = co_await run_probes(server, result);
        if (go_on) co_await run_phases(server, result);
        variables_.pop();
    }

    /// @return false when the server's phases make no sense.
    awaitable<bool> run_probes(ServerUnderTest& server, report::ServerResult& result) {
        for (const auto& probe : scenario_.probes) {
            if (!wanted(options_.scenarios, probe.scenario)) continue;
            auto steps = prepare_steps(scenario_, *scenario_.find_scenario(probe.scenario), variables_,
                                       base_url(scenario_, variables_, server.url()));
            if (const auto* error = std::get_if<SourceError>(&steps)) {
                result.state = report::ServerState::not_started;
                result.message = format_source_error(*error);
                co_return false;
            }
            std::function<void(const verify::Progress&)> progress;
            if (observer_.probing) progress = [&](const verify::Progress& p) { observer_.probing(result.name, probe.name, p); };
            const Duration began = Clock::now() - start_;
            auto found =
                co_await run_probe(scenario_, probe, std::move(std::get<0>(steps).front()), result_.seed, std::move(progress));
            found.began = began;
            const bool interrupted = co_await cancelled();
            if (interrupted) found.interrupted = true;
            result.probes.push_back(std::move(found));
            const auto& last = result.probes.back();
            if (!server.alive()) {
                note_death(server, "probe `" + probe.name + '`', result);
                co_return false;
            }
            if (interrupted) {
                result.state = report::ServerState::interrupted;
                co_return false;
            }
            if (!last.unreachable.empty() && !worked_) {
                result.state = report::state_in_vain(result);
                result.message = last.unreachable;
                co_return false;
            }
            worked_ = worked_ || last.unreachable.empty();
        }
        co_return true;
    }

    /// How long to look whether the server is about to end: a process closes its sockets a while before it is seen to be gone, so that
    /// requests are the first to find nobody. Refused connections are the surest sign.
    static Duration doubt_of(const report::PhaseResult& phase) {
        const auto failed = [&](const char* kind) {
            return phase.tally->errors.contains(kind) || (phase.calls && phase.calls->errors.contains(kind));
        };
        if (failed("refused")) return std::chrono::seconds(1);
        if (failed("reset") || failed("truncated")) return std::chrono::milliseconds(250);
        return {};
    }

    static void note_death(const ServerUnderTest& server, const std::string& during, report::ServerResult& result) {
        result.state = report::ServerState::died;
        result.message = "the server " + server.ending() + " while " + during + " ran";
        result.log_tail = server.log_tail();
    }

    awaitable<void> run_phases(ServerUnderTest& server, report::ServerResult& result) {
        for (const auto& phase : scenario_.phases) {
            if (!wanted(options_.scenarios, phase.scenario)) continue;
            const auto* body = scenario_.find_scenario(phase.scenario);
            const auto checks = std::make_shared<CheckCounts>();
            auto steps = options_.direct
                             ? direct_step(*options_.direct, checks)
                             : prepare_steps(scenario_, *body, variables_, base_url(scenario_, variables_, server.url()), checks);
            if (const auto* error = std::get_if<SourceError>(&steps)) {
                result.state = report::ServerState::not_started;
                result.message = format_source_error(*error);
                break;
            }
            Work work{std::get<0>(std::move(steps)), {}};
            if (phase.calls) {
                auto call = prepare_call(scenario_, body->steps.front(), variables_, std::move(work.steps.front()), checks);
                if (const auto* error = std::get_if<SourceError>(&call)) {
                    result.state = report::ServerState::not_started;
                    result.message = format_source_error(*error);
                    break;
                }
                work = {{}, std::get<0>(std::move(call))};
            }
            const bool go_on = co_await run_one(server, result, phase, std::move(work), *checks);
            if (!go_on) break;
        }
    }

    /// @return false when the server's remaining phases make no sense.
    awaitable<bool> run_one(ServerUnderTest& server, report::ServerResult& result, const Phase& phase, Work work,
                            CheckCounts& checks) {
        auto measured = result_of(phase);
        measured.began = Clock::now() - start_;
        std::string in_vain;  // why nothing worked

        std::optional<engine::PhaseOutcome> solo;
        if (phase.burst && !phase.warmup && !solo_.contains(solo_key(phase))) {
            auto plan = solo_plan(scenario_.config, solo_key(phase).second);
            // Named first: g++ 12 may destroy a temporary of an expression with co_await twice (GCC bug 107288).
            Work alone{work.steps, {}};
            if (work.call) alone.call = work.call->alone();
            std::string solo_name = phase.name + " (solo)";
            solo = co_await observed(server, std::move(solo_name), std::move(plan), std::move(alone), nullptr);
            std::vector<Duration> times;
            for (const auto& burst : solo->bursts)
                if (burst.front().right) times.push_back(burst.front().response_time());
            solo_[solo_key(phase)] = metrics::median(std::move(times));
        }
        const bool status_checked = checks_status(*scenario_.find_scenario(phase.scenario));
        if (solo && (!worked_ || solo->tally->right == 0)) in_vain = why_never_worked(*solo, solo->examples, status_checked);
        if (!in_vain.empty() && !interrupted_) {
            measured.tally = solo->tally;  // a burst would show nothing else
            measured.calls = solo->calls;
            measured.planned = solo->planned;
            measured.missed = solo->missed;
            measured.saturated = solo->saturated;
            measured.wrong_examples = solo->examples;
        } else if (!interrupted_) {
            auto plan = plan_of(scenario_.config, phase, result_.seed);
            std::string name = phase.name;
            const TimePoint began = Clock::now();  // behind the solo requests
            measured.began = began - start_;
            measured.load = report::load_words(phase, plan.stages, plan.arrivals);
            checks.clear();
            LiveLook look(scenario_, phase, result);
            if (look.needed())
                plan.look = [&](const engine::PhaseOutcome& so_far, bool ending) { return decide(look, phase, so_far, ending); };
            const bool unjudged = work.steps.size() == 1 && !work.steps.front().judge;
            if (observer_.phase_began) observer_.phase_began(result.name, phase.name, began);
            if (observer_.sample)
                plan.samples = [this, warmup = phase.warmup](std::vector<metrics::Sample> batch) {
                    for (auto& sample : batch) {
                        sample.warmup = warmup;
                        observer_.sample(sample);
                    }
                };
            auto outcome = co_await observed(server, std::move(name), std::move(plan), std::move(work), &measured.resources);
            take(outcome, phase, measured);
            in_vain = why_never_worked(outcome, measured.wrong_examples, status_checked);
            if (outcome.aborted && look.aborted_by() != nullptr) measured.aborted = look.aborted_by()->source.text;
            if (unjudged) checks.derive(*outcome.tally, measured.wrong_examples);
        }
        measured.checks = checks.results();
        measured.interrupted = interrupted_;
        if (observer_.phase_ended) observer_.phase_ended(result.name, measured);
        result.phases.push_back(std::move(measured));
        const auto& last = result.phases.back();

        const Duration doubt = interrupted_ ? Duration{} : doubt_of(last);
        const bool alive = co_await server.alive_after(doubt);
        if (!alive) {
            note_death(server, "phase `" + phase.name + '`', result);
            co_return false;
        }
        (void)co_await cancelled();
        if (!interrupted_ && !worked_) {
            result.message = in_vain;
            if (!result.message.empty()) result.state = report::state_in_vain(result);
            worked_ = result.message.empty() && (last.tally->requests > 0 || (last.calls && last.calls->set_up > 0));
        }
        if (interrupted_) result.state = report::ServerState::interrupted;
        if (!last.aborted.empty() && !interrupted_) {
            result_.ended_early = words_of_end(result.name, last);
            co_return false;
        }
        co_return !interrupted_ && !result.failed();
    }

    /// Asks the thresholds of a phase that runs, and keeps the live line's idea of its length up to date.
    engine::Decision decide(LiveLook& look, const Phase& phase, const engine::PhaseOutcome& so_far, bool ending) {
        const auto decision = look(so_far, ending);
        if (decision == engine::Decision::extend && phase.duration) expected_ = (so_far.extensions + 2) * *phase.duration;
        return decision;
    }

    /// That a threshold ended the run, and what is left out for it.
    std::string words_of_end(const std::string& server, const report::PhaseResult& phase) const {
        std::string text =
            fmt::format("`{}` failed against {} and ended the run in phase `{}`", phase.aborted, server, phase.phase);
        std::vector<std::string> left;
        bool behind = false;
        for (const auto& p : scenario_.phases) {
            if (behind && wanted(options_.scenarios, p.scenario)) left.push_back("phase `" + p.name + "`");
            behind = behind || p.name == phase.phase;
        }
        behind = false;
        for (const auto& s : servers_of(scenario_)) {
            if (behind && wanted(options_.servers, s.name)) left.push_back("server `" + s.name + "`");
            behind = behind || s.name == server;
        }
        if (!left.empty()) text += "; not run: " + list(left);
        return text;
    }

    void take(engine::PhaseOutcome& outcome, const Phase& phase, report::PhaseResult& measured) const {
        take_figures(outcome, measured);
        measured.wrong_examples = std::move(outcome.examples);
        if (!phase.burst) return;
        const auto solo = solo_.find(solo_key(phase));
        measured.burst = metrics::burst_figures(outcome.bursts, solo == solo_.end() ? Duration{} : solo->second);
        measured.burst->n = *phase.burst;
        for (auto& burst : outcome.bursts) measured.samples.insert(measured.samples.end(), burst.begin(), burst.end());
    }

    /// Runs a phase with progress and /proc readings beside it.
    awaitable<engine::PhaseOutcome> observed(const ServerUnderTest& server, std::string name, engine::PhasePlan plan, Work work,
                                             std::optional<report::ResourceFigures>* resources) {
        if (options_.direct) plan.curl = options_.direct->curl;
        plan.steps = std::move(work.steps);
        if (work.call) work.call->plan.request.curl = plan.curl;
        expected_ = plan.duration.value_or(Duration{});
        engine::Counters counters;
        std::optional<report::ResourceFigures> seen;
        const auto before = server.sample();
        net::TaskGroup ticker(executor_);
        ticker.spawn(tick(server, std::move(name), counters, seen));
        // The ticker looks at what stands here: it ends before this coroutine does, whatever breaks.
        engine::PhaseOutcome outcome;
        std::exception_ptr broken;
        try {
            if (work.call)
                outcome = co_await run_calls(std::move(plan), *work.call, counters);
            else
                outcome = co_await engine::run_phase(std::move(plan), counters);
        } catch (...) {
            broken = std::current_exception();
        }
        ticker.cancel();
        co_await ticker.join();
        if (broken) std::rethrow_exception(broken);
        note(server.sample(), seen);
        if (const auto after = server.sample(); seen && before && after) seen->cpu = after->cpu - before->cpu;
        if (resources != nullptr) *resources = seen;
        if (outcome.interrupted || co_await cancelled()) interrupted_ = true;
        co_return outcome;
    }

    static void note(const std::optional<server::TreeSample>& sample, std::optional<report::ResourceFigures>& seen) {
        if (!sample) return;
        if (!seen) seen.emplace();
        seen->max_processes = std::max(seen->max_processes, sample->processes);
        seen->max_threads = std::max(seen->max_threads, sample->threads);
        seen->max_descriptors = std::max(seen->max_descriptors, sample->descriptors);
        seen->max_rss_bytes = std::max(seen->max_rss_bytes, sample->rss_bytes);
    }

    awaitable<void> tick(const ServerUnderTest& server, std::string phase, const engine::Counters& counters,
                         std::optional<report::ResourceFigures>& seen) {
        const TimePoint start = Clock::now();
        const std::string name = result_.servers.back().name;
        asio::steady_timer timer(executor_);
        for (int n = 1;; ++n) {
            timer.expires_at(start + n * progress_every);
            const auto [ec] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
            if (ec) co_return;
            if (n % ticks_per_sample == 1) note(server.sample(), seen);
            if (observer_.progress)
                observer_.progress({name, phase, counters.done, counters.wrong, counters.in_flight, counters.planned,
                                    Clock::now() - start, expected_, counters.rate, counters.p50, counters.p99, counters.lag});
        }
    }

    asio::any_io_executor executor_;
    const Scenario& scenario_;
    Options options_;
    Observer observer_;
    scenario::Variables variables_;
    report::RunResult result_;
    std::map<SoloKey, Duration> solo_;  // of the server that runs
    bool worked_ = false;               // likewise: an earlier phase has shown that
    TimePoint start_{};
    Duration expected_{};  // of the phase that runs
    bool interrupted_ = false;
};

}  // namespace

namespace {

/// Of a server that is not there yet.
const std::string stand_in = "http://127.0.0.1:1";

/// What only shows when templates are replaced: a number that is none, a header that cannot be sent, a server that does not exist.
/// Names of the run have a stand-in.
void try_values(const Scenario& scenario, scenario::Variables variables, std::vector<SourceError>& errors) {
    for (const auto& server : scenario.servers) {
        if (server.kind != scenario::ServerSpec::Kind::builtin || !server.builtin.has_template) continue;
        auto kind = scenario::expand(server.builtin, variables, scenario);
        if (const auto* text = std::get_if<std::string>(&kind); text != nullptr && !server::parse_kind(*text))
            errors.push_back(scenario::error_at(scenario, server.builtin.pos, "unknown built-in server `" + *text + "`",
                                                "built-in servers: coroutine, serial, pool:4"));
    }
    variables.push(server_scope(scenario.servers.empty() ? "target" : scenario.servers.front().name, stand_in));
    for (const auto& body : scenario.scenarios) {
        auto steps = prepare_steps(scenario, body, variables, stand_in);
        if (auto* error = std::get_if<SourceError>(&steps)) {
            errors.push_back(std::move(*error));
        } else if (body.is_call()) {
            auto call = prepare_call(scenario, body.steps.front(), variables, std::move(std::get<0>(steps).front()));
            if (auto* wrong = std::get_if<SourceError>(&call)) errors.push_back(std::move(*wrong));
        }
    }
}

/// The hosts that a phase's requests go to against one server, one for each origin.
std::vector<std::string> hosts_of(const Scenario& scenario, const Options& options, scenario::Variables variables,
                                  const scenario::ServerSpec& server, const scenario::ScenarioBody& body) {
    if (options.direct) return {options.direct->target.host};
    std::string url = stand_in;
    if (server.kind == scenario::ServerSpec::Kind::url) {
        auto text = scenario::expand(server.url, variables, scenario);
        if (auto* known = std::get_if<std::string>(&text)) url = std::move(*known);
    }
    variables.push(server_scope(server.name, url));
    const auto steps = prepare_steps(scenario, body, variables, base_url(scenario, variables, url));
    std::set<std::tuple<std::string, std::string, std::uint16_t>> origins;
    if (const auto* ready = std::get_if<std::vector<engine::PreparedStep>>(&steps))
        for (const auto& step : *ready) origins.emplace(step.target.host, step.target.scheme, step.target.port);
    std::vector<std::string> out;
    for (const auto& origin : origins) out.push_back(std::get<0>(origin));
    return out;
}

/// Says of every phase that this machine has no room for why not.
void try_room(const Scenario& scenario, const Options& options, const scenario::Variables& variables,
              std::vector<SourceError>& errors) {
    for (const auto& phase : scenario.phases) {
        const auto* body = scenario.find_scenario(phase.scenario);
        if (body == nullptr || !wanted(options.scenarios, phase.scenario)) continue;
        const std::size_t connections = std::max<std::size_t>(connections_of(phase), 1);
        for (const auto& server : servers_of(scenario)) {
            if (!wanted(options.servers, server.name)) continue;
            const auto why = too_little_room({connections, hosts_of(scenario, options, variables, server, *body),
                                              std::clamp<std::size_t>(scenario.config.threads, 1, connections)});
            if (why.empty()) continue;
            errors.push_back(scenario::error_at(scenario, phase.pos, "phase `" + phase.name + "`: " + why));
            break;  // the next server would be told the same
        }
    }
}

}  // namespace

std::vector<SourceError> check(const Scenario& scenario, const Options& options) {
    scenario::Variables variables;
    auto errors = scenario::resolve_variables(scenario, options.env, options.overrides, variables);
    if (errors.empty()) try_values(scenario, variables, errors);
    const auto to_mask = spellings(variables.secrets());
    for (auto& error : errors) error.text = mask(error.text, to_mask);
    const auto unknown = [&](const char* what, const std::vector<std::string>& asked, const std::vector<std::string>& known) {
        for (const auto& name : asked)
            if (std::ranges::find(known, name) == known.end())
                errors.push_back({scenario.file,
                                  {},
                                  fmt::format("there is no {} `{}`", what, name),
                                  known.empty() ? "" : "there is: " + list(known),
                                  {}});
    };
    std::vector<std::string> servers;
    std::vector<std::string> scenarios;
    for (const auto& s : scenario.servers) servers.push_back(s.name);
    for (const auto& s : scenario.scenarios) scenarios.push_back(s.name);
    unknown("server", options.servers, servers);
    unknown("scenario", options.scenarios, scenarios);
    try_room(scenario, options, variables, errors);
    if (scenario.servers.empty() && !scenario.config.target)
        errors.push_back({scenario.file, {}, "there is nothing to send to", "add `servers:` or `config: { target: URL }`", {}});
    return errors;
}

awaitable<report::RunResult> run(const Scenario& scenario, Options options, Observer observer) {
    Runner runner(co_await asio::this_coro::executor, scenario, std::move(options), std::move(observer));
    co_return co_await runner.run();
}

}  // namespace volley::run
