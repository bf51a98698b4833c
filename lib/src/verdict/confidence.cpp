// How much a record can be trusted.
#include <algorithm>

#include "verdict/words.hpp"

namespace volley::verdict {
namespace {

/// From 0 to 1: 1 far from where the verdict would be another.
double margin(const Record& r, const Assessment& a) {
    switch (r.headline) {
        case Headline::asynchronous:
        case Headline::thread_per_request:
        case Headline::concurrent:
            // 1.25 is the limit; 1.1 is well within it.
            if (a.solo.wide() || a.fit.step > 0 || !a.fit.decisive || a.solo.service <= 0) return 0.4;
            // What each request costs was inferred from the burst itself: it makes nothing surer than likely.
            return std::clamp((1.35 - a.fit.decisive->measured / a.solo.service) / 0.25, r.ratio <= 1.1 ? 0.5 : 0.0, 1.0);
        case Headline::pool:
            return a.fit.exact ? 1.0 : 0.4;
        case Headline::serial:
        case Headline::loop_blocked:
        case Headline::paced:
        case Headline::cpu_bound:
            return std::clamp((r.ratio - 1.3) / 2, 0.0, 1.0);
        case Headline::refusing:
            return a.limits.closed_in ? 1.0 : 0.3;
        case Headline::backlog_small:
            return a.backlog.delayed + a.backlog.refused >= 4 ? 1.0 : 0.5;
        case Headline::unstable:
            return 0.6;
        case Headline::inconclusive:
            return 0;
    }
    return 0;
}

}  // namespace

Confidence confidence_of(const Record& r, const Assessment& a) {
    if (r.headline == Headline::inconclusive) return Confidence::low;
    double score = margin(r, a);
    // Each that is missing takes away.
    if (a.fit.repeats < 3) score -= a.fit.repeats < 2 ? 0.4 : 0.15;
    if (a.solo.times.size() < 3 || a.solo.wide()) score -= 0.2;
    if (a.seen.control.empty()) score -= 0.3;
    if (a.fit.residual > 0.15) score -= 0.2;
    if (!a.work.seen) score -= 0.1;
    if (!a.canaries.parser.heard && r.headline != Headline::pool && r.headline != Headline::refusing) score -= 0.2;
    if (a.limits.stray) score -= 0.2;
    if (a.stood_still() > 0) score -= 0.3;
    if (a.seen.interrupted) score -= 0.2;
    if (a.fit.flat_upto < 20 && (r.workers_at_least || r.headline == Headline::concurrent)) score -= 0.4;
    // That nothing was heard, or that answers come in bunches, speaks against a limiter, and for a pool that is held for a part of a request.
    if (r.headline == Headline::paced && (a.hold == Hold::unknown || a.fit.bunch > 1)) score = std::min(score, 0.7);
    return score >= 0.75 ? Confidence::high : score >= 0.35 ? Confidence::medium : Confidence::low;
}

}  // namespace volley::verdict
