#include "report/load_words.hpp"

#include <gtest/gtest.h>

namespace volley::report {
namespace {
using namespace std::chrono_literals;
using load::Arrivals;

std::string open(const std::vector<load::Stage>& stages, Arrivals arrivals = Arrivals::uniform) {
    scenario::Phase phase;
    phase.rate = Rate{1};
    return load_words(phase, stages, arrivals);
}

TEST(LoadWords, say_what_a_closed_phase_does) {
    scenario::Phase phase;
    phase.users = 100;
    phase.duration = 10s;
    EXPECT_EQ(load_words(phase, {}, Arrivals::uniform), "closed: 100 users for 10.0 s");
    phase.users = 1;
    phase.iterations = 10'000;
    EXPECT_EQ(load_words(phase, {}, Arrivals::uniform), "closed: 1 user for 10.0 s, 10,000 in all");
    phase.duration.reset();
    EXPECT_EQ(load_words(phase, {}, Arrivals::uniform), "closed: 1 user, 10,000 in all");
}

TEST(LoadWords, say_how_arrivals_come) {
    EXPECT_EQ(open({{{500}, {500}, 10s}}), "open: 500/s for 10.0 s");
    EXPECT_EQ(open({{{100}, {600}, 30s}, {{600}, {600}, 1min}}, Arrivals::poisson),
              "open: 100/s to 600/s in 30.0 s, then 600/s for 60.0 s; Poisson");
    EXPECT_EQ(open(std::vector<load::Stage>(5, {{1}, {2500}, 1s})), "open: 5 stages from 1.00/s to 2,500/s in 5.00 s");
}

TEST(LoadWords, leave_an_end_out_that_is_none) {
    scenario::Phase phase;
    phase.rate = Rate{500};
    phase.iterations = 40;
    const std::vector<load::Stage> stages{{{500}, {500}, std::chrono::hours(24 * 365)}};
    EXPECT_EQ(load_words(phase, stages, Arrivals::uniform), "open: 500/s, 40 in all");
}

TEST(LoadWords, count_the_bursts) {
    scenario::Phase phase;
    phase.burst = 200;
    EXPECT_EQ(load_words(phase, {}, Arrivals::uniform), "burst of 200 at once");
    phase.iterations = 3;
    EXPECT_EQ(load_words(phase, {}, Arrivals::uniform), "burst of 200 at once, 3 times");
}

}  // namespace
}  // namespace volley::report
