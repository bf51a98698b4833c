// The result of a run: plain values that every report is made from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <volley/error.hpp>
#include <volley/metrics/call_tally.hpp>
#include <volley/metrics/generator.hpp>
#include <volley/metrics/steady_state.hpp>
#include <volley/metrics/summary.hpp>
#include <volley/time.hpp>
#include <volley/verdict/expect.hpp>
#include <volley/verdict/questions.hpp>
#include <volley/verdict/record.hpp>

namespace volley::report {

/// The answer to "did it pass", worst last. The command line turns it into an exit code.
enum class Verdict { pass, inconclusive, fail, target_failed, interrupted };
[[nodiscard]] std::string_view to_string(Verdict v) noexcept;

enum class PhaseKind { burst, users, rate, calls };

/// What a server's process tree used, from /proc. Only where the process is ours to see.
struct ResourceFigures {
    int max_processes = 0;
    int max_threads = 0;
    int max_descriptors = 0;
    std::uint64_t max_rss_bytes = 0;
    Duration cpu{};  ///< over the phase
};

using GeneratorFigures = metrics::GeneratorFigures;

/// One check of a step over the answers of a phase. An answer's checks are judged in order up to the first that does not hold.
struct CheckResult {
    std::string step;    ///< its name, `GET /x`
    std::string source;  ///< as written, or `status from 200 to 399` where the step checks no status
    SourcePos pos;
    std::uint64_t held = 0;
    std::uint64_t failed = 0;
    std::string example;              ///< what was found the first time that it failed; may hold the peer's bytes
    Verdict verdict = Verdict::pass;  ///< pass, fail or inconclusive; a pass too where thresholds allow as many errors
    std::string message;              ///< how often it failed and what was found; or why it cannot be said
};

/// One phase against one server.
struct PhaseResult {
    std::string phase;
    std::string scenario;
    PhaseKind kind = PhaseKind::burst;
    std::string load;  ///< what was asked for, in words: `closed: 100 users for 10.0 s`; may be empty
    bool warmup = false;
    bool climbs = false;  ///< the load changes by plan, so that figures are not expected to settle
    bool interrupted = false;
    std::string aborted;       ///< the threshold that ended the phase early, as written; empty where none did
    unsigned extensions = 0;   ///< how often the phase ran on for its length again, to tell what was unsure
    Duration began{};          ///< from the start of the run
    std::string inconclusive;  ///< why the times of the phase say nothing, although they were measured; empty where they do
    Duration elapsed{};
    Duration loaded{};  ///< of it, until nothing was to start any more: what rates are of. Zero: all of it
    std::uint64_t planned =
        0;                     ///< users that the plan let start: arrivals, users * iterations; 0 where time ended a closed phase
    std::uint64_t missed = 0;  ///< planned starts that we did not make: we came late, and too late or to max_users in flight
    std::uint64_t saturated = 0;  ///< starts on time, refused because max_users were in flight; counted as errors
    std::shared_ptr<metrics::Tally> tally = std::make_shared<metrics::Tally>();
    std::optional<metrics::BurstFigures> burst;
    /// Of WebRTC calls, whose pings are what `tally` counts as requests; nothing for other phases. There `planned`, `missed` and `saturated`
    /// are calls and pings alike.
    std::shared_ptr<const metrics::CallTally> calls;
    std::vector<std::string> wrong_examples;  ///< at most 3, in the words of the checks; may hold the peer's bytes
    std::vector<CheckResult> checks;
    std::optional<ResourceFigures> resources;
    GeneratorFigures generator;
    std::vector<metrics::Sample> samples;  ///< of bursts

    [[nodiscard]] std::uint64_t errors() const noexcept { return tally->wrong() + saturated; }
};

/// Whether a phase with a steady load had settled, and how far it drifted. Unknown for bursts and where the load changes by plan.
[[nodiscard]] metrics::SteadyState steadiness(const PhaseResult& phase);
/// "the median rose by 12.3 % from the first half of the phase to the second".
[[nodiscard]] std::string drift_words(const metrics::SteadyState& state);

/// One expectation of a probe, held against what was found.
struct ExpectationResult {
    std::string source;  ///< as written
    SourcePos pos;
    verdict::Met met = verdict::Met::unknown;
    std::string words;  ///< `pool>=8: 5 at a time`
};

/// One probe against one server.
struct ProbeResult {
    std::string probe;  ///< its name, `concurrency of sleep`
    std::string scenario;
    SourcePos pos;
    Duration began{};  ///< from the start of the run
    Duration elapsed{};
    std::optional<verdict::Record> record;  ///< of a probe of concurrency
    std::vector<verdict::Answer> answers;   ///< of the others; none where it was not asked any more
    std::string unreachable;                ///< the request never worked, in words, and nothing else is known; empty where it did
    bool answered = false;                  ///< that request was answered all the same, with a status that is no success
    bool interrupted = false;
    std::vector<ExpectationResult> expectations;
    Verdict verdict = Verdict::pass;  ///< pass, inconclusive, fail or target_failed
    std::string message;              ///< what was found: the verdict or the answer in one line, or why there is none
};

/// `unreachable`: nothing ever answered as its protocol has it. `not_working`: it answered, and not one request or call worked.
enum class ServerState { ok, not_started, unreachable, not_working, died, interrupted };
[[nodiscard]] std::string_view to_string(ServerState s) noexcept;

struct ServerResult {
    std::string name;
    std::string description;  ///< `coroutine`, or the command line, or the URL
    ServerState state = ServerState::ok;
    std::string message;                ///< why, when not ok
    std::vector<std::string> log_tail;  ///< of a server that failed
    std::vector<ProbeResult> probes;
    std::vector<PhaseResult> phases;

