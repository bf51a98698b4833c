#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <vector>

#include <volley/metrics/histogram.hpp>

namespace volley::metrics {
namespace {
using namespace std::chrono_literals;

/// Checks every quantile against a sorted vector: the oracle that needs no thought.
void compare(const Histogram& h, std::vector<Duration> values) {
    std::ranges::sort(values);
    ASSERT_EQ(h.count(), values.size());
    EXPECT_EQ(h.min(), values.front());
    EXPECT_EQ(h.max(), values.back());
    for (const double q : {0.0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
        const auto rank = static_cast<std::size_t>(
            std::clamp(std::ceil(q * static_cast<double>(values.size())), 1.0, static_cast<double>(values.size())));
        const double exact = to_seconds(values[rank - 1]);
        EXPECT_NEAR(to_seconds(h.quantile(q)), exact, exact * 0.004) << "q=" << q << " n=" << values.size();
    }
}

TEST(Histogram, quantiles_agree_with_a_sorted_vector_over_the_whole_range) {
    for (unsigned seed = 1; seed <= 50; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        // Log-uniform, 1 us to 1 h: every octave gets its share.
        std::uniform_real_distribution<double> exponent(std::log(1e-6), std::log(3600.0));
        const auto h = std::make_unique<Histogram>();
        std::vector<Duration> values(1 + random() % 5000);
        for (auto& v : values) {
            v = from_seconds(std::exp(exponent(random)));
            v = std::max<Duration>(v, 1us);
            h->record(v);
        }
        compare(*h, values);
    }
}

TEST(Histogram, merging_is_the_same_as_recording_all_in_one) {
    std::mt19937_64 random(7);
    const auto one = std::make_unique<Histogram>();
    const auto sum = std::make_unique<Histogram>();
    for (int part = 0; part < 4; ++part) {
        const auto h = std::make_unique<Histogram>();
        for (int i = 0; i < 1000; ++i) {
            const Duration v(static_cast<Duration::rep>(random() % 10'000'000'000ULL));
            h->record(v);
            one->record(v);
        }
        sum->merge(*h);
    }
    EXPECT_EQ(sum->count(), one->count());
    EXPECT_EQ(sum->min(), one->min());
    EXPECT_EQ(sum->max(), one->max());
    for (std::size_t i = 0; i < Histogram::bucket_count; ++i) ASSERT_EQ(sum->bucket(i), one->bucket(i)) << i;
}

TEST(Histogram, every_bucket_holds_its_own_middle) {
    for (std::size_t i = 0; i < Histogram::bucket_count; ++i) ASSERT_EQ(Histogram::bucket_of(Histogram::bucket_middle(i)), i);
}

TEST(Histogram, values_outside_the_range_are_counted_at_its_ends) {
    const auto h = std::make_unique<Histogram>();
    EXPECT_EQ(h->quantile(0.5), 0s);
    h->record(-5s);
    h->record(0s);
    h->record(1000h);
    EXPECT_EQ(h->count(), 3U);
    EXPECT_EQ(h->bucket(0), 2U);
    EXPECT_EQ(h->bucket(Histogram::bucket_count - 1), 1U);
    EXPECT_EQ(h->max(), 1000h);
    EXPECT_EQ(h->min(), 0s);
}

TEST(Histogram, range_reaches_over_an_hour) { EXPECT_LT(Histogram::bucket_of(1h + 1min), Histogram::bucket_count - 1); }

// p99.9 of 1000 was their maximum: 0.999 is not a binary number, and its product with 1000 was rounded up to the next rank.
TEST(Histogram, a_quantile_has_the_rank_of_its_decimals) {
    const auto rank_of = [](double percent, int n) {
        Histogram h;
        for (int i = 1; i <= n; ++i) h.record(std::chrono::microseconds(1000 * i));
        return std::lround(to_seconds(h.quantile(percent / 100)) * 1000);  // buckets are finer than 1 ms up to 240 of them
    };
    for (int percent = 1; percent <= 100; ++percent) EXPECT_EQ(rank_of(percent, 100), percent);
    EXPECT_EQ(rank_of(0, 100), 1);
    EXPECT_EQ(rank_of(55.5, 100), 56);
    Histogram h;
    for (int i = 1; i < 1000; ++i) h.record(std::chrono::milliseconds(1));
    h.record(std::chrono::seconds(1));
    EXPECT_LT(h.quantile(99.9 / 100), std::chrono::milliseconds(2));
    EXPECT_EQ(h.quantile(99.91 / 100), std::chrono::seconds(1));
}

}  // namespace
}  // namespace volley::metrics
