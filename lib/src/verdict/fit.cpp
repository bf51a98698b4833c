#include "verdict/fit.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "verdict/stalls.hpp"

namespace volley::verdict {
namespace {

using Views = std::vector<const View*>;

double growth(const View& v, const Solo& solo) { return v.makespan - solo.service; }

/// One in thirty may be late without a cause that concerns the others, once there are that many.
std::size_t stragglers(std::size_t n) { return n / 34; }

/// How far the first three turns are from what a pattern says, in units of S: the mean, of no more than half a turn each, so that
/// stragglers count little.
template <class Predicted>
double distance(const View& v, const Solo& solo, Predicted predicted) {
    double off = 0;
    std::size_t count = 0;
    for (; count < v.ends.size(); ++count) {
        const double at = v.ends[count] / solo.service;
        if (at > 3.5 && count >= 4) break;
        off += std::min(0.5, std::abs(at - predicted(count)));
    }
    return off / static_cast<double>(std::max<std::size_t>(count, 1));
}

Pattern pattern_of(const View& v, const Solo& solo) {
    const auto n = static_cast<double>(v.ends.size());
    // S is known the less well the more it differs.
    const double unsure = solo.spread / std::sqrt(static_cast<double>(std::max<std::size_t>(solo.times.size(), 1)));
    if (v.first_turn <= 1) return v.ratio >= (0.85 - std::min(0.15, 2 * unsure)) * n ? Pattern::one_by_one : Pattern::slope;
    // The last few may be stragglers: without them, where enough are left to tell.
    const std::size_t dropped = std::min(stragglers(v.n) + 1, v.late() / 4);
    const std::size_t last = v.ends.size() - 1 - dropped;
    const double b = (v.ends[last] / solo.service - 1) / static_cast<double>(last);
    const auto turns = [&](std::size_t i) { return 1 + std::floor(static_cast<double>(i) / static_cast<double>(v.first_turn)); };
    const auto slope = [&](std::size_t i) { return 1 + b * static_cast<double>(i); };
    // What was not begun at once ends in a second turn, and not just a little later.
    const std::size_t second = v.first_turn + std::min(v.first_turn, v.late()) / 2;
    if (v.late() == 0 || v.ends[std::min(second, v.ends.size() - 1)] < 1.6 * solo.service) return Pattern::slope;
    // A few of many may be the tail of the distribution, which leaves no gap.
    const double gap = v.ends[v.first_turn] - v.ends[v.first_turn - 1];
    if (v.late() * 20 < v.ends.size() && gap < 0.25 * solo.service) return Pattern::slope;
    const double from_turns = distance(v, solo, turns);
    return from_turns <= 0.25 && from_turns <= distance(v, solo, slope) ? Pattern::turns : Pattern::slope;
}

/// What ends neither in the first turn nor when a second one can end says nothing about turns.
bool is_only_stragglers(const View& v, const Solo& solo) {
    if (v.late() == 0 || v.late() > v.ends.size() / 10 + 1 || solo.spread > 0.1) return false;
    const double off = v.ends[v.first_turn] / solo.service - 2;
    return std::abs(off) > 0.12 + 2 * solo.spread;
}

/// By size: did some repeat take one turn, did all take more?
/// @param strict  not a single late answer: what counts W exactly
void bracket(Fit& out, const Views& views, const Solo& solo, bool strict) {
    std::map<std::size_t, std::pair<std::size_t, std::size_t>> by_size;  // flat, not flat
    out.flat_upto = 1;
    out.more_from = 0;
    for (const View* v : views) {
        if (strict && is_only_stragglers(*v, solo)) continue;
        const bool flat = strict ? v->late() == 0 : is_flat(*v, solo);
        // Of a burst with lost answers it says only that the others overlapped.
        if (flat) out.flat_upto = std::max(out.flat_upto, v->ends.size());
        ++(flat ? by_size[v->n].first : by_size[v->n].second);
    }
    // Completions of the first turn overlapped, whatever came after them.
    if (solo.spread <= 0.2)
        for (const View* v : views) out.flat_upto = std::max(out.flat_upto, v->first_turn);
    for (const auto& [n, count] : by_size)
        if (n > out.flat_upto && count.second > 0 && count.first == 0) {
            out.more_from = n;
            break;
        }
}

/// The views that take the most turns tell patterns apart best; those of at least half as many vote.
Pattern vote(const Views& more, const Solo& solo) {
    double most = 0;
    for (const View* v : more) most = std::max(most, v->ratio);
    std::map<Pattern, std::size_t> votes;
    for (const View* v : more)
        if (v->ratio >= std::min(most / 2, 1.9)) ++votes[pattern_of(*v, solo)];
    Pattern best = Pattern::undecided;
    std::size_t count = 0;
    for (const auto& [pattern, n] : votes)
        if (n > count) {
            best = pattern;
            count = n;
        }
    return best;
}

/// Repeats of one size that differ by turns, not by what service times differ.
/// @param workers  there are several for sure; otherwise stragglers may be all there is to it
bool varies(const Views& more, const Solo& solo, bool workers) {
    std::map<std::size_t, std::vector<double>> ratios;
    for (const View* v : more)
        if (!v->burst->canaries && v->ends.size() == v->n) ratios[v->n].push_back(v->ratio);
    for (auto& [n, r] : ratios) {
        if (r.size() < 3) continue;
        std::ranges::sort(r);
        const double middle = quantile(r, 0.5);
        const double natural = 2 * solo.spread * std::sqrt(middle);
        // The second lowest and second highest of many, so that one accident decides nothing.
        const std::size_t trim = r.size() >= 5 ? 1 : 0;
        const bool differ = r[r.size() - 1 - trim] - r[trim] >= std::max(0.7, 0.15 * middle) + natural;
        if (workers && (differ || r.back() - r.front() >= std::max(1.5, 0.3 * middle) + natural)) return true;
        // Stragglers make some bursts longer and leave most as short as the shortest.
        const double near_the_shortest = r.front() + 0.4 + natural / 2;
        const auto shortest = std::ranges::count_if(r, [&](double x) { return x <= near_the_shortest; });
        if (differ && r.size() >= 5 && 2 * static_cast<std::size_t>(shortest) <= r.size()) return true;
    }
    return false;
}

/// A slope would have kept even the bursts that were flat from being so.
bool slope_is_refuted(const Fit& f, const Views& more, const Views& all, const Solo& solo) {
    std::vector<double> b;
    for (const View* v : more)
        if (v->ratio >= 1.9 && 2 * v->ends.size() >= 3 * f.flat_upto)
            b.push_back((v->ratio - 1) / static_cast<double>(v->ends.size() - 1));
    const double each = median_of(std::move(b));
    std::vector<double> beyond;
    for (const View* v : all) {
        const double grown = each * static_cast<double>(v->n - 1);
        if (is_flat(*v, solo) && grown >= 0.24) beyond.push_back(v->ratio - 1 - 0.6 * grown);
    }
    return !beyond.empty() && median_of(std::move(beyond)) < 0;
}

/// Workers that share the connections out unevenly take more turns than so many workers need.
bool takes_too_long(const Fit& f, const Views& more) {
    std::vector<double> excess;
    for (const View* v : more)
        excess.push_back(v->ratio -
                         std::ceil(static_cast<double>(v->n) / static_cast<double>(std::max<std::size_t>(f.workers, 1))));
    return median_of(std::move(excess)) >= 0.7;
}

/// So many overlap at best, and yet no burst of so many ever took one turn.
bool never_all_at_once(const Fit& f, const Views& views) {
    std::size_t more = 0;
    for (const View* v : views) {
        if (v->n > f.workers || 20 * v->n < 19 * f.workers) continue;
        if (v->late() == 0) return false;
        ++more;
    }
    return more >= 3;
}

std::size_t count_workers(const Fit& f, const Views& more) {
    std::vector<double> counts;
    for (const View* v : more)
        if (!v->burst->canaries) counts.push_back(static_cast<double>(v->first_turn));
    if (counts.empty())
        for (const View* v : more) counts.push_back(static_cast<double>(v->first_turn));
    auto w = static_cast<std::size_t>(median_of(counts));
    w = std::max(w, f.flat_upto);
    if (f.more_from > 0) w = std::min(w, f.more_from - 1);
    return std::max<std::size_t>(w, 1);
}

/// Where turns cannot be seen: by how many service times end in the time of one, with three standard errors.
void estimate_workers(Fit& out, const Views& more, const Solo& solo) {
    const View* v = *std::ranges::max_element(more, {}, [](const View* x) { return x->n; });
    // By the first half: the last answers come while a pool runs empty.
    const auto half = v->ends.size() / 2;
    const auto n = static_cast<double>(half);
    const double w = n * solo.mean / std::max(v->ends[half - 1], solo.mean / 2);
    const double sigma = solo.spread / 1.35;  // of a normal distribution with such quartiles
    const double error =
        3 * sigma * (1 / std::sqrt(n) + 1 / std::sqrt(static_cast<double>(std::max<std::size_t>(solo.times.size(), 1))));
    out.workers = static_cast<std::size_t>(std::max(1.0, std::round(w)));
    out.workers_least = static_cast<std::size_t>(std::max(1.0, std::floor(w * (1 - std::min(error, 0.8)))));
    out.workers_most = static_cast<std::size_t>(std::max(1.0, std::ceil(w * (1 + error))));
    out.pattern = w < 1.5 ? Pattern::one_by_one : Pattern::turns;
}

/// A pool to which workers come while requests wait: as many as had to take turns are later served at once, and never the other way round.
void find_growth(Fit& out, const Views& views, const std::vector<View>& all, const Solo& solo) {
    std::size_t least = 0;
    std::size_t most = 0;
    std::size_t risen = 0;
    const auto clearly_more = [](std::size_t x, std::size_t y) {
        return static_cast<double>(x) >= 1.1 * static_cast<double>(y) + 1;
    };
    for (const View* v : views) {
        if (v->burst->canaries || v->ends.size() < v->n || v->first_turn == 0) continue;
        // Few that are late may be stragglers; what ends with a second turn is none, if it is one of few.
        const bool second = std::abs(v->ratio - 2) <= 0.12 + 2 * solo.spread;
        const bool turned = v->late() >= std::max<std::size_t>(2, v->n / 8) || (v->late() == 1 && v->n <= 8 && second);
        if (turned && clearly_more(most, v->first_turn)) return;
        most = std::max(most, v->first_turn);
        if (!turned) continue;
        const bool topped = std::ranges::any_of(views, [&](const View* w) {
            return w->burst->at > v->burst->at && !w->burst->canaries && clearly_more(w->first_turn, v->first_turn);
        });
        if (!topped) continue;
        ++risen;
        least = least == 0 ? v->first_turn : std::min(least, v->first_turn);
    }
    if (risen < 2 || most < least + 2) return;
    // Connections that all come at once are shared out like those that were there.
    for (const View& v : all)
        if (!v.held() && v.ends.size() == v.n && !v.groups.empty()) most = std::max(most, v.first_turn);
    out.grows = true;
    out.workers_least = least;
    out.workers_most = most;
}

double median_makespan(const Views& views, std::size_t n) {
    std::vector<double> all;
    for (const View* v : views)
        if (v->n == n) all.push_back(v->makespan);
    return median_of(std::move(all));
}

std::pair<std::size_t, std::size_t> sizes_of(const Views& views) {
    const auto [low, high] = std::ranges::minmax_element(views, {}, [](const View* v) { return v->n; });
    return {(*low)->n, (*high)->n};
}

/// Sizes as far apart tell a step from a slope.
constexpr double far_apart = 2.5;

/// What two and more take longer than one alone, where twenty take no longer than two: a batch that waits to be filled. 0 where it is not so.
double step_of(const Views& more, const Views& views) {
    if (more.size() != views.size()) return 0;  // some took no longer than one
    const auto [low, high] = sizes_of(more);
    if (static_cast<double>(high) < far_apart * static_cast<double>(low)) return 0;
    double least = more.front()->makespan;
    double most = 0;
    for (const View* v : more) {
        if (v->first_turn > 1 + v->n / 34 || v->ends.size() < 2) return 0;
        // The last answer but for those that are late without concern for the others, and all that came before.
        const double last = quantile(v->ends, 0.97);
        if (v->ends[v->first_turn] < 0.85 * last) return 0;
        least = std::min(least, last);
        most = std::max(most, last);
    }
    return most <= 1.15 * least ? median_makespan(more, high) : 0;
}

/// Do more requests take longer? By bursts of different sizes, where there are such, else by the answers of one burst. A cold burst that took
/// less than the slope says is as good; one that took longer may have waited for connections.
bool does_rise(const Views& views, const View& decisive, const std::vector<View>& all, const Solo& solo) {
    const double b = (decisive.makespan - solo.service) / static_cast<double>(decisive.n - 1);
    for (const View& v : all)
        if (!v.held() && v.ends.size() == v.n && static_cast<double>(v.n) >= far_apart * static_cast<double>(decisive.n) &&
            v.makespan < decisive.makespan + 0.3 * b * static_cast<double>(v.n - decisive.n))
            return false;
    const auto low = sizes_of(views).first;
    if (static_cast<double>(decisive.n) >= far_apart * static_cast<double>(low))
        return decisive.makespan - median_makespan(views, low) >= 0.4 * b * static_cast<double>(decisive.n - low);
    const double middle = quantile(decisive.ends, 0.5);
    return middle <= solo.service + 0.75 * (decisive.makespan - solo.service);
}

/// How many answers come together, where they come in bunches that lie apart.
std::size_t bunch_of(const View& v, double b) {
    std::vector<double> between;
    double told = 0;
    for (std::size_t i = 1; i < v.ends.size(); ++i) {
        const double gap = v.ends[i] - v.ends[i - 1];
        if (gap < 1.5 * b) continue;
        between.push_back(gap);
        told += gap;
    }
    if (between.size() < 3 || told < 0.6 * (v.ends.back() - v.ends.front())) return 1;
    return static_cast<std::size_t>(std::max(1.0, std::round(median_of(std::move(between)) / b)));
}

void fit_growth(Fit& out, const Views& views, const Solo& solo) {
    const double service = solo.service + out.step;
    std::vector<double> b;
    const auto turns = [&](const View& v) {
        if (solo.wide() || out.pattern != Pattern::turns || out.workers == 0) return 1.0;
        return std::ceil(static_cast<double>(v.ends.size()) / static_cast<double>(out.workers));
    };
    for (const View* v : views)
        if (v->ends.size() >= 2) b.push_back((v->makespan - service * turns(*v)) / static_cast<double>(v->ends.size() - 1));
    out.b = std::max(0.0, median_of(b));
    std::vector<double> rest;
    for (const View* v : views) {
        const double model = service * turns(*v) + out.b * static_cast<double>(v->ends.size() - 1);
        rest.push_back(std::abs(v->makespan - model) / (solo.service * std::max(1.0, v->ratio)));
    }
    out.residual = median_of(rest);
}

void choose_decisive(Fit& out, const Views& views) {
    const auto better = [](const View* a, const View* b) {
        return std::pair(a->n, !a->burst->canaries) < std::pair(b->n, !b->burst->canaries);
    };
    if (views.empty()) return;
    out.decisive = *std::ranges::max_element(views, better);
    out.repeats = static_cast<std::size_t>(std::ranges::count_if(views, [&](const View* v) { return v->n == out.decisive->n; }));
}

}  // namespace

bool reliable(const View& v, const Solo& solo) {
    if (v.ends.size() < 2 || solo.service <= 0 || v.costly) return false;
    if (is_flat(v, solo)) return v.lag <= solo.service / 4;
    const double grown = growth(v, solo);
    return grown >= 4 * v.cost && (v.lag <= solo.service / 10 || grown >= 10 * v.lag);
}

bool is_flat(const View& v, const Solo& solo) {
    if (v.ends.empty()) return false;
    if (!solo.wide()) return v.late() <= stragglers(v.ends.size());
    // What many requests cost a server that takes them in one after the other shifts all answers alike; turns leave the first where they
    // are.
    const double shift = solo.times.empty() ? 0 : std::max(0.0, quantile(v.ends, 0.05) - std::ranges::min(solo.times));
    std::vector<double> ends = v.ends;
    for (double& end : ends) end -= shift;
    const auto c = compare(solo.times, ends);
    return c.larger <= 0.62 || c.z < 2.6;
}

Fit fit(const std::vector<View>& all, const Solo& solo, Several several) {
    Fit out;
    Views views;
    for (const View& v : all)
        if (v.held() && v.refused <= stragglers(v.n) && reliable(v, solo) && !is_stalled(v, solo)) views.push_back(&v);
    if (views.empty()) return out;
    bracket(out, views, solo, false);
    Views more;
    for (const View* v : views)
        if (v->n > out.flat_upto && !is_flat(*v, solo)) more.push_back(v);
    if (more.empty()) {
        out.pattern = Pattern::flat;
        std::erase_if(views, [&](const View* v) { return !is_flat(*v, solo); });
        const auto whole = [](const View* v) { return v->n >= 10 && v->ends.size() == v->n; };
        const auto short_enough = [&](const View* v) {
            return quantile(v->ends, 0.97) <= 1.25 * std::max(solo.service, solo.highest);
        };
        if (std::ranges::any_of(views, whole)) std::erase_if(views, [&](const View* v) { return !whole(v); });
        if (std::ranges::any_of(views, short_enough)) std::erase_if(views, [&](const View* v) { return !short_enough(v); });
        choose_decisive(out, views);
        fit_growth(out, views, solo);
        return out;
    }
    if (const double took = solo.wide() ? 0 : step_of(more, views); took > 0) {
        out.pattern = Pattern::flat;
        out.step = took - solo.service;
        choose_decisive(out, more);
        out.flat_upto = out.decisive->n;
        fit_growth(out, more, solo);
        return out;
    }
    out.convoy = std::ranges::any_of(more, [](const View* v) { return v->convoy(); });
    choose_decisive(out, more);
    if (solo.wide()) {
        estimate_workers(out, more, solo);
    } else {
        out.pattern = vote(more, solo);
        if (out.pattern == Pattern::slope && slope_is_refuted(out, more, views, solo)) out.pattern = Pattern::turns;
        if (out.pattern == Pattern::turns) bracket(out, views, solo, true);
        out.workers = out.pattern == Pattern::one_by_one ? 1 : count_workers(out, more);
        if (out.pattern == Pattern::turns && several != Several::yes) find_growth(out, views, all, solo);
        const bool uneven = out.pattern == Pattern::turns && more.size() >= 3 && takes_too_long(out, more);
        const bool apart = out.pattern == Pattern::turns && several == Several::yes && never_all_at_once(out, views);
        if (!out.grows && several != Several::no && (uneven || apart || varies(more, solo, several == Several::yes)))
            out.pattern = Pattern::varied;
        out.exact = !out.grows &&
                    (out.pattern == Pattern::one_by_one || (out.workers == out.flat_upto && out.more_from == out.workers + 1));
    }
    fit_growth(out, more, solo);
    if (out.pattern == Pattern::slope && out.b > 0) out.bunch = bunch_of(*out.decisive, out.b);
    // The first bunch does not wait.
    if (out.bunch > 1 && 2 * out.bunch < out.decisive->n)
        out.b *= static_cast<double>(out.decisive->n - 1) / static_cast<double>(out.decisive->n - out.bunch);
    out.rises = out.pattern == Pattern::slope && does_rise(views, *out.decisive, all, solo);
    return out;
}

}  // namespace volley::verdict
