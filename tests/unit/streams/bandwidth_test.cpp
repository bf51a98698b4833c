#include "streams/bandwidth.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace volley::streams {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint start{std::chrono::hours(1)};
constexpr RateLimits limits{300'000, 50'000, 5'000'000};

// A way of so many bits per second with a queue, over which packets of 1,000 bytes go at the target rate.
class Way {
public:
    explicit Way(BandwidthEstimator& estimator) : estimator_(estimator) {}

    void run_for(Duration duration, double bits_per_second) {
        const TimePoint end = now_ + duration;
        while (now_ < end) {
            const TimePoint leaves = std::max(now_, free_at_) + from_seconds(8000 / bits_per_second);
            free_at_ = leaves;
            results_.push_back({now_, 1000, leaves.time_since_epoch() + milliseconds(20) + longer_});
            now_ += from_seconds(8000 / static_cast<double>(estimator_.target()));
            if (now_ < told_ + milliseconds(100)) continue;
            told_ = now_;
            std::vector<PacketResult> came;
            while (!results_.empty() && *results_.front().came <= now_.time_since_epoch()) {
                came.push_back(results_.front());
                results_.erase(results_.begin());
            }
            estimator_.handle_feedback(now_, came, milliseconds(40));
        }
    }
    [[nodiscard]] Duration queue() const { return std::max(free_at_ - now_, Duration()); }
    [[nodiscard]] TimePoint now() const { return now_; }
    /// From now on each packet takes so much more time, without a queue.
    void set_longer(Duration longer) { longer_ = longer; }

private:
    BandwidthEstimator& estimator_;
    TimePoint now_ = start;
    TimePoint free_at_ = start;
    TimePoint told_ = start;
    Duration longer_{};
    std::vector<PacketResult> results_;
};

TEST(BandwidthEstimator, climbs_to_what_the_way_carries_and_stays_about_there) {
    BandwidthEstimator estimator(limits);
    EXPECT_EQ(estimator.target(), 300'000U);
    Way way(estimator);
    way.run_for(seconds(8), 2e6);
    EXPECT_GT(estimator.target(), 1'200'000U);
    for (int i = 0; i < 20; ++i) {
        way.run_for(seconds(1), 2e6);
        EXPECT_GT(estimator.target(), 1'000'000U) << i;
        EXPECT_LT(estimator.target(), 2'600'000U) << i;
        EXPECT_LT(way.queue(), milliseconds(600)) << i;
    }
}

TEST(BandwidthEstimator, backs_off_where_the_way_gets_narrow_and_comes_back) {
    BandwidthEstimator estimator(limits);
    Way way(estimator);
    way.run_for(seconds(10), 2e6);
    way.run_for(seconds(5), 5e5);
    EXPECT_LT(estimator.target(), 600'000U);
    EXPECT_GT(estimator.target(), 200'000U);
    way.run_for(seconds(30), 2e6);
    EXPECT_GT(estimator.target(), 1'000'000U);
}

TEST(BandwidthEstimator, a_way_that_has_become_longer_is_no_queue_for_ever) {
    BandwidthEstimator estimator(limits);
    Way way(estimator);
    way.run_for(seconds(20), 4e6);
    ASSERT_GT(estimator.target(), 1'500'000U);
    way.set_longer(milliseconds(650));
    way.run_for(seconds(90), 4e6);
    EXPECT_GT(estimator.target(), 1'000'000U);
    // A queue is known all the same.
    way.run_for(seconds(5), 5e5);
    EXPECT_LT(estimator.target(), 700'000U);
}

TEST(BandwidthEstimator, keeps_to_its_limits) {
    BandwidthEstimator estimator(limits);
    Way way(estimator);
    way.run_for(seconds(60), 1e9);
    EXPECT_EQ(estimator.target(), limits.max);
    way.run_for(seconds(15), 1e4);
    EXPECT_EQ(estimator.target(), limits.min);
    const BandwidthEstimator low({1, 100, 10});
    EXPECT_EQ(low.target(), 100U);
}

TEST(BandwidthEstimator, losses_lower_the_rate_and_lift_again_what_they_have_lowered) {
    BandwidthEstimator estimator(limits);
    Way way(estimator);
    way.run_for(seconds(10), 2e6);
    const std::uint64_t before = estimator.target();
    TimePoint now = way.now();
    estimator.handle_loss(now, 0.05);
    EXPECT_EQ(estimator.target(), before);
    estimator.handle_loss(now += seconds(1), 0.2);
    EXPECT_NEAR(static_cast<double>(estimator.target()), 0.9 * static_cast<double>(before), 10);
    estimator.handle_loss(now += seconds(1), 0.2);
    EXPECT_NEAR(static_cast<double>(estimator.target()), 0.81 * static_cast<double>(before), 10);
    estimator.handle_loss(now + milliseconds(10), 1);  // too soon
    EXPECT_NEAR(static_cast<double>(estimator.target()), 0.81 * static_cast<double>(before), 10);
    for (int i = 0; i < 60; ++i) estimator.handle_loss(now += seconds(1), 0);
    EXPECT_EQ(estimator.target(), before);
}

TEST(BandwidthEstimator, without_feedback_it_grows_slowly_while_nothing_is_lost) {
    BandwidthEstimator estimator(limits);
    TimePoint now = start;
    for (int i = 0; i < 10; ++i) estimator.handle_loss(now += seconds(1), 0);
    EXPECT_GT(estimator.target(), 600'000U);
    EXPECT_LT(estimator.target(), 700'000U);
}

TEST(BandwidthEstimator, what_the_peer_asks_for_is_the_rate_without_feedback_and_a_cap_with_it) {
    BandwidthEstimator estimator(limits);
    estimator.handle_estimate(start, 1'500'000);
    EXPECT_EQ(estimator.target(), 1'500'000U);
    estimator.handle_estimate(start, 200'000);
    EXPECT_EQ(estimator.target(), 200'000U);
    estimator.handle_estimate(start, 0);
    EXPECT_EQ(estimator.target(), limits.min);
    BandwidthEstimator other(limits);
    Way way(other);
    way.run_for(seconds(10), 2e6);
    const std::uint64_t before = other.target();
    other.handle_estimate(way.now(), UINT64_MAX);
    EXPECT_EQ(other.target(), before);
    other.handle_estimate(way.now(), 400'000);
    EXPECT_EQ(other.target(), 400'000U);
}

TEST(BandwidthEstimator, arrivals_that_cannot_be_do_no_harm) {
    BandwidthEstimator estimator(limits);
    TimePoint now = start;
    std::uint64_t state = 1;
    for (int i = 0; i < 20'000; ++i) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        const auto came = Duration(static_cast<std::int64_t>(state) / 4);
        const std::vector<PacketResult> results = {{now, state % 2000, came}};
        estimator.handle_feedback(now, results, std::nullopt);
        now += milliseconds(1);
        ASSERT_GE(estimator.target(), limits.min);
        ASSERT_LE(estimator.target(), limits.max);
    }
}

}  // namespace
}  // namespace volley::streams
