// The whole adaptive verification against simulated servers, many seeds each, in virtual time.
#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "support/simulated_server.hpp"

namespace volley::verdict {
namespace {

using test::ServerModel;
using test::Verified;
using Law = ServerModel::Law;
using Threads = ServerModel::Threads;
using Canaries = ServerModel::Canaries;
using Processor = ServerModel::Processor;

/// One kind of server, how it is to be called, and what else must be right.
struct Case {
    std::string name;
    ServerModel model;
    Headline headline;
    std::function<bool(const Record&)> also = [](const Record&) { return true; };
    double budget = 60;
    std::size_t most = 512;
    double inconclusive = 0.01;  ///< share of seeds that may end so; none may be wrong
};

constexpr int seeds = 40;

std::string describe(const Verified& v) {
    std::string out = std::string(to_string(v.record.headline)) + ", shape " + std::string(to_string(v.record.shape)) + ", W " +
                      (v.record.workers ? std::to_string(*v.record.workers) : "-") + ", " +
                      std::string(to_string(v.record.mechanism)) + ", took " + std::to_string(v.took) + ":";
    for (const Burst& b : v.seen.bursts) {
        Duration last{};
        for (const Shot& s : b.shots)
            if (s.right) last = std::max(last, s.done);
        out += ' ' + std::to_string(b.shots.size()) + (b.canaries ? "c" : "") + (b.sockets == Sockets::cold ? "*" : "") +
               (b.cut ? "!" : "") + '=' + format_duration(last);
    }
    return out;
}

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class Simulation : public ::testing::TestWithParam<Case> {};

TEST_P(Simulation, is_judged_rightly) {
    const Case& c = GetParam();
    std::map<std::string, int> confusion;
    std::map<std::string, std::string> example;
    int wrong = 0;
    int open = 0;
    for (int seed = 1; seed <= seeds; ++seed) {
        const Verified v = test::verify(c.model, static_cast<std::uint64_t>(seed), c.budget, c.most);
        EXPECT_LE(v.took, c.budget + 0.02) << "seed " << seed;
        const bool right = v.record.headline == c.headline && c.also(v.record);
        const std::string key = std::string(to_string(v.record.headline)) + (right ? "" : " (wrong)");
        ++confusion[key];
        if (!right) example.emplace(key, "seed " + std::to_string(seed) + ": " + describe(v));
        if (right) continue;
        ++(v.record.headline == Headline::inconclusive ? open : wrong);
    }
    std::string table;
    for (const auto& [key, n] : confusion)
        table += "  " + key + ": " + std::to_string(n) + (example.contains(key) ? "  e.g. " + example[key] : "") + '\n';
    EXPECT_LE(wrong, 0) << c.name << '\n' << table;
    EXPECT_LE(open, std::max(0.0, c.inconclusive * seeds)) << c.name << '\n' << table;
}

auto pool_of(std::size_t w, std::optional<Mechanism> by = {}) {
    return [=](const Record& r) {
        return r.workers == w && !r.workers_most && r.shape == Shape::pool && (!by || r.mechanism == *by);
    };
}
auto blocked_for(double seconds) {
    return [=](const Record& r) { return r.loop_blocked && std::abs(to_seconds(r.blocked_for) - seconds) < 0.1 * seconds; };
}

std::vector<Case> async_cases() {
    return {
        {"async", {}, Headline::asynchronous},
        {"async_1s", {.service = 1}, Headline::asynchronous},
        {"async_budget_10s", {.service = 0.3}, Headline::asynchronous, [](const Record&) { return true; }, 10},
        {"async_20ms", {.service = 0.02}, Headline::asynchronous},
        {"async_jittered", {.law = Law::jittered, .spread = 0.25}, Headline::asynchronous},
        {"async_lognormal", {.law = Law::lognormal, .spread = 0.15}, Headline::asynchronous},
        {"async_exponential", {.law = Law::exponential}, Headline::asynchronous},
        {"async_stragglers", {.stragglers = 0.01}, Headline::asynchronous},
        {"async_lost", {.lost = 0.003}, Headline::asynchronous},
        {"async_strays", {.strays = 0.003}, Headline::asynchronous},
        {"async_four_workers", {.processes = 4, .unequal = true}, Headline::asynchronous},
        {"async_with_a_cost", {.service = 0.1, .cost = 0.7e-3}, Headline::asynchronous},
        {"async_not_seen", {.seen = false}, Headline::concurrent, [](const Record& r) { return r.workers == 512U; }},
        {"async_behind_a_proxy", {.proxied = true}, Headline::concurrent},
        // Two or more take longer than one, and all the same time.
        {"async_in_batches",
         {.service = 0.11, .batch = 0.28},
         Headline::asynchronous,
         [](const Record& r) {
             return r.confidence < Confidence::high && r.workers >= 50U && r.workers_at_least && !r.paced_at && !r.doubts.empty();
         }},
        {"async_in_batches_of_twice_the_time",
         {.service = 0.11, .batch = 0.22},
         Headline::asynchronous,
         [](const Record& r) { return r.confidence < Confidence::high && !r.paced_at; }},
        {"async_in_batches_not_seen", {.service = 0.11, .batch = 0.4, .seen = false}, Headline::concurrent},
        {"async_with_large_bodies",
         {.service = 0.2, .transfer = 0.02},
         Headline::asynchronous,
         [](const Record& r) {
             return std::ranges::any_of(r.doubts, [](const auto& d) { return d.find("bodies") != std::string::npos; });
         }},
        {"async_with_large_bodies_not_seen",
         {.service = 0.2, .transfer = 0.1, .seen = false, .parser_canaries = false},
         Headline::concurrent},
        {"thread_per_request", {.threads_base = 5, .threads = Threads::per_request}, Headline::thread_per_request},
    };
}

std::vector<Case> pool_cases() {
    std::vector<Case> out;
    for (const std::size_t w : {2, 3, 4, 5, 6, 8, 10, 16, 20, 25, 32, 40, 49, 50, 64}) {
        const auto name = std::to_string(w);
        out.push_back({"semaphore_" + name, {.workers = w}, Headline::pool, pool_of(w, Mechanism::semaphore)});
        out.push_back({"threads_" + name,
                       {.law = Law::jittered, .spread = 0.05, .workers = w, .threads = Threads::pool},
                       Headline::pool,
                       pool_of(w, Mechanism::threads)});
        out.push_back({"jittered_" + name,
                       {.law = Law::jittered, .spread = 0.15, .workers = w, .threads = Threads::pool},
                       Headline::pool,
                       pool_of(w)});
        out.push_back({"stragglers_" + name, {.stragglers = 0.01, .workers = w}, Headline::pool, pool_of(w)});
        out.push_back({"lost_" + name, {.lost = 0.002, .workers = w}, Headline::pool, pool_of(w)});
    }
    out.push_back({"gunicorn_sync_4",
                   {.workers = 4, .processes = 4, .parser = Canaries::queued, .app = Canaries::queued, .server = "gunicorn"},
                   Headline::pool,
                   pool_of(4, Mechanism::processes)});
    out.push_back(
        {"gunicorn_gthread_8",
         {.workers = 8, .threads = Threads::pool, .parser = Canaries::queued, .app = Canaries::queued, .server = "gunicorn"},
         Headline::pool,
         pool_of(8, Mechanism::threads)});
    // Two threads, and one more each half second while requests wait.
    for (const bool seen : {true, false})
        out.push_back({seen ? "pool_that_grows" : "pool_that_grows_not_seen",
                       {.service = 0.2, .workers = 2, .grows_every = 0.5, .seen = seen},
                       Headline::pool,
                       [](const Record& r) {
                           return r.workers_most && *r.workers < *r.workers_most && r.confidence < Confidence::high &&
                                  r.words.find("grows") != std::string::npos;
                       },
                       60,
                       512,
                       0.3});
    out.push_back({"pool_8_of_1s", {.service = 1, .workers = 8}, Headline::pool, pool_of(8)});
    out.push_back({"pool_5_in_10s", {.service = 0.3, .workers = 5}, Headline::pool, pool_of(5), 10});
    out.push_back({"pool_not_seen", {.workers = 5, .seen = false}, Headline::pool, pool_of(5, Mechanism::unknown)});
    return out;
}

std::vector<Case> serial_cases() {
    const auto by = [](Mechanism m) { return [=](const Record& r) { return r.mechanism == m && r.workers == 1U; }; };
    return {
        {"lock", {.workers = 1}, Headline::serial, by(Mechanism::lock)},
        {"lock_1s", {.service = 1, .workers = 1}, Headline::serial, by(Mechanism::lock)},
        {"lock_jittered", {.law = Law::jittered, .spread = 0.2, .workers = 1}, Headline::serial, by(Mechanism::lock)},
        {"lock_in_10s", {.service = 0.3, .workers = 1}, Headline::serial, by(Mechanism::lock), 10},
        {"one_shared_thread", {.workers = 1, .app = Canaries::queued}, Headline::serial, by(Mechanism::threads)},
        {"gunicorn_sync_1",
         {.workers = 1, .parser = Canaries::queued, .app = Canaries::queued, .server = "gunicorn"},
         Headline::serial,
         by(Mechanism::processes)},
        {"serial_no_canaries", {.workers = 1, .parser_canaries = false}, Headline::serial, by(Mechanism::unknown)},
        {"loop_blocked",
         {.blocked = 1, .parser = Canaries::behind_loop, .app = Canaries::behind_loop},
         Headline::loop_blocked,
         blocked_for(0.3)},
        {"loop_blocked_convoy",
         {.blocked = 1, .convoy = true, .parser = Canaries::behind_loop, .app = Canaries::behind_loop},
         Headline::loop_blocked,
         blocked_for(0.3)},
        {"convoy_no_canaries", {.blocked = 1, .convoy = true, .parser_canaries = false}, Headline::loop_blocked},
        {"blocked_30_percent",
         {.blocked = 0.3, .parser = Canaries::behind_loop, .app = Canaries::behind_loop},
         Headline::loop_blocked,
         blocked_for(0.09)},
        {"blocked_5_percent",
         {.blocked = 0.05, .parser = Canaries::behind_loop, .app = Canaries::behind_loop},
         Headline::loop_blocked,
         blocked_for(0.015)},
        {"cpu_bound",
         {.blocked = 1,
          .convoy = true,
          .processor = Processor::holding,
          .parser = Canaries::behind_loop,
          .app = Canaries::behind_loop},
         Headline::cpu_bound},
        {"cpu_bound_on_a_busy_machine",
         {.blocked = 1,
          .processor = Processor::holding,
          .run_delay = 0.5,
          .parser = Canaries::behind_loop,
          .app = Canaries::behind_loop},
         Headline::cpu_bound},
        {"gil", {.processor = Processor::shared, .threads = Threads::per_request}, Headline::cpu_bound},
        {"lock_with_large_bodies", {.workers = 1, .transfer = 0.02}, Headline::serial, by(Mechanism::lock)},
        {"paced",
         {.service = 0.1, .paced = 50},
         Headline::paced,
         [](const Record& r) { return r.paced_at && std::abs(*r.paced_at - 50) < 5; }},
    };
}

/// A pool that is needed for the last fifth of each request: W / hold go through in a second.
std::vector<Case> partly_pooled_cases() {
    const auto at_250 = [](Confidence most) {
        return [=](const Record& r) {
            return r.paced_at && std::abs(*r.paced_at - 250) < 25 && r.shape != Shape::serial && r.confidence <= most &&
                   (r.cause + r.words).find("pool") != std::string::npos && r.advice.find("pool") != std::string::npos;
        };
    };
    return {
        {"pool_for_a_part", {.service = 0.1, .workers = 5, .pooled = 0.02}, Headline::paced, at_250(Confidence::medium)},
        {"pool_for_a_part_not_seen",
         {.service = 0.1, .workers = 5, .pooled = 0.02, .seen = false, .parser_canaries = false},
         Headline::paced,
         at_250(Confidence::medium)},
    };
}

std::vector<Case> limit_cases() {
    const auto above = [](std::size_t l) { return [=](const Record& r) { return r.refuses_above == l && r.refusal == 503; }; };
    const auto pool_and_queue = [](std::size_t w, std::size_t l) {
        return [=](const Record& r) { return r.refuses_above == l && r.workers == w && r.shape == Shape::pool; };
    };
    return {
        {"refusing_requests_above_10", {.most_requests = 10}, Headline::refusing, above(10)},
        {"refusing_requests_above_37", {.most_requests = 37}, Headline::refusing, above(37)},
        {"refusing_connections_above_14", {.most_connections = 14}, Headline::refusing, above(14)},
        {"refusing_connections_above_100", {.most_connections = 100}, Headline::refusing, above(100)},
        {"refusing_above_20_pool_of_15", {.workers = 15, .most_requests = 20}, Headline::refusing, pool_and_queue(15, 20)},
        {"refusing_above_10_pool_of_4", {.workers = 4, .most_requests = 10}, Headline::refusing, pool_and_queue(4, 10)},
        {"refusing_above_8_pool_of_6", {.workers = 6, .most_requests = 8}, Headline::refusing, pool_and_queue(6, 8)},
        {"refusing_above_5_pool_of_2", {.workers = 2, .most_requests = 5}, Headline::refusing, pool_and_queue(2, 5)},
        {"refusing_above_30_pool_of_8_threads",
         {.workers = 8, .most_requests = 30, .threads = Threads::pool},
         Headline::refusing,
         pool_and_queue(8, 30)},
        {"refusing_above_60_pool_of_40", {.workers = 40, .most_requests = 60}, Headline::refusing, pool_and_queue(40, 60)},
        {"refusing_more_than_100_in_30s",
         {.service = 0.2, .rate = 100},
         Headline::inconclusive,
         [](const Record& r) {
             return !r.refuses_above && r.words.find("rate") != std::string::npos &&
                    std::ranges::none_of(r.evidence, [](const auto& e) { return e.find("each time") != std::string::npos; });
         }},
        {"refusing_more_than_40_in_a_second",
         {.service = 0.2, .rate = 40, .rate_window = 1},
         Headline::inconclusive,
         [](const Record& r) { return !r.refuses_above; }},
        {"shedding_above_5_with_200",
         {.service = 0.2, .most_requests = 5, .says_ok = true},
         Headline::refusing,
         [](const Record& r) { return r.refuses_above == 5U && r.refusal == 200 && !r.doubts.empty(); }},
        {"backlog_of_5",
         {.blocked = 1, .backlog = 5, .parser = Canaries::behind_loop, .app = Canaries::behind_loop},
         Headline::backlog_small,
         [](const Record& r) { return r.loop_blocked; }},
        {"four_blocked_workers",
         {.processes = 4, .unequal = true, .blocked = 1, .parser = Canaries::behind_loop},
         Headline::unstable,
         [](const Record&) { return true; },
         60,
         512,
         0.1},
        {"two_workers_of_40_threads_by_chance",
         {.workers = 80, .processes = 2, .unequal = true, .threads = Threads::pool},
         Headline::unstable,
         [](const Record&) { return true; },
         60,
         512,
         0.1},
        {"two_blocked_workers",
         {.processes = 2, .unequal = true, .blocked = 1, .parser = Canaries::behind_loop},
         Headline::unstable,
         [](const Record&) { return true; },
         60,
         512,
         0.1},
    };
}

/// Service times that differ so much that W is a range, and some runs say nothing.
std::vector<Case> wide_cases() {
    const auto around = [](std::size_t w) {
        return [=](const Record& r) { return r.workers_most && *r.workers <= w && w <= *r.workers_most; };
    };
    return {
        {"exponential_pool_of_5", {.service = 0.1, .law = Law::exponential, .workers = 5}, Headline::pool, around(5), 60, 512, 1},
        {"exponential_pool_of_20",
         {.service = 0.1, .law = Law::exponential, .workers = 20},
         Headline::pool,
         around(20),
         60,
         512,
         0.5},
        {"lognormal_pool_of_10",
         {.service = 0.1, .law = Law::lognormal, .spread = 0.5, .workers = 10},
         Headline::pool,
         around(10),
         60,
         512,
         0.5},
        // Each thread accepts, reads and answers: what only the parser answers waits for a worker like all else.
        {"threads_that_parse_themselves",
         {.service = 0.25,
          .law = Law::jittered,
          .spread = 0.6,
          .workers = 8,
          .threads_base = 9,
          .parser = Canaries::queued,
          .app = Canaries::queued},
         Headline::pool,
         [=](const Record& r) { return around(8)(r) && !r.loop_blocked && r.mechanism == Mechanism::unknown; },
         60,
         512,
         0.5},
        {"threads_that_parse_themselves_not_seen",
         {.service = 0.25,
          .law = Law::jittered,
          .spread = 0.6,
          .workers = 8,
          .seen = false,
          .parser = Canaries::queued,
          .app = Canaries::queued},
         Headline::pool,
         around(8),
         60,
         512,
         1},
        {"threads_that_parse_themselves_differing_less",
         {.service = 0.25,
          .law = Law::jittered,
          .spread = 0.22,
          .workers = 8,
          .threads_base = 9,
          .parser = Canaries::queued,
          .app = Canaries::queued},
         Headline::pool,
         [](const Record& r) { return r.workers == 8U || r.workers_most; },
         60,
         512,
         0.5},
        {"a_loop_held_for_a_part_that_differs",
         {.service = 0.25,
          .law = Law::jittered,
          .spread = 0.6,
          .blocked = 0.3,
          .parser = Canaries::behind_loop,
          .app = Canaries::behind_loop},
         Headline::loop_blocked,
         [](const Record& r) { return std::abs(to_seconds(r.blocked_for) - 0.075) < 0.02; },
         60,
         512,
         0.5},
        {"exponential_async", {.service = 0.1, .law = Law::exponential}, Headline::asynchronous},
        {"lognormal_async", {.service = 0.1, .law = Law::lognormal, .spread = 0.5}, Headline::asynchronous},
        {"exponential_blocked",
         {.service = 0.1, .law = Law::exponential, .blocked = 1, .parser = Canaries::behind_loop, .app = Canaries::behind_loop},
         Headline::loop_blocked},
    };
}

std::vector<Case> unclear_cases() {
    const auto any = [](const Record&) { return true; };
    return {
        {"too_fast", {.service = 0.001}, Headline::inconclusive},
        {"takes_a_minute", {.service = 60}, Headline::inconclusive},
        {"late_generator", {.service = 0.1, .lag = 0.05}, Headline::inconclusive},
        {"slow_control", {.service = 0.1, .cost = 4e-3, .control_slow = 0.3}, Headline::inconclusive, any},
    };
}

auto name_of = [](const auto& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(async, Simulation, ::testing::ValuesIn(async_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(pool, Simulation, ::testing::ValuesIn(pool_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(serial, Simulation, ::testing::ValuesIn(serial_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(partly_pooled, Simulation, ::testing::ValuesIn(partly_pooled_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(limits, Simulation, ::testing::ValuesIn(limit_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(wide, Simulation, ::testing::ValuesIn(wide_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(unclear, Simulation, ::testing::ValuesIn(unclear_cases()), name_of);

}  // namespace
}  // namespace volley::verdict
