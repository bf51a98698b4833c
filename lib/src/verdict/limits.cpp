#include "verdict/limits.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace volley::verdict {
namespace {

struct Size {
    std::size_t bursts = 0;
    std::size_t failing = 0;
    std::size_t contrary = 0;  ///< much was refused, with nothing else going on
    std::size_t refused = 0;
    std::size_t least_right = 0;
    std::size_t most_right = 0;
};

std::map<std::size_t, Size> by_size(const std::vector<View>& views) {
    std::map<std::size_t, Size> out;
    for (const View& v : views) {
        if (!v.held() || v.burst->cut) continue;
        Size& s = out[v.n];
        if (s.bursts == 0) s.least_right = s.most_right = v.ends.size();
        s.least_right = std::min(s.least_right, v.ends.size());
        s.most_right = std::max(s.most_right, v.ends.size());
        ++s.bursts;
        s.refused += v.refused;
        if (v.refused > 0) ++s.failing;
        if (v.refused > 1 + v.n / 10 && !v.burst->canaries) ++s.contrary;
    }
    return out;
}

int commonest_status(const std::vector<View>& views) {
    std::map<int, std::size_t> statuses;
    for (const View& v : views)
        if (v.held() && v.refused > 0) statuses[v.refusal] += v.refused;
    int best = 0;
    std::size_t most = 0;
    for (const auto& [status, n] : statuses)
        if (n > most) {
            best = status;
            most = n;
        }
    return best;
}

/// A connection that had to send its SYN again: Linux waits 1 s, then 2 s, 4 s, ... Source: RFC 6298 section 2, tcp(7).
bool is_retransmitted(double seconds) {
    for (const double at : {1.0, 3.0, 7.0, 15.0, 31.0})
        if (std::abs(seconds - at) <= 0.1 + 0.06 * at) return true;
    return false;
}

/// Above a limit of L, of n requests n - L are refused, or more; what fails by chance is less. As many answered each time is a limit too.
bool refuses_the_rest(const std::map<std::size_t, Size>& sizes, const Limits& limits) {
    std::size_t bursts = 0;
    std::size_t refused = 0;
    std::size_t above = 0;
    bool same = true;
    for (const auto& [n, s] : sizes) {
        if (n < limits.refused_from) continue;
        bursts += s.bursts;
        refused += s.refused;
        above += s.bursts * (n - limits.all_right_upto);
        same = same && s.least_right == s.most_right;
    }
    return 2 * refused >= above || (same && bursts >= 3 && refused >= 2 * bursts);
}

/// Canaries aside: a limit of connections counts them.
std::size_t limited_by_rate(const std::vector<View>& views) {
    std::size_t whole = 0;
    for (const View& v : views) {
        if (v.burst->cut || v.burst->canaries) continue;
        if (v.ends.size() == v.n) whole = std::max(whole, v.n);
        if (v.n >= 2 && v.n <= whole && v.refusal != 0 && v.refused == v.n) return v.n;
    }
    return 0;
}

}  // namespace

Limits limits_of(const std::vector<View>& views) {
    Limits out;
    out.by_rate = limited_by_rate(views);
    if (out.by_rate > 0) out.status = commonest_status(views);
    const auto sizes = by_size(views);
    for (const auto& [n, s] : sizes) {
        if (s.failing < s.bursts) out.all_right_upto = std::max(out.all_right_upto, n);
        if (s.failing > 0) out.stray_count += s.refused;
    }
    // A burst of that size went well once: what failed below or beside it was no limit.
    for (const auto& [n, s] : sizes)
        if (n > out.all_right_upto && s.failing == s.bursts) {
            out.refused_from = n;
            break;
        }
    for (const auto& [n, s] : sizes)
        if (n <= out.all_right_upto && s.failing > 0) out.stray = true;
    if (out.refused_from == 0) return out;
    if (!refuses_the_rest(sizes, out)) {
        out.refused_from = 0;
        out.stray = true;
        return out;
    }
    out.status = commonest_status(views);
    std::size_t least = 0;
    std::size_t most = 0;
    for (const auto& [n, s] : sizes) {
        if (n < out.refused_from) continue;
        least = least == 0 ? s.least_right : std::min(least, s.least_right);
        most = std::max(most, s.most_right);
    }
    if (least == most) out.answered = least;
    const auto enough = [&](std::size_t n) {
        const auto at = sizes.find(n);
        return at != sizes.end() && at->second.bursts >= 2;
    };
    const auto below = sizes.find(out.all_right_upto);
    const bool contrary = below != sizes.end() && below->second.contrary > 0;
    const bool bottom = out.all_right_upto == 1 || (enough(out.all_right_upto) && !contrary);
    out.closed_in = out.refused_from == out.all_right_upto + 1 && bottom && enough(out.refused_from);
    return out;
}

Backlog backlog_of(const std::vector<View>& views, const Limits& limits) {
    Backlog out;
    for (const View& v : views) {
        if (v.held()) continue;
        Backlog one{.looked = true, .n = v.n};
        for (const Shot& s : v.burst->shots) {
            if (s.connected != never && s.started != never) {
                const double took = to_seconds(s.connected - s.started);
                one.longest = std::max(one.longest, took);
                if (is_retransmitted(took)) ++one.delayed;
            } else if (s.outcome == metrics::Outcome::refused || s.outcome == metrics::Outcome::timeout) {
                // What is refused on open connections too is a limit, not the backlog.
                if (limits.refused_from == 0 || v.n < limits.refused_from) ++one.refused;
            }
        }
        if (!out.looked || one.delayed + one.refused > out.delayed + out.refused) out = one;
    }
    return out;
}

}  // namespace volley::verdict
