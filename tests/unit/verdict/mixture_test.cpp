// Hundreds of servers at random, each verified in virtual time: at least 99 of 100 verdicts are right, W to the last worker, and the
// others are inconclusive.
#include <cmath>
#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "support/simulated_server.hpp"

namespace volley::verdict {
namespace {

using test::ServerModel;
using Canaries = ServerModel::Canaries;

enum class Truth { async, pool, lock, blocked, cpu, refusing, thread_each };

struct Server {
    Truth truth = Truth::async;
    ServerModel model;
    double budget = 60;
};

constexpr const char* name_of(Truth t) {
    constexpr const char* names[] = {"async", "pool", "lock", "blocked", "cpu", "refusing", "thread_each"};
    return names[static_cast<int>(t)];
}

class Random {
public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}
    double uniform(double from, double to) { return std::uniform_real_distribution<double>(from, to)(engine_); }
    std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(engine_); }
    bool one_in(std::size_t n) { return below(n) == 0; }

private:
    std::mt19937_64 engine_;
};

Server any_server(std::uint64_t seed) {
    Random random(seed);
    Server s;
    s.truth = static_cast<Truth>(random.below(7));
    s.budget = random.one_in(3) ? 10 : random.one_in(2) ? 30 : 60;
    ServerModel& m = s.model;
    m.service = std::min(std::exp(random.uniform(std::log(0.02), std::log(2.0))), s.budget / 30);
    if (random.one_in(2)) {
        m.law = ServerModel::Law::jittered;
        m.spread = random.uniform(0.01, 0.12);
    }
    if (random.one_in(4)) m.lost = 0.001;
    if (random.one_in(4)) m.stragglers = 0.003;
    m.seen = !random.one_in(4);
    m.parser_canaries = !random.one_in(5);
    m.threads_base = 1 + static_cast<int>(random.below(6));
    switch (s.truth) {
        case Truth::async:
            break;
        case Truth::pool:
            m.workers = 2 + random.below(63);
            if (random.one_in(2)) m.threads = ServerModel::Threads::pool;
            if (random.one_in(3)) m.parser = m.app = Canaries::queued;
            break;
        case Truth::lock:
            m.workers = 1;
            break;
        case Truth::blocked:
            m.blocked = random.one_in(2) ? 1 : random.uniform(0.05, 0.95);
            m.convoy = random.one_in(2);
            m.parser = m.app = Canaries::behind_loop;
            break;
        case Truth::cpu:
            m.seen = true;
            m.blocked = random.one_in(2) ? 1 : random.uniform(0.1, 0.9);
            m.processor = ServerModel::Processor::holding;
            m.parser = m.app = Canaries::behind_loop;
            break;
        case Truth::refusing:
            (random.one_in(2) ? m.most_requests : m.most_connections) = 3 + random.below(200);
            break;
        case Truth::thread_each:
            m.seen = true;
            m.threads = ServerModel::Threads::per_request;
            break;
    }
    return s;
}

/// With nothing to tell a held loop by, the honest word is the shape alone.
bool is_right_of_blocked(const Server& s, const Record& r) {
    const double held = s.model.blocked * s.model.service;
    const bool shape = std::abs(to_seconds(r.blocked_for) - held) <= 0.15 * held + 0.02 * s.model.service;
    if (r.headline == Headline::loop_blocked) return shape;
    // What overlaps more than it waits is no longer serial.
    const bool word = r.headline == Headline::serial ? held > 0.4 * s.model.service
                                                     : r.headline == Headline::paced && held < 0.6 * s.model.service;
    return word && !s.model.parser_canaries && !r.loop_blocked && (shape || r.shape == Shape::serial);
}

bool is_right(const Server& s, const Record& r) {
    const ServerModel& m = s.model;
    // Where there was no time to get above the limit, what is said is true as far as it goes.
    const auto below = [&](std::size_t limit) { return r.workers_at_least && r.workers.value_or(0) <= limit; };
    switch (s.truth) {
        case Truth::async:
            return r.headline == (m.seen ? Headline::asynchronous : Headline::concurrent);
        case Truth::pool:
            if (r.workers_most) return m.spread > 0.12 && r.workers <= m.workers && m.workers <= *r.workers_most;
            return (r.headline == Headline::pool && r.workers == m.workers) || below(m.workers);
        case Truth::lock:
            return r.headline == Headline::serial && r.workers == 1U &&
                   (r.mechanism == Mechanism::lock || (!m.parser_canaries && r.mechanism == Mechanism::unknown));
        case Truth::blocked:
            return is_right_of_blocked(s, r);
        case Truth::cpu:
            return r.headline == Headline::cpu_bound;
        case Truth::refusing: {
            const std::size_t limit = std::max(m.most_requests, m.most_connections);
            return (r.headline == Headline::refusing && r.refuses_above == limit) || below(limit);
        }
        case Truth::thread_each:
            return r.headline == Headline::thread_per_request;
    }
    return false;
}

