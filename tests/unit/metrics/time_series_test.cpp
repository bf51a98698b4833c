#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <volley/load/random.hpp>
#include <volley/metrics/summary.hpp>
#include <volley/metrics/time_series.hpp>

namespace volley::metrics {
namespace {
using namespace std::chrono_literals;

TEST(CoarseHistogram, quantiles_lie_within_a_bucket_of_the_exact_ones) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        SCOPED_TRACE(seed);
        load::Random random(seed);
        CoarseHistogram h;
        std::vector<Duration> values(1 + random.next() % 3000);
        for (auto& v : values) {
            v = std::max<Duration>(from_seconds(1e-6 * std::exp(random.uniform() * std::log(2e9))), 1us);
            h.record(v);
        }
        std::ranges::sort(values);
        EXPECT_EQ(h.count(), values.size());
        for (const double q : {0.0, 0.5, 0.9, 0.99, 1.0}) {
            const auto rank =
                std::max<std::size_t>(static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size()) - 1e-9)), 1);
            const double exact = to_seconds(values[rank - 1]);
            EXPECT_NEAR(to_seconds(h.quantile(q)), exact, exact / 16 + 1e-9) << q;
        }
    }
}

TEST(CoarseHistogram, bounds_what_is_out_of_range) {
    CoarseHistogram h;
    EXPECT_TRUE(h.empty());
    EXPECT_EQ(h.quantile(0.5), 0s);
    for (const Duration d : {Duration::min(), Duration(-1), Duration(0), Duration(999), Duration(1000)}) h.record(d);
    EXPECT_EQ(h.bucket(0), 5U);
    h.record(Duration::max());
    h.record(48h);
    EXPECT_EQ(h.bucket(CoarseHistogram::bucket_count - 1), 2U);
    EXPECT_EQ(h.count(), 7U);
    EXPECT_GE(h.quantile(1), 2000s);
    EXPECT_LE(h.quantile(1), CoarseHistogram::bucket_begin(CoarseHistogram::bucket_count));
    EXPECT_LT(h.quantile(-1), 2us);
}

TEST(CoarseHistogram, every_value_lies_in_its_bucket) {
    for (std::size_t i = 0; i < CoarseHistogram::bucket_count; ++i) {
        const auto begin = CoarseHistogram::bucket_begin(i), end = CoarseHistogram::bucket_begin(i + 1);
        ASSERT_LT(begin, end);
        // 1,000 * 2^k is divided by 16 without a rest only where k > 0.
        EXPECT_EQ(CoarseHistogram::bucket_of(begin + 1ns), i);
        EXPECT_EQ(CoarseHistogram::bucket_of(end - 1ns), i);
    }
}

TEST(CoarseHistogram, full_counts_stay_full) {
    CoarseHistogram h;
    h.record(1s);
    for (int i = 0; i < 40; ++i) {
        const CoarseHistogram copy = h;
        h.merge(copy);
    }
    const auto full = std::numeric_limits<std::uint32_t>::max();
    EXPECT_EQ(h.count(), full);
    h.record(1s);
    EXPECT_EQ(h.count(), full);
    EXPECT_EQ(h.bucket(CoarseHistogram::bucket_of(1s)), full);
    h.record(2s);
    EXPECT_EQ(h.count(), full + 1ULL);
}

TEST(TimeSeries, has_a_slice_for_each_second) {
    TimeSeries series;
    EXPECT_TRUE(series.empty());
    series.at(0s).started = 1;
    series.at(999ms).started += 1;
    series.at(-5s).started += 1;
    series.at(3s).done = 7;
    ASSERT_EQ(series.size(), 4U);
    EXPECT_EQ(series[0].started, 3U);
    EXPECT_EQ(series[1].started, 0U);
    EXPECT_EQ(series[3].done, 7U);
    EXPECT_EQ(series.width(), 1s);
}

