#include "report/figures.hpp"

#include <algorithm>
#include <cmath>

#include <volley/metrics/batch_means.hpp>

namespace volley::report {

Percentile response_percentile(const PhaseResult& phase, double q) {
    const auto& response = phase.tally->response;
    Percentile out;
    const std::uint64_t lost = phase.calls ? phase.calls->lost : 0;
    const auto value = metrics::quantile_of(response, q, lost);
    out.lost = !value && lost > 0;
    out.value = value.value_or(Duration{});
    out.n = response.count() + lost;
    out.n_eff = metrics::effective_samples(phase.tally->series, out.n, q);
    out.needed = metrics::samples_needed(q, shown_confidence).value_or(0);
    if (out.n < out.needed || out.lost) return out;
    out.carried = std::floor(out.n_eff) < static_cast<double>(out.needed) ? Percentile::Carried::run : Percentile::Carried::sure;
    if (phase.kind == PhaseKind::burst) return out;
    out.interval = metrics::quantile_interval(response, q, out.n_eff, shown_confidence, lost);
    // What one side of the two cannot bound, the whole of the error may: with 299 answers the largest is a bound of p99 at 95 %.
    if (!out.interval.high)
        out.interval.high = metrics::quantile_interval(response, q, out.n_eff, 2 * shown_confidence - 1, lost).high;
    return out;
}

Duration loaded_time(const PhaseResult& phase) noexcept { return phase.loaded > Duration::zero() ? phase.loaded : phase.elapsed; }

double request_rate(const PhaseResult& phase) noexcept {
    const double seconds = to_seconds(loaded_time(phase));
    return seconds > 0 ? static_cast<double>(phase.tally->requests) / seconds : 0;
}

std::optional<Stragglers> stragglers(const PhaseResult& phase) {
    const auto loaded = loaded_time(phase);
    Stragglers out;
    out.took = phase.elapsed - loaded;
    if (phase.kind == PhaseKind::burst || out.took <= std::max<Duration>(loaded / 20, std::chrono::milliseconds(100)))
        return std::nullopt;
    const auto& series = phase.tally->series;
    if (series.empty() || loaded % series.width() != Duration::zero()) return out;
    out.count = 0;
    for (auto i = static_cast<std::size_t>(loaded / series.width()); i < series.size(); ++i) *out.count += series[i].done;
    return out;
}

std::map<int, std::uint64_t> status_classes(const metrics::Tally& tally) {
    std::map<int, std::uint64_t> out;
    for (const auto& [status, n] : tally.statuses) out[status / 100] += n;
    return out;
}

Duration slice_quantile(const PhaseResult& phase, const metrics::Slice& slice, double q) noexcept {
    const auto& response = phase.tally->response;
    const auto value = slice.response.quantile(q);
    return response.empty() || slice.response.empty() ? value : std::clamp(value, response.min(), response.max());
}

Duration slice_length(const PhaseResult& phase, std::size_t index) noexcept {
    const auto width = phase.tally->series.width();
    const auto start = width * static_cast<std::int64_t>(index);
    return phase.elapsed > start ? std::min(width, phase.elapsed - start) : width;
}

}  // namespace volley::report
