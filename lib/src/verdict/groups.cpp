#include "verdict/groups.hpp"

#include <algorithm>
#include <map>

#include <volley/metrics/summary.hpp>

namespace volley::verdict {
namespace {

double last_end(const Burst& burst) {
    Duration last{};
    for (const Shot& s : burst.shots)
        if (s.right) last = std::max(last, s.done);
    return to_seconds(last);
}

/// From when the last request was begun: a start that was late by ourselves is our lag, and is looked at as such.
double lag_of(const Burst& burst) {
    std::vector<double> starts;
    for (const Shot& s : burst.shots)
        if (s.started != never) starts.push_back(std::max(0.0, to_seconds(s.started)));
    std::ranges::sort(starts);
    return quantile(starts, 0.99);
}

std::vector<std::size_t> clusters(const std::vector<double>& at, double service) {
    std::vector<Duration> instants;
    for (const double t : at) instants.push_back(from_seconds(t));
    return metrics::completion_groups(std::move(instants), from_seconds(service));
}

bool is_refusal(const Shot& s) {
    using metrics::Outcome;
    switch (s.outcome) {
        case Outcome::ok:
        case Outcome::refused:
        case Outcome::reset:
        case Outcome::protocol:
        case Outcome::truncated:
        case Outcome::tls:
            return true;
        case Outcome::resolve:
        case Outcome::timeout:
        case Outcome::exhausted:
        case Outcome::cancelled:
        case Outcome::too_large:
            return false;
    }
    return false;
}

/// Answered with success, but not as one alone ever was: in less than half the time, or with a body of another size.
bool is_unlike(const Shot& s, const Solo& solo) {
    if (!s.right || s.done == never) return false;
    const double took = to_seconds(s.done - (s.sent != never ? s.sent : Duration{}));
    if (!solo.wide() && took < 0.5 * std::min(solo.lowest, solo.service)) return true;
    return solo.least_bytes > 0 && (2 * s.bytes < solo.least_bytes || s.bytes > 2 * solo.most_bytes);
}

void count_shots(View& view, const Burst& burst, const Solo& solo) {
    std::map<int, std::size_t> statuses;
    // Where none is like those alone, something else is different: a cache, a body that grows.
    const bool some_alike =
        std::ranges::any_of(burst.shots, [&](const Shot& s) { return s.right && s.done != never && !is_unlike(s, solo); });
    for (const Shot& s : burst.shots) {
        if (some_alike && is_unlike(s, solo)) {
            ++view.refused;
            ++view.unlike;
            ++statuses[s.status];
        } else if (s.right && s.done != never) {
            view.ends.push_back(to_seconds(s.done));
        } else if (is_refusal(s)) {
            ++view.refused;
            ++statuses[s.outcome == metrics::Outcome::ok ? s.status : 0];
        } else {
            ++view.lost;
        }
    }
    std::size_t most = 0;
    for (const auto& [status, count] : statuses)
        if (count > most) {
            most = count;
            view.refusal = status;
        }
}

View view_of(const Burst& burst, const Solo& solo, double cost, double each) {
    View view;
    view.burst = &burst;
    view.n = burst.shots.size();
    view.cost = cost;
    view.lag = lag_of(burst);
    count_shots(view, burst, solo);
    // The cost grows with the number of answers: the first ones pay little of it. Not more than a fifth of S is taken off: a slow
    // control must not make a second turn look like the first.
    std::ranges::sort(view.ends);
    if (!view.ends.empty()) view.took = view.ends.back();
    const double off = cost <= 0.3 * solo.service ? std::min(cost, solo.service / 5) : 0;
    const double one = off / static_cast<double>(view.n);
    // Both costs are estimates: together they may be more than there was, but no request takes less for being one of many.
    const auto without = [&](double end, double cost_of_one, std::size_t i) {
        return std::max({0.0, end - cost_of_one * static_cast<double>(i + 1), std::min(end, solo.service)});
    };
    if (!view.ends.empty()) view.measured = without(view.took, one, view.ends.size() - 1);
    view.costly = each * static_cast<double>(view.n) > most_cost * solo.service;
    for (std::size_t i = 0; i < view.ends.size(); ++i) view.ends[i] = without(view.ends[i], one + each, i);
    std::ranges::sort(view.ends);
    if (view.ends.empty()) return view;
    view.makespan = view.ends.back();
    if (solo.service <= 0) return view;
    view.ratio = view.makespan / solo.service;
    const double limit = solo.late() * solo.service;
    view.first_turn = static_cast<std::size_t>(std::ranges::upper_bound(view.ends, limit) - view.ends.begin());
    view.groups = clusters(view.ends, solo.service);
    return view;
}

bool took_several(const Observation& seen, const Burst& burst) { return seen.http2 && burst.connections.value_or(1) > 1; }

}  // namespace

std::size_t streams_exceeded(const Observation& seen) {
    std::size_t out = 0;
    for (const Burst& b : seen.bursts)
        if (took_several(seen, b) && b.shots.size() > 1) out = out == 0 ? b.shots.size() : std::min(out, b.shots.size());
    return out;
}

bool View::convoy() const noexcept {
    return n >= 4 && ratio >= 2.5 && groups.size() == 2 && groups.front() == 1 && groups.back() + 1 == ends.size();
}

bool has_control(const Observation& seen, std::size_t n) {
    return std::ranges::any_of(seen.control, [&](const Burst& b) { return b.shots.size() == n && !b.cut; });
}

double control_cost(const Observation& seen, std::size_t n) {
    std::map<std::size_t, std::vector<double>> by_size;
    for (const Burst& b : seen.control) {
        if (b.shots.empty() || b.cut) continue;
        by_size[b.shots.size()].push_back(std::max(0.0, last_end(b) - to_seconds(seen.control_service)));
    }
    if (by_size.empty()) return 0;
    auto at = by_size.lower_bound(n);
    if (at == by_size.end()) --at;
    const double scale = static_cast<double>(n) / static_cast<double>(at->first);
    return median_of(at->second) * std::min(1.0, scale);
}

double cost_of_each(const std::vector<View>& views, const Solo& solo) {
    if (solo.wide() || solo.service <= 0) return 0;
    std::size_t largest = 0;
    const auto fits = [](const View& v) { return v.held() && v.n >= 10 && v.ends.size() == v.n && v.late() <= v.n / 34; };
    for (const View& v : views)
        if (fits(v)) largest = std::max(largest, v.n);
    // The cost grows from the first answer to the last: half of it shows in the median, where service times that differ cancel out.
    std::vector<double> each;
    for (const View& v : views)
        if (fits(v) && 3 * v.n >= largest) each.push_back(2 * (quantile(v.ends, 0.5) - solo.service) / static_cast<double>(v.n));
    const double cost = median_of(std::move(each));
    return cost > 0 && cost < 0.02 * solo.service ? cost : 0;
}

std::vector<View> views_of(const Observation& seen, const Solo& solo, double each) {
    std::vector<View> out;
    for (const Burst& burst : seen.bursts)
        if (burst.shots.size() >= 2 && !took_several(seen, burst))
            out.push_back(view_of(burst, solo, control_cost(seen, burst.shots.size()), each));
    return out;
}

}  // namespace volley::verdict
