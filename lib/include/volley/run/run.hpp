// Runs a scenario: starts its servers, asks its probes, fires its phases, judges all of it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <volley/client/transport.hpp>
#include <volley/report/result.hpp>
#include <volley/scenario/scenario.hpp>
#include <volley/verify.hpp>

namespace volley::run {

/// What goes on, for a live line. Values are those of the running phase.
struct Progress {
    std::string server;
    std::string phase;
    std::uint64_t done = 0;
    std::uint64_t wrong = 0;
    std::uint64_t in_flight = 0;
    std::uint64_t planned = 0;  ///< 0 where it is not known before
    Duration elapsed{};
    Duration expected{};  ///< 0 where it is not known before
    double rate = 0;      ///< requests per second that ended, over the last full second
    Duration p50{};       ///< response time of right answers, over that second
    Duration p99{};
    Duration lag{};  ///< the latest start of that second
};

/// Told of the run as it goes, on the run's own thread: keep it short. Each may be empty.
struct Observer {
    std::function<void(const std::string& server, const std::string& what)> server_changed;  ///< "starting", "ready", "stopping"
    std::function<void(const Progress&)> progress;                                           ///< some times a second
    /// Of a probe that runs, some times a second.
    std::function<void(const std::string& server, const std::string& probe, const verify::Progress&)> probing;
    /// Before the first request of a phase, behind its solo requests. @param began  what the phase's own clock starts from.
    std::function<void(const std::string& server, const std::string& phase, TimePoint began)> phase_began;
    /// Every request of that phase as it ends, each step of a user by itself; not those that were cancelled.
    std::function<void(const metrics::Sample&)> sample;
    std::function<void(const std::string& server, const report::PhaseResult&)> phase_ended;
};

struct Options {
    std::optional<client::DirectRequest> direct;  ///< from elsewhere than the scenario file: sent in the place of its steps
    std::vector<std::string> servers;             ///< names to run against; empty: all
    std::vector<std::string> scenarios;           ///< only probes and phases of these; empty: all
    std::optional<std::uint64_t> seed;
    scenario::Variables::Scope env;
    scenario::Variables::Scope overrides;
};

/// What is wrong with options and scenario together: unknown names, variables without a value, more connections than this process may
/// have descriptors or the system ports. Empty when it can run.
[[nodiscard]] std::vector<SourceError> check(const scenario::Scenario& scenario, const Options& options);

/// Runs it to its end. Cancellation (terminal) ends it early: what was measured is in the result, marked interrupted, and every
/// server that was started has ended. Throws: nothing that the network or the servers do.
boost::asio::awaitable<report::RunResult> run(const scenario::Scenario& scenario, Options options, Observer observer);

/// Fills `thresholds`, what became of the expectations of probes, and `verdict` from what was measured. Pure.
/// A phase that no threshold on errors speaks of must have none.
void judge(const scenario::Scenario& scenario, report::RunResult& result);

}  // namespace volley::run