TEST(TimeSeries, joins_neighbours_where_they_become_too_many) {
    TimeSeries series(1s, 4);
    for (int i = 0; i < 5; ++i) {
        auto& slice = series.at(1s * i);
        slice.started = static_cast<std::uint32_t>(1 << i);
        slice.in_flight_max = static_cast<std::uint32_t>(10 - i);
        slice.response.record(1ms * (i + 1));
    }
    EXPECT_EQ(series.width(), 2s);
    ASSERT_EQ(series.size(), 3U);
    EXPECT_EQ(series[0].started, 1U + 2U);
    EXPECT_EQ(series[1].started, 4U + 8U);
    EXPECT_EQ(series[2].started, 16U);
    EXPECT_EQ(series[0].in_flight_max, 10U) << "one after the other: the larger of both";
    EXPECT_EQ(series[0].response.count(), 2U);
    EXPECT_EQ(series.at(7s).started, 0U) << "nothing of what was moved is left behind";
}

TEST(TimeSeries, stays_bounded_whatever_the_instant) {
    TimeSeries series(Duration(-3), 0);
    EXPECT_EQ(series.width(), 1ms);
    series.at(0s).done = 1;
    series.at(Duration::max()).done += 1;
    series.at(Duration::min()).done += 1;
    EXPECT_LE(series.size(), 2U);
    TimeSeries other;
    other.at(Duration::max()).done = 5;
    EXPECT_LE(other.size(), 4096U);
    other.merge(series);
    series.merge(other);
    std::uint32_t done = 0;
    for (std::size_t i = 0; i < series.size(); ++i) done += series[i].done;
    EXPECT_EQ(done, 3U + 5U + 3U);
}

TEST(TimeSeries, references_of_old_slices_are_not_moved_by_new_ones) {
    TimeSeries series;
    const Slice* first = &series.at(0s);
    for (int i = 0; i < 1000; ++i) series.at(1s * i);
    EXPECT_EQ(first, &series[0]);
}

std::uint32_t total(const TimeSeries& series) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < series.size(); ++i) sum += series[i].started;
    return sum;
}

TEST(TimeSeries, merging_adds_what_happened_at_the_same_time) {
    TimeSeries a, b;
    for (int i = 0; i < 3; ++i) a.at(1s * i).in_flight_max = 5;
    for (int i = 0; i < 5; ++i) {
        b.at(1s * i).in_flight_max = 7;
        b.at(1s * i).started = 1;
        b.at(1s * i).response.record(1s);
    }
    a.merge(b);
    ASSERT_EQ(a.size(), 5U);
    EXPECT_EQ(a[0].in_flight_max, 12U);
    EXPECT_EQ(a[4].in_flight_max, 7U);
    EXPECT_EQ(a[4].response.count(), 1U);
    EXPECT_EQ(total(a), 5U);
    a.merge(a);
    EXPECT_EQ(total(a), 10U);
    a.merge(TimeSeries());
    EXPECT_EQ(total(a), 10U);
}

TEST(TimeSeries, merging_different_widths_keeps_every_count_in_its_time) {
    for (const Duration mine : {250ms, 1000ms, 3000ms, 4000ms})
        for (const Duration theirs : {250ms, 1000ms, 3000ms, 4000ms}) {
            TimeSeries a(mine), b(theirs);
            for (int i = 0; i < 480; ++i) {
                ++a.at(250ms * i).started;
                ++b.at(250ms * i).started;
                a.at(250ms * i).in_flight_max = b.at(250ms * i).in_flight_max = 3;
            }
            a.merge(b);
            EXPECT_GE(a.width(), theirs);
            EXPECT_GE(a.width(), mine);
            EXPECT_EQ(total(a), 960U);
            for (std::size_t i = 0; i + 1 < a.size(); ++i) {
                const auto expected = static_cast<double>(2 * (a.width() / 250ms));
                const auto off = static_cast<double>(theirs / 250ms);
                EXPECT_NEAR(a[i].started, expected, a.width() % theirs == 0ns ? 0 : off) << i;
                EXPECT_EQ(a[i].in_flight_max, 6U);
            }
        }
}

TEST(Tally, merges_its_series) {
    Tally a, b;
    a.series.at(0s).done = 1;
    b.series.at(1s).done = 2;
    a.merge(b);
    ASSERT_EQ(a.series.size(), 2U);
    EXPECT_EQ(a.series[1].done, 2U);
}

}  // namespace
}  // namespace volley::metrics
