#include "support/simulated_server.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace volley::test {
using namespace verdict;

namespace {

constexpr double wire = 300e-6;  // there and back, with what a server needs to parse and write

Duration ns(double seconds) { return from_seconds(seconds); }

void set_done(Shot& shot, double end) {
    shot.first_byte = ns(end);
    shot.done = ns(end + 30e-6);
    shot.status = 200;
    shot.outcome = metrics::Outcome::ok;
    shot.right = true;
    shot.bytes = 120;
}

}  // namespace

/// Per process: until when its loop is held, and when its slots are free.
struct SimulatedServer::State {
    std::vector<double> loop;
    std::vector<std::vector<double>> slots;  ///< one heap if connections are given to who is free, else one for each process
    std::vector<std::size_t> of;             ///< the process of each shot
    double work = 0;
    std::vector<double> offered;  ///< from when more workers could be used

    double take(std::size_t process, double from, double takes) {
        auto& free = slots[slots.size() == 1 ? 0 : process];
        if (free.empty()) return from + takes;
        std::ranges::pop_heap(free, std::greater<>());
        const double start = std::max(from, free.back());
        free.back() = start + takes;
        std::ranges::push_heap(free, std::greater<>());
        return start + takes;
    }
};

double SimulatedServer::service_time() {
    double s = m_.service;
    switch (m_.law) {
        case ServerModel::Law::constant:
            s *= 1 + 0.002 * chance();
            break;
        case ServerModel::Law::jittered:
            s *= 1 + m_.spread * (2 * chance() - 1);
            break;
        case ServerModel::Law::lognormal:
            s *= std::exp(m_.spread * std::normal_distribution<double>()(random_));
            break;
        case ServerModel::Law::exponential:
            s *= std::exponential_distribution<double>()(random_);
            break;
    }
    if (chance() < m_.stragglers) s *= 1.5 + 1.5 * chance();
    return s;
}

void SimulatedServer::connect(Burst& burst, State& state) {
    const std::size_t n = burst.shots.size();
    const auto processes = static_cast<std::size_t>(m_.processes);
    std::vector<double> weights(processes, 1);
    if (m_.unequal)
        for (double& w : weights) w = std::exponential_distribution<double>()(random_);
    std::discrete_distribution<std::size_t> pick(weights.begin(), weights.end());
    std::size_t waiting = 0;
    for (Shot& shot : burst.shots) {
        const double started = std::exponential_distribution<double>(1 / m_.lag)(random_);
        shot.started = shot.connected = ns(started);
        if (burst.sockets == Sockets::cold) {
            double connected = started + 100e-6;
            if (m_.backlog > 0 && ++waiting > m_.backlog + 1) {
                const double dice = chance();
                connected = started + (dice < 0.6 ? 1.0 : dice < 0.9 ? 3.0 : 7.0) + 0.02 * chance();
            }
            shot.connected = ns(connected);
        }
        shot.sent = shot.connected;
    }
    state.of.resize(n);
    for (std::size_t i = 0; i < n; ++i) state.of[i] = m_.unequal ? pick(random_) : i % processes;
    state.loop.assign(processes, 0);
    const std::size_t sets = m_.unequal ? processes : 1;
    state.slots.assign(sets, std::vector<double>(m_.workers / sets, 0));
}

void SimulatedServer::answer(Burst& burst, State& state) {
    std::vector<std::size_t> order(burst.shots.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, {}, [&](std::size_t i) { return burst.shots[i].sent; });
    double released = 0;
    const double from = 0.3 * m_.service * chance();
    const double still = chance() < m_.hiccups ? 0.5 * m_.service * chance() : 0;
    for (const std::size_t i : order) {
        Shot& shot = burst.shots[i];
        if (shot.outcome == metrics::Outcome::ok) continue;  // refused already
        const double s = service_time();
        const double held = m_.blocked * s;
        double at = to_seconds(shot.sent) + wire;
        if (m_.paced > 0) {
            at = std::max(at, released);
            released = at + 1 / m_.paced;
        }
        if (still > 0) at = std::max(at, from + still);
        double& loop = state.loop[state.of[i]];
        loop = std::max(loop, at) + held + m_.cost;
        if (m_.processor == ServerModel::Processor::holding) state.work += held;
        state.work += m_.cost + 100e-6;
        const bool batched = m_.batch > 0 && order.size() > 1;
        const double rest = batched ? m_.batch : s - held;
        const double before = m_.pooled > 0 ? rest - m_.pooled : 0;
        set_done(shot, state.take(state.of[i], loop + before, rest - before));
    }
}

