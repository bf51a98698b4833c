// `probes:`, good and bad.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/scenario/support.hpp"

namespace volley::scenario::test {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

/// A whole file around one probe, in line 5 from column 5 on.
std::string with_probe(std::string_view probe) {
    return "version: 1\nservers: { ours: { builtin: coroutine }, pool4: { builtin: \"pool:4\" } }\n"
           "scenarios: { s: [ { get: / } ], t: [ { get: / }, { get: / } ] }\nprobes:\n  - " +
           std::string(probe) + "\n";
}

TEST(Probes, are_read_with_their_expectations) {
    const auto read = load_scenario(R"(
version: 1
variables: { delay: 300ms }
servers: { ours: { builtin: coroutine }, pool4: { builtin: "pool:4" } }
scenarios: { sleep: [ { get: / } ], browse: [ { get: / } ] }
probes:
  - concurrency: { scenario: sleep, service_time: "{{ delay }}", max: 200, time: 30s, canary: /ping, expect: async,
                   distinct: true, parser_canary: true }
  - concurrency: { scenario: sleep, expect: ["pool>=8", "serial_fraction<2% @ server=pool4"] }
  - streaming: { scenario: browse, expect: "yes" }
  - cancellation: { scenario: sleep, gauge: "/inflight#/n", distinct: true, expect: ["no @ server=ours"] }
  - isolation: { scenario: sleep, path: /ping }
)",
                                    "test.yaml");
    ASSERT_THAT(to_lines(read.errors), IsEmpty());
    const auto& probes = read.scenario.probes;
    ASSERT_EQ(probes.size(), 5U);
    EXPECT_EQ(probes[0].name, "concurrency of sleep");
    EXPECT_EQ(probes[0].service_time, Duration(300ms));
    EXPECT_EQ(probes[0].most, 200U);
    EXPECT_EQ(probes[0].time, 30s);
    EXPECT_EQ(probes[0].canary, "/ping");
    EXPECT_TRUE(probes[0].distinct);
    EXPECT_TRUE(probes[0].parser_canary);
    ASSERT_EQ(probes[0].expected.size(), 1U);
    EXPECT_EQ(std::get<verdict::Expectation>(probes[0].expected[0].expects).subject, "async");
    EXPECT_EQ(probes[1].name, "concurrency of sleep, 2") << "each is called differently";
    EXPECT_EQ(probes[1].time, 60s);
    EXPECT_FALSE(probes[1].distinct || probes[1].parser_canary);
    ASSERT_EQ(probes[1].expected.size(), 2U);
    EXPECT_EQ(probes[1].expected[1].source, "serial_fraction<2%");
    EXPECT_EQ(probes[1].expected[1].server, "pool4");
    EXPECT_EQ(probes[2].kind, Probe::Kind::streaming);
    EXPECT_EQ(std::get<verdict::Reply>(probes[2].expected.at(0).expects), verdict::Reply::yes);
    EXPECT_TRUE(probes[3].distinct);
    EXPECT_EQ(probes[3].gauge, "/inflight#/n");
    EXPECT_EQ(std::get<verdict::Reply>(probes[3].expected.at(0).expects), verdict::Reply::no);
    EXPECT_EQ(probes[4].path, "/ping");
    EXPECT_THAT(probes[4].expected, IsEmpty());
    EXPECT_THAT(read.scenario.phases, IsEmpty()) << "probes alone are something to run";
    EXPECT_TRUE(read.scenario.names_used_at_load.contains("delay"));
}

TEST(Probes, say_what_is_wrong_and_where) {
    struct Case {
        std::string probe;
        std::string error;
    };
    for (
        const Case& c : {
            Case{"sleep", "5:5 `a probe` is a map, not a text [write - concurrency: { scenario: sleep, expect: async }]"},
            Case{"concurency: { scenario: s }", "5:5 unknown key `concurency` in a probe [did you mean `concurrency`?]"},
            Case{"{ streaming: { scenario: s }, isolation: { scenario: s, path: / } }",
                 "5:35 a probe asks one thing, not both `streaming` and `isolation` [make it two probes]"},
            Case{"concurrency: { scenario: s, canry: /x }", "5:33 unknown key `canry` in `concurrency` [did you mean `canary`?]"},
            Case{"concurrency: { scenario: S }", "5:30 no scenario is called `S` [scenarios: s, t]"},
            Case{"concurrency: { max: 3 }", "5:18 a probe has no `scenario` [scenarios: s, t]"},
            Case{"concurrency: { scenario: t }",
                 "5:30 `t` has 2 steps: a probe sends one request [name a scenario with one step]"},
            Case{"concurrency: { scenario: s, time: 10 }", "5:39 `time` needs a unit: `10` [write 10s or 10ms]"},
            Case{"concurrency: { scenario: s, max: 0 }", "5:38 `max` is out of range: `0` [from 1 to 10000]"},
            Case{"streaming: { scenario: s, distinct: true }",
                 "5:31 unknown key `distinct` in `streaming` [known keys: scenario, time, expect]"},
            Case{
                "isolation: { scenario: s, path: /, parser_canary: true }",
                "5:40 unknown key `parser_canary` in `isolation` [known keys: scenario, service_time, max, time, expect, path, distinct]"},
            Case{"concurrency: { scenario: s, distinct: 7 }",
                 "5:43 `distinct` is neither true nor false: `7` [write true or false]"},
            Case{"concurrency: { scenario: s, canary: ping }",
                 "5:41 `canary` is not a path: `ping` [a path of the same server: /ping]"},
            Case{"concurrency: { scenario: s, canary: \"/a b\" }",
                 "5:41 `canary` is not a path: `/a b` [a path of the same server: /ping]"},
            Case{"concurrency: { scenario: s, expect: asnyc }", "5:41 unknown fact or figure `asnyc` [did you mean `async`?]"},
            Case{"concurrency: { scenario: s, expect: [async, \"not poll\"] }",
                 "5:54 unknown fact or figure `poll` [did you mean `pool`?]"},
            Case{"concurrency: { scenario: s, expect: \"async @ pool4\" }", "5:50 `@` names a server [write @ server=name]"},
            Case{"concurrency: { scenario: s, expect: \"async @ server=pool5\" }",
                 "5:57 no server is called `pool5` [did you mean `pool4`?]"},
            Case{"concurrency: { scenario: s, expect: [] }",
                 "5:41 `expect` is empty [write expect: [async, \"serial_fraction<2%\"]]"},
            Case{"concurrency: { scenario: s, expect: [{ pool: 8 }] }",
                 "5:42 this expectation reads as a map [quote it: YAML takes `: ` for a key]"},
            Case{"streaming: { scenario: s, expect: async }", "5:39 unknown answer `async` [write yes or no; answers: yes, no]"},
            Case{"isolation: { scenario: s }",
                 "5:16 `isolation` has no `path` [write path: /ping, the request that must not be delayed]"},
        })
        EXPECT_THAT(errors_of(with_probe(c.probe)), ElementsAre(c.error)) << c.probe;
}

TEST(Probes, or_phases_must_be_there) {
    EXPECT_THAT(errors_of("version: 1\nscenarios: { s: [ { get: \"http://h/\" } ] }\nprobes: []\n"),
                ElementsAre("3:9 `probes` is empty [write - concurrency: { scenario: sleep, expect: async }]"));
}

}  // namespace
}  // namespace volley::scenario::test
