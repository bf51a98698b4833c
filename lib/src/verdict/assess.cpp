#include "verdict/assess.hpp"

#include <algorithm>
#include <cmath>

#include "verdict/family.hpp"

namespace volley::verdict {
namespace {

/// Requests that overlap though what the parser answers waits: the threads of a pool may read and answer for themselves. Only where there
/// are fewer threads than requests that overlap can it be nothing but a loop that is held for a part of each.
bool may_be_pool(const Assessment& a) {
    double overlap = 0;
    if (a.solo.wide())
        overlap = a.fit.workers_least >= 2 ? static_cast<double>(a.fit.workers_least) : a.fit.workers >= 3 ? 2 : 0;
    else if (a.fit.pattern == Pattern::slope && a.solo.spread > 0.15 && a.fit.b > 0) {
        // Turns run into each other there, too. A pool's first turn is as long as a pool is wide, S/b; of a slope half of that is begun by then.
        double first = 0;
        for (const View& v : a.views) first = std::max(first, static_cast<double>(v.first_turn));
        const double wide = a.solo.service / a.fit.b;
        overlap = first >= 3 && first >= 0.65 * wide ? 0.8 * wide : 0;
    }
    if (overlap < 2) return false;
    return !a.process_known() || a.work.threads_base + a.work.threads_grown >= static_cast<int>(overlap);
}

Hold hold_of(const Assessment& a) {
    const View* v = a.fit.decisive;
    if (!v || a.fit.pattern == Pattern::flat || a.fit.pattern == Pattern::undecided) return Hold::none;
    const bool turns = a.fit.pattern == Pattern::turns && !a.solo.wide();
    // Threads that work for a few per cent of their time add up to a processor: turns are explained only by all of it.
    const double growth = turns ? 1.2 * v->took : v->took - a.solo.service;
    const bool small = a.fit.pattern == Pattern::slope && a.fit.b < 0.02 * a.solo.service;
    if (!small && is_cpu_bound(*v, growth)) return Hold::cpu;
    if (turns && may_be_contention(*v, v->took - a.solo.service, std::max(a.fit.workers, a.fit.workers_least))) return Hold::busy;
    if (turns || a.fit.pattern == Pattern::varied) return Hold::none;
    if (small) return Hold::none;
    if (is_starved(*v, growth)) return Hold::busy;
    if (a.canaries.parser.waited && may_be_pool(a)) return Hold::none;
    if (a.fit.convoy) return Hold::loop;
    if (a.canaries.parser.heard) {
        if (a.canaries.parser.waited) return a.worker_server && a.fit.pattern != Pattern::slope ? Hold::none : Hold::loop;
        return a.fit.pattern == Pattern::slope ? Hold::pace : Hold::none;
    }
    return a.fit.pattern == Pattern::slope ? Hold::unknown : Hold::none;
}

bool generator_failed(const Assessment& a) {
    const auto held = [](const View& v) { return v.held() && v.ends.size() >= 2; };
    const bool doubtful =
        std::ranges::any_of(a.views, [&](const View& v) { return held(v) && !v.costly && !reliable(v, a.solo); });
    return doubtful && (!a.fit.decisive || (a.fit.pattern == Pattern::flat && a.fit.flat_upto < 50));
}

Unclear unclear_of(const Assessment& a) {
    if (a.solo.service <= 0)
        return a.seen.interrupted ? Unclear::interrupted : a.solo.wrong > 0 ? Unclear::nothing_right : Unclear::too_long;
    if (a.solo.service < least_service) return Unclear::too_fast;
    if (a.limits.by_rate > 0) return Unclear::rate;
    if (a.backlog.small() || a.refuses()) return Unclear::no;
    if (generator_failed(a)) return Unclear::generator;
    if (!a.fit.decisive) {
        if (streams_exceeded(a.seen) == 2) return Unclear::streams;
        if (a.limits.stray_count > 0) return Unclear::failures;
        return a.seen.interrupted ? Unclear::interrupted : Unclear::too_long;
    }
    if (a.hold == Hold::busy) return Unclear::busy;
    if (a.fit.pattern == Pattern::slope && a.fit.b < 0.02 * a.solo.service && !a.only_cost()) return Unclear::disagree;
    if (a.fit.pattern == Pattern::slope && a.hold == Hold::none && !a.only_cost() && a.canaries.parser.waited && may_be_pool(a))
        return Unclear::too_different;
    const bool spaced = a.fit.pattern == Pattern::slope && (a.hold == Hold::pace || a.hold == Hold::unknown);
    if ((spaced && !a.fit.rises) || (a.fit.step > 0 && a.fit.flat_upto < 20)) return Unclear::no_rise;
    if (!a.solo.wide()) return Unclear::no;
    if (a.fit.pattern == Pattern::flat) return a.fit.flat_upto < 50 ? Unclear::too_different : Unclear::no;
    if (a.hold != Hold::none && a.hold != Hold::unknown) return Unclear::no;
    const bool told = a.fit.workers_least >= 2 || (a.fit.workers == 1 && a.fit.workers_most <= 2);
    // A pool and a slope look alike then; only the canaries tell, and where those wait too, whether there are threads at all.
    return told && a.canaries.parser.heard && (!a.canaries.parser.waited || a.worker_server || a.process_known())
               ? Unclear::no
               : Unclear::too_different;
}

/// Bursts of up to five whose requests overlapped are as good as requests alone, where those differ.
void refine_service(Assessment& a) {
    if (a.solo.spread <= 0.05 || a.solo.wide() || a.seen.given_service > Duration::zero()) return;
    std::vector<double> more;
    for (const View& v : a.views)
        if (v.held() && v.n <= 5 && v.ends.size() == v.n && v.late() == 0) more.insert(more.end(), v.ends.begin(), v.ends.end());
    if (more.empty()) return;
    refine(a.solo, more);
    a.views = views_of(a.seen, a.solo);
}

}  // namespace

Assessment::Assessment(const Observation& observed, double turn_of_bodies)
    : seen(observed),
      body_turn(turn_of_bodies),
      solo(solo_of(seen)),
      views(views_of(seen, solo)),
      worker_server(is_worker_server(seen)) {
    refine_service(*this);
    each = cost_of_each(views, solo);
    if (each > 0) views = views_of(seen, solo, each);
    limits = limits_of(views);
    backlog = backlog_of(views, limits);
    work = workings_of(views);
    work.proxy = work.proxy || is_forwarder(seen);
    canaries = canaries_of(seen, views, solo.service);
    fit = verdict::fit(views, solo, !process_known() ? Several::unknown : work.processes > 1 ? Several::yes : Several::no);
    stalls = stalls_of(views, solo, fit.flat_upto);
    hold = hold_of(*this);
    // Where turns cannot be seen, what is held explains the growth, not a number of workers.
    if (solo.wide() && (hold == Hold::cpu || hold == Hold::loop))
        fit.pattern = fit.b >= 0.85 * solo.mean ? Pattern::one_by_one : Pattern::slope;
    unclear = unclear_of(*this);
}

bool Assessment::only_cost() const noexcept {
    return fit.pattern == Pattern::slope && fit.b < 0.02 * solo.service && fit.flat_upto >= 10 && fit.decisive &&
           fit.decisive->groups.size() == 1;
}

double Assessment::stood_still() const noexcept {
    if (fit.pattern != Pattern::flat && !only_cost()) return 0;
    // Many requests at once keep a server from others for a while, without standing still.
    const double canary = canaries.stall();
    return std::max(stalls.longest, canary > std::max(0.25, solo.service / 2) ? canary : 0.0);
}

bool Assessment::refuses() const noexcept {
    if (limits.refused_from == 0) return false;
    std::size_t bursts = 0;
    std::size_t refused = 0;
    std::size_t asked = 0;
    for (const View& v : views) {
        if (!v.held() || v.n < limits.refused_from || v.refused == 0) continue;
        ++bursts;
        refused += v.refused;
        asked += v.n;
    }
    return bursts >= 2 && (limits.closed_in || refused * 10 >= asked);
}

}  // namespace volley::verdict
