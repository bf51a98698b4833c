// Thresholds of a phase that still runs: pure.
#pragma once

#include <vector>

#include <volley/report/result.hpp>
#include <volley/run/assess.hpp>
#include <volley/scenario/scenario.hpp>

#include "engine/plan.hpp"

namespace volley::run {

/// Looks at a phase about once a second, for thresholds that may end it (`abort`) or have it run on (`if_unsure: extend`).
/// Keeps references: scenario, phase and server must stay.
class LiveLook {
public:
    /// @param server  with its phases before this one, for thresholds that speak of all of them.
    LiveLook(const scenario::Scenario& scenario, const scenario::Phase& phase, const report::ServerResult& server);

    /// Whether some threshold wants to be looked at: a look copies all figures.
    [[nodiscard]] bool needed() const noexcept { return !aborting_.empty() || !extending_.empty(); }
    /// @param ending  the phase is about to end, and could run on.
    engine::Decision operator()(const engine::PhaseOutcome& so_far, bool ending);
    /// The threshold that ended the phase, or nullptr.
    [[nodiscard]] const scenario::Threshold* aborted_by() const noexcept { return aborted_by_; }

private:
    struct Aborting {
        const scenario::Threshold* threshold;
        LiveThreshold live;
    };
    [[nodiscard]] Assessment assess_now(const scenario::Threshold& t, const report::PhaseResult& now) const;

    const scenario::Phase& phase_;
    const report::ServerResult& server_;
    std::vector<Aborting> aborting_;
    std::vector<const scenario::Threshold*> extending_;
    const scenario::Threshold* aborted_by_ = nullptr;
};

/// The figures of an outcome, as thresholds see them.
void take_figures(const engine::PhaseOutcome& outcome, report::PhaseResult& out);
/// What is known of a phase before it runs.
[[nodiscard]] report::PhaseResult result_of(const scenario::Phase& phase);

}  // namespace volley::run
