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

void listen(Song& song, const std::vector<Canary>& canaries, double idle, const View& view, double service) {
    if (canaries.empty()) return;
    double longest = 0;
    for (const Canary& c : canaries) longest = std::max(longest, latency(c, view.makespan));
    song.heard = true;
    if (longest - idle <= song.stall) return;
    song.stall = longest - idle;
    song.share = view.makespan > 0 ? song.stall / view.makespan : 0;
    song.waited = longest > std::max(5 * idle, service / 3);
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
