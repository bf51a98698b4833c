// The parts that a verdict is made from, one by one.
#include <algorithm>

#include <gtest/gtest.h>

#include <volley/verdict/judge.hpp>

#include "unit/verdict/observed.hpp"
#include "verdict/assess.hpp"
#include "verdict/family.hpp"

namespace volley::verdict {
namespace {

using namespace test;

TEST(Solo, the_median_and_how_much_they_differ) {
    Observation o;
    for (const double t : {0.30, 0.31, 0.29}) o.bursts.push_back(staircase(1, t, 0));
    o.bursts.emplace_back();
    o.bursts.back().shots.push_back(refused(500));
    const Solo s = solo_of(o);
    EXPECT_DOUBLE_EQ(s.service, 0.30);
    EXPECT_NEAR(s.spread, 0.067, 0.001);
    EXPECT_EQ(s.wrong, 1U);
    EXPECT_FALSE(s.wide());
    EXPECT_EQ(solos_wanted(s), 3U);
}

TEST(Solo, what_was_given_counts_unless_it_is_not_so) {
    Observation o = alone(0.3);
    o.given_service = std::chrono::milliseconds(290);
    EXPECT_DOUBLE_EQ(solo_of(o).service, 0.29);
    o.given_service = std::chrono::seconds(1);
    EXPECT_DOUBLE_EQ(solo_of(o).service, 0.3);
    EXPECT_TRUE(solo_of(o).given_differs);
}

TEST(Solo, compares_two_samples) {
    const std::vector<double> a{1, 2, 3, 4, 5, 6, 7, 8};
    const std::vector<double> b{11, 12, 13, 14};
    EXPECT_DOUBLE_EQ(compare(a, a).larger, 0.5);
    EXPECT_DOUBLE_EQ(compare(a, b).larger, 1);
    EXPECT_NEAR(compare(a, b).z, 2.717, 0.001);
}

TEST(Groups, costs_that_are_taken_off_leave_no_less_than_one_service_time) {
    Observation o = alone(0.2);
    for (auto& c : o.control)
        if (c.shots.size() == 100) c = staircase(100, 0.1, 4e-4);
    // Each costs the server 1 % of S less than the generator: taken off twice, the burst would take less than one alone.
    for (int i = 0; i < 3; ++i) o.bursts.push_back(with_process(staircase(100, 0.201, 5e-4), 5, 5));
    const Assessment a(o);
    for (const View& v : a.views) {
        EXPECT_GE(v.makespan, 0.2);
        EXPECT_GE(v.ratio, 1);
        EXPECT_TRUE(std::ranges::is_sorted(v.ends));
    }
    const Record r = judge(o);
    EXPECT_GE(r.makespan, r.service);
    EXPECT_EQ(r.headline, Headline::asynchronous);
}

TEST(Groups, what_was_faster_than_one_alone_stays_so) {
    Observation o = alone(0.2);
    o.bursts.push_back(in_groups({5}, 0.18));
    EXPECT_NEAR(Assessment(o).views[0].makespan, 0.18, 0.001);
}

TEST(Confidence, is_not_raised_by_a_cost_that_was_inferred) {
    Observation o = alone(0.2);
    for (int i = 0; i < 3; ++i) o.bursts.push_back(with_process(with_canaries(staircase(100, 0.2, 5.5e-4), 0.001, 0.001), 5, 5));
    const Record r = judge(o);
    EXPECT_EQ(r.headline, Headline::asynchronous);
    EXPECT_EQ(r.confidence, Confidence::medium) << "it took 1.27 times as long";
}

TEST(Groups, an_answer_of_another_kind_is_no_answer) {
    Observation o = alone(0.2);
    for (Burst& b : o.bursts) b.shots[0].bytes = 1000;
    Burst b = in_groups({10}, 0.2);
    for (Shot& s : b.shots) s.bytes = 1100;
    o.bursts.push_back(b);
    for (std::size_t i = 3; i < 10; ++i) b.shots[i].bytes = 60;
    o.bursts.push_back(b);
    for (Shot& s : b.shots) s.bytes = 60;
    o.bursts.push_back(b);
    b = in_groups({10}, 0.2);
    for (Shot& s : b.shots) s.bytes = 1000;
    for (std::size_t i = 5; i < 10; ++i) b.shots[i].done = b.shots[i].first_byte = from_seconds(0.01);
    o.bursts.push_back(std::move(b));
    const Assessment a(o);
    ASSERT_EQ(a.views.size(), 4U);
    EXPECT_EQ(a.views[0].unlike, 0U);
    EXPECT_EQ(a.views[1].unlike, 7U);
    EXPECT_EQ(a.views[1].refused, 7U);
    EXPECT_EQ(a.views[2].unlike, 0U) << "all alike: bodies may differ from time to time";
    EXPECT_EQ(a.views[3].unlike, 5U);
    EXPECT_EQ(a.views[3].refusal, 200);
}

TEST(Groups, one_answer_and_then_all_others_are_a_convoy) {
    Observation o = alone(0.3);
    o.bursts.push_back(convoy(5, 0.3, false));
    const Assessment a(o);
    ASSERT_EQ(a.views.size(), 1U);
    EXPECT_EQ(a.views[0].groups, (std::vector<std::size_t>{1, 4}));
    EXPECT_TRUE(a.views[0].convoy());
}

TEST(Groups, a_slow_control_does_not_hide_a_second_turn) {
    Observation o = alone(0.3);
    o.control.clear();
    o.control.push_back(staircase(10, 0.1 + 0.3, 0));
    o.bursts.push_back(in_groups({5, 5}, 0.3));
    const Assessment a(o);
    EXPECT_NEAR(a.views[0].cost, 0.3, 0.001);
    EXPECT_EQ(a.views[0].first_turn, 5U);
}

TEST(Fit, m_of_n_gives_w_and_b) {
    Observation o = alone(0.3);
    // W = 5 and 4 ms each.
    for (const std::size_t n : {5U, 10U, 20U}) {
        Burst b;
        for (std::size_t i = 0; i < n; ++i)
            b.shots.push_back(answered(0.3 * static_cast<double>(1 + i / 5) + 0.004 * static_cast<double>(i)));
        o.bursts.push_back(std::move(b));
    }
    const Assessment a(o);
    EXPECT_EQ(a.fit.pattern, Pattern::turns);
    EXPECT_EQ(a.fit.workers, 5U);
    EXPECT_NEAR(a.fit.b + a.each, 0.004, 0.001);
    EXPECT_LT(a.fit.residual, 0.05);
}

TEST(Fit, w_is_exact_when_one_more_takes_two_turns) {
    Observation o = alone(0.3);
    o.bursts.push_back(in_groups({6, 6, 6, 2}, 0.3));
    EXPECT_FALSE(Assessment(o).fit.exact);
    o.bursts.push_back(in_groups({6}, 0.3));
    o.bursts.push_back(in_groups({6, 1}, 0.3));
    EXPECT_TRUE(Assessment(o).fit.exact);
}

TEST(Limits, a_limit_is_where_every_repeat_fails) {
    Observation o = alone(0.3);
    const auto some = [](std::size_t right, std::size_t wrong) {
        Burst b = in_groups({right}, 0.3);
        for (std::size_t i = 0; i < wrong; ++i) b.shots.push_back(refused(429));
        return b;
    };
    for (int i = 0; i < 2; ++i) o.bursts.push_back(some(10, 10));
    Assessment open(o);
    EXPECT_EQ(open.limits.answered, 10U);
    EXPECT_EQ(open.limits.status, 429);
    EXPECT_FALSE(open.limits.closed_in);
    for (int i = 0; i < 2; ++i) {
        o.bursts.push_back(some(10, 0));
        o.bursts.push_back(some(10, 1));
    }
    EXPECT_TRUE(Assessment(o).limits.closed_in);
    o.bursts.push_back(some(11, 0));
    EXPECT_FALSE(Assessment(o).limits.closed_in) << "eleven were answered once";
}

TEST(Backlog, is_seen_in_connects_of_a_cold_burst_only) {
    Observation o = alone(0.3);
    Burst b = in_groups({5}, 0.3);
    for (std::size_t i = 2; i < 5; ++i) b.shots[i].connected = from_seconds(1.01);
    o.bursts.push_back(b);
    EXPECT_FALSE(Assessment(o).backlog.looked);
    b.sockets = Sockets::cold;
    o.bursts.push_back(b);
    const Assessment a(o);
    EXPECT_TRUE(a.backlog.small());
    EXPECT_EQ(a.backlog.delayed, 3U);
    for (auto& s : o.bursts.back().shots) s.connected = from_seconds(0.4);
    EXPECT_FALSE(Assessment(o).backlog.small()) << "0.4 s is slow, and no retransmission";
}

TEST(Process, threads_are_counted_from_before_the_first_burst) {
    Observation o = alone(0.3);
    o.bursts.push_back(with_process(in_groups({5}, 0.3), 3, 8));
    o.bursts.push_back(with_process(in_groups({10}, 0.3), 8, 13));
    const Assessment a(o);
    EXPECT_EQ(a.work.threads_base, 3);
    EXPECT_EQ(a.work.threads_grown, 10);
    EXPECT_EQ(a.work.grown_in, 10U);
}

TEST(Canaries, one_still_out_at_the_end_waited_until_then) {
    Observation o = alone(0.3);
    Burst b = staircase(10, 0.3, 0.3);
    b.canaries = true;
    b.parser.emplace_back();
    b.parser.back().planned = from_seconds(0.1);
    o.bursts.push_back(std::move(b));
    const Assessment a(o);
    EXPECT_TRUE(a.canaries.parser.waited);
    EXPECT_NEAR(a.canaries.parser.stall, 2.9, 0.02);
    EXPECT_FALSE(a.canaries.app.heard);
}

TEST(Family, goes_by_the_server_field_then_by_the_process) {
    Observation o;
    EXPECT_EQ(family_of(o), Family::unknown);
    o.process_name = "node";
    EXPECT_EQ(family_of(o), Family::node);
    o.server = "nginx/1.22.1";
    EXPECT_EQ(family_of(o), Family::nginx);
    o.server = "UVICORN";
    EXPECT_EQ(family_of(o), Family::asgi);
    o.process_name = "gunicorn: worker";
    EXPECT_FALSE(is_worker_server(o)) << "gunicorn with uvicorn's workers";
    o.server = "gunicorn";
    EXPECT_TRUE(is_worker_server(o));
}

}  // namespace
}  // namespace volley::verdict
