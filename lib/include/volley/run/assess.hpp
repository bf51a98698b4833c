// One threshold against one phase, in three values; and what that means for a phase that still runs.
#pragma once

#include <cstdint>
#include <optional>

#include <volley/report/result.hpp>
#include <volley/scenario/scenario.hpp>
#include <volley/time.hpp>

namespace volley::run {

/// Whether a threshold holds, as far as what was measured can tell.
enum class Assessment { pass, fail, unsure };

/// Percentiles of latency and service outside bursts are assessed by their confidence interval: pass if the whole of it satisfies the
/// threshold, fail if none of it does, and for latency only if the same is true without our own start lag. All other figures count as they
/// are. Unsure too: what was not measured, an interrupted or inconclusive phase, a pass with more than 1 % of the starts missed, a
/// percentile of a phase that had not settled unless each of its halves fails.
/// Pure; for a running phase it may be called with what there is so far.
[[nodiscard]] Assessment assess(const scenario::Threshold& threshold, const report::PhaseResult& phase);

/// Says when a threshold with `abort` ends a running phase: when it has failed at every look for `persist`, and 100 requests at least have
/// ended. A threshold that more requests may still satisfy (`requests >= 1000`) never does. Fed about once a second.
class LiveThreshold {
public:
    static constexpr std::uint64_t fewest_samples = 100;

    explicit LiveThreshold(const scenario::Threshold& threshold);

    /// @param now      offset from the start of the phase; not less than before.
    /// @param samples  requests of the phase that have ended.
    /// @return         whether the phase is to be aborted; true again from then on.
    bool feed(Duration now, Assessment assessment, std::uint64_t samples) noexcept;

private:
    bool aborts_ = false;
    bool aborted_ = false;
    Duration persist_{};
    std::optional<Duration> failing_since_;
};

}  // namespace volley::run