    /// It did not work, for another reason than that somebody ended the run.
    [[nodiscard]] bool failed() const noexcept { return state != ServerState::ok && state != ServerState::interrupted; }
    [[nodiscard]] const PhaseResult* find(std::string_view phase) const noexcept;
};

/// Of a server at which nothing ever worked: not_working where its probes or phases show that it answered, else unreachable.
[[nodiscard]] ServerState state_in_vain(const ServerResult& server) noexcept;

/// One threshold judged against one server.
struct ThresholdResult {
    std::string source;  ///< as written, or `errors == 0` where the file said nothing
    SourcePos pos;       ///< line 0 for one that was added
    std::string server;
    std::string phase;
    Verdict verdict = Verdict::pass;  ///< pass, fail or inconclusive
    bool unsure = false;              ///< passed, although its confidence interval holds the limit
    std::string measured;             ///< `1.02`, `204 ms`
    std::string message;              ///< by how much, or why it cannot be said; of a percentile its confidence interval too

    [[nodiscard]] bool surely_passed() const noexcept { return verdict == Verdict::pass && !unsure; }
};
/// A threshold as a person knows it: as written, with the phase in front where volley added it.
[[nodiscard]] std::string name_of(const ThresholdResult& threshold);
/// "1.3 s: over 1 s by 300 ms (1.3 times it)": what was measured and what is said of it, or the one that there is.
[[nodiscard]] std::string words_of(const ThresholdResult& threshold);
/// What was found, and which expectations it does not meet: `serial (high confidence): ...; not met: async: serial`.
[[nodiscard]] std::string words_of(const ProbeResult& probe);
/// `p: GET /x: status == 200`.
[[nodiscard]] std::string name_of(const PhaseResult& phase, const CheckResult& check);

struct RunResult {
    std::string name;
    std::string file;
    std::string version;     ///< of volley
    std::string started_at;  ///< ISO 8601, UTC
    std::uint64_t seed = 0;
    Duration elapsed{};
    int signal = 0;                     ///< that interrupted it
    std::uint64_t samples_missing = 0;  ///< in the files of samples, which were written too slowly for them or not at all
    std::vector<std::string>
        unwritten;            ///< files that were asked for and are not whole, and why: a run that has some did not pass
    std::string ended_early;  ///< which threshold ended the run before its last phase, and what was not run; empty where none did
    Verdict verdict = Verdict::pass;
    std::vector<ServerResult> servers;
    std::vector<ThresholdResult> thresholds;

    /// Over all servers and phases, warm-up aside.
    [[nodiscard]] std::uint64_t requests() const noexcept;
    [[nodiscard]] std::uint64_t errors() const noexcept;
};

/// Puts *** in the place of the secrets, in whatever way they are written, in every text that may hold them: descriptions, messages,
/// log lines and examples. Before judge(), whose messages quote examples; names, sources and figures are never touched.
void mask_secrets(RunResult& result, const std::vector<std::string>& secrets);

struct TextOptions {
    bool colour = false;
    bool unicode = true;
    int width = 100;  ///< columns
};

/// Tables for a person: one per phase, the servers one under the other, thresholds last. Peers' bytes are escaped.
[[nodiscard]] std::string to_text(const RunResult& result, const TextOptions& options = {});

/// The summary of quick load for a person: what was done, a table and a histogram of the times, what the generator did itself, thresholds,
/// and the verdict as the last line. Of the phases that are no warm-up; made for one. No line is wider than `width`, 40 at least. Of
/// the times only those are printed that the sample carries. Without `unicode` ASCII alone, but for what the names hold.
[[nodiscard]] std::string to_load_summary(const RunResult& result, const TextOptions& options = {});

/// The summary of calls for a person: set-up by stages, round trips, losses, thresholds, and the verdict as the last line. As the one above.
[[nodiscard]] std::string to_call_summary(const RunResult& result, const TextOptions& options = {});

/// The result file, `"schema": "volley/result/1"`, described by result.schema.json. Durations in seconds.
[[nodiscard]] std::string to_json(const RunResult& result);

}  // namespace volley::report
