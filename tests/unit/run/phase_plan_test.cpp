#include <gtest/gtest.h>

#include "run/phase_plan.hpp"

namespace volley::run {
namespace {

using namespace std::chrono_literals;

scenario::Scenario with(const std::string& phase, const std::string& config = {}) {
    auto loaded = scenario::load_scenario("version: 1\nconfig: { target: \"http://127.0.0.1:1\"" + config +
                                              " }\nscenarios: { a: [ { get: / } ] }\nphases: [ { name: p, " + phase + " } ]\n",
                                          "t.yaml");
    for (const auto& e : loaded.errors) ADD_FAILURE() << format_source_error(e);
    return std::move(loaded.scenario);
}

engine::PhasePlan plan(const std::string& phase, const std::string& config = {}) {
    const auto scenario = with(phase, config);
    return plan_of(scenario.config, scenario.phases.at(0), 7);
}

std::uint64_t arrivals_of(const engine::PhasePlan& plan) {
    return load::ArrivalSchedule(plan.stages, plan.arrivals, plan.seed, plan.iterations).total();
}

TEST(PhasePlan, a_rate_is_one_stage_that_ends_by_time_or_by_count) {
    const auto timed = plan("rate: 100/s, for: 10s, max_users: 7");
    ASSERT_EQ(timed.stages.size(), 1U);
    EXPECT_EQ(timed.stages[0].length, 10s);
    EXPECT_EQ(arrivals_of(timed), 1000U);
    EXPECT_EQ(timed.max_users, 7U);
    EXPECT_EQ(timed.seed, 7U);
    EXPECT_FALSE(timed.users || timed.burst);
    EXPECT_EQ(arrivals_of(plan("rate: 1/h, iterations: 30")), 30U);
}

TEST(PhasePlan, a_ramp_climbs_for_the_length_of_the_phase) {
    const auto ramp = plan("rate: 0/s, ramp_to: 200/s, for: 10s, arrivals: poisson");
    ASSERT_EQ(ramp.stages.size(), 1U);
    EXPECT_EQ(ramp.stages[0].from.per_second, 0);
    EXPECT_EQ(ramp.stages[0].to.per_second, 200);
    EXPECT_EQ(ramp.arrivals, load::Arrivals::poisson);
    EXPECT_EQ(arrivals_of(ramp), 1000U) << "expected";
}

TEST(PhasePlan, steps_share_the_length_of_the_phase_evenly) {
    const auto stairs = plan("steps: [100/s, 200/s, 400/s], for: 30s");
    ASSERT_EQ(stairs.stages.size(), 3U);
    for (const auto& stage : stairs.stages) {
        EXPECT_EQ(stage.length, 10s);
        EXPECT_EQ(stage.from.per_second, stage.to.per_second);
    }
    EXPECT_EQ(stairs.stages[2].to.per_second, 400);
    EXPECT_EQ(arrivals_of(stairs), 7000U);
    EXPECT_EQ(stairs.duration, Duration(30s));
}

TEST(PhasePlan, users_think_and_have_no_stages) {
    const auto closed = plan("users: 5, for: 2s, think: { uniform: [1ms, 2ms] }");
    EXPECT_TRUE(closed.stages.empty());
    EXPECT_EQ(closed.users, 5U);
    EXPECT_EQ(closed.think.kind, load::Think::Kind::uniform);
    EXPECT_EQ(closed.think.b, 2ms);
}

TEST(PhasePlan, the_client_is_what_the_file_asks_for) {
    const auto plain = plan("burst: 2");
    EXPECT_EQ(plain.threads, 1U);
    EXPECT_FALSE(needs_curl(plain));
    EXPECT_FALSE(needs_curl(plan("burst: 2", ", http: { version: 1.1 }")));
    EXPECT_FALSE(needs_curl(plan("burst: 2", ", transport: fast")));
    EXPECT_TRUE(needs_curl(plan("burst: 2", ", transport: curl")));
    const auto two = plan("burst: 2", ", http: { version: 2 }, threads: 3");
    EXPECT_TRUE(needs_curl(two));
    EXPECT_EQ(two.curl.http_version, 20);
    EXPECT_EQ(two.threads, 3U);
    const auto scenario = with("burst: 2", ", transport: curl, http: { version: 1.1 }");
    const auto solo = solo_plan(scenario.config, 4);
    EXPECT_TRUE(needs_curl(solo)) << "a time of the same client";
    EXPECT_EQ(solo.curl.http_version, 11);
    EXPECT_EQ(solo.burst, 1U);
    EXPECT_EQ(solo.iterations, 4U);
}

}  // namespace
}  // namespace volley::run
