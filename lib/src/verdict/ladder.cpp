// What to look at next.
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include <volley/load/random.hpp>
#include <volley/verdict/json.hpp>
#include <volley/verdict/judge.hpp>

#include "verdict/assess.hpp"
#include "verdict/first_bytes.hpp"

namespace volley::verdict {
namespace {

/// Connections at one instant that many servers' queues are too short for, if they are short.
constexpr std::size_t cold_usual = 20;
constexpr std::size_t cold_more = 50;

/// In all. Canaries, pieces of streams and groups take the rest of what is read back.
constexpr std::size_t most_shots = most_json_samples * 3 / 5;

struct Wish {
    int rank = 0;  ///< what decides most comes first
    Step step;
};

class Ladder {
public:
    Ladder(const Assessment& a, Duration left, std::uint64_t seed) : a_(a), left_(to_seconds(left)), seed_(seed) {}

    Step next() {
        if (a_.seen.interrupted || a_.seen.out_of_time || left_ <= 0) return done("time is over");
        if (auto solo = next_solo()) return *solo;
        if (a_.solo.service <= 0 || a_.solo.service < least_service) return done("a request alone says all there is");
        if (a_.limits.by_rate > 0) return done("requests are refused by rate: more would only be refused as well");
        if (auto rung = next_rung()) return *rung;
        wish_for_control();
        wish_for_canaries();
        wish_for_limit();
        wish_for_cold();
        // Connections that wait for a retransmission make turns of their own.
        if (!a_.backlog.small()) {
            wish_for_more();
            wish_for_workers();
            wish_for_repeats();
        }
        return best_wish();
    }

private:
    [[nodiscard]] static Step done(std::string why) {
        Step s;
        s.why = std::move(why);
        return s;
    }

    [[nodiscard]] Step burst(std::size_t n, std::string why, bool canaries = false, Sockets sockets = Sockets::held) const {
        Step s;
        s.what = Step::What::burst;
        s.n = n;
        s.sockets = sockets;
        s.canaries = canaries;
        s.expected = from_seconds(typical(n));
        s.why = std::move(why);
        return s;
    }

    // --- time -------------------------------------------------------------------------------------------------------------

    /// Of one turn: service times that differ make it longer.
    [[nodiscard]] double turn() const {
        return a_.solo.wide() ? std::max(a_.solo.highest, 2 * a_.solo.service) : a_.solo.service + a_.fit.step;
    }

    [[nodiscard]] double typical(std::size_t n) const { return answers(n) + a_.body_turn * static_cast<double>(n); }

    /// Until the last answer: the last first byte where bodies follow one after another.
    [[nodiscard]] double answers(std::size_t n) const {
        const double s = a_.solo.service;
        for (const View& v : a_.views)
            if (v.n == n && v.held()) return v.makespan;
        const auto many = static_cast<double>(n);
        switch (a_.fit.pattern) {
            case Pattern::undecided:
            case Pattern::flat:
                return s + a_.fit.step;
            case Pattern::turns:
                return s * std::ceil(many / static_cast<double>(std::max<std::size_t>(a_.fit.workers, 1)));
            case Pattern::slope:
            case Pattern::one_by_one:
                return s + std::max(a_.fit.b, 0.0) * (many - 1);
            case Pattern::varied:
                return s * many / 2;
        }
        return s;
    }

    /// The longest that is still in keeping with what was seen.
    [[nodiscard]] double worst(std::size_t n, Sockets sockets = Sockets::held) const {
        const auto flat = static_cast<double>(std::max<std::size_t>(a_.fit.flat_upto, 1));
        double out = turn() * std::ceil(static_cast<double>(n) / flat);
        // More requests take no less, fewer no more.
        for (const View& v : a_.views)
            if (v.held() && v.n >= n && v.makespan > 0 && a_.fit.pattern != Pattern::varied)
                out = std::min(out, 1.2 * v.makespan);
        out = std::max(out + a_.body_turn * static_cast<double>(n), typical(n));
        if (sockets == Sockets::cold) out += 0.2;
        return 1.05 * out + 0.05;
    }

    [[nodiscard]] bool fits(double seconds) const { return seconds <= left_; }

    // --- alone ------------------------------------------------------------------------------------------------------------

