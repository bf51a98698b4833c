#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include <volley/metrics/summary.hpp>

namespace volley::metrics {
namespace {
using namespace std::chrono_literals;

Sample done_after(Duration d, bool right = true) {
    Sample s;
    s.planned = TimePoint(1s);
    s.started = s.planned + 1ms;
    s.sent = s.planned + 2ms;
    s.done = s.planned + d;
    s.status = right ? 200 : 500;
    s.outcome = Outcome::ok;
    s.right = right;
    return s;
}

std::vector<Sample> burst(std::initializer_list<int> ms) {
    std::vector<Sample> out;
    for (const int n : ms) out.push_back(done_after(std::chrono::milliseconds(n)));
    return out;
}

TEST(BurstFigures, asynchronous_burst_has_ratio_one_and_one_group) {
    const auto f = burst_figures({burst({200, 201, 202, 203})}, 200ms);
    EXPECT_TRUE(f.complete);
    EXPECT_EQ(f.makespan, 203ms);
    EXPECT_DOUBLE_EQ(f.ratio, 1.015);
    EXPECT_DOUBLE_EQ(f.overlap, 4 / 1.015);
    EXPECT_NEAR(*f.serial_fraction, 0.005, 1e-12);
    EXPECT_EQ(f.groups, std::vector<std::size_t>{4});
    EXPECT_EQ(f.own_lag, 1ms);
}

TEST(BurstFigures, pool_of_two_shows_its_groups) {
    const auto f = burst_figures({burst({400, 200, 205, 410, 600})}, 200ms);
    EXPECT_EQ(f.groups, (std::vector<std::size_t>{2, 2, 1}));
    EXPECT_DOUBLE_EQ(f.ratio, 3);
    EXPECT_DOUBLE_EQ(*f.serial_fraction, 0.5);
}

TEST(BurstFigures, serial_fraction_is_one_for_a_serial_server_and_absent_for_one_request) {
    EXPECT_DOUBLE_EQ(*burst_figures({burst({100, 200, 300, 400})}, 100ms).serial_fraction, 1);
    EXPECT_FALSE(burst_figures({burst({100})}, 100ms).serial_fraction.has_value());
}

TEST(BurstFigures, one_wrong_answer_takes_the_figures_away) {
    auto samples = burst({200, 200, 200});
    samples.push_back(done_after(1ms, false));
    const auto f = burst_figures({burst({200, 200, 200, 200}), samples}, 200ms);
    EXPECT_FALSE(f.complete);
    EXPECT_EQ(f.ratio, 0);
    EXPECT_TRUE(f.groups.empty());
}

TEST(BurstFigures, of_several_repeats_the_median_one_speaks) {
    const auto f = burst_figures({burst({900}), burst({200}), burst({300})}, 100ms);
    EXPECT_EQ(f.repeats, 3U);
    EXPECT_EQ(f.makespan, 300ms);
}

TEST(BurstFigures, without_a_solo_time_only_the_makespan_is_known) {
    const auto f = burst_figures({burst({200, 300})}, 0s);
    EXPECT_EQ(f.makespan, 300ms);
    EXPECT_EQ(f.ratio, 0);
    EXPECT_TRUE(burst_figures({}, 100ms).groups.empty());
}

// Simulated pools of W with jitter: groups and ratio must follow ceil(N/W), whatever the seed.
TEST(BurstFigures, simulated_pools_follow_their_arithmetic) {
    for (unsigned seed = 1; seed <= 200; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        const std::size_t workers = 1 + random() % 16;
        const std::size_t n = 1 + random() % 60;
        std::vector<Sample> samples;
        for (std::size_t i = 0; i < n; ++i) {
            const auto turn = static_cast<int>(i / workers) + 1;
            samples.push_back(done_after(200ms * turn + std::chrono::microseconds(random() % 5000)));
        }
        std::shuffle(samples.begin(), samples.end(), random);
        const auto f = burst_figures({samples}, 200ms);
        const std::size_t turns = (n + workers - 1) / workers;
        EXPECT_EQ(f.groups.size(), turns);
        EXPECT_NEAR(f.ratio, static_cast<double>(turns), 0.03);
    }
}

TEST(Tally, counts_right_answers_and_kinds_of_errors) {
    Tally a;
    a.add(done_after(10ms), "");
    a.add(done_after(1ms, false), "status");
    Tally b;
    Sample again = done_after(30ms);
    again.repeated = true;
    b.add(again, "");
    a.merge(b);
    EXPECT_EQ(a.requests, 3U);
    EXPECT_EQ(a.right, 2U);
    EXPECT_EQ(a.wrong(), 1U);
    EXPECT_EQ(a.retried, 1U);
    EXPECT_EQ(a.errors.at("status"), 1U);
    EXPECT_EQ(a.statuses.at(200), 2U);
    EXPECT_EQ(a.response.max(), 30ms) << "wrong answers have no latency";
    EXPECT_EQ(a.from_start.max(), 29ms);
    EXPECT_EQ(a.from_start.count(), 2U);
    EXPECT_EQ(a.service.max(), 28ms);
    EXPECT_EQ(a.start_lag.count(), 3U);
}

}  // namespace
}  // namespace volley::metrics
