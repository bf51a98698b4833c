#include <gtest/gtest.h>

#include "run/prepare.hpp"

namespace volley::run {
namespace {

// Every answer's body was kept until its exchange was judged, though nothing read it: a thousand users and answers of a few megabytes
// filled the memory.
TEST(PrepareSteps, a_body_is_kept_only_where_a_check_reads_it) {
    const auto loaded = scenario::load_scenario(R"(
version: 1
config: { target: "http://127.0.0.1:1" }
scenarios:
  a:
    - get: /0
    - { get: /1, checks: [ status == 200, header x exists, duration < 1s ] }
    - { get: /2, checks: [ status == 200, body contains x ] }
    - { get: /3, checks: [ "jq '.a' == 1" ] }
phases: [ { name: p, burst: 4 } ]
)",
                                                "t.yaml");
    ASSERT_TRUE(loaded.errors.empty());
    const auto prepared =
        prepare_steps(loaded.scenario, loaded.scenario.scenarios[0], scenario::Variables{}, "http://127.0.0.1:1");
    const auto& steps = std::get<0>(prepared);
    ASSERT_EQ(steps.size(), 4U);
    EXPECT_FALSE(steps[0].target.keep_body);
    EXPECT_FALSE(steps[1].target.keep_body);
    EXPECT_TRUE(steps[2].target.keep_body);
    EXPECT_TRUE(steps[3].target.keep_body);
}

TEST(PrepareSteps, checks_are_counted_up_to_the_first_that_fails_where_they_stand_in_the_file) {
    const auto loaded = scenario::load_scenario(R"(
version: 1
config: { target: "http://127.0.0.1:1" }
scenarios:
  a:
    - get: /0
      checks:
        - body contains a
        - body contains b
    - { get: /1, checks: [ status == 418 ] }
phases: [ { name: p, burst: 4 } ]
)",
                                                "t.yaml");
    ASSERT_TRUE(loaded.errors.empty());
    const auto counts = std::make_shared<CheckCounts>();
    const auto prepared =
        prepare_steps(loaded.scenario, loaded.scenario.scenarios[0], scenario::Variables{}, "http://127.0.0.1:1", counts);
    const auto& steps = std::get<0>(prepared);
    const auto answer = [&](std::size_t step, int status, const char* body) {
        client::Exchange exchange;
        exchange.response.status = status;
        exchange.response.body = body;
        return steps[step].judge(exchange).kind;
    };
    EXPECT_EQ(answer(0, 200, "ab"), "");
    EXPECT_EQ(answer(0, 500, "ab"), "status");
    EXPECT_EQ(answer(0, 200, "b"), "check");
    EXPECT_EQ(answer(0, 200, "a"), "check");
    EXPECT_EQ(answer(0, 200, ""), "check");
    EXPECT_EQ(answer(1, 418, ""), "");

    const auto results = counts->results();
    ASSERT_EQ(results.size(), 4U);
    const auto expect = [&](std::size_t i, const char* source, int line, std::uint64_t held, std::uint64_t failed) {
        EXPECT_EQ(results[i].source, source);
        EXPECT_EQ(results[i].pos.line, line) << source;
        EXPECT_EQ(results[i].held, held) << source;
        EXPECT_EQ(results[i].failed, failed) << source;
        EXPECT_EQ(results[i].example.empty(), failed == 0) << source;
    };
    expect(0, "status from 200 to 399", 6, 4, 1);
    expect(1, "body contains a", 8, 2, 2);
    expect(2, "body contains b", 9, 1, 1);
    expect(3, "status == 418", 10, 1, 0);

    counts->clear();
    for (const auto& cleared : counts->results())
        EXPECT_TRUE(cleared.held == 0 && cleared.failed == 0 && cleared.example.empty());
}

}  // namespace
}  // namespace volley::run