void SimulatedServer::answer_sharing(Burst& burst, State& state) {
    double all = 0;
    for (std::size_t i = 0; i < burst.shots.size(); ++i) all += service_time();
    for (Shot& shot : burst.shots) set_done(shot, all * (0.97 + 0.03 * chance()));
    state.work = all;
    state.loop[0] = all;
}

void SimulatedServer::refuse(Burst& burst, std::size_t others, double at) {
    const std::size_t n = burst.shots.size();
    const auto with = [&](Shot& shot, int status) {
        set_done(shot, to_seconds(shot.sent) + 1e-3);
        shot.status = m_.says_ok ? 200 : status;
        shot.right = m_.says_ok;
        shot.bytes = 40;
    };
    if (m_.most_connections > 0 && n + others > m_.most_connections)
        for (std::size_t i = 0; i + 1 < n; ++i) with(burst.shots[i], 503);
    if (m_.most_requests > 0)
        for (std::size_t i = m_.most_requests; i < n; ++i) with(burst.shots[i], 503);
    if (m_.rate > 0 && at > window_ + m_.rate_window) {
        window_ = at;
        in_window_ = 0;
    }
    for (std::size_t i = 0; m_.rate > 0 && i < n; ++i)
        if (++in_window_ > m_.rate) with(burst.shots[i], 429);
    for (Shot& shot : burst.shots)
        if (shot.outcome != metrics::Outcome::ok && chance() < m_.strays) with(shot, 500);
}

void SimulatedServer::offer_workers(State& state, double at) {
    if (m_.grows_every <= 0) return;
    auto& slots = state.slots.front();
    slots.resize(slots.size() + grown_, 0);
    const double next = m_.grows_every - std::fmod(at, m_.grows_every);
    for (int i = 0; i < 64; ++i) {
        state.offered.push_back(next + m_.grows_every * i);
        slots.push_back(state.offered.back());
    }
    std::ranges::make_heap(slots, std::greater<>());
}

void SimulatedServer::keep_workers(const State& state) {
    for (const double at : state.offered)
        if (std::ranges::find(state.slots.front(), at) == state.slots.front().end()) ++grown_;
}

/// First bytes come when they are ready, bodies one after another.
void SimulatedServer::transfer(Burst& burst) const {
    if (m_.transfer <= 0) return;
    std::vector<Shot*> order;
    for (Shot& shot : burst.shots)
        if (shot.right) order.push_back(&shot);
    std::ranges::sort(order, {}, &Shot::first_byte);
    double free = 0;
    for (Shot* shot : order) {
        free = std::max(free, to_seconds(shot->first_byte)) + m_.transfer;
        shot->done = ns(free);
        shot->bytes = 250'000;
    }
}

/// All but the first answer, or for first bytes none, wait for the end of the loop's turn.
void SimulatedServer::write_late(Burst& burst, const State& state) {
    if (!m_.convoy || burst.shots.size() < 2) return;
    const auto first = std::ranges::min_element(burst.shots, {}, &Shot::done);
    for (auto at = burst.shots.begin(); at != burst.shots.end(); ++at) {
        if (at == first || !at->right) continue;
        const auto process = state.of[static_cast<std::size_t>(at - burst.shots.begin())];
        at->done = std::max(at->done, ns(state.loop[process] + 50e-6));
    }
}

void SimulatedServer::sing(Burst& burst, State& state) {
    if (!burst.canaries) return;
    double end = 0;
    for (const Shot& s : burst.shots)
        if (s.done != never) end = std::max(end, to_seconds(s.done));
    const auto one = [&](ServerModel::Canaries how, double start) {
        const std::size_t process = static_cast<std::size_t>(chance() * m_.processes);
        double done = start + 1e-3 * (1 + chance());
        if (m_.processor == ServerModel::Processor::shared) done += 0.05 * chance();
        if (how == ServerModel::Canaries::behind_loop) done = std::max(done, state.loop[process] + 1e-3);
        if (how == ServerModel::Canaries::queued) done = std::max(done, state.take(process, start, 1e-3));
        return done;
    };
    const auto sung = [&](ServerModel::Canaries how) {
        std::vector<Canary> out;
        std::vector<double> ends;
        for (double planned = 0.01; planned < end && out.size() < 500; planned += std::max(0.02, end / 100)) {
            const double free = ends.size() >= 2 ? ends[ends.size() - 2] : 0;
            const double done = one(how, std::max(planned, free));
            ends.push_back(done);
            std::ranges::sort(ends);
            Canary c;
            c.planned = ns(planned);
            if (done <= end) {
                c.done = ns(done);
                c.status = 200;
                c.outcome = metrics::Outcome::ok;
            }
            out.push_back(c);
        }
        return out;
    };
    burst.app = sung(m_.app);
    if (m_.parser_canaries) burst.parser = sung(m_.parser);
}

