#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "unit/scenario/support.hpp"

namespace volley::scenario::test {
namespace {

TEST(Threshold, every_metric_and_unit) {
    struct Case {
        const char* text;
        const char* phase;
        const char* metric;
        const char* aggregate;
        Threshold::Op op;
        Threshold::Unit unit;
        double amount;
    };
    using Op = Threshold::Op;
    using Unit = Threshold::Unit;
    for (const Case& c : {
             Case{"steady.latency p99 < 400ms", "steady", "latency", "p99", Op::less, Unit::seconds, 0.4},
             Case{"steady.service mean <= 1s", "steady", "service", "mean", Op::less_equal, Unit::seconds, 1},
             Case{"latency p99.9<2s", "", "latency", "p99.9", Op::less, Unit::seconds, 2},
             Case{"steady.errors < 0.1%", "steady", "errors", "", Op::less, Unit::share, 0.001},
             Case{"errors == 0", "", "errors", "", Op::equal, Unit::number, 0},
             Case{"steady.right == 100%", "steady", "right", "", Op::equal, Unit::share, 1},
             Case{"steady.requests >= 10", "steady", "requests", "", Op::greater_equal, Unit::number, 10},
             Case{"steady.missed == 0", "steady", "missed", "", Op::equal, Unit::number, 0},
             Case{"steady.saturated != 1", "steady", "saturated", "", Op::not_equal, Unit::number, 1},
             Case{"fifty.makespan < 2s", "fifty", "makespan", "", Op::less, Unit::seconds, 2},
             Case{"fifty.solo > 100ms", "fifty", "solo", "", Op::greater, Unit::seconds, 0.1},
             Case{"fifty.ratio <= 1.25", "fifty", "ratio", "", Op::less_equal, Unit::number, 1.25},
             Case{"fifty.overlap >= 40", "fifty", "overlap", "", Op::greater_equal, Unit::number, 40},
             Case{"fifty.serial_fraction < 2%", "fifty", "serial_fraction", "", Op::less, Unit::share, 0.02},
             Case{"fifty.groups == 1", "fifty", "groups", "", Op::equal, Unit::number, 1},
         }) {
        const auto loaded = load_scenario(with_threshold(c.text), "f");
        ASSERT_TRUE(loaded.errors.empty()) << to_line(loaded.errors[0]);
        const auto& t = loaded.scenario.thresholds[0];
        EXPECT_EQ(t.phase, c.phase) << c.text;
        EXPECT_EQ(t.metric, c.metric) << c.text;
        EXPECT_EQ(t.aggregate, c.aggregate) << c.text;
        EXPECT_EQ(t.op, c.op) << c.text;
        EXPECT_EQ(t.unit, c.unit) << c.text;
        EXPECT_DOUBLE_EQ(t.amount, c.amount) << c.text;
        EXPECT_EQ(t.source.text, c.text);
    }
    const auto labelled = load_scenario(with_threshold("fifty.ratio <= 1.25 @ server=ours"), "f");
    ASSERT_TRUE(labelled.errors.empty());
    EXPECT_EQ(labelled.scenario.thresholds[0].server, "ours");
}

TEST(Threshold, errors_point_at_the_mistake) {
    struct Case {
        const char* text;
        const char* error;
    };
    for (
        const Case& c : {
            Case{"steady.latency < 3s",
                 "9:20 `latency` needs an aggregate: p50, p99, mean, min, max [write steady.latency p99 < 400ms]"},
            Case{"steady.latency p99 < 3", "9:26 `latency` needs a unit: `3` [write 3ms or 3s]"},
            Case{"steady.latency p99 < 3%", "9:26 `latency` is not a share: `3%` [write steady.latency p99 < 400ms]"},
            Case{"steady.latency p101 < 3s", "9:20 unknown aggregate `p101` [p50, p99, p99.9 and so on, mean, min or max]"},
            Case{"steady.errors < 3s", "9:21 `errors` is not a time: `3s` [write steady.errors < 0.1%]"},
            Case{"steady.errors p99 < 3", "9:19 `errors` is one number and has no `p99` [write steady.errors < 0.1%]"},
            Case{"steady.eror < 3", "9:12 unknown metric `eror` [did you mean `errors`?]"},
            Case{"stedy.errors < 3", "9:5 no phase is called `stedy` [did you mean `steady`?]"},
            Case{"steady < 3", "9:11 the metric is missing [write steady.errors == 0]"},
            Case{"steady.ratio < 3", "9:12 `ratio` is a figure of one burst [`steady` has no `burst`]"},
            Case{"ratio < 3", "9:5 `ratio` is a figure of one burst [write phase.ratio]"},
            Case{"warm.errors == 0", "9:5 `warm` is for warming up and has no figures [judge another phase]"},
            Case{"fifty.ratio = 3", "9:17 a single `=` [<, <=, >, >=, == or !=]"},
            Case{"fifty.ratio", "9:16 a comparison is missing [<, <=, >, >=, == or !=]"},
            Case{"fifty.ratio <", "9:18 the value is missing [write fifty.ratio <= 1.25]"},
            Case{"fifty.ratio < nan", "9:19 not a number, duration or percentage: `nan` [write fifty.ratio <= 1.25]"},
            Case{
                "fifty.ratio < 1.5 * fifty.ratio",
                "9:19 thresholds that compare with another figure are not supported by this version [write fifty.ratio <= 1.25]"},
            Case{"fifty.ratio < 2 @ server=our", "9:30 no server is called `our` [did you mean `ours`?]"},
            Case{"fifty.ratio < 2 @ sever=ours", "9:23 unknown label `sever` [did you mean `server`?]"},
            Case{"fifty.ratio < 2 @ server=ours x", "9:35 unexpected `x` [a threshold ends here]"},
            Case{
                "{ expr: fifty.ratio < 2, confidence: 95% }",
                "9:30 `confidence` belongs to percentiles of latency, service and round trips [remove it: other figures count as they are]"},
            Case{
                "{ expr: steady.latency mean < 2s, if_unsure: fail }",
                "9:39 `if_unsure` belongs to percentiles of latency, service and round trips [remove it: other figures count as they are]"},
            Case{
                "{ expr: fifty.latency p50 < 2s, if_unsure: fail }",
                "9:37 `if_unsure` belongs to phases with `users` or `rate` [remove it: the answers of a burst are all that there are, and "
                "no sample]"},
            Case{"{ expr: latency p50 < 2s, confidence: 0.95 }", "9:43 `confidence` is not a percentage: `0.95` [write 95%]"},
            Case{"{ expr: latency p50 < 2s, confidence: \"\" }", "9:43 `confidence` is not a percentage: `` [write 95%]"},
            Case{"{ expr: latency p50 < 2s, confidence: -95% }", "9:43 `confidence` is not a percentage: `-95%` [write 95%]"},
            Case{"{ expr: latency p50 < 2s, confidence: 95%% }", "9:43 `confidence` is not a percentage: `95%%` [write 95%]"},
            Case{"{ expr: latency p50 < 2s, confidence: nan% }",
                 "9:43 `confidence` is out of range: `nan%` [from 50% to 99.99%]"},
            Case{"{ expr: latency p50 < 2s, confidence: 100% }",
                 "9:43 `confidence` is out of range: `100%` [from 50% to 99.99%]"},
            Case{"{ expr: latency p50 < 2s, confidence: 49.9% }",
                 "9:43 `confidence` is out of range: `49.9%` [from 50% to 99.99%]"},
            Case{"{ expr: latency p50 < 2s, if_unsure: exten }", "9:42 unknown `if_unsure`: `exten` [did you mean `extend`?]"},
            Case{"{ expr: latency p50 < 2s, if_unsre: fail }",
                 "9:31 unknown key `if_unsre` in a threshold [did you mean `if_unsure`?]"},
            Case{
                "{ expr: latency p50 < 2s, persist: 10s }",
                "9:31 `persist` without `abort` [add `abort: true`, which ends the phase once the threshold has failed for so long]"},
            Case{"{ expr: latency p50 < 2s, persist: 10, abort: true }", "9:40 `persist` needs a unit: `10` [write 10s or 10ms]"},
            Case{"{ expr: latency p50 < 2s, abort: yes }", "9:38 `abort` is neither true nor false: `yes` [write true]"},
            Case{"{ expr: fifty.errors == 0, abort: true }",
                 "9:32 `abort` belongs to phases with `users` or `rate` [remove it: a burst ends with its last answer anyway]"},
            Case{"{ expr: latency p50 < 2s, if_unsure: extend }",
                 "9:31 `if_unsure: extend` of all phases together [name the phase that may run on: phase.latency p99 < 1s]"},
            Case{"{ exp: fifty.ratio < 2 }", "9:5 a threshold has no `expr` [write the threshold as a text: ten.errors == 0]"},
        }) {
        const auto errors = errors_of(with_threshold(c.text));
        ASSERT_FALSE(errors.empty()) << c.text;
        EXPECT_EQ(errors[0], c.error) << c.text;
    }
}

TEST(Threshold, only_a_phase_that_time_ends_under_a_steady_load_can_run_on) {
    for (const auto& [phase, error] :
         {std::pair{"users: 2, iterations: 9",
                    "5:32 `if_unsure: extend` of a phase that a number of iterations ends [give it more `iterations`, or `for`]"},
          std::pair{"rate: 1/s, ramp_to: 2/s, for: 1s",
                    "5:32 `if_unsure: extend` of a phase whose rate changes [give it a longer `for`]"},
          std::pair{"steps: [1/s, 2/s], for: 1s",
                    "5:32 `if_unsure: extend` of a phase whose rate changes [give it a longer `for`]"}}) {
        const auto errors =
            errors_of("version: 1\nscenarios: { s: [ { get: \"http://h/\" } ] }\nphases: [ { name: p, " + std::string(phase) +
                      " } ]\nthresholds:\n  - { expr: p.service p9 < 1s, if_unsure: extend }\n");
        ASSERT_EQ(errors.size(), 1U) << phase;
        EXPECT_EQ(errors[0], error);
    }
}

TEST(Threshold, says_what_to_do_where_it_is_unsure_and_when_to_stop) {
    using IfUnsure = Threshold::IfUnsure;
    const auto plain = load_scenario(with_threshold("{ expr: steady.latency p99 < 400ms }"), "f");
    ASSERT_TRUE(plain.errors.empty()) << to_line(plain.errors[0]);
    const auto& usual = plain.scenario.thresholds[0];
    EXPECT_EQ(usual.confidence, 0.95);
    EXPECT_EQ(usual.if_unsure, IfUnsure::warn);
    EXPECT_EQ(usual.persist, std::nullopt);
    EXPECT_FALSE(usual.abort);
    const auto loaded = load_scenario(
        with_threshold(
            "{ expr: \"steady.latency p99 < 400ms\", confidence: 99.5%, if_unsure: extend, persist: 10s, abort: true }"),
        "f");
    ASSERT_TRUE(loaded.errors.empty()) << to_line(loaded.errors[0]);
    const auto& t = loaded.scenario.thresholds[0];
    EXPECT_EQ(t.source.text, "steady.latency p99 < 400ms");
    EXPECT_DOUBLE_EQ(t.confidence, 0.995);
    EXPECT_EQ(t.if_unsure, IfUnsure::extend);
    EXPECT_EQ(t.persist, std::chrono::seconds(10));
    EXPECT_TRUE(t.abort);
    for (const auto& [word, meant] : {std::pair{"pass", IfUnsure::pass}, {"warn", IfUnsure::warn}, {"fail", IfUnsure::fail}}) {
        const auto one = load_scenario(with_threshold(std::string("{ expr: latency p50 < 2s, if_unsure: ") + word + " }"), "f");
        ASSERT_TRUE(one.errors.empty()) << to_line(one.errors[0]);
        EXPECT_EQ(one.scenario.thresholds[0].if_unsure, meant);
    }
}

TEST(Threshold, holds_as_it_says_and_never_for_what_is_no_number) {
    Threshold t;
    t.amount = 2;
    using Op = Threshold::Op;
    for (const auto& [op, below, at, above] :
         {std::tuple{Op::less, true, false, false}, std::tuple{Op::less_equal, true, true, false},
          std::tuple{Op::greater, false, false, true}, std::tuple{Op::greater_equal, false, true, true},
          std::tuple{Op::equal, false, true, false}, std::tuple{Op::not_equal, true, false, true}}) {
        t.op = op;
        EXPECT_EQ(holds(t, 1), below);
        EXPECT_EQ(holds(t, 2), at);
        EXPECT_EQ(holds(t, 3), above);
        EXPECT_FALSE(holds(t, std::numeric_limits<double>::quiet_NaN()));
    }
}

}  // namespace
}  // namespace volley::scenario::test
