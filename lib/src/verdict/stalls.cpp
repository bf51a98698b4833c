#include "verdict/stalls.hpp"

#include <algorithm>

namespace volley::verdict {
namespace {

/// Shorter ones are what busy machines do, and are lost among service times.
constexpr double least = 0.1;

}  // namespace

double held_up(const View& v, const Solo& solo) {
    if (!v.held() || v.ends.size() < 2 || v.ends.size() < v.n || solo.wide() || solo.service <= 0) return 0;
    const double late = v.ends.front() - solo.service;
    if (v.first_turn > 0 || late < std::max(least, solo.service / 2)) return 0;
    const bool together = v.ends.back() - v.ends.front() <= solo.service / 3;
    return together && v.lag <= late / 4 ? late : 0;
}

bool is_stalled(const View& v, const Solo& solo) { return held_up(v, solo) > 0 && v.ratio > 1.25 * static_cast<double>(v.n); }

Stalls stalls_of(const std::vector<View>& views, const Solo& solo, std::size_t flat_upto) {
    Stalls out;
    for (const View& v : views) {
        if (!v.held() || v.ends.size() < v.n) continue;
        ++out.bursts;
        const double late = held_up(v, solo);
        if (late <= 0 || (v.n > flat_upto && !is_stalled(v, solo))) continue;
        ++out.held_up;
        out.longest = std::max(out.longest, late);
    }
    return out;
}

}  // namespace volley::verdict
