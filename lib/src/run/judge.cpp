// Thresholds against figures: pure.
#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <volley/run/run.hpp>

namespace volley::run {
namespace {

using report::PhaseResult;
using report::RunResult;
using report::ServerResult;
using report::ThresholdResult;
using report::Verdict;
using scenario::Threshold;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// A figure, the same without what is our own doing, and why there is none.
struct Figure {
    double value = nan;
    double without_us = nan;  ///< for decision "fail only if it fails without our lag too"
    std::string missing;
};

bool is_time(const Threshold& t) {
    return t.metric == "latency" || t.metric == "service" || t.metric == "makespan" || t.metric == "solo";
}

/// A count of answers or starts, which is true whatever the clock says.
bool is_count(const Threshold& t) {
    return t.metric == "errors" || t.metric == "right" || t.metric == "requests" || t.metric == "missed" ||
           t.metric == "saturated";
}

double quantile(const metrics::Histogram& h, std::string_view aggregate) {
    if (aggregate == "mean") return to_seconds(h.mean());
    if (aggregate == "min") return to_seconds(h.min());
    if (aggregate == "max") return to_seconds(h.max());
    return to_seconds(h.quantile(std::stod(std::string(aggregate.substr(1))) / 100));
}

Figure latency_figure(const Threshold& t, const PhaseResult& phase) {
    if (phase.tally->right == 0) return {.missing = "no right answer to take it from"};
    const std::string_view aggregate = t.aggregate.empty() ? "p95" : std::string_view(t.aggregate);
    const double service = quantile(phase.tally->service, aggregate);
    return {t.metric == "service" ? service : quantile(phase.tally->response, aggregate), service, {}};
}

Figure burst_figure(const Threshold& t, const PhaseResult& phase) {
    if (!phase.burst) return {.missing = "only a burst has it"};
    const auto& b = *phase.burst;
    if (!b.complete)
        return {.missing = fmt::format("{} of {} answers were wrong, so it says nothing", phase.errors(), phase.tally->requests)};
    if (t.metric == "makespan") return {to_seconds(b.makespan), to_seconds(b.makespan - b.own_lag), {}};
    if (b.solo <= Duration::zero()) return {.missing = "the solo time is not known"};
    const double lean = to_seconds(b.makespan - b.own_lag) / to_seconds(b.solo);
    if (t.metric == "solo") return {to_seconds(b.solo), nan, {}};
    if (t.metric == "ratio") return {b.ratio, lean, {}};
    if (t.metric == "overlap") return {b.overlap, lean > 0 ? static_cast<double>(b.n) / lean : nan, {}};
    if (t.metric == "groups") return {static_cast<double>(b.groups.size()), nan, {}};
    if (!b.serial_fraction) return {.missing = "a burst of one has none"};
    return {*b.serial_fraction, (lean - 1) / (static_cast<double>(b.n) - 1), {}};
}

Figure figure_of(const Threshold& t, const PhaseResult& phase) {
    const double all = static_cast<double>(phase.tally->requests + phase.saturated);
    const bool share = t.unit == Threshold::Unit::share;
    const auto counted_of = [&](std::uint64_t n, double whole) -> Figure {
        if (!share) return {static_cast<double>(n), nan, {}};
        if (whole == 0) return {.missing = "there was no request"};
        return {static_cast<double>(n) / whole, nan, {}};
    };
    const auto counted = [&](std::uint64_t n) { return counted_of(n, all); };
    // Starts that were not made are none of the requests: their share is one of the plan, where there was one.
    const auto starts = [&](std::uint64_t n) {
        return counted_of(n, phase.planned > 0 ? static_cast<double>(phase.planned) : all);
    };
    if (t.metric == "latency" || t.metric == "service") return latency_figure(t, phase);
    if (t.metric == "errors") return counted(phase.errors());
    if (t.metric == "right") return counted(phase.tally->right);
    if (t.metric == "requests") return counted(phase.tally->requests);
    if (t.metric == "missed") return starts(phase.missed);
    if (t.metric == "saturated") return starts(phase.saturated);
    return burst_figure(t, phase);
}

constexpr int usual_digits = 3;

std::string in_words(const Threshold& t, double value, int digits = usual_digits) {
    if (is_time(t)) return format_duration(from_seconds(value));
    if (t.unit == Threshold::Unit::share || t.metric == "serial_fraction") return fmt::format("{:.{}g} %", value * 100, digits);
    if (value == std::floor(value) && std::abs(value) < 1e15) return fmt::format("{:.0f}", value);
    return fmt::format("{:.{}g}", value, digits);
}

/// With as many digits as it takes to tell it from the limit: 1.00424 is not "1, over 1".
std::string measured_words(const Threshold& t, double value) {
    constexpr int most_digits = 9;
    int digits = usual_digits;
    while (digits < most_digits && value != t.amount && in_words(t, value, digits) == in_words(t, t.amount, digits)) ++digits;
    return in_words(t, value, digits);
}

/// "over 1.25 by 11.9 (10.5 times)".
std::string by_how_much(const Threshold& t, double value) {
    const double off = value - t.amount;
    if (off == 0) return fmt::format("is {} exactly", in_words(t, t.amount));
    std::string text = fmt::format("{} {} by {}", off > 0 ? "over" : "under", in_words(t, t.amount), in_words(t, std::abs(off)));
    if (t.amount > 0 && off > 0) text += fmt::format(" ({:.3g} times it)", value / t.amount);
    return text;
}

ThresholdResult judge_one(const Threshold& t, const ServerResult& server, const PhaseResult& phase) {
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
    const Figure figure = figure_of(t, phase);
    if (!figure.missing.empty()) {
        // Fail closed: what cannot be shown is not taken for granted.
        result.verdict = Verdict::fail;
        result.message = figure.missing;
        return result;
    }
    result.measured = measured_words(t, figure.value);
    if (!phase.inconclusive.empty() && !is_count(t)) {
        result.verdict = Verdict::inconclusive;
        result.message = phase.inconclusive;
        return result;
    }
    const bool made = phase.planned == 0 || static_cast<double>(phase.missed) <= 0.01 * static_cast<double>(phase.planned);
    if (holds(t, figure.value)) {
        if (made || t.metric == "missed") return result;
        result.verdict = Verdict::inconclusive;
        result.message = fmt::format("{} of {} planned starts were not made: this machine could not keep the rate; lower it",
                                     phase.missed, phase.planned);
        return result;
    }
    if (!std::isnan(figure.without_us) && holds(t, figure.without_us)) {
        result.verdict = Verdict::inconclusive;
        result.message = by_how_much(t, figure.value) + "; without our own start lag it holds: run again on a quieter machine";
        return result;
    }
    result.verdict = Verdict::fail;
    result.message = by_how_much(t, figure.value);
    return result;
}

/// All measured phases of a server as one, for thresholds that name no phase.
PhaseResult merged(const ServerResult& server) {
    PhaseResult all;
    all.phase = "all phases";
    all.kind = report::PhaseKind::users;
    for (const auto& p : server.phases) {
        if (p.warmup) continue;
        all.tally->merge(*p.tally);
        all.planned += p.planned;
        all.missed += p.missed;
        all.saturated += p.saturated;
        all.interrupted = all.interrupted || p.interrupted;
        if (all.inconclusive.empty()) all.inconclusive = p.inconclusive;
    }
    return all;
}

bool speaks_of_errors(const scenario::Scenario& scenario, const std::string& phase, const std::string& server) {
    return std::ranges::any_of(scenario.thresholds, [&](const Threshold& t) {
        return (t.metric == "errors" || t.metric == "right") && (t.phase.empty() || t.phase == phase) &&
               (t.server.empty() || t.server == server);
    });
}

/// What holds where the file says nothing: every answer right.
ThresholdResult judge_errors(const ServerResult& server, const PhaseResult& phase) {
    Threshold t;
    t.metric = "errors";
    t.op = Threshold::Op::equal;
    t.source.text = "errors == 0";
    auto result = judge_one(t, server, phase);
    if (result.verdict == Verdict::fail && !phase.wrong_examples.empty()) result.message += "; " + phase.wrong_examples.front();
    if (result.verdict == Verdict::pass && phase.tally->requests == 0) {
        result.verdict = Verdict::fail;
        result.message = "not one request was made";
    }
    return result;
}

Verdict overall(const RunResult& result) {
    if (result.signal != 0) return Verdict::interrupted;
    Verdict worst = Verdict::pass;
    for (const auto& t : result.thresholds) worst = std::max(worst, t.verdict);
    for (const auto& s : result.servers) {
        if (s.state == report::ServerState::not_started || s.state == report::ServerState::unreachable)
            worst = std::max(worst, Verdict::target_failed);
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
    for (const auto& server : result.servers) {
        for (const auto& phase : server.phases)
            if (!phase.warmup && !speaks_of_errors(scenario, phase.phase, server.name))
                result.thresholds.push_back(judge_errors(server, phase));
        for (const auto& t : scenario.thresholds) {
            if (!t.server.empty() && t.server != server.name) continue;
            if (t.phase.empty()) {
                result.thresholds.push_back(judge_one(t, server, merged(server)));
            } else if (const auto* phase = server.find(t.phase)) {
                result.thresholds.push_back(judge_one(t, server, *phase));
            }
        }
    }
    result.verdict = overall(result);
}

}  // namespace volley::run
