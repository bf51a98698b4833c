// Thresholds against figures: pure.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <span>

#include <fmt/format.h>

#include <volley/run/run.hpp>

#include "metrics/asked_transform.hpp"
#include "run/evidence.hpp"
#include "run/judge_probe.hpp"

namespace volley::run {
namespace {

using report::PhaseResult;
using report::RunResult;
using report::ServerResult;
using report::ThresholdResult;
using report::Verdict;
using scenario::Threshold;
using IfUnsure = Threshold::IfUnsure;

/// What comes of a percentile whose interval holds the limit, or that drifts.
void decide_unsure(const Threshold& t, const Evidence& evidence, const PhaseResult& phase, ThresholdResult& result) {
    const Trust& trust = *evidence.trust;
    result.message = "unsure: ";
    if (evidence.drift)
        result.message += "not steady, " + report::drift_words(*evidence.drift) + "; warm it up first, or run it longer";
    else if (trust.bounded)
        result.message += "the limit lies within what the sample allows for";
    else
        result.message += too_few_words(t, trust, phase);
    switch (t.if_unsure) {
        case IfUnsure::pass:
            break;
        case IfUnsure::warn:
            // A percentile that the sample cannot carry is no pass with a warning: it was not measured. Nor is one that failed in part.
            if (trust.bounded && !evidence.failed_in_part)
                result.unsure = true;
            else
                result.verdict = Verdict::inconclusive;
            break;
        case IfUnsure::fail:
            result.verdict = Verdict::fail;
            break;
        case IfUnsure::extend:
            result.verdict = Verdict::inconclusive;
            break;
    }
}

/// How long answers lay in a generator without idle time before it saw them, where a time might hold but for that.
std::optional<Duration> own_delay(const Threshold& t, const Figure& figure, const PhaseResult& phase) {
    if (!phase.generator.busy || phase.kind == report::PhaseKind::burst) return std::nullopt;
    if (!is_answer_time(t)) return std::nullopt;
    const Duration delay = phase.generator.timer_overshoot.quantile(0.99);
    const double served = std::isnan(figure.without_us) ? figure.value : std::min(figure.value, figure.without_us);
    if (!holds(t, std::max(served - to_seconds(delay), 0.0))) return std::nullopt;
    return delay;
}

/// A figure that does not satisfy the threshold.
void decide_failed(const Threshold& t, const Figure& figure, const Evidence& evidence, const PhaseResult& phase,
                   ThresholdResult& result) {
    result.message = by_how_much(t, figure.value);
    if (evidence.without_us != Assessment::fail) {
        result.verdict = Verdict::inconclusive;
        result.message += holds(t, figure.without_us)
                              ? "; without our own start lag it holds: run again on a quieter machine"
                              : "; without our own start lag it is unsure: run again on a quieter machine";
    } else if (const auto delay = own_delay(t, figure, phase)) {
        result.verdict = Verdict::inconclusive;
        result.message += fmt::format(
            "; the load generator had next to no idle time and saw answers up to {} late: give it more "
            "threads, or less load",
            format_duration(*delay));
    } else {
        result.verdict = Verdict::fail;
    }
}

/// Verdict and message of a figure that is there.
void decide(const Threshold& t, const Figure& figure, const Evidence& evidence, const PhaseResult& phase,
            ThresholdResult& result) {
    switch (evidence.measured) {
        case Assessment::pass:
            break;
        case Assessment::unsure:
            decide_unsure(t, evidence, phase, result);
            break;
        case Assessment::fail:
            decide_failed(t, figure, evidence, phase, result);
            break;
    }
    if (result.verdict == Verdict::pass && !starts_were_made(phase) && t.metric != "missed") {
        result.verdict = Verdict::inconclusive;
        result.unsure = false;
        result.message = fmt::format("{} of {} planned starts were not made: this machine could not keep the rate; lower it",
                                     phase.missed, phase.planned);
    }
    if (evidence.trust) result.message += (result.message.empty() ? "" : " ") + trust_words(t, *evidence.trust);
}

/// What a threshold did to the phase while it ran.
void tell_of_looks(const Threshold& t, const PhaseResult& phase, ThresholdResult& result) {
    const auto add = [&](const std::string& text) { result.message += (result.message.empty() ? "" : "; ") + text; };
    if (t.abort && phase.aborted == t.source.text) {
        // It had failed then, whatever the answers that still came have made of it.
        if (result.verdict != Verdict::fail)
            result.message.insert(0, result.message.empty() ? "it had failed" : "it had failed; ");
        result.verdict = Verdict::fail;
        result.unsure = false;
        add("it ended the phase after " + format_duration(phase.elapsed));
    }
    if (t.if_unsure == IfUnsure::extend && phase.extensions > 0)
        add(fmt::format("looked at {} times, as the phase ran on", phase.extensions + 1));
}

/// What pictures tell. Fail closed: a transform that cannot be told is not taken for the one that is wanted.
void judge_transform(const Threshold& t, const PhaseResult& phase, ThresholdResult& result) {
    const auto* media = phase.calls ? phase.calls->media.get() : nullptr;
    result.verdict = Verdict::fail;
    if (media == nullptr || media->video.calls == 0) {
        result.message = "no call sent video";
        return;
    }
    const auto& seen = media->video.transform;
    if (seen.pictures == 0) {
        result.message = media->video.returned == 0
                             ? "no frame came back"
                             : "no picture was looked at: let the moving picture (no file) flow for 3s or longer";
        return;
    }
    if (seen.seen.empty()) {
        result.message = "no transform stands out";
        return;
    }
    result.measured = seen.seen;
    if ((seen.seen == t.value.text) == (t.op == Threshold::Op::equal))
        result.verdict = Verdict::pass;
    else
        result.message = "the pictures tell `" + seen.seen + '`';
}

ThresholdResult judge_one(const Threshold& t, const ServerResult& server, const PhaseResult& phase,
                          std::span<const PhaseResult* const> parts) {
    ThresholdResult result;
    result.source = t.source.text;
    result.pos = t.source.pos;
    result.server = server.name;
    result.phase = phase.phase;
    if (phase.interrupted) {
        result.verdict = Verdict::inconclusive;
        result.message = "the phase was interrupted";
        return result;
    }
    if (is_of_transform(t)) {
        judge_transform(t, phase, result);
        return result;
    }
    const Figure figure = figure_of(t, phase);
    if (!figure.missing.empty()) {
        // Fail closed: what cannot be shown is not taken for granted.
        result.verdict = Verdict::fail;
        result.message = figure.missing;
        return result;
    }
    if (!figure.beyond.empty()) {
        result.verdict = Verdict::fail;
        result.message = figure.beyond;
        tell_of_looks(t, phase, result);
        return result;
    }
    result.measured = measured_words(t, figure.value);
    if (!phase.inconclusive.empty() && !is_count(t)) {
        result.verdict = Verdict::inconclusive;
        result.message = phase.inconclusive;
        return result;
    }
    decide(t, figure, weigh(t, phase, figure, parts), phase, result);
    tell_of_looks(t, phase, result);
    return result;
}

ThresholdResult judge_one(const Threshold& t, const ServerResult& server, const PhaseResult& phase) {
    const std::array parts{&phase};
    return judge_one(t, server, phase, parts);
}

/// All measured phases of a server as one, for thresholds that name no phase.
ThresholdResult judge_together(const Threshold& t, const ServerResult& server) {
    std::vector<const PhaseResult*> phases;
    for (const auto& p : server.phases) phases.push_back(&p);
    const auto [all, parts] = together(phases);
    return judge_one(t, server, all, parts);
}

/// These name calls that fail.
bool is_of_failures(const Threshold& t) { return t.metric == "errors" || t.metric == "right" || t.metric == "calls_failed"; }

/// What they allow to fail is not to be forbidden by `errors == 0`.
bool is_of_errors(const Threshold& t) {
    return is_of_failures(t) || t.metric == "loss" || t.metric == "lost" || t.metric == "answered";
}

bool speaks(const scenario::Scenario& scenario, const std::string& phase, const std::string& server,
            bool (*of)(const Threshold&)) {
    return std::ranges::any_of(scenario.thresholds, [&](const Threshold& t) {
        return of(t) && (t.phase.empty() || t.phase == phase) && (t.server.empty() || t.server == server);
    });
}

/// The figure that must be 0 of a phase where the file says nothing: errors, which lost pings are some of; or failed calls alone, where it
/// speaks of pings, or asks for nothing at all, since to make a call is to want it. Nothing where it says what may fail.
std::optional<std::string> must_be_none(const scenario::Scenario& scenario, const PhaseResult& phase, const std::string& server) {
    if (phase.warmup || speaks(scenario, phase.phase, server, is_of_failures)) return std::nullopt;
    if (scenario.errors_are_judged && !speaks(scenario, phase.phase, server, is_of_errors)) return "errors";
    if (!phase.calls || (!scenario.errors_are_judged && phase.calls->failed == 0)) return std::nullopt;
    return "calls_failed";
}

/// What holds where the file says nothing: every answer right.
ThresholdResult judge_none(std::string metric, const ServerResult& server, const PhaseResult& phase) {
    Threshold t;
    t.source.text = metric + " == 0";
    t.metric = std::move(metric);
    t.op = Threshold::Op::equal;
    auto result = judge_one(t, server, phase);
    if (result.verdict == Verdict::fail && !phase.wrong_examples.empty()) result.message += "; " + phase.wrong_examples.front();
    const bool calls_alone = phase.calls && phase.calls->set_up > 0;  // without pings
    if (result.verdict == Verdict::pass && phase.tally->requests == 0 && !calls_alone) {
        result.verdict = Verdict::fail;
        result.message = "not one request was made";
    }
    return result;
}

bool speaks_of_transform(const scenario::Scenario& scenario, const PhaseResult& phase, const std::string& server) {
    const auto* body = scenario.find_scenario(phase.scenario);
    const bool checks =
        body != nullptr && std::ranges::any_of(body->steps, [](const scenario::Step& step) {
            return std::ranges::any_of(step.checks, [](const scenario::Check& c) {
                return c.query == scenario::Check::Query::media && c.figure == scenario::MediaFigure::video_transform;
            });
        });
    return checks || std::ranges::any_of(scenario.thresholds, [&](const Threshold& t) {
               return is_of_transform(t) && (t.phase.empty() || t.phase == phase.phase) &&
                      (t.server.empty() || t.server == server);
           });
}

/// To ask for a transform is to want it, too. Where pictures cannot tell, nobody is to be blamed.
std::optional<ThresholdResult> judge_asked_transform(const ServerResult& server, const PhaseResult& phase) {
    const auto* media = phase.calls ? phase.calls->media.get() : nullptr;
    if (media == nullptr || !metrics::is_another(media->video.transform)) return std::nullopt;
    Threshold t;
    t.metric = "video_transform";
    t.op = Threshold::Op::equal;
    t.value.text = metrics::shown_of_asked(media->video.transform);
    t.source.text = "video_transform == " + t.value.text;
    return judge_one(t, server, phase);
}

/// @param errors  what came of the thresholds on errors of that phase: a check may fail as often as they allow.
void judge_check(const PhaseResult& phase, Verdict errors, report::CheckResult& check) {
    check.verdict = Verdict::pass;
    check.message.clear();
    if (check.failed > 0) {
        check.verdict = errors;
        check.message = fmt::format("failed for {} of {} {}: {}", check.failed, check.failed + check.held,
                                    phase.calls ? "calls" : "answers", check.example);
    } else if (check.held == 0) {
        check.verdict = Verdict::inconclusive;
        check.message = phase.calls ? "no call came to its end" : "there was no answer to look at";
    } else if (phase.interrupted) {
        check.verdict = Verdict::inconclusive;
        check.message = "the phase was interrupted";
    }
}

Verdict overall(const RunResult& result) {
    if (result.signal != 0) return Verdict::interrupted;
    Verdict worst = result.unwritten.empty() ? Verdict::pass : Verdict::fail;
    for (const auto& t : result.thresholds) worst = std::max(worst, t.verdict);
    for (const auto& s : result.servers) {
        using report::ServerState;
        if (s.state == ServerState::not_started || s.state == ServerState::unreachable || s.state == ServerState::not_working)
            worst = std::max(worst, Verdict::target_failed);
        for (const auto& p : s.probes) worst = std::max(worst, p.verdict);
        if (std::ranges::any_of(s.phases, [](const auto& p) { return !p.warmup && !p.inconclusive.empty(); }))
            worst = std::max(worst, Verdict::inconclusive);
        if (s.state == report::ServerState::died) worst = std::max(worst, Verdict::fail);
        if (s.state == report::ServerState::interrupted) worst = std::max(worst, Verdict::interrupted);
    }
    return worst;
}

}  // namespace

void judge(const scenario::Scenario& scenario, report::RunResult& result) {
    result.thresholds.clear();
    for (auto& server : result.servers) {
        std::map<std::string, Verdict> errors;  // by phase; "" is all of them
        for (const auto& phase : server.phases) {
            auto metric = must_be_none(scenario, phase, server.name);
            if (!metric) continue;
            result.thresholds.push_back(judge_none(*std::move(metric), server, phase));
            errors[phase.phase] = result.thresholds.back().verdict;
        }
        for (const auto& phase : server.phases) {
            if (phase.warmup || speaks_of_transform(scenario, phase, server.name)) continue;
            if (auto another = judge_asked_transform(server, phase)) result.thresholds.push_back(*std::move(another));
        }
        for (const auto& t : scenario.thresholds) {
            if (!t.server.empty() && t.server != server.name) continue;
            if (t.phase.empty())
                result.thresholds.push_back(judge_together(t, server));
            else if (const auto* phase = server.find(t.phase))
                result.thresholds.push_back(judge_one(t, server, *phase));
            else
                continue;
            if (is_of_errors(t)) errors[t.phase] = std::max(errors[t.phase], result.thresholds.back().verdict);
        }
        for (auto& probe : server.probes) judge_probe(scenario, server.name, probe);
        for (auto& phase : server.phases)
            for (auto& check : phase.checks) judge_check(phase, std::max(errors[phase.phase], errors[""]), check);
    }
    result.verdict = overall(result);
}

}  // namespace volley::run