    std::optional<Step> next_solo() {
        const std::size_t had = a_.solo.times.size() + a_.solo.wrong;
        std::size_t wanted = a_.seen.given_service > Duration::zero() ? 1 : solos_wanted(a_.solo);
        // Not more than a fifth of the time, and a wrong answer is asked for again only twice.
        const double spent = a_.solo.mean * static_cast<double>(had + 1);
        const bool dear = had >= 1 && spent > 0.2 * to_seconds(a_.seen.budget);
        if (dear || (a_.solo.times.empty() && a_.solo.wrong >= 3)) wanted = std::min<std::size_t>(wanted, 1);
        if (had >= wanted) return std::nullopt;
        Step s = burst(1, had == 0 ? "how long does one take?" : "how much does that differ?");
        if (a_.solo.service <= 0) s.expected = a_.seen.given_service;
        if (had > 0 && !fits(1.1 * turn())) return std::nullopt;
        return s;
    }

    // --- up ---------------------------------------------------------------------------------------------------------------

    [[nodiscard]] std::size_t largest() const {
        std::size_t out = 1;
        for (const View& v : a_.views)
            if (v.held()) out = std::max(out, v.n);
        return out;
    }

    [[nodiscard]] bool decided() const {
        if (a_.limits.refused_from > 0) return true;
        if (a_.fit.pattern == Pattern::flat || a_.fit.pattern == Pattern::undecided || !a_.fit.decisive) return false;
        const View& v = *a_.fit.decisive;
        if (a_.solo.wide()) return v.n >= 20 && v.ratio >= 6;
        if (a_.fit.pattern == Pattern::turns) return v.ratio >= 2.5 || v.n >= 100;
        if (a_.fit.pattern == Pattern::slope && !a_.fit.rises) return false;
        return v.ratio >= 2.5 && v.n >= 5;
    }

    std::optional<Step> next_rung() {
        if (decided()) return std::nullopt;
        static constexpr std::array<std::size_t, 9> rungs{2, 5, 10, 20, 50, 100, 200, 512, 1000};
        const std::size_t top = largest();
        if (top > 1) {
            // Late once is the machine's doing; a generator that is late each time is not up to more.
            const std::size_t bad = spoilt(top);
            if (bad >= most_tries) return std::nullopt;
            if (bad > 0) return fits(worst(top)) ? std::optional(burst(top, "again: we were late")) : std::nullopt;
        }
        std::vector<std::size_t> above;
        for (const std::size_t n : rungs)
            if (n > top && n < a_.seen.most) above.push_back(n);
        if (a_.seen.most > top) above.push_back(a_.seen.most);
        // What one connection has no streams for shows a limit of its own, and no rung between is worth finding that.
        if (const std::size_t streams = streams_exceeded(a_.seen); streams > 0)
            std::erase_if(above, [&](std::size_t n) { return n >= streams; });
        if (above.empty()) return std::nullopt;
        // Where time is short, every other step is left out, as long as the longer one is sure to fit.
        const bool short_of_time = left_ < 2.5 * turn() * static_cast<double>(above.size() + 3);
        std::size_t n = above.front();
        if (short_of_time && above.size() > 1 && top > 1 && fits(worst(above[1]) + 2 * turn())) n = above[1];
        // Bodies that follow one after another would take all the time, and say nothing more.
        if (a_.body_turn * static_cast<double>(n) > to_seconds(a_.seen.budget) / 6) return std::nullopt;
        // Above that, what each request costs hides any turn.
        if (a_.each * static_cast<double>(n) > most_cost * a_.solo.service) return std::nullopt;
        if (!fits(worst(n))) {
            // What fits at least says more than nothing.
            n = std::min<std::size_t>(n,
                                      static_cast<std::size_t>(static_cast<double>(std::max<std::size_t>(a_.fit.flat_upto, 1)) *
                                                               std::floor(left_ / (1.1 * turn() + 0.05))));
            if (n <= top || n < 2) return std::nullopt;
        }
        return burst(n, fmt::format("do {} overlap?", n));
    }

    static constexpr std::size_t most_tries = 3;

    /// How many bursts of the largest size the generator was late for, or slow itself; none where one of them went well.
    [[nodiscard]] std::size_t spoilt(std::size_t top) const {
        std::size_t bad = 0;
        for (const View& v : a_.views) {
            if (!v.held() || v.n != top || v.ends.size() < 2) continue;
            if (v.costly) return most_tries;  // that stays so
            if (reliable(v, a_.solo)) return 0;
            ++bad;
        }
        return bad;
    }

    // --- sure -------------------------------------------------------------------------------------------------------------

