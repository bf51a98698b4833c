// What a stall of the server does to the figures, and that threads share a phase without a remainder.
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include "net/engine/fixture.hpp"
#include "support/raw_client.hpp"

namespace volley::engine {
namespace {
using namespace std::chrono_literals;
using test::at_rate;
using test::light_step;
using test::RawConnection;
using test::RawServer;

/// Answers at once, but for one second without any answer that begins with one of its requests.
class StallingServer {
public:
    explicit StallingServer(int at) : at_(at), server_([this](RawConnection& c, int) { serve(c); }) {}
    [[nodiscard]] std::uint16_t port() const { return server_.port(); }
    [[nodiscard]] int accepted() const { return server_.accepted(); }

private:
    void serve(RawConnection& c) {
        while (!c.read_request().empty()) {
            {
                std::unique_lock lock(mutex_);
                if (++requests_ == at_) until_ = Clock::now() + 1s;
                while (Clock::now() < until_) {
                    const auto until = until_;
                    lock.unlock();
                    std::this_thread::sleep_until(until);
                    lock.lock();
                }
            }
            c.send(test::ok_answer);
        }
    }
    std::mutex mutex_;
    int at_;
    int requests_ = 0;
    TimePoint until_{};
    RawServer server_;
};

TEST(Honesty, a_stall_shows_in_the_open_p99_and_not_in_p50) {
    StallingServer server(100);
    PhasePlan plan;
    plan.steps = {light_step(server.port())};
    plan.stages = at_rate(100, 4s);
    const auto run = test::run_phase(std::move(plan));
    const auto& tally = *run.outcome.tally;
    EXPECT_EQ(tally.right + run.outcome.missed, run.outcome.planned);
    // A quarter of the arrivals meet the stall, from 0 to 1 s of it.
    EXPECT_GE(tally.response.quantile(0.99), 300ms);
    EXPECT_LT(tally.response.quantile(0.50), 100ms);
    // Open means open: who comes meanwhile gets a connection of their own.
    EXPECT_GT(server.accepted(), 50);
    EXPECT_EQ(run.outcome.saturated, 0U);
    std::uint32_t most = 0;
    for (std::size_t i = 0; i < tally.series.size(); ++i) most = std::max(most, tally.series[i].in_flight_max);
    EXPECT_GT(most, 50U);
}

TEST(Honesty, the_closed_loop_hides_the_same_stall) {
    StallingServer server(100);
    PhasePlan plan;
    plan.steps = {light_step(server.port())};
    plan.users = 2;
    plan.iterations = 1000;
    const auto run = test::run_phase(std::move(plan));
    const auto& tally = *run.outcome.tally;
    EXPECT_EQ(tally.right, 1000U);
    EXPECT_GE(tally.response.max(), 900ms) << "two requests met it";
    EXPECT_LT(tally.response.quantile(0.99), 300ms);
}

TEST(Honesty, a_slow_server_does_not_slow_the_arrivals_down) {
    RawServer server([](RawConnection& c, int) {
        while (!c.read_request().empty()) {
            std::this_thread::sleep_for(500ms);
            c.send(test::ok_answer);
        }
    });
    PhasePlan plan;
    plan.steps = {light_step(server.port())};
    plan.stages = at_rate(100, 2s);
    const auto run = test::run_phase(std::move(plan));
    EXPECT_EQ(run.outcome.planned, 200U);
    EXPECT_EQ(run.outcome.saturated, 0U);
    EXPECT_EQ(run.outcome.tally->right + run.outcome.missed, 200U);
    EXPECT_GE(server.accepted(), 30) << "100/s times half a second are in flight";
    EXPECT_GE(run.outcome.tally->response.quantile(0.01), 450ms);
}

TEST(Honesty, never_more_in_flight_than_was_allowed) {
    std::atomic<int> now = 0;
    std::atomic<int> most = 0;
    RawServer server([&](RawConnection& c, int) {
        while (!c.read_request().empty()) {
            const int mine = ++now;
            for (int seen = most; seen < mine && !most.compare_exchange_weak(seen, mine);) continue;
            std::this_thread::sleep_for(100ms);
            --now;
            c.send(test::ok_answer);
        }
    });
    for (const unsigned threads : {1U, 3U}) {
        PhasePlan plan;
        plan.steps = {light_step(server.port())};
        plan.stages = at_rate(500, 1s);
        plan.max_users = 7;
        plan.threads = threads;
        const auto run = test::run_phase(std::move(plan));
        EXPECT_LE(most, 7);
        EXPECT_GT(run.outcome.saturated, 0U);
        EXPECT_EQ(run.outcome.tally->requests + run.outcome.missed + run.outcome.saturated, 500U);
    }
}

/// Counts who asked for what: targets are `/USER/ITERATION`.
struct Asked {
    std::mutex mutex;
    std::map<int, int> of_user;
    std::set<int> iterations;
    int all = 0;
    RawServer server{[this](RawConnection& c, int) {
        for (std::string request; !(request = c.read_request()).empty();) {
            int user = 0;
            int iteration = 0;
            if (std::sscanf(request.c_str(), "GET /%d/%d ", &user, &iteration) == 2) {
                const std::lock_guard lock(mutex);
                ++of_user[user];
                iterations.insert(iteration);
                ++all;
            }
            c.send(test::ok_answer);
        }
    }};
    [[nodiscard]] PreparedStep step() const {
        auto one = light_step(server.port());
        one.request.target = '/' + std::string(marker(Slot::user)) + '/' + std::string(marker(Slot::iteration));
        return one;
    }
};

class SharesTest : public testing::TestWithParam<std::tuple<Carriage, unsigned>> {
protected:
    [[nodiscard]] static PhasePlan plan_for(const Asked& asked) {
        PhasePlan plan;
        plan.steps = {asked.step()};
        plan.carriage = std::get<0>(GetParam());
        plan.threads = std::get<1>(GetParam());
        return plan;
    }
};
INSTANTIATE_TEST_SUITE_P(All, SharesTest,
                         testing::Combine(testing::Values(Carriage::fast, Carriage::curl), testing::Values(1U, 2U, 3U, 5U, 64U)));

TEST_P(SharesTest, of_iterations_add_up) {
    Asked asked;
    auto plan = plan_for(asked);
    plan.users = 7;
    plan.iterations = 101;
    const auto run = test::run_phase(std::move(plan));
    EXPECT_EQ(run.outcome.tally->right, 101U);
    EXPECT_EQ(run.counters.done, 101U);
    EXPECT_EQ(run.outcome.planned, 101U);
    EXPECT_EQ(run.outcome.generator.threads, std::min(std::get<1>(GetParam()), 7U));
    EXPECT_EQ(asked.all, 101);
    EXPECT_EQ(asked.iterations.size(), 101U) << "each number once";
    EXPECT_LE(asked.of_user.size(), 7U);
    EXPECT_GE(asked.of_user.begin()->first, 0);
    EXPECT_LT(asked.of_user.rbegin()->first, 7);
}

TEST_P(SharesTest, of_users_add_up) {
    Asked asked;
    auto plan = plan_for(asked);
    plan.users = 11;
    plan.duration = 300ms;
    plan.think = {load::Think::Kind::constant, 1h, {}};
    const auto run = test::run_phase(std::move(plan));
    EXPECT_EQ(run.outcome.tally->right, 11U);
    EXPECT_EQ(asked.of_user.size(), 11U) << "each once";
    EXPECT_LT(run.took, 15s) << "nobody is waited for who only thinks";
}

TEST_P(SharesTest, of_a_burst_add_up) {
    Asked asked;
    auto plan = plan_for(asked);
    plan.burst = 13;
    plan.iterations = 3;
    const auto run = test::run_phase(std::move(plan));
    ASSERT_EQ(run.outcome.bursts.size(), 3U);
    for (const auto& burst : run.outcome.bursts) EXPECT_EQ(burst.size(), 13U);
    EXPECT_EQ(run.outcome.tally->right, 39U);
    EXPECT_EQ(asked.of_user.size(), 13U);
    for (const auto& [user, count] : asked.of_user) EXPECT_EQ(count, 3) << user;
}

TEST_P(SharesTest, of_arrivals_are_the_same_for_the_same_seed) {
    const auto planned = [](unsigned threads, std::uint64_t seed) {
        Asked asked;
        auto plan = plan_for(asked);
        plan.threads = threads;
        plan.stages = at_rate(300, 500ms);
        plan.arrivals = load::Arrivals::poisson;
        plan.seed = seed;
        std::vector<Duration> starts;
        plan.samples = [&](const std::vector<metrics::Sample>& batch) {
            for (const auto& sample : batch) starts.push_back(sample.planned.time_since_epoch());
        };
        const auto run = test::run_phase(std::move(plan));
        EXPECT_EQ(run.outcome.tally->requests + run.outcome.missed + run.outcome.saturated, run.outcome.planned);
        std::sort(starts.begin(), starts.end());
        for (std::size_t i = 1; i < starts.size(); ++i) starts[i] -= starts[0];
        if (!starts.empty()) starts[0] = {};
        // A machine that stalls for a second misses some, and shows it: nothing to compare then.
        return std::pair(starts, run.outcome.missed);
    };
    const auto [here, missed_here] = planned(std::get<1>(GetParam()), 42);
    const auto [one, missed_one] = planned(1, 42);
    const auto [other, missed_other] = planned(1, 43);
    EXPECT_GT(one.size() + missed_one, 50U);
    EXPECT_NE(one, other);
    if (missed_here == 0 && missed_one == 0) {
        EXPECT_EQ(here, one);
    }
}

}  // namespace
}  // namespace volley::engine
