#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <volley/report/result.hpp>

#include "report/text_parts.hpp"

namespace volley::report {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

RunResult open_phase() {
    RunResult r;
    r.name = "t";
    r.seed = 7;
    r.elapsed = 10s;
    auto& server = r.servers.emplace_back();
    server.name = "target";
    auto& phase = server.phases.emplace_back();
    phase.phase = "steady";
    phase.kind = PhaseKind::rate;
    phase.load = "open: 10.0/s for 10.0 s";
    phase.elapsed = 10s;
    phase.planned = 100;
    for (int i = 0; i < 100; ++i) {
        metrics::Sample s;
        s.planned = TimePoint{1h} + i * 100ms;
        s.started = s.planned + 100us;
        s.sent = s.started;
        s.done = s.planned + 10ms;
        s.right = true;
        phase.tally->add(s, "");
    }
    return r;
}

TEST(Text, a_generator_that_kept_up_is_not_spoken_of) {
    EXPECT_EQ(to_text(open_phase(), {.unicode = false}), R"(t  seed 7

steady  open: 10.0/s for 10.0 s
  server    right    rate      p50      p90      p99      max  service p99  missed  saturated  threads
  target  100/100  10.0/s  10.0 ms  10.0 ms  10.0 ms  10.0 ms      9.90 ms       0          0  -

done  100 requests, 0 wrong, 10.0 s
)");
}

TEST(Text, what_the_generator_did_to_the_figures_stands_below_them) {
    auto r = open_phase();
    auto& phase = r.servers[0].phases[0];
    phase.missed = 3;
    phase.generator.busy = true;
    phase.tally->start_lag.record(9ms);
    phase.tally->start_lag.record(9ms);
    const auto text = to_text(r);
    EXPECT_THAT(text, HasSubstr("\n  target: the generator was busy: its threads had next to no idle time"));
    EXPECT_THAT(text, HasSubstr("\n  target: missed 3 of 100 planned starts (3.0 %)"));
    EXPECT_THAT(text, HasSubstr("\n  target: the generator started late, by "));
    phase.warmup = true;
    EXPECT_THAT(to_text(r), Not(HasSubstr("generator"))) << "nothing is judged by a warm-up";
}

TEST(GeneratorNotes, a_lag_counts_from_5_ms_at_p99_on) {
    PhaseResult phase;
    phase.kind = PhaseKind::users;
    for (int i = 0; i < 99; ++i) phase.tally->start_lag.record(4900us);
    phase.tally->start_lag.record(1s);
    EXPECT_THAT(generator_notes(phase), IsEmpty()) << "99 of 100 are below";
    phase.tally->start_lag.record(1s);
    EXPECT_THAT(generator_notes(phase), ElementsAre(HasSubstr("started late, by 999 ms at p99")));
}

// A burst of thousands takes milliseconds to send; what matters is its part of what was measured.
TEST(GeneratorNotes, a_burst_is_held_against_its_makespan) {
    PhaseResult phase;
    phase.tally->start_lag.record(20ms);
    auto& burst = phase.burst.emplace();
    burst.complete = true;
    burst.own_lag = 20ms;
    burst.makespan = 1s;
    EXPECT_THAT(generator_notes(phase), IsEmpty());
    burst.makespan = 300ms;
    EXPECT_THAT(generator_notes(phase), ElementsAre(HasSubstr("took 20.0 ms to start the burst")));
    burst.complete = false;
    EXPECT_THAT(generator_notes(phase), IsEmpty()) << "there is no makespan";
}

TEST(Thresholds, a_long_message_goes_below_where_there_is_a_width) {
    RunResult r;
    auto& t = r.thresholds.emplace_back();
    t.source = "p99 < 5ms";
    t.server = "target";
    t.pos = {1, 1};
    t.measured = "4 ms";
    t.message = "one two three four five six";
    EXPECT_EQ(thresholds_text(r, {}, Paint(false), {}),
              "\nthresholds\n  ✓ target  p99 < 5ms  4 ms  one two three four five six\n");
    EXPECT_EQ(thresholds_text(r, {}, Paint(false), {.servers = false, .width = 30}),
              "\nthresholds\n  ✓ p99 < 5ms  4 ms\n        one two three four\n        five six\n");
}

}  // namespace
}  // namespace volley::report
