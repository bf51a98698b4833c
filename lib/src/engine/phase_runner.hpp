// Fires one phase: a burst, a closed loop of users, or open arrivals. One thread, one io_context.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <volley/client/transport.hpp>
#include <volley/metrics/summary.hpp>
#include <volley/time.hpp>

namespace volley::engine {

/// What an answer is held against. Judged after the exchange, on its timing too.
struct Judgement {
    std::string kind;     ///< error kind for the tally: an Outcome's name, `status` or `check`; empty when right
    std::string example;  ///< what was found, for a person
};

/// One request, ready to be sent again and again.
struct PreparedStep {
    std::string name;
    client::Target target;
    http::Request request;
    Duration timeout{};
    std::function<Judgement(const client::Exchange&)> judge;  ///< only called for an exchange without an error
};

/// Counts of a running phase, for a live line.
struct Counters {
    std::uint64_t planned = 0;
    std::uint64_t done = 0;
    std::uint64_t wrong = 0;
    std::uint64_t in_flight = 0;
};

struct PhasePlan {
    std::vector<PreparedStep> steps;
    std::optional<std::size_t> burst;
    std::optional<std::size_t> users;
    std::optional<Rate> rate;
    std::optional<Duration> duration;
    std::optional<std::size_t> iterations;
    std::size_t max_users = 1000;
    std::function<void(const metrics::Sample&)> on_sample;  ///< called for every sample that the tally counts; may be empty
};

/// What a phase measured.
struct PhaseOutcome {
    std::shared_ptr<metrics::Tally> tally = std::make_shared<metrics::Tally>();
    std::vector<std::vector<metrics::Sample>> bursts;  ///< one vector a burst, one sample a user, over all its steps
    std::vector<std::string> examples;                 ///< at most 3 of what went wrong
    std::uint64_t planned = 0;
    std::uint64_t missed = 0;
    std::uint64_t saturated = 0;
    std::string unprepared;  ///< why fewer connections than users were open before a burst, whose times hold connects then
    Duration elapsed{};
    std::optional<int> first_status;  ///< of the first answer that came
    bool interrupted = false;
};

/// Runs a phase to its end. Cancellation ends it early with what was measured; it is reported in `interrupted`, never thrown.
/// @param counters  kept up to date while it runs; owned by the caller.
boost::asio::awaitable<PhaseOutcome> run_phase(PhasePlan plan, Counters& counters);

}  // namespace volley::engine
