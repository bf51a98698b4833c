#include "verdict/first_bytes.hpp"

#include <algorithm>

#include "verdict/solo.hpp"

namespace volley::verdict {
namespace {

/// Smaller ones fit into the buffers of the kernels at both ends: what delays them is no link.
constexpr std::uint64_t least_body = 16 * 1024;

struct Times {
    std::vector<double> firsts;
    std::vector<double> ends;
};

Times times_of(const Burst& burst, bool alone) {
    Times out;
    for (const Shot& s : burst.shots) {
        if (!s.right || s.done == never || s.first_byte == never || (!alone && s.bytes < least_body)) continue;
        const Duration from = alone && s.sent != never ? s.sent : Duration{};
        out.firsts.push_back(to_seconds(s.first_byte - from));
        out.ends.push_back(to_seconds(s.done - from));
    }
    std::ranges::sort(out.firsts);
    std::ranges::sort(out.ends);
    return out;
}

}  // namespace

double body_turn(const Observation& seen) {
    Times alone;
    for (const Burst& b : seen.bursts) {
        if (b.shots.size() != 1) continue;
        const Times one = times_of(b, true);
        alone.firsts.insert(alone.firsts.end(), one.firsts.begin(), one.firsts.end());
        alone.ends.insert(alone.ends.end(), one.ends.begin(), one.ends.end());
    }
    const double first = median_of(alone.firsts);
    const double service = median_of(alone.ends);
    // Where the head comes long before the body, as of a stream, it says nothing of the work.
    if (service <= 0 || first < 0.5 * service) return 0;
    std::vector<double> turns;
    bool queues = false;
    for (const Burst& b : seen.bursts) {
        if (b.shots.size() < 2 || b.cut) continue;
        const Times t = times_of(b, false);
        if (t.ends.size() < 2 || t.ends.size() * 10 < b.shots.size() * 9) return 0;
        if (quantile(t.firsts, 0.97) > 1.35 * first) return 0;
        const double queued = t.ends.back() - t.firsts.back() - (service - first);
        turns.push_back(std::max(0.0, queued) / static_cast<double>(t.ends.size() - 1));
        queues = queues || t.ends.back() > 1.35 * service;
    }
    return queues ? median_of(std::move(turns)) : 0;
}

Observation by_first_bytes(Observation seen) {
    for (Burst& b : seen.bursts)
        for (Shot& s : b.shots)
            if (s.right && s.first_byte != never) s.done = s.first_byte;
    return seen;
}

}  // namespace volley::verdict