std::string describe(std::uint64_t seed, const Server& s, const test::Verified& v) {
    std::string out = "  " + std::string(name_of(s.truth)) + " seed " + std::to_string(seed) + " S " +
                      std::to_string(s.model.service) + " budget " + std::to_string(s.budget) + " spread " +
                      std::to_string(s.model.spread) + " W " + std::to_string(s.model.workers) + " blocked " +
                      std::to_string(s.model.blocked) + " L " +
                      std::to_string(std::max(s.model.most_requests, s.model.most_connections)) +
                      (s.model.seen ? "" : " unseen") + (s.model.parser_canaries ? "" : " no parser") + ":\n    " +
                      std::string(to_string(v.record.headline)) + ": " + v.record.words + "\n   ";
    for (const Burst& b : v.seen.bursts) {
        Duration last{};
        for (const Shot& shot : b.shots)
            if (shot.right) last = std::max(last, shot.done);
        out += ' ' + std::to_string(b.shots.size()) + (b.canaries ? "c" : "") + (b.sockets == Sockets::cold ? "*" : "") +
               (b.cut ? "!" : "") + '=' + format_duration(last);
    }
    return out + '\n';
}

/// Much that disturbs a measurement, on top.
Server disturbed_server(std::uint64_t seed) {
    Server s = any_server(seed);
    Random random(seed + 1'000'000);
    ServerModel& m = s.model;
    m.lag = std::exp(random.uniform(std::log(2e-5), std::log(2e-3)));
    if (random.one_in(2)) m.cost = m.service * random.uniform(0.0005, 0.008);
    if (random.one_in(3)) m.hiccups = 0.1;
    if (random.one_in(3)) {
        m.law = random.one_in(2) ? ServerModel::Law::jittered : ServerModel::Law::lognormal;
        m.spread = random.uniform(0.05, 0.2);
    }
    if (random.one_in(3)) m.stragglers = 0.01;
    if (random.one_in(3)) m.strays = 0.002;
    if (m.workers == 0 && s.truth == Truth::async && random.one_in(3)) {
        m.processes = random.one_in(2) ? 2 : 4;
        m.unequal = true;
    }
    return s;
}

struct Tally {
    std::map<std::string, std::map<std::string, int>> confusion;
    std::string examples;
    int right = 0;
    int wrong = 0;
    int open = 0;

    [[nodiscard]] std::string table() const {
        std::string out;
        for (const auto& [truth, row] : confusion) {
            out += "  " + truth + ':';
            for (const auto& [headline, n] : row) out += ' ' + headline + ' ' + std::to_string(n) + ',';
            out.back() = '\n';
        }
        return out + examples;
    }
};

template <class Make>
Tally verify_all(std::uint64_t servers, Make make) {
    Tally t;
    for (std::uint64_t seed = 1; seed <= servers; ++seed) {
        const Server s = make(seed);
        const auto v = test::verify(s.model, seed, s.budget);
        EXPECT_LE(v.took, s.budget + 0.02) << "seed " << seed;
        const bool right = is_right(s, v.record);
        ++t.confusion[name_of(s.truth)][std::string(to_string(v.record.headline)) + (right ? "" : " (not right)")];
        ++(right ? t.right : v.record.headline == Headline::inconclusive ? t.open : t.wrong);
        if (!right) t.examples += describe(seed, s, v);
    }
    return t;
}

TEST(Mixture, at_least_99_of_100_are_right_and_the_others_inconclusive) {
    const Tally t = verify_all(1000, any_server);
    EXPECT_EQ(t.wrong, 0) << t.table();
    EXPECT_GE(t.right, 990) << t.table();
}

TEST(Mixture, disturbances_make_verdicts_inconclusive_sooner_than_wrong) {
    const Tally t = verify_all(1000, disturbed_server);
    EXPECT_LE(t.wrong, 10) << t.table();
    EXPECT_GE(t.right, 950) << t.table();
}

}  // namespace
}  // namespace volley::verdict
