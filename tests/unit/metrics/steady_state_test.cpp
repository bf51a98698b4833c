#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include <volley/load/random.hpp>
#include <volley/metrics/steady_state.hpp>

#include "metrics/normal.hpp"

namespace volley::metrics {
namespace {
using namespace std::chrono_literals;
using State = SteadyState::State;

double noise(load::Random& random) { return normal_quantile((std::floor(random.uniform() * 0x1p52) + 0.5) * 0x1p-52); }

/// Medians of 10 ms, 3 % of noise, times what `shape` says of each second.
template <class F>
std::vector<double> medians(std::size_t n, std::uint64_t seed, F shape) {
    load::Random random(seed);
    std::vector<double> out(n);
    for (std::size_t i = 0; i < n; ++i) out[i] = 0.01 * (1 + 0.03 * noise(random)) * shape(static_cast<double>(i));
    return out;
}
double flat(double) { return 1; }

TEST(MannWhitney, agrees_with_what_is_counted_by_hand) {
    const std::vector<double> low{1, 2, 3, 4, 5}, high{6, 7, 8, 9, 10};
    EXPECT_EQ(mann_whitney(low, high).u, 0);
    EXPECT_EQ(mann_whitney(high, low).u, 25);
    // (12.5 - 0.5)/sqrt(25 * 11/12) = 2.5067.
    EXPECT_NEAR(mann_whitney(low, high).p, 0.01219, 1e-5);
    EXPECT_NEAR(mann_whitney(high, low).p, 0.01219, 1e-5);
    // Ties: ranks 1.5 1.5 | 4 4 4 | 6 of {1, 2, 2} and {1, 2, 3}; U = 9.5 - 6; variance 9/12 * (7 - 30/30).
    const std::vector<double> a{1, 2, 2}, b{1, 2, 3};
    EXPECT_EQ(mann_whitney(a, b).u, 3.5);
    EXPECT_NEAR(mann_whitney(a, b).p, 2 * (1 - normal_cdf(0.5 / std::sqrt(4.5))), 1e-12);
}

TEST(MannWhitney, has_nothing_to_say_of_nothing) {
    const std::vector<double> some{1, 2, 3}, equal{2, 2, 2};
    EXPECT_EQ(mann_whitney({}, some).p, 1);
    EXPECT_EQ(mann_whitney(some, {}).p, 1);
    EXPECT_EQ(mann_whitney(equal, equal).p, 1);
}

TEST(Mser, cuts_a_transient_and_leaves_a_flat_series) {
    std::vector<double> values(100, 1);
    EXPECT_EQ(mser_cut(values), 0U);
    for (std::size_t i = 0; i < 20; ++i) values[i] = 3;
    EXPECT_EQ(mser_cut(values), 20U);
    for (std::size_t i = 0; i < 80; ++i) values[i] = 3;
    EXPECT_EQ(mser_cut(values), 0U)
        << "behind the middle it is a change, not a transient: the first part is all that there is to keep";
    EXPECT_EQ(mser_cut({}), 0U);
    EXPECT_EQ(mser_cut(std::vector<double>{1}), 0U);
    EXPECT_EQ(mser_cut(std::vector<double>{9, 1, 1, 1}), 1U);
}

TEST(SteadyState, of_few_slices_is_unknown) {
    for (std::size_t n = 0; n < 10; ++n) EXPECT_EQ(steady_state(medians(n, 1, flat)).state, State::unknown) << n;
    EXPECT_EQ(steady_state(TimeSeries()).state, State::unknown);
}

TEST(SteadyState, noise_is_steady) {
    for (const std::size_t n : {20U, 60U, 300U}) {
        int unsteady = 0;
        for (std::uint64_t seed = 1; seed <= 200; ++seed)
            unsteady += steady_state(medians(n, seed, flat)).state == State::unsteady;
        EXPECT_LE(unsteady, 6) << n << ": at p < 0.01 two of 200 are to be expected";
    }
}

TEST(SteadyState, a_warm_up_is_cut_off) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const auto got = steady_state(medians(120, seed, [](double s) { return 1 + 4 * std::exp(-s / 5); }));
        EXPECT_EQ(got.state, State::steady) << seed;
        EXPECT_GE(got.cut, 10U) << seed;
        EXPECT_LE(got.cut, 60U) << seed;
    }
}

TEST(SteadyState, a_drift_is_seen_and_measured) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const auto rising = steady_state(medians(120, seed, [](double s) { return 1 + s / 120; }));
        EXPECT_EQ(rising.state, State::unsteady) << seed;
        EXPECT_GT(rising.drift, 10) << seed;
        EXPECT_LT(rising.p, 1e-6) << seed;
        const auto falling = steady_state(medians(60, seed, [](double s) { return 2 - s / 60; }));
        EXPECT_EQ(falling.state, State::unsteady) << seed;
        EXPECT_LT(falling.drift, -10) << seed;
    }
}

TEST(SteadyState, a_difference_that_matters_to_nobody_is_none) {
    const auto got = steady_state(medians(4000, 1, [](double s) { return s < 2000 ? 1 : 1.01; }));
    EXPECT_LT(got.p, 0.01);
    EXPECT_EQ(got.state, State::steady);
    EXPECT_NEAR(got.drift, 1, 0.3);
}

TEST(SteadyState, slices_without_an_answer_are_passed_over_and_counted_in_the_cut) {
    TimeSeries series;
    for (int s = 0; s < 100; ++s)
        for (int i = 0; i < 50; ++i)
            if (s >= 10) series.at(1s * s).response.record((s < 20 ? 50ms : 10ms) + 20us * i);
    const auto got = steady_state(series);
    EXPECT_EQ(got.state, State::steady);
    EXPECT_GE(got.cut, 20U);
    EXPECT_LE(got.cut, 24U);
}

}  // namespace
}  // namespace volley::metrics
