#include "verdict/canary.hpp"

#include <algorithm>

namespace volley::verdict {
namespace {

/// One that was still out when the burst had ended waited at least until then.
double latency(const Canary& c, double makespan) {
    if (c.done != never) return to_seconds(c.done - c.planned);
    return std::max(0.0, makespan - to_seconds(c.planned));
}

double idle_of(const std::vector<Canary>& idle) {
    std::vector<double> times;
    for (const Canary& c : idle)
        if (c.done != never) times.push_back(latency(c, 0));
    return median_of(std::move(times));
}

/// For how long some canary was kept waiting, of the time up to `makespan`: what others do to the machine keeps one or two of them, a held
/// loop keeps them all.
double time_kept(const std::vector<Canary>& canaries, double idle, double longer_than, double makespan) {
    double kept = 0;
    double upto = 0;
    for (const Canary& c : canaries) {  // in the order in which they were planned
        const double wait = latency(c, makespan);
        if (wait <= longer_than) continue;
        const double begin = std::max(upto, to_seconds(c.planned) + idle);
        const double end = std::min(makespan, to_seconds(c.planned) + wait);
        if (end <= begin) continue;
        kept += end - begin;
        upto = end;
    }
    return kept;
}

void listen(Song& song, const std::vector<Canary>& canaries, double idle, const View& view, double service) {
    if (canaries.empty()) return;
    double longest = 0;
    for (const Canary& c : canaries) longest = std::max(longest, latency(c, view.makespan));
    song.heard = true;
    if (longest - idle <= song.stall) return;
    song.stall = longest - idle;
    song.share = view.makespan > 0 ? song.stall / view.makespan : 0;
    const double long_wait = std::max(5 * idle, service / 3);
    song.waited = longest > long_wait &&
                  time_kept(canaries, idle, std::min(long_wait, longest / 2), view.makespan) >= (view.makespan - service) / 2;
}

}  // namespace

Canaries canaries_of(const Observation& seen, const std::vector<View>& views, double service) {
    Canaries out;
    const double idle_app = idle_of(seen.idle_app);
    const double idle_parser = idle_of(seen.idle_parser);
    for (const View& v : views) {
        listen(out.app, v.burst->app, idle_app, v, service);
        listen(out.parser, v.burst->parser, idle_parser, v, service);
    }
    return out;
}

}  // namespace volley::verdict