    [[nodiscard]] std::size_t count(std::size_t n, Sockets sockets, std::optional<bool> canaries) const {
        return static_cast<std::size_t>(std::ranges::count_if(a_.views, [&](const View& v) {
            return v.n == n && v.burst->sockets == sockets && (!canaries || v.burst->canaries == *canaries);
        }));
    }

    void wish(int rank, Step step, double takes) {
        if (fits(takes)) wishes_.push_back({rank, std::move(step)});
    }

    /// The size at which the pattern shows well for the least time.
    [[nodiscard]] std::size_t telling_size() const {
        if (!a_.fit.decisive) return 0;
        std::size_t n = a_.fit.decisive->n;
        if (a_.fit.pattern == Pattern::flat) return n;
        for (const View& v : a_.views)
            if (v.held() && v.refused == 0 && v.n < n && v.n >= 5 && v.ratio >= 2 && v.n > a_.fit.flat_upto) n = v.n;
        while (n >= 6 && n / 2 > a_.fit.flat_upto && !fits(worst(n))) n /= 2;
        return n;
    }

    void wish_for_control() {
        const std::size_t top = largest();
        if (top < 2) return;
        const double takes = 1.5 * to_seconds(a_.seen.control_service) + 0.05;
        for (const std::size_t n : {top, a_.fit.decisive ? a_.fit.decisive->n : top}) {
            if (has_control(a_.seen, n)) continue;
            Step s;
            s.what = Step::What::control;
            s.n = n;
            s.expected = a_.seen.control_service;
            s.why = fmt::format("what do {} cost the generator?", n);
            wish(0, std::move(s), takes);
        }
    }

    void wish_for_canaries() {
        std::size_t n = telling_size();
        if (a_.backlog.small()) n = std::min(n, cold_usual);
        if (n < 2 || a_.fit.pattern == Pattern::undecided) return;
        const bool sung = std::ranges::any_of(a_.views, [&](const View& v) { return v.burst->canaries && v.n >= n; });
        if (!sung) wish(1, burst(n, "does the server still answer others?", true), worst(n));
    }

    void wish_for_limit() {
        if (a_.limits.refused_from == 0) return;
        const std::size_t good = a_.limits.all_right_upto;
        const std::size_t bad = a_.limits.refused_from;
        if (bad == good + 1) {
            if (good > 1 && count(good, Sockets::held, false) < 2)
                wish(2, burst(good, fmt::format("are {} answered again?", good)), worst(good));
            if (count(bad, Sockets::held, false) < 3)
                wish(2, burst(bad, fmt::format("is one of {} refused again?", bad)), worst(bad));
            return;
        }
        const std::size_t guess = a_.limits.answered;
        const std::size_t n = guess > good && guess < bad ? guess : guess == good ? good + 1 : good + (bad - good) / 2;
        wish(2, burst(n, fmt::format("are {} answered?", n)), worst(n));
    }

    /// The ladder ends where W shows, which may be below what a queue behind the workers holds. Of connections at one instant there were
    /// more: what was refused then is asked for again on open ones.
    void wish_for_more() {
        if (a_.limits.refused_from > 0) return;
        for (const View& v : a_.views)
            if (!v.held() && v.n > largest() && v.refused >= std::max<std::size_t>(2, v.n / 20))
                wish(2, burst(v.n, fmt::format("are {} refused on open connections too?", v.n)), worst(v.n));
    }

    /// Bursts of n that ended as one turn or two would; what a straggler ended says nothing.
    [[nodiscard]] std::size_t clean(std::size_t n) const {
        return static_cast<std::size_t>(std::ranges::count_if(a_.views, [&](const View& v) {
            if (v.n != n || !v.held() || v.burst->canaries) return false;
            return v.late() == 0 || std::abs(v.ratio - 2) <= 0.12 + 2 * a_.solo.spread;
        }));
    }

    void wish_for_workers() {
        if (a_.fit.pattern != Pattern::turns || a_.fit.workers_most > 0) return;
        const std::size_t w = a_.fit.workers;
        const std::size_t wanted = a_.solo.spread > 0.1 || w >= 20 ? 3 : 2;
        if (w >= 2 && clean(w) < wanted && count(w, Sockets::held, false) < 3 * wanted)
            wish(3, burst(w, fmt::format("do {} take one turn?", w)), worst(w));
        if (clean(w + 1) < wanted && count(w + 1, Sockets::held, false) < 3 * wanted)
            wish(3, burst(w + 1, fmt::format("is the limit exactly {}?", w)), worst(w + 1));
    }

