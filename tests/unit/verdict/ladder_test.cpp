// What is looked at next.
#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include <volley/verdict/judge.hpp>

#include "support/simulated_server.hpp"
#include "unit/verdict/observed.hpp"

namespace volley::verdict {
namespace {

using namespace test;
using namespace std::chrono_literals;
using What = Step::What;

TEST(Ladder, begins_with_requests_alone) {
    Observation o;
    o.budget = 60s;
    for (int i = 0; i < 3; ++i) {
        const Step s = next_step(o, 60s, 1);
        EXPECT_EQ(s.what, What::burst);
        EXPECT_EQ(s.n, 1U);
        EXPECT_FALSE(s.canaries);
        EXPECT_FALSE(s.why.empty());
        o.bursts.push_back(staircase(1, 0.3, 0));
    }
    EXPECT_EQ(next_step(o, 59s, 1).n, 2U);
}

TEST(Ladder, a_given_service_time_needs_one_request_alone) {
    Observation o;
    o.budget = 60s;
    o.given_service = 10s;
    EXPECT_EQ(next_step(o, 60s, 1).expected, 10s);
    o.bursts.push_back(staircase(1, 10, 0));
    EXPECT_EQ(next_step(o, 50s, 1).n, 2U);
}

TEST(Ladder, asks_for_more_alone_while_they_differ) {
    Observation o;
    o.budget = 60s;
    for (const double t : {0.1, 0.14, 0.2}) o.bursts.push_back(staircase(1, t, 0));
    EXPECT_EQ(next_step(o, 59s, 1).n, 1U);
}

TEST(Ladder, sends_nothing_more_where_nothing_can_be_told) {
    EXPECT_EQ(next_step(alone(0.001), 60s, 1).what, What::done) << "too fast";
    EXPECT_EQ(next_step(alone(0.3), 0s, 1).what, What::done) << "no time";
    EXPECT_EQ(next_step(alone(60), 20s, 1).what, What::done) << "two may take two minutes";
    Observation o = alone(0.3);
    o.interrupted = true;
    EXPECT_EQ(next_step(o, 60s, 1).what, What::done);
    o = {};
    o.budget = 60s;
    for (int i = 0; i < 3; ++i) {
        o.bursts.emplace_back();
        o.bursts.back().shots.push_back(refused(500));
    }
    EXPECT_EQ(next_step(o, 60s, 1).what, What::done) << "never right";
}

/// The sizes of the bursts, in order.
std::vector<std::size_t> climbed(const Verified& v) {
    std::vector<std::size_t> out;
    for (const Burst& b : v.seen.bursts)
        if (b.shots.size() > 1 && (out.empty() || b.shots.size() > out.back())) out.push_back(b.shots.size());
    return out;
}

TEST(Ladder, climbs_to_the_top_while_all_overlap) {
    EXPECT_EQ(climbed(verify({}, 1)), (std::vector<std::size_t>{2, 5, 10, 20, 50, 100, 200, 512}));
    EXPECT_EQ(climbed(verify({}, 1, 60, 30)), (std::vector<std::size_t>{2, 5, 10, 20, 30}));
}

TEST(Ladder, asks_again_where_the_generator_was_late_but_not_for_ever) {
    Observation o = alone(0.3);
    for (int i = 0; i < 3; ++i) {
        const Step s = next_step(o, 50s, 1);
        EXPECT_EQ(s.n, i == 0 ? 2U : 5U) << i;
        o.bursts.push_back(i == 0 ? in_groups({2}, 0.3) : in_groups({5}, 0.35));
        if (i > 0)
            for (Shot& shot : o.bursts.back().shots) shot.started = 150ms;
    }
    EXPECT_EQ(next_step(o, 50s, 1).n, 5U);
    Observation good = o;
    good.bursts.push_back(in_groups({5}, 0.3));
    EXPECT_EQ(next_step(good, 50s, 1).n, 10U) << "once on time is enough";
    o.bursts.push_back(o.bursts.back());
    const Step last = next_step(o, 50s, 1);
    EXPECT_FALSE(last.what == What::burst && last.n > 5) << "it is not up to more";
}

TEST(Ladder, leaves_rungs_out_where_time_is_short) {
    const auto v = verify({.service = 2}, 1, 30);
    EXPECT_LT(climbed(v).size(), 8U);
    EXPECT_GE(climbed(v).back(), 20U);
    EXPECT_LE(v.took, 30);
}

TEST(Ladder, does_not_climb_on_once_it_is_decided) {
    const auto v = verify({.service = 1, .workers = 1}, 1);
    for (const Burst& b : v.seen.bursts) EXPECT_LE(b.shots.size(), 20U);
    EXPECT_LE(v.took, 60);
}

TEST(Ladder, looks_at_w_and_one_more_without_canaries) {
    const auto v = verify({.workers = 7}, 1);
    std::size_t at = 0;
    std::size_t above = 0;
    bool cold = false;
    bool canaries = false;
    for (const Burst& b : v.seen.bursts) {
        const std::size_t n = b.shots.size();
        EXPECT_FALSE((n == 7 || n == 8) && b.canaries);
        at += n == 7 ? 1U : 0U;
        above += n == 8 ? 1U : 0U;
        cold = cold || b.sockets == Sockets::cold;
        canaries = canaries || b.canaries;
    }
    EXPECT_GE(at, 2U);
    EXPECT_GE(above, 2U);
    EXPECT_TRUE(cold);
    EXPECT_TRUE(canaries);
    EXPECT_FALSE(v.seen.control.empty());
}

TEST(Ladder, repeats_in_another_order_with_another_seed) {
    std::set<std::vector<std::size_t>> orders;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        std::vector<std::size_t> sizes;
        for (const Burst& b : verify({.workers = 7}, seed).seen.bursts) sizes.push_back(b.shots.size());
        orders.insert(sizes);
    }
    EXPECT_GT(orders.size(), 2U);
}

TEST(Ladder, repeats_eight_times_where_workers_vary) {
    const auto v = verify({.processes = 2, .unequal = true, .blocked = 1}, 4);
    std::map<std::size_t, std::size_t> sizes;
    for (const Burst& b : v.seen.bursts)
        if (!b.canaries) ++sizes[b.shots.size()];
    EXPECT_GE(
        std::max_element(sizes.begin(), sizes.end(), [](const auto& x, const auto& y) { return x.second < y.second; })->second,
        8U);
}

TEST(Ladder, a_cut_burst_ends_within_the_time_and_still_tells) {
    ServerModel model{.service = 3, .workers = 1};
    const auto v = verify(model, 1, 20);
    EXPECT_LE(v.took, 20.02);
    EXPECT_EQ(v.record.headline, Headline::serial) << v.record.words;
    EXPECT_FALSE(v.record.doubts.empty());
}

}  // namespace
}  // namespace volley::verdict
