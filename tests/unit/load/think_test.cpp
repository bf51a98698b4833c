#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include <volley/load/think.hpp>

namespace volley::load {
namespace {
using namespace std::chrono_literals;
using Kind = Think::Kind;

TEST(Think, none_and_constant_are_what_they_say) {
    EXPECT_EQ(think_time({}, 1, 2, 3), 0s);
    EXPECT_EQ(think_time({Kind::none, 1s, 1s}, 1, 2, 3), 0s);
    EXPECT_EQ(think_time({Kind::constant, 250ms, {}}, 1, 2, 3), 250ms);
}

TEST(Think, what_cannot_be_is_no_pause) {
    EXPECT_EQ(think_time({Kind::constant, -1s, {}}, 1, 2, 3), 0s);
    EXPECT_EQ(think_time({Kind::exponential, -1s, {}}, 1, 2, 3), 0s);
    EXPECT_EQ(think_time({Kind::uniform, -1s, -2s}, 1, 2, 3), 0s);
    EXPECT_EQ(think_time({Kind::uniform, 2s, 2s}, 1, 2, 3), 2s);
    for (std::uint64_t i = 0; i < 1000; ++i) {
        const auto d = think_time({Kind::uniform, 3s, 2s}, 1, 2, i);
        EXPECT_GE(d, 2s) << "the wrong way round";
        EXPECT_LE(d, 3s);
        EXPECT_GE(think_time({Kind::exponential, Duration::max(), {}}, 1, 2, i), 0s);
        EXPECT_GE(think_time({Kind::uniform, 0s, Duration::max()}, 1, 2, i), 0s);
    }
}

TEST(Think, depends_on_seed_user_and_iteration_and_on_nothing_else) {
    const Think think{Kind::exponential, 1s, {}};
    std::set<Duration> seen;
    for (std::uint64_t seed = 0; seed < 10; ++seed)
        for (std::uint64_t user = 0; user < 10; ++user)
            for (std::uint64_t iteration = 0; iteration < 10; ++iteration) {
                const auto d = think_time(think, seed, user, iteration);
                EXPECT_EQ(d, think_time(think, seed, user, iteration));
                seen.insert(d);
            }
    EXPECT_EQ(seen.size(), 1000U) << "no two of them have the same numbers";
}

// Over neighbouring users and iterations, as a run asks for them.
TEST(Think, has_the_mean_and_variance_of_its_kind) {
    struct Case {
        Think think;
        double mean, variance, fourth;  ///< of seconds; the fourth central moment over the squared variance
    };
    for (const auto& c : {Case{{Kind::exponential, 2s, {}}, 2, 4, 9}, Case{{Kind::uniform, 1s, 3s}, 2, 1.0 / 3, 1.8}}) {
        double sum = 0, squares = 0;
        constexpr int users = 100, iterations = 200;
        constexpr double n = users * iterations;
        for (std::uint64_t user = 0; user < users; ++user)
            for (std::uint64_t iteration = 0; iteration < iterations; ++iteration) {
                const double s = to_seconds(think_time(c.think, 7, user, iteration));
                sum += s;
                squares += (s - c.mean) * (s - c.mean);
            }
        EXPECT_NEAR(sum / n, c.mean, 4 * std::sqrt(c.variance / n));
        EXPECT_NEAR(squares / n, c.variance, 4 * c.variance * std::sqrt((c.fourth - 1) / n));
    }
}

}  // namespace
}  // namespace volley::load