    void wish_for_repeats() {
        const std::size_t n = telling_size();
        if (n < 2 || a_.limits.refused_from > 0) return;
        const std::size_t had = count(n, Sockets::held, false);
        const std::size_t wanted = a_.fit.pattern == Pattern::varied || (several() && differing(n)) ? 8 : several() ? 4 : 3;
        if (had < wanted) wish(had < 3 ? 3 : 4, burst(n, "again: is it always so?"), worst(n));
    }

    /// Connections may go to more than one process.
    [[nodiscard]] bool several() const { return a_.work.processes > 1 || !a_.process_known(); }

    [[nodiscard]] bool differing(std::size_t n) const {
        if (a_.fit.pattern == Pattern::flat) return false;
        // More than two, the parent and one that works, and yet no turns that all share.
        if (a_.work.processes > 2 && a_.fit.pattern != Pattern::turns) return true;
        double low = 1e9;
        double high = 0;
        for (const View& v : a_.views) {
            if (v.n != n || !v.held() || v.burst->canaries || v.ratio <= 0) continue;
            low = std::min(low, v.ratio);
            high = std::max(high, v.ratio);
        }
        return high - low > 0.6 + 2 * a_.solo.spread;
    }

    [[nodiscard]] bool longer_than_turns() const {
        if (!a_.fit.decisive || a_.fit.decisive->ratio < 2.5) return false;
        if (a_.fit.pattern != Pattern::turns) return a_.fit.pattern == Pattern::slope || a_.fit.pattern == Pattern::varied;
        const auto workers = static_cast<double>(std::max<std::size_t>(a_.fit.workers, 1));
        return a_.fit.decisive->ratio > std::ceil(static_cast<double>(a_.fit.decisive->n) / workers) + 1.5;
    }

    void wish_for_cold() {
        if (a_.seen.http2 || std::ranges::any_of(a_.views, [](const View& v) { return !v.held(); })) return;
        // A backlog shows only when it is exceeded: up to fifty, for not more than a sixth of the time.
        const auto affordable = [&](std::size_t n) { return worst(n, Sockets::cold) <= to_seconds(a_.seen.budget) / 6; };
        std::size_t n = std::min(largest(), a_.seen.most);
        if (n > cold_usual && !affordable(n)) n = cold_usual;
        for (const std::size_t more : {cold_usual, cold_more})
            if (more > n && more <= a_.seen.most && affordable(more)) n = more;
        while (n >= 4 && !fits(worst(n, Sockets::cold))) n /= 2;
        if (a_.limits.refused_from > 0) n = std::min(n, a_.limits.all_right_upto);
        if (n < 2) return;
        Step s = burst(n, "can all connect at one instant?", false, Sockets::cold);
        // Where a burst took longer than turns do this may be why, and what would be sharpened is no limit of the server's: it comes first.
        wish(longer_than_turns() && affordable(n) ? 0 : 5, std::move(s), worst(n, Sockets::cold));
    }

    Step best_wish() {
        if (wishes_.empty()) return done("nothing is left to ask, or no time for it");
        const int rank = std::ranges::min_element(wishes_, {}, &Wish::rank)->rank;
        std::erase_if(wishes_, [&](const Wish& w) { return w.rank != rank; });
        const std::uint64_t turn_of = load::mix(seed_ + 0x9e3779b97f4a7c15U * (a_.seen.bursts.size() + 1));
        return std::move(wishes_[turn_of % wishes_.size()].step);
    }

    const Assessment& a_;
    double left_;
    std::uint64_t seed_;
    std::vector<Wish> wishes_;
};

}  // namespace

Step next_step(const Observation& seen, Duration left, std::uint64_t seed) {
    if (const double turn = body_turn(seen); turn > 0) {
        const Observation firsts = by_first_bytes(seen);
        const Assessment assessment(firsts, turn);
        return Ladder(assessment, left, seed).next();
    }
    const Assessment assessment(seen);
    Step step = Ladder(assessment, left, seed).next();
    std::size_t shots = step.n;
    for (const auto* bursts : {&seen.bursts, &seen.control})
        for (const Burst& b : *bursts) shots += b.shots.size();
    if (shots <= most_shots) return step;
    Step done;
    done.why = "no more samples are kept";
    return done;
}

}  // namespace volley::verdict
