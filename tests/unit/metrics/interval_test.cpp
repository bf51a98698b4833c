#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>

#include <volley/load/random.hpp>
#include <volley/metrics/batch_means.hpp>
#include <volley/metrics/interval.hpp>

#include "metrics/normal.hpp"

namespace volley::metrics {
namespace {
using namespace std::chrono_literals;

TEST(Normal, has_the_quantiles_of_the_tables) {
    EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-12);
    EXPECT_NEAR(normal_quantile(0.995), 2.575829303548901, 1e-12);
    EXPECT_NEAR(normal_quantile(0.5), 0, 1e-15);
    EXPECT_NEAR(normal_quantile(1e-9), -5.997807015, 1e-8);
    EXPECT_TRUE(std::isinf(normal_quantile(0)));
    EXPECT_TRUE(std::isinf(normal_quantile(1)));
    EXPECT_NEAR(normal_cdf(1.959963984540054), 0.975, 1e-15);
    EXPECT_NEAR(normal_two_sided(-1.959963984540054), 0.05, 1e-15);
}

TEST(Ranks, are_those_of_the_binomial_distribution) {
    struct Case {
        std::uint64_t n;
        double q, confidence;
        std::optional<std::uint64_t> low, high;
    };
    for (const auto& c : {
             // Conover, table A3: the median of 10 lies between the 2nd and the 9th (97.9 %), of 20 between the 6th and the 15th.
             Case{10, 0.5, 0.95, 2, 9},
             Case{20, 0.5, 0.95, 6, 15},
             Case{5, 0.5, 0.95, {}, {}},
             Case{6, 0.5, 0.95, 1, 6},
             // The 98.3 and 99.7 percentiles, 98.8 and 99.2.
             Case{1000, 0.99, 0.95, 983, 997},
             Case{10'000, 0.99, 0.95, 9880, 9920},
             // 0.99^n has to be under 2.5 %: 367 are one too few.
             Case{300, 0.99, 0.95, 293, {}},
             Case{367, 0.99, 0.95, 359, {}},
             Case{368, 0.99, 0.95, 360, 368},
             Case{3000, 0.999, 0.95, 2993, {}},
             Case{300, 0.01, 0.95, {}, 8},
             // One-sided at 95 % is two-sided at 90 %.
             Case{298, 0.99, 0.90, 292, {}},
             Case{299, 0.99, 0.90, 293, 299},
             Case{0, 0.5, 0.95, {}, {}},
             Case{1, 0.5, 0.95, {}, {}},
             Case{100, 0, 0.95, {}, {}},
             Case{100, 1, 0.95, {}, {}},
             Case{100, 0.5, 1, {}, {}},
             Case{100, std::numeric_limits<double>::quiet_NaN(), 0.95, {}, {}},
         }) {
        const auto got = rank_interval(c.n, c.q, c.confidence);
        EXPECT_EQ(got.low, c.low) << c.n << ' ' << c.q;
        EXPECT_EQ(got.high, c.high) << c.n << ' ' << c.q;
    }
}

TEST(Ranks, of_very_many_come_from_the_normal_approximation_without_a_jump) {
    // Each side of the bound of 1,000,000 for n*q*(1 - q).
    const auto exact = rank_interval(4'000'000, 0.5);
    const auto normal = rank_interval(4'000'001, 0.5);
    ASSERT_TRUE(exact.low && exact.high && normal.low && normal.high);
    EXPECT_NEAR(static_cast<double>(*exact.low), static_cast<double>(*normal.low), 2);
    EXPECT_NEAR(static_cast<double>(*exact.high), static_cast<double>(*normal.high), 2);
    EXPECT_NEAR(static_cast<double>(*exact.low), 2e6 - 1.96 * 1000, 2);
    const auto huge = rank_interval(std::uint64_t{1} << 62, 0.999);
    EXPECT_TRUE(huge.low && huge.high);
}

TEST(Samples, needed_for_a_bound_from_above) {
    EXPECT_EQ(samples_needed(0.9), 29U);
    EXPECT_EQ(samples_needed(0.95), 59U);
    EXPECT_EQ(samples_needed(0.99), 299U);
    EXPECT_EQ(samples_needed(0.999), 2995U);
    EXPECT_EQ(samples_needed(0.5), 5U);
    EXPECT_EQ(samples_needed(0.99, 0.99), 459U);
    EXPECT_EQ(samples_needed(0), 1U);
    EXPECT_EQ(samples_needed(0.5, 0), 1U);
    EXPECT_EQ(samples_needed(1), std::nullopt);
    EXPECT_EQ(samples_needed(0.5, 1), std::nullopt);
    // What it promises: with so many there is a bound, with one fewer there is none.
    for (const double q : {0.5, 0.9, 0.95, 0.99, 0.999}) {
        EXPECT_TRUE(rank_interval(*samples_needed(q), q, 0.9).high) << q;
        EXPECT_FALSE(rank_interval(*samples_needed(q) - 1, q, 0.9).high) << q;
    }
}

TEST(QuantileInterval, maps_the_ranks_of_fewer_independent_values_by_their_fraction) {
    const auto h = std::make_unique<Histogram>();
    for (int i = 1; i <= 10'000; ++i) h->record(1ms * i);
    const auto near = [](std::optional<Duration> got, double seconds) {
        return got && std::abs(to_seconds(*got) - seconds) <= seconds * 0.0022;
    };
    auto got = quantile_interval(*h, 0.99, 10'000);
    EXPECT_TRUE(near(got.low, 9.880));
    EXPECT_TRUE(near(got.high, 9.920));
    got = quantile_interval(*h, 0.99, 1000.7);
    EXPECT_TRUE(near(got.low, 9.821)) << "rank 983 of 1,000 stands for 9,821 to 9,830";
    EXPECT_TRUE(near(got.high, 9.970));
    got = quantile_interval(*h, 0.99, 300);
    EXPECT_TRUE(got.low);
    EXPECT_FALSE(got.high);
    EXPECT_TRUE(quantile_interval(*h, 0.99, 1e18).high) << "no more than there are";
    for (const double nothing : {0.0, -1.0, 0.5, std::numeric_limits<double>::quiet_NaN()}) {
        EXPECT_FALSE(quantile_interval(*h, 0.5, nothing).low) << nothing;
        EXPECT_FALSE(quantile_interval(*h, 0.5, nothing).high) << nothing;
    }
    EXPECT_FALSE(quantile_interval(*std::make_unique<Histogram>(), 0.5, 100).low);
}

/// Response times of one run, with the second in which each came.
struct Simulated {
    std::unique_ptr<Histogram> histogram = std::make_unique<Histogram>();
    TimeSeries series;
    void add(Duration when, double seconds) {
        const auto d = from_seconds(seconds);
        histogram->record(d);
        series.at(when).response.record(d);
    }
};

/// Box and Muller's.
double normal(load::Random& random) {
    return std::sqrt(2 * random.exponential()) * std::cos(2 * std::numbers::pi * random.uniform());
}

/// 300 s at 50/s. Logarithms of the response times are an autoregressive process with a standard normal marginal: 10 ms and its median.
Simulated autoregressive(std::uint64_t seed, double rho) {
    Simulated run;
    load::Random random(seed);
    double x = normal(random);
    for (int i = 0; i < 15'000; ++i) {
        run.add(20ms * i, 0.01 * std::exp(x));
        x = rho * x + std::sqrt(1 - rho * rho) * normal(random);
    }
    return run;
}

constexpr std::array quantiles{0.5, 0.9, 0.99};

/// In what share of 300 runs the interval holds the true quantile, for each of those above.
struct Coverage {
    std::array<double, 3> as_if_independent{};
    std::array<double, 3> by_effective_size{};
};
Coverage coverage(double rho) {
    constexpr int runs = 300;
    Coverage out;
    for (int i = 0; i < runs; ++i) {
        const auto run = autoregressive(1000 + static_cast<std::uint64_t>(i), rho);
        for (std::size_t k = 0; k < quantiles.size(); ++k) {
            const double q = quantiles[k];
            const Duration truth = from_seconds(0.01 * std::exp(normal_quantile(q)));
            const auto slack = truth / 470;  // a bucket's middle is up to 0.21 % off
            const auto holds = [&](double n_eff) {
                const auto interval = quantile_interval(*run.histogram, q, n_eff);
                return interval.low && *interval.low <= truth + slack && (!interval.high || *interval.high >= truth - slack);
            };
            if (holds(static_cast<double>(run.histogram->count()))) out.as_if_independent[k] += 1.0 / runs;
            if (holds(effective_samples(run.series, q))) out.by_effective_size[k] += 1.0 / runs;
        }
    }
    return out;
}

TEST(Coverage, of_independent_answers_is_the_nominal_one) {
    // Standard error of 300 runs: 1.3 %.
    const auto got = coverage(0);
    for (std::size_t k = 0; k < quantiles.size(); ++k) {
        EXPECT_GE(got.as_if_independent[k], 0.95 - 0.03) << quantiles[k];
        EXPECT_LE(got.as_if_independent[k], 0.99) << quantiles[k];
        EXPECT_GE(got.by_effective_size[k], 0.95 - 0.03) << quantiles[k];
    }
}

TEST(Coverage, of_dependent_answers_needs_the_effective_sample_size) {
    // Dependence that lasts for 20 answers (less than a slice) and for 100 (two slices).
    for (const double rho : {0.9, 0.98}) {
        const auto got = coverage(rho);
        for (std::size_t k = 0; k < quantiles.size(); ++k) {
            EXPECT_GE(got.by_effective_size[k], 0.90) << rho << ' ' << quantiles[k];
            EXPECT_LE(got.as_if_independent[k], got.by_effective_size[k] - 0.1) << rho << ' ' << quantiles[k];
        }
    }
}

TEST(EffectiveSamples, of_independent_answers_are_nearly_all) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const auto run = autoregressive(seed, 0);
        EXPECT_GE(effective_samples(run.series, 0.5), 5000) << seed;
        EXPECT_LE(effective_samples(run.series, 0.5), 15'000) << seed;
    }
}

TEST(EffectiveSamples, are_one_a_slice_where_each_slice_is_of_one_piece) {
    TimeSeries series;
    for (int s = 0; s < 12; ++s)
        for (int i = 0; i < 100; ++i) series.at(1s * s).response.record(s % 2 == 0 ? 10ms : 20ms);
    EXPECT_EQ(effective_samples(series, 0.5), 12);
    EXPECT_EQ(effective_samples(series, 2400, 0.5), 24) << "the series holds half of them";
}

TEST(EffectiveSamples, are_all_where_there_is_nothing_to_tell_by) {
    EXPECT_EQ(effective_samples(TimeSeries(), 0.5), 0);
    TimeSeries few;
    for (int s = 0; s < 7; ++s)
        for (int i = 0; i < 100; ++i) few.at(1s * s).response.record(1ms * (s + 1));
    EXPECT_EQ(effective_samples(few, 0.5), 700);
    TimeSeries equal;
    for (int s = 0; s < 50; ++s) equal.at(1s * s).response.record(10ms);
    EXPECT_EQ(effective_samples(equal, 0.5), 50);
    TimeSeries gaps;
    for (int s = 0; s < 500; s += 100) gaps.at(1s * s).response.record(10ms * (s + 1));
    EXPECT_EQ(effective_samples(gaps, 0.5), 5);
    EXPECT_EQ(effective_samples(TimeSeries(), 9, 0.5), 9) << "no series";
    for (const double q : {-1.0, 0.0, 1.0, 2.0}) EXPECT_GT(effective_samples(autoregressive(1, 0).series, q), 0) << q;
}

}  // namespace
}  // namespace volley::metrics
