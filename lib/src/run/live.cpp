#include "run/live.hpp"

#include "run/evidence.hpp"

namespace volley::run {

using scenario::Threshold;

LiveLook::LiveLook(const scenario::Scenario& scenario, const scenario::Phase& phase, const report::ServerResult& server)
    : phase_(phase), server_(server) {
    if (phase.warmup || phase.burst) return;
    for (const auto& t : scenario.thresholds) {
        if (!t.server.empty() && t.server != server.name) continue;
        if (!t.phase.empty() && t.phase != phase.name) continue;
        if (t.abort) aborting_.push_back({&t, LiveThreshold(t)});
        if (t.if_unsure == Threshold::IfUnsure::extend) extending_.push_back(&t);
    }
}

Assessment LiveLook::assess_now(const Threshold& t, const report::PhaseResult& now) const {
    if (!t.phase.empty()) return assess(t, now);
    std::vector<const report::PhaseResult*> phases;
    for (const auto& before : server_.phases) phases.push_back(&before);
    phases.push_back(&now);
    const auto [all, parts] = together(phases);
    return assess(t, all, parts);
}

engine::Decision LiveLook::operator()(const engine::PhaseOutcome& so_far, bool ending) {
    auto now = result_of(phase_);
    take_figures(so_far, now);
    for (auto& [threshold, live] : aborting_) {
        if (!live.feed(now.elapsed, assess_now(*threshold, now), now.tally->requests)) continue;
        aborted_by_ = threshold;
        return engine::Decision::abort;
    }
    if (!ending) return engine::Decision::go_on;
    for (const auto* threshold : extending_)
        if (assess_now(*threshold, now) == Assessment::unsure) return engine::Decision::extend;
    return engine::Decision::go_on;
}

void take_figures(const engine::PhaseOutcome& outcome, report::PhaseResult& out) {
    out.tally = outcome.tally;
    out.calls = outcome.calls;
    out.elapsed = outcome.elapsed;
    out.loaded = outcome.loaded;
    out.planned = outcome.planned;
    out.missed = outcome.missed;
    out.saturated = outcome.saturated;
    out.inconclusive = outcome.unprepared;
    if (!outcome.trouble.empty()) out.inconclusive += (out.inconclusive.empty() ? "" : "; ") + outcome.trouble;
    out.generator = outcome.generator;
    out.extensions = outcome.extensions;
}

report::PhaseResult result_of(const scenario::Phase& phase) {
    report::PhaseResult out;
    out.phase = phase.name;
    out.scenario = phase.scenario;
    out.kind = phase.burst ? report::PhaseKind::burst : phase.users ? report::PhaseKind::users : report::PhaseKind::rate;
    out.warmup = phase.warmup;
    out.climbs = phase.climbs();
    return out;
}

}  // namespace volley::run
