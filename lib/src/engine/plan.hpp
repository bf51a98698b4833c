// What a phase is to do and what it has shown: plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <volley/client/transport.hpp>
#include <volley/load/schedule.hpp>
#include <volley/load/think.hpp>
#include <volley/metrics/call_tally.hpp>
#include <volley/metrics/generator.hpp>
#include <volley/metrics/summary.hpp>
#include <volley/time.hpp>

#include "engine/request_template.hpp"

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
    http::Request request;  ///< may hold slots, see RequestTemplate
    Duration timeout{};
    /// Only called for an exchange without an error, with the whole answer; of the head maybe the status alone. Empty: a status from 200 to 399 is right, and the answer is
    /// not kept at all, which is the light path.
    std::function<Judgement(const client::Exchange&)> judge;
    bool keeps_head = true;  ///< the judge looks at more of the head than its status
};

/// Which client carries the requests.
enum class Carriage { automatic, fast, curl };

/// What to do with a phase that runs.
enum class Decision { go_on, abort, extend };

/// A phase. Exactly one of burst, users, stages is set; duration or iterations bound the latter two.
struct PhasePlan {
    std::vector<PreparedStep> steps;
    std::optional<std::size_t> burst;  ///< so many at once, `iterations` times
    bool cold = false;                 ///< a burst opens its connections as it starts, not before
    std::optional<std::size_t> users;  ///< closed: each starts again when it is through
    std::vector<load::Stage> stages;   ///< open: starts come on schedule
    load::Arrivals arrivals = load::Arrivals::uniform;
    std::optional<Duration> duration;       ///< for users; stages bring their own
    std::optional<std::size_t> iterations;  ///< in all, shared by users and workers
    std::size_t max_users = 1000;           ///< for stages: never more in flight
    load::Think think;
    std::uint64_t seed = 0;
    unsigned threads = 1;
    Carriage carriage = Carriage::automatic;
    client::CurlOptions curl;  ///< for Carriage::curl; automatic is curl where something here is not its default
    /// Asked once a second with what there is so far, and shortly before the end of a phase that time ends (`ending`): only then may it
    /// say extend, by which the phase runs on for as long as was planned. On the thread that called run_phase().
    std::function<Decision(const struct PhaseOutcome& so_far, bool ending)> look;
    /// Called when the connections of a burst are open, before its start is planned: what takes its time belongs here. On the thread that
    /// called run_phase().
    std::function<void()> burst_ready;
    /// Told of the planned start of each burst, a few milliseconds ahead. On the thread that called run_phase().
    std::function<void(TimePoint planned)> burst_planned;
    /// Given every sample as it ends, in batches and in no order, on the thread that called run_phase(). Empty: they are not kept.
    std::function<void(std::vector<metrics::Sample>)> samples;
};

/// A running phase, for a live line.
struct Counters {
    std::uint64_t planned = 0;  ///< iterations; 0 where it is not known before
    std::uint64_t done = 0;     ///< iterations
    std::uint64_t wrong = 0;
    std::uint64_t in_flight = 0;
    std::uint64_t requests = 0;
    double rate = 0;        ///< requests per second that ended, over the last full second
    Duration p50{}, p99{};  ///< response time over that second
    Duration lag{};         ///< the latest start of that second
};

/// What a phase measured.
struct PhaseOutcome {
    std::shared_ptr<metrics::Tally> tally = std::make_shared<metrics::Tally>();
    std::vector<std::vector<metrics::Sample>> bursts;  ///< one vector a burst, one sample a user, over all its steps
    std::vector<std::string> examples;                 ///< at most 3 of what went wrong
    std::uint64_t planned = 0;                         ///< iterations; of users only where a count ends the phase, else 0
    std::uint64_t missed = 0;
    std::uint64_t saturated = 0;
    std::string unprepared;  ///< why fewer connections than users were open before a burst, whose times hold connects then
    Duration elapsed{};
    Duration loaded{};    ///< of it, until nothing was to start any more
    std::string trouble;  ///< what stopped a worker early; the figures are then incomplete
    metrics::GeneratorFigures generator;
    unsigned extensions = 0;  ///< how often it was told to run on
    bool aborted = false;     ///< it was told to end early
    bool interrupted = false;
    std::shared_ptr<metrics::CallTally> calls;  ///< of a phase of WebRTC calls, whose pings the tally counts as requests
    std::string never_worked;                   ///< of such a phase: in words, why nothing worked at all

    /// Takes in what another worker saw.
    void merge(const PhaseOutcome& other);
};

/// Whether libcurl carries it.
[[nodiscard]] bool needs_curl(const PhasePlan& plan) noexcept;

}  // namespace volley::engine