Process SimulatedServer::process(const Burst& burst, const State& state) {
    Process p;
    const int n = static_cast<int>(burst.shots.size());
    p.threads_before = m_.threads_base * m_.processes + threads_;
    p.threads_peak = p.threads_before;
    if (m_.threads == ServerModel::Threads::per_request) p.threads_peak += n;
    if (m_.threads == ServerModel::Threads::pool) {
        threads_ = std::max(threads_, std::min(n, static_cast<int>(m_.workers)));
        p.threads_peak = m_.threads_base * m_.processes + threads_;
    }
    p.processes_before = p.processes_peak = m_.processes > 1 ? m_.processes + 1 : 1;
    p.cpu = ns(state.work);
    p.run_delay = ns(state.work * m_.run_delay);
    if (m_.run_delay > 0) p.cpu = ns(state.work * (1 - m_.run_delay));
    p.upstream = m_.proxied ? n : 0;
    return p;
}

Burst SimulatedServer::fire(std::size_t n, Sockets sockets, bool canaries, double at, double left) {
    Burst burst;
    burst.sockets = sockets;
    burst.canaries = canaries;
    burst.at = ns(at);
    burst.shots.resize(n);
    State state;
    connect(burst, state);
    refuse(burst, canaries ? 2 : 0, at);
    offer_workers(state, at);
    if (m_.processor == ServerModel::Processor::shared)
        answer_sharing(burst, state);
    else
        answer(burst, state);
    keep_workers(state);
    transfer(burst);
    write_late(burst, state);
    sing(burst, state);
    if (m_.seen) burst.process = process(burst, state);
    for (Shot& shot : burst.shots) {
        const bool lost = chance() < m_.lost;
        const bool late = to_seconds(shot.done) > left;
        if (!lost && !late) continue;
        burst.cut = burst.cut || late;
        shot.first_byte = shot.done = never;
        shot.status = 0;
        shot.right = false;
        shot.outcome = late ? metrics::Outcome::cancelled : metrics::Outcome::timeout;
    }
    return burst;
}

Burst SimulatedServer::control(std::size_t n, double at) {
    Burst burst;
    burst.at = ns(at);
    burst.shots.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
        Shot& shot = burst.shots[i];
        shot.started = shot.connected = shot.sent = ns(std::exponential_distribution<double>(1 / m_.lag)(random_));
        set_done(shot, 0.1 + wire + static_cast<double>(i) * 20e-6 + m_.control_slow * (n > 1 ? 1 : 0) + to_seconds(shot.sent));
    }
    return burst;
}

Observation SimulatedServer::begin(double budget, std::size_t most) {
    Observation o;
    o.target = "GET http://127.0.0.1:8000/";
    o.server = m_.server;
    o.given_service = ns(m_.given_service);
    o.budget = ns(budget);
    o.most = most;
    o.local = m_.seen;
    o.control_service = ns(0.1);
    if (m_.seen) o.process_name = "python3";
    for (int i = 0; i < 5; ++i) {
        Canary c;
        c.planned = ns(0.02 * i);
        c.done = c.planned + ns(1e-3 + 1e-3 * chance());
        c.status = 200;
        c.outcome = metrics::Outcome::ok;
        o.idle_app.push_back(c);
        if (m_.parser_canaries) o.idle_parser.push_back(c);
    }
    return o;
}

Verified verify(const ServerModel& model, std::uint64_t seed, double budget, std::size_t most) {
    SimulatedServer server(model, seed);
    Verified out;
    out.seen = server.begin(budget, most);
    for (; out.steps < 400; ++out.steps) {
        const double left = budget - out.took;
        const Step step = next_step(out.seen, ns(left), seed);
        if (step.what == Step::What::done) break;
        const bool control = step.what == Step::What::control;
        Burst burst =
            control ? server.control(step.n, out.took) : server.fire(step.n, step.sockets, step.canaries, out.took, left);
        double end = 0;
        for (const Shot& s : burst.shots)
            if (s.done != never) end = std::max(end, to_seconds(s.done));
        if (burst.cut) {
            end = left;
            out.seen.out_of_time = true;
        }
        out.took += end + 0.01;
        (control ? out.seen.control : out.seen.bursts).push_back(std::move(burst));
    }
    out.record = judge(out.seen);
    return out;
}

}  // namespace volley::test
