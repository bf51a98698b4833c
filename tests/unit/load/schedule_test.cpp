#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <volley/load/schedule.hpp>

namespace volley::load {
namespace {
using namespace std::chrono_literals;

std::vector<Duration> all(ArrivalSchedule schedule) {
    std::vector<Duration> out;
    while (const auto next = schedule.next()) out.push_back(*next);
    return out;
}

std::vector<Duration> uniform(const std::vector<Stage>& stages, std::optional<std::uint64_t> most = std::nullopt) {
    return all(ArrivalSchedule(stages, Arrivals::uniform, 0, most));
}

/// R(t), summed up from the definition of a stage.
double integral(const std::vector<Stage>& stages, Duration t) {
    double sum = 0;
    for (const auto& s : stages) {
        const double part = to_seconds(std::min(t, s.length));
        const double slope = s.length > 0ns ? (s.to.per_second - s.from.per_second) / to_seconds(s.length) : 0;
        sum += s.from.per_second * part + slope * part * part / 2;
        t -= std::min(t, s.length);
    }
    return sum;
}

TEST(ArrivalSchedule, a_constant_rate_is_evenly_spaced_from_zero) {
    const auto arrivals = uniform({{{10}, {10}, 1s}});
    ASSERT_EQ(arrivals.size(), 10U);
    for (std::size_t k = 0; k < 10; ++k) EXPECT_EQ(arrivals[k], 100ms * k) << k;
}

TEST(ArrivalSchedule, how_many_starts_there_are) {
    constexpr double infinite = std::numeric_limits<double>::infinity();
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    struct Case {
        const char* what;
        std::vector<Stage> stages;
        std::optional<std::uint64_t> most;
        std::uint64_t total;
    };
    for (const auto& c : std::vector<Case>{
             {"1.1 s of 50/s, a little over 55 in binary", {{{50}, {50}, 1100ms}}, {}, 55},
             {"a part of an arrival is one at its beginning", {{{10}, {10}, 1050ms}}, {}, 11},
             {"a ramp from rest", {{{0}, {100}, 2s}}, {}, 100},
             {"a ramp to rest", {{{100}, {0}, 2s}}, {}, 100},
             {"a ramp between two rates", {{{100}, {300}, 10s}}, {}, 2000},
             {"a pause between two stages", {{{10}, {10}, 1s}, {{0}, {0}, 1s}, {{10}, {10}, 1s}}, {}, 20},
             {"ten steps of 0.7, whose sum is a little over 7 in binary", std::vector<Stage>(10, {{7}, {7}, 100ms}), {}, 7},
             {"a count that comes first", {{{100}, {100}, 10s}}, 7, 7},
             {"a count that does not", {{{100}, {100}, 10s}}, 5000, 1000},
             {"a count without an end in time", {{{100}, {100}, Duration::max()}}, 5, 5},
             {"no stage", {}, {}, 0},
             {"no length", {{{100}, {100}, 0s}}, {}, 0},
             {"no rate", {{{0}, {0}, 10s}}, {}, 0},
             {"none wanted", {{{100}, {100}, 10s}}, 0, 0},
             {"a negative length", {{{100}, {100}, -1s}}, {}, 0},
             {"a negative rate", {{{-100}, {-100}, 1s}}, {}, 0},
             {"a rate that is no number", {{{nan}, {nan}, 1s}}, {}, 0},
             {"an infinite rate is the highest", {{{infinite}, {infinite}, 1ms}}, {}, 10'000},
         }) {
        SCOPED_TRACE(c.what);
        const ArrivalSchedule schedule(c.stages, Arrivals::uniform, 0, c.most);
        EXPECT_EQ(schedule.total(), c.total);
        EXPECT_EQ(all(schedule).size(), c.total);
    }
}

TEST(ArrivalSchedule, what_is_huge_stays_within_the_clock) {
    const std::vector<Stage> stages(3, {{1e300}, {1e300}, Duration::max()});
    ArrivalSchedule schedule(stages, Arrivals::uniform, 0);
    EXPECT_EQ(schedule.length(), Duration::max());
    EXPECT_GT(schedule.total(), 90'000'000'000'000'000U);
    EXPECT_EQ(schedule.next(), 0ns);
    EXPECT_EQ(schedule.next(), 100ns);
    schedule.skip(std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(schedule.passed(), schedule.total());
    EXPECT_EQ(schedule.next(), std::nullopt);
    schedule.extend(1h);
    EXPECT_EQ(schedule.length(), Duration::max());
}

TEST(ArrivalSchedule, an_arrival_is_due_where_the_integral_of_the_rate_reaches_its_number) {
    for (const auto& stages : std::vector<std::vector<Stage>>{
             {{{0}, {500}, 4s}},
             {{{500}, {0}, 4s}},
             {{{100}, {600}, 3s}, {{600}, {600}, 2s}, {{600}, {50}, 1500ms}},
             {{{0}, {1000}, 1s}, {{0}, {0}, 500ms}, {{10}, {10}, 0s}, {{1000}, {0}, 1s}},
             {{{1e-3}, {200}, 7s}, {{200}, {200.0001}, 7s}},
         }) {
        const auto arrivals = uniform(stages);
        ASSERT_GT(arrivals.size(), 900U);
        for (std::size_t k = 0; k < arrivals.size(); ++k) {
            // Half a nanosecond at the highest rate, and what is left of 16 digits.
            EXPECT_NEAR(integral(stages, arrivals[k]), static_cast<double>(k), 1e-6) << k;
        }
    }
}

TEST(ArrivalSchedule, nothing_starts_in_a_pause) {
    const std::vector<Stage> stages{{{10}, {10}, 1s}, {{0}, {0}, 5s}, {{10}, {10}, 1s}};
    const auto arrivals = uniform(stages);
    ASSERT_EQ(arrivals.size(), 20U);
    EXPECT_EQ(arrivals[9], 900ms);
    EXPECT_EQ(arrivals[10], 6s) << "the eleventh is due as the pause begins, when there is no rate to start it";
}

TEST(ArrivalSchedule, goes_on_at_the_last_rate_when_it_is_extended) {
    const std::vector<Stage> ramp{{{0}, {100}, 2s}};
    ArrivalSchedule schedule(ramp, Arrivals::uniform, 0);
    std::vector<Duration> arrivals;
    while (const auto next = schedule.next()) arrivals.push_back(*next);
    ASSERT_EQ(arrivals.size(), 100U);
    schedule.extend(1s);
    EXPECT_EQ(schedule.total(), 200U);
    EXPECT_EQ(schedule.length(), 3s);
    while (const auto next = schedule.next()) arrivals.push_back(*next);
    ASSERT_EQ(arrivals.size(), 200U);
    EXPECT_EQ(arrivals[100], 2s);
    EXPECT_EQ(arrivals[199], 2990ms);
    schedule.extend(0s);
    schedule.extend(-1s);
    EXPECT_EQ(schedule.next(), std::nullopt);
    ArrivalSchedule none({}, Arrivals::uniform, 0);
    none.extend(1s);
    EXPECT_EQ(none.next(), std::nullopt);
    const std::vector<Stage> to_rest{{{100}, {0}, 2s}};
    ArrivalSchedule rested(to_rest, Arrivals::uniform, 0);
    rested.extend(1h);
    EXPECT_EQ(rested.total(), 100U);
}

TEST(ArrivalSchedule, extending_in_pieces_is_the_same_as_planning_it_all) {
    for (const auto arrivals : {Arrivals::uniform, Arrivals::poisson}) {
        const std::vector<Stage> whole{{{0}, {300}, 2s}, {{300}, {300}, 3s}};
        ArrivalSchedule extended(std::span<const Stage>(whole).first(1), arrivals, 5);
        std::vector<Duration> got;
        for (int i = 0; i <= 3; ++i) {
            while (const auto next = extended.next()) got.push_back(*next);
            if (i < 3) extended.extend(1s);
        }
        EXPECT_EQ(got, all(ArrivalSchedule(whole, arrivals, 5)));
    }
}

TEST(ArrivalSchedule, skipping_is_passing_one_by_one) {
    for (const auto arrivals : {Arrivals::uniform, Arrivals::poisson}) {
        const std::vector<Stage> stages{{{50}, {500}, 2s}};
        const auto one_by_one = all(ArrivalSchedule(stages, arrivals, 3));
        ArrivalSchedule schedule(stages, arrivals, 3);
        schedule.skip(17);
        EXPECT_EQ(schedule.passed(), 17U);
        EXPECT_EQ(schedule.next(), one_by_one[17]);
        schedule.skip(one_by_one.size());
        EXPECT_EQ(schedule.passed(), one_by_one.size());
        EXPECT_EQ(schedule.next(), std::nullopt);
    }
}

// Computed once and kept: another compiler, library or machine has to come to the same.
TEST(ArrivalSchedule, poisson_arrivals_of_a_seed_are_the_same_everywhere) {
    Random random(1);
    EXPECT_EQ(random.next(), 0xb3f2af6d0fc710c5U);
    const std::vector<Stage> stages{{{0}, {1000}, 1s}};
    const auto first = all(ArrivalSchedule(stages, Arrivals::poisson, 42));
    EXPECT_EQ(first, all(ArrivalSchedule(stages, Arrivals::poisson, 42)));
    EXPECT_NE(first, all(ArrivalSchedule(stages, Arrivals::poisson, 43)));
    ASSERT_GT(first.size(), 3U);
    EXPECT_EQ(first[0].count(), 12950905);
    EXPECT_EQ(first[1].count(), 39087246);
    EXPECT_EQ(first[2].count(), 59257241);
}

/// Largest distance between the sample's distribution and F, times the root of n: below 1.95 for 999 samples of 1,000.
template <class F>
double kolmogorov(std::vector<double> sample, F distribution) {
    std::ranges::sort(sample);
    const auto n = static_cast<double>(sample.size());
    double most = 0;
    for (std::size_t i = 0; i < sample.size(); ++i) {
        const double f = distribution(sample[i]);
        most = std::max({most, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
    }
    return most * std::sqrt(n);
}

TEST(ArrivalSchedule, poisson_gaps_are_exponential) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        SCOPED_TRACE(seed);
        const std::vector<Stage> stages{{{1000}, {1000}, 20s}};
        const auto arrivals = all(ArrivalSchedule(stages, Arrivals::poisson, seed));
        std::vector<double> gaps;
        Duration last{};
        for (const auto a : arrivals) gaps.push_back(to_seconds(a - std::exchange(last, a)) * 1000);
        const auto n = static_cast<double>(gaps.size());
        EXPECT_NEAR(n, 20'000, 4 * std::sqrt(20'000));
        double sum = 0, squares = 0;
        for (const double g : gaps) sum += g;
        const double mean = sum / n;
        for (const double g : gaps) squares += (g - mean) * (g - mean);
        // Standard errors: of the mean 1/sqrt(n), of the variance sqrt(8/n), since an exponential's fourth central moment is 9.
        EXPECT_NEAR(mean, 1, 4 / std::sqrt(n));
        EXPECT_NEAR(squares / (n - 1), 1, 4 * std::sqrt(8 / n));
        EXPECT_LT(kolmogorov(gaps, [](double x) { return 1 - std::exp(-x); }), 1.95);
    }
}

// Given their number, the values of R at the arrivals of any Poisson process are even over the whole of R.
TEST(ArrivalSchedule, a_ramp_of_poisson_arrivals_has_the_rate_of_the_ramp) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        SCOPED_TRACE(seed);
        const std::vector<Stage> stages{{{0}, {2000}, 10s}, {{2000}, {2000}, 3s}, {{2000}, {0}, 10s}};
        const ArrivalSchedule schedule(stages, Arrivals::poisson, seed);
        EXPECT_EQ(schedule.total(), 26'000U);
        const auto arrivals = all(schedule);
        EXPECT_NEAR(static_cast<double>(arrivals.size()), 26'000, 4 * std::sqrt(26'000));
        std::vector<double> places;
        places.reserve(arrivals.size());
        for (const auto a : arrivals) places.push_back(integral(stages, a) / 26'000);
        EXPECT_LT(kolmogorov(places, [](double x) { return x; }), 1.95);
    }
}

TEST(Staircase, has_a_step_for_each_rate) {
    const std::vector<Rate> rates{{10}, {20}, {40}};
    const auto stages = staircase(rates, 2s);
    ASSERT_EQ(stages.size(), 3U);
    EXPECT_EQ(stages[2].from, Rate{40});
    EXPECT_EQ(stages[2].to, Rate{40});
    EXPECT_EQ(uniform(stages).size(), 140U);
    EXPECT_TRUE(staircase({}, 2s).empty());
}

TEST(RateRange, reads_one_rate_and_two) {
    struct Case {
        std::string_view text;
        double from, to;
    };
    for (const auto& c :
         {Case{"100/s..600/s", 100, 600}, Case{"600/m..1/s", 10, 1}, Case{"500/s", 500, 500}, Case{"0/s..10/s", 0, 10},
          Case{"10/s..0/h", 10, 0}, Case{"0.0/s..0.5/s", 0, 0.5}, Case{"2/s..2/s", 2, 2}}) {
        const auto got = parse_rate_range(c.text);
        ASSERT_TRUE(got) << c.text;
        EXPECT_DOUBLE_EQ(got->first.per_second, c.from) << c.text;
        EXPECT_DOUBLE_EQ(got->second.per_second, c.to) << c.text;
    }
}

TEST(RateRange, says_what_is_wrong) {
    struct Case {
        std::string_view text;
        ParseErrc error;
    };
    for (const auto& c :
         {Case{"", ParseErrc::empty}, Case{"0/s", ParseErrc::out_of_range}, Case{"0/s..0/s", ParseErrc::out_of_range},
          Case{"1/s..", ParseErrc::empty}, Case{"..1/s", ParseErrc::empty}, Case{"..", ParseErrc::empty},
          Case{"1..5/s", ParseErrc::no_unit}, Case{"1/s..5", ParseErrc::no_unit}, Case{"1/s..5/d", ParseErrc::bad_unit},
          Case{"1/s...5/s", ParseErrc::bad_number}, Case{"1/s..2/s..3/s", ParseErrc::bad_unit},
          Case{"-1/s..5/s", ParseErrc::bad_number}, Case{"1/s..99999999/s", ParseErrc::out_of_range}})
        EXPECT_EQ(parse_rate_range(c.text).error(), c.error) << c.text;
}

}  // namespace
}  // namespace volley::load
