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

}  // namespace
}  // namespace volley::run
