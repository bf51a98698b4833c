#include "run/evidence.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <volley/metrics/batch_means.hpp>

#include "report/terminal.hpp"

namespace volley::run {
namespace {

using metrics::QuantileInterval;
using report::grouped;
using report::PhaseResult;
using scenario::Threshold;
using Op = Threshold::Op;

bool wants_less(const Threshold& t) { return t.op == Op::less || t.op == Op::less_equal; }
bool wants_more(const Threshold& t) { return t.op == Op::greater || t.op == Op::greater_equal; }

bool has_interval(const Threshold& t, const PhaseResult& phase) {
    if (!is_answer_time(t) && !is_media_round_trip(t)) return false;
    const auto q = quantile_of(t);
    return q && *q > 0 && *q < 1 && (wants_less(t) || wants_more(t)) && phase.kind != report::PhaseKind::burst;
}

/// Two-sided; where the sample has no end on the side of the limit but bounds it one-sided, that one: with 299 answers the largest is a
/// bound of p99 at 95 %.
/// @param lost  so many more values there are, larger than all of these.
QuantileInterval interval_of(const Threshold& t, const metrics::Histogram& h, double q, double n_eff, std::uint64_t lost) {
    auto out = metrics::quantile_interval(h, q, n_eff, t.confidence, lost);
    const auto one_sided = metrics::quantile_interval(h, q, n_eff, 2 * t.confidence - 1, lost);
    if (wants_less(t) && !out.high) out.high = one_sided.high;
    if (wants_more(t) && !out.low) out.low = one_sided.low;
    return out;
}

Assessment compare(const Threshold& t, const QuantileInterval& interval) {
    const auto& near = wants_less(t) ? interval.high : interval.low;
    const auto& far = wants_less(t) ? interval.low : interval.high;
    if (near && holds(t, to_seconds(*near))) return Assessment::pass;
    if (far && !holds(t, to_seconds(*far))) return Assessment::fail;
    return Assessment::unsure;
}

/// Whether both halves of a phase fail by themselves, so that its failure is none of its drift. By the coarse histograms of its seconds,
/// which are of the response time: a difference that they cannot show does not count.
bool fails_throughout(const Threshold& t, const PhaseResult& phase, double q) {
    constexpr double resolution = 1 + 1.0 / metrics::CoarseHistogram::buckets_per_octave;
    const auto& series = phase.tally->series;
    const auto fails = [&](std::size_t from, std::size_t to) {
        metrics::CoarseHistogram half;
        for (std::size_t i = from; i < to; ++i) half.merge(series[i].response);
        const double value = to_seconds(half.quantile(q));
        return !half.empty() && !holds(t, wants_less(t) ? value / resolution : value * resolution);
    };
    const std::size_t middle = series.size() / 2;
    return fails(0, middle) && fails(middle, series.size());
}

/// Takes back what the interval of a phase that drifts seems to show.
void doubt_drift(const Threshold& t, double q, std::span<const PhaseResult* const> parts, Evidence& out) {
    bool throughout = true;
    for (const auto* part : parts) {
        const auto state = report::steadiness(*part);
        if (state.state != metrics::SteadyState::State::unsteady) continue;
        if (!out.drift || std::abs(state.drift) > std::abs(out.drift->drift)) out.drift = state;
        throughout = throughout && fails_throughout(t, *part, q);
    }
    if (!out.drift || (out.measured == Assessment::fail && throughout)) return;
    out.failed_in_part = out.measured == Assessment::fail;
    out.measured = Assessment::unsure;
}

}  // namespace

Evidence weigh(const Threshold& t, const PhaseResult& phase, const Figure& figure, std::span<const PhaseResult* const> parts) {
    Evidence out;
    const auto of_value = [&](double value) { return holds(t, value) ? Assessment::pass : Assessment::fail; };
    if (!has_interval(t, phase)) {
        out.measured = of_value(figure.value);
        out.without_us = std::isnan(figure.without_us) ? out.measured : of_value(figure.without_us);
        return out;
    }
    const double q = *quantile_of(t);
    Trust trust;
    const bool media = is_media_round_trip(t);
    const std::uint64_t lost = never_back(t, phase);
    trust.n = (media ? times_of(t, phase).count() : phase.tally->response.count()) + lost;
    // How far frames depend on each other nobody has measured: they are taken for independent, and the interval is at least so wide.
    if (media) trust.n_eff = static_cast<double>(trust.n);
    for (const auto* part : parts)
        if (!media)
            trust.n_eff +=
                metrics::effective_samples(part->tally->series, part->tally->response.count() + never_back(t, *part), q);
    const auto independent = metrics::samples_needed(wants_less(t) ? q : 1 - q, t.confidence);
    trust.bounded = independent && std::floor(trust.n_eff) >= static_cast<double>(*independent);
    if (independent && trust.n_eff > 0)
        trust.needed = static_cast<std::uint64_t>(
            std::ceil(static_cast<double>(*independent) * std::max(static_cast<double>(trust.n) / trust.n_eff, 1.0)));
    trust.interval = interval_of(t, times_of(t, phase), q, trust.n_eff, lost);
    out.measured = compare(t, trust.interval);
    out.without_us = compare(t, interval_of(t, times_without_us(t, phase), q, trust.n_eff, lost));
    out.trust = trust;
    if (!media) doubt_drift(t, q, parts, out);
    return out;
}

Together together(std::span<const PhaseResult* const> phases) {
    Together out;
    auto& all = out.all;
    all.phase = "all phases";
    const auto calls = std::make_shared<metrics::CallTally>();
    for (const auto* p : phases) {
        if (p->warmup) continue;
        out.parts.push_back(p);
        all.tally->merge(*p->tally);
        all.elapsed += p->elapsed;
        all.planned += p->planned;
        all.missed += p->missed;
        all.saturated += p->saturated;
        all.generator.merge(p->generator);
        if (p->calls) calls->merge(*p->calls);
        all.interrupted = all.interrupted || p->interrupted;
        if (all.inconclusive.empty()) all.inconclusive = p->inconclusive;
        if (all.aborted.empty()) all.aborted = p->aborted;
    }
    if (calls->calls > 0 || calls->planned > 0) all.calls = calls;
    const bool bursts = std::ranges::all_of(out.parts, [](const auto* p) { return p->kind == report::PhaseKind::burst; });
    all.kind = bursts ? report::PhaseKind::burst : report::PhaseKind::users;
    return out;
}

bool starts_were_made(const PhaseResult& phase) {
    const auto made = [](std::uint64_t missed, std::uint64_t planned) {
        return planned == 0 || static_cast<double>(missed) <= 0.01 * static_cast<double>(planned);
    };
    // Pings are many and would hide calls that were not made.
    return made(phase.missed, phase.planned) && (!phase.calls || made(phase.calls->missed, phase.calls->planned));
}

std::string trust_words(const Threshold& t, const Trust& trust) {
    const auto worth = static_cast<std::uint64_t>(trust.n_eff);
    const std::string size = worth < trust.n ? "n_eff " + grouped(worth) + " of " + grouped(trust.n) : "n " + grouped(trust.n);
    return fmt::format("({:.4g} %: {}, {})", t.confidence * 100, report::range_text(trust.interval), size);
}

std::string too_few_words(const Threshold& t, const Trust& trust, const PhaseResult& phase) {
    const char* things = t.metric == "video_rtt" ? "frames" : t.metric == "audio_rtt" ? "chirps" : "right answers";
    std::string text = grouped(trust.n) + ' ' + things + " cannot bound " + t.aggregate;
    if (trust.needed == 0) return text;
    text += ": " + grouped(trust.needed) + " are needed";
    if (phase.elapsed > Duration::zero() && trust.n > 0)
        text += ", " +
                format_duration(
                    from_seconds(to_seconds(phase.elapsed) * static_cast<double>(trust.needed) / static_cast<double>(trust.n))) +
                " at this rate";
    return text;
}

}  // namespace volley::run
