// A record, from what the parts say.
#include <volley/verdict/judge.hpp>

#include <algorithm>
#include <cmath>

#include "verdict/assess.hpp"
#include "verdict/first_bytes.hpp"
#include "verdict/words.hpp"

namespace volley::verdict {
namespace {

/// Not as many threads as requests overlapped, and none that came for them: threads that were there before would do as well.
bool fewer_threads(const Assessment& a) {
    const int n = static_cast<int>(a.fit.flat_upto);
    return a.work.threads_grown <= std::max(2, n / 20) && a.work.threads_base + a.work.threads_grown < n;
}

bool process_each(const Assessment& a) {
    const auto n = static_cast<double>(a.work.grown_in);
    return a.fit.flat_upto >= 10 && n >= 10 && a.work.processes_grown >= 0.7 * n - 2;
}

bool thread_each(const Assessment& a) {
    const auto n = static_cast<double>(a.work.grown_in);
    return a.fit.flat_upto >= 10 && n >= 10 && a.work.threads_grown >= 0.7 * n - 2;
}

Mechanism mechanism_of_pool(const Assessment& a) {
    const int w = static_cast<int>(a.fit.workers);
    if (a.work.threads_grown >= 0.6 * w - 1 && a.work.threads_grown > 2) return Mechanism::threads;
    if (a.work.threads_grown >= w - 1 && w <= 3 && a.work.threads_grown > 0) return Mechanism::threads;
    if (a.work.processes == w || a.work.processes == w + 1) return Mechanism::processes;
    // Threads that were there before cannot be told from a semaphore; but a semaphore keeps no parser waiting.
    if (a.canaries.parser.waited) return Mechanism::unknown;
    if (a.work.threads_base - a.work.processes < w && a.work.processes == 1) return Mechanism::semaphore;
    return Mechanism::unknown;
}

Mechanism mechanism_of_serial(const Assessment& a) {
    if (a.worker_server && a.canaries.parser.waited) return Mechanism::processes;
    if (!a.canaries.parser.heard || a.canaries.parser.waited || !a.canaries.app.heard) return Mechanism::unknown;
    return a.canaries.app.waited ? Mechanism::threads : Mechanism::lock;
}

Mechanism mechanism_of_flat(const Assessment& a) {
    if (!a.process_known()) return Mechanism::unknown;
    if (process_each(a)) return Mechanism::processes;
    if (thread_each(a)) return Mechanism::thread_per_request;
    return fewer_threads(a) ? Mechanism::event_loop : Mechanism::unknown;
}

Mechanism mechanism_of(const Assessment& a) {
    switch (a.fit.pattern) {
        case Pattern::flat:
            return mechanism_of_flat(a);
        case Pattern::turns:
            return a.process_known() ? mechanism_of_pool(a) : Mechanism::unknown;
        case Pattern::one_by_one:
            return a.hold == Hold::none ? mechanism_of_serial(a) : Mechanism::unknown;
        case Pattern::slope:
            return a.only_cost() ? mechanism_of_flat(a) : Mechanism::unknown;
        case Pattern::undecided:
        case Pattern::varied:
            return Mechanism::unknown;
    }
    return Mechanism::unknown;
}

void shape_of(Record& r, const Assessment& a) {
    switch (a.fit.pattern) {
        case Pattern::undecided:
        case Pattern::varied:
            break;
        case Pattern::flat:
            r.shape = Shape::async;
            r.workers = a.fit.flat_upto;
            r.workers_at_least = true;
            break;
        case Pattern::turns:
            r.shape = Shape::pool;
            r.workers = a.fit.workers_most > 0 ? a.fit.workers_least : a.fit.workers;
            if (a.fit.workers_most > 0) r.workers_most = a.fit.workers_most;
            break;
        case Pattern::one_by_one:
            r.shape = Shape::serial;
            r.workers = 1;
            break;
        case Pattern::slope:
            if (a.only_cost()) {
                r.shape = Shape::async;
                r.workers = a.fit.flat_upto;
                r.workers_at_least = true;
            }
            break;
    }
}

void holds_of(Record& r, const Assessment& a) {
    if (a.only_cost()) {
        r.loop_known = r.cpu_known = true;
        r.backlog_known = a.backlog.looked;
        return;
    }
    r.cpu_bound = a.hold == Hold::cpu;
    r.loop_blocked = a.hold == Hold::loop;
    if (r.cpu_bound && a.fit.decisive) r.blocked_for = from_seconds(processor_time(*a.fit.decisive));
    if (r.loop_blocked || a.hold == Hold::unknown) r.blocked_for = from_seconds(a.fit.b);
    if (a.hold == Hold::pace && a.fit.b > 0) r.paced_at = 1 / a.fit.b;
    // What is done one at a time takes less than half of a request: requests overlap, and serial would be the wrong word.
    if (a.hold == Hold::unknown && a.fit.pattern == Pattern::slope && a.fit.b > 0 && a.fit.b < 0.5 * a.solo.service)
        r.paced_at = 1 / a.fit.b;
    r.backlog_small = a.backlog.small();
    r.backlog_known = a.backlog.looked;
    // Requests that overlap are no loop's turns; where they do not, only the parser's answers tell a held loop from a lock.
    const bool overlap = a.fit.pattern == Pattern::flat || a.fit.pattern == Pattern::turns;
    r.loop_known = r.loop_blocked || overlap || a.canaries.parser.heard;
    r.cpu_known = r.cpu_bound || a.fit.pattern == Pattern::flat || a.process_known();
    r.unstable = a.fit.pattern == Pattern::varied;
    if (a.refuses()) {
        r.refuses_above = a.limits.closed_in ? a.limits.all_right_upto : std::max(a.limits.all_right_upto, a.limits.answered);
        r.refusal = a.limits.status;
    }
}

void figures_of(Record& r, const Assessment& a) {
    r.service = from_seconds(a.solo.service);
    r.service_spread = from_seconds(quantile(a.solo.times, 0.75) - quantile(a.solo.times, 0.25));
    const double stood_still = a.stood_still();
    r.stall_known = a.canaries.parser.heard || a.canaries.app.heard || stood_still > 0;
    r.loop_stall = from_seconds(std::max(a.canaries.stall(), stood_still));
    r.threads_grown = a.work.threads_grown;
    r.processes = a.work.processes;
    const View* v = a.fit.decisive;
    if (!v) return;
    r.n = v->n;
    r.makespan = from_seconds(v->makespan);
    r.ratio = v->ratio;
    r.groups = v->groups;
    if (v->ends.size() > 1) r.serial_fraction = std::max(0.0, (v->ratio - 1) / static_cast<double>(v->ends.size() - 1));
}

/// The last answer but for those that are late without concern for the others.
bool within_a_quarter(const Assessment& a) {
    const View* v = a.fit.decisive;
    if (a.solo.wide() || a.only_cost() || a.fit.step > 0) return true;
    return v && quantile(v->ends, 0.97) <= 1.25 * std::max(a.solo.service, a.solo.highest);
}

Headline headline_of(const Record& r, const Assessment& a) {
    if (a.unclear != Unclear::no) return Headline::inconclusive;
    if (r.unstable) return Headline::unstable;
    if (r.backlog_small) return Headline::backlog_small;
    if (r.refuses_above) return Headline::refusing;
    if (r.cpu_bound) return Headline::cpu_bound;
    if (r.loop_blocked) return Headline::loop_blocked;
    if (r.paced_at) return Headline::paced;
    if (r.shape == Shape::serial || (a.hold == Hold::unknown && !r.paced_at)) return Headline::serial;
    if (r.shape == Shape::pool) return Headline::pool;
    if (r.mechanism == Mechanism::thread_per_request) return Headline::thread_per_request;
    if (r.mechanism == Mechanism::event_loop && a.fit.flat_upto >= std::min<std::size_t>(20, a.seen.most) && within_a_quarter(a))
        return Headline::asynchronous;
    return Headline::concurrent;
}

Record record_of(const Assessment& a) {
    Record r;
    figures_of(r, a);
    if (a.unclear == Unclear::no) {
        shape_of(r, a);
        holds_of(r, a);
        r.mechanism = mechanism_of(a);
        if (r.mechanism == Mechanism::thread_per_request && a.seen.thread_limit > a.work.threads_base)
            r.ends_at = static_cast<std::size_t>(a.seen.thread_limit - a.work.threads_base);
    }
    r.headline = headline_of(r, a);
    r.confidence = confidence_of(r, a);
    advise(r, a);
    say(r, a);
    return r;
}

}  // namespace

Record judge(const Observation& seen) {
    if (const double turn = body_turn(seen); turn > 0) {
        const Observation firsts = by_first_bytes(seen);
        return record_of(Assessment(firsts, turn));
    }
    return record_of(Assessment(seen));
}

}  // namespace volley::verdict
