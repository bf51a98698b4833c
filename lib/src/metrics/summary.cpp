#include <volley/metrics/summary.hpp>

#include <algorithm>

namespace volley::metrics {

void Tally::add(const Sample& sample, const std::string& kind) {
    ++requests;
    if (sample.repeated) ++retried;
    bytes += sample.bytes;
    if (sample.status != 0) ++statuses[sample.status];
    if (sample.started != TimePoint{}) start_lag.record(sample.start_lag());
    if (sample.resolved != TimePoint{}) resolve.record(sample.resolved - sample.started);
    if (sample.tcp != TimePoint{}) {
        connect.record(sample.tcp - sample.resolved);
        if (sample.connected > sample.tcp) tls.record(sample.connected - sample.tcp);
    }
    if (!sample.right) {
        ++errors[kind];
        return;
    }
    ++right;
    response.record(sample.response_time());
    from_start.record(sample.time_from_start());
    service.record(sample.service_time());
    if (sample.first_byte != TimePoint{}) first_byte.record(sample.first_byte - sample.sent);
}

void Tally::merge(const Tally& other) {
    requests += other.requests;
    right += other.right;
    retried += other.retried;
    bytes += other.bytes;
    for (const auto& [kind, n] : other.errors) errors[kind] += n;
    for (const auto& [status, n] : other.statuses) statuses[status] += n;
    response.merge(other.response);
    from_start.merge(other.from_start);
    service.merge(other.service);
    first_byte.merge(other.first_byte);
    resolve.merge(other.resolve);
    connect.merge(other.connect);
    tls.merge(other.tls);
    start_lag.merge(other.start_lag);
    series.merge(other.series);
}

Duration median(std::vector<Duration> values) {
    if (values.empty()) return {};
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

std::vector<std::size_t> completion_groups(std::vector<Duration> completions, Duration solo) {
    std::vector<std::size_t> groups;
    std::ranges::sort(completions);
    for (std::size_t i = 0; i < completions.size(); ++i) {
        if (i == 0 || completions[i] - completions[i - 1] > solo / 3) groups.push_back(0);
        ++groups.back();
    }
    return groups;
}

namespace {

Duration makespan_of(const std::vector<Sample>& burst) {
    Duration last{};
    for (const auto& s : burst) last = std::max(last, s.response_time());
    return last;
}

}  // namespace

BurstFigures burst_figures(const std::vector<std::vector<Sample>>& repeats, Duration solo) {
    BurstFigures figures;
    figures.repeats = repeats.size();
    figures.solo = solo;
    if (repeats.empty()) return figures;
    figures.n = repeats.front().size();
    // A fast 500 would read as overlap, so one wrong answer takes the figures away.
    figures.complete = figures.n > 0 && std::ranges::all_of(repeats, [](const auto& burst) {
                           return std::ranges::all_of(burst, [](const Sample& s) { return s.right; });
                       });
    if (!figures.complete) return figures;

    std::vector<const std::vector<Sample>*> order;
    for (const auto& burst : repeats) order.push_back(&burst);
    std::ranges::sort(order, {}, [](const auto* burst) { return makespan_of(*burst); });
    const auto& middle = *order[(order.size() - 1) / 2];

    figures.makespan = makespan_of(middle);
    std::vector<Duration> completions;
    for (const auto& s : middle) {
        completions.push_back(s.response_time());
        figures.own_lag = std::max(figures.own_lag, s.start_lag());
    }
    if (solo <= Duration::zero() || figures.makespan <= Duration::zero()) return figures;
    figures.ratio = to_seconds(figures.makespan) / to_seconds(solo);
    figures.overlap = static_cast<double>(figures.n) / figures.ratio;
    if (figures.n > 1) figures.serial_fraction = (figures.ratio - 1) / (static_cast<double>(figures.n) - 1);
    figures.groups = completion_groups(std::move(completions), solo);
    return figures;
}

}  // namespace volley::metrics
