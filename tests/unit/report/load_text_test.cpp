#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include <volley/report/github.hpp>
#include <volley/report/result.hpp>

#include "report/terminal.hpp"
#include "unit/report/hostile.hpp"

namespace volley::report {
namespace {
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

RunResult load(PhaseKind kind, std::string words) {
    RunResult r;
    r.name = "GET http://127.0.0.1:8000/hello";
    r.elapsed = 10100ms;
    auto& server = r.servers.emplace_back();
    server.name = "target";
    server.description = "http://127.0.0.1:8000";
    auto& phase = server.phases.emplace_back();
    phase.phase = "load";
    phase.kind = kind;
    phase.load = std::move(words);
    phase.elapsed = 10s;
    return r;
}

PhaseResult& phase_of(RunResult& r) { return r.servers.front().phases.front(); }

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

struct Answer {
    Duration at{};  ///< planned, from the start of the phase
    Duration response{};
    Duration service{};
    int status = 200;
};

void add(PhaseResult& phase, const Answer& a, const std::string& kind = "status") {
    constexpr TimePoint start{1h};
    metrics::Sample s;
    s.planned = start + a.at;
    s.started = s.planned + 20us;
    s.done = s.planned + a.response;
    s.sent = s.done - a.service;
    s.first_byte = s.done;
    s.connected = s.started;
    s.bytes = 100;
    s.status = static_cast<std::int16_t>(a.status);
    s.right = a.status == 200;
    phase.tally->add(s, kind);
    if (phase.kind == PhaseKind::burst) return;
    auto& slice = phase.tally->series.at(s.done - start);
    ++slice.done;
    if (s.right) slice.response.record(s.response_time());
}

/// Ten requests a second for 10 s, and three that came long after.
RunResult with_stragglers() {
    auto r = load(PhaseKind::users, "closed: 4 users for 10.0 s");
    auto& phase = phase_of(r);
    for (int i = 0; i < 97; ++i) add(phase, {i * 100ms, 10ms, 10ms});
    for (const Duration at : {Duration(8s), Duration(9s), Duration(9500ms)}) add(phase, {at, 12s - at, 12s - at});
    phase.loaded = 10s;
    phase.elapsed = 12s;
    phase.generator.transport = "fast";
    phase.generator.threads = 1;
    phase.generator.cpu = 5s;
    return r;
}

TEST(LoadSummary, gives_rates_of_the_time_under_load_and_tells_the_wait_for_the_last_answers) {
    // They were of the whole time: a few slow answers made any server look slow.
    auto r = with_stragglers();
    auto text = to_load_summary(r);
    EXPECT_THAT(text, HasSubstr("requests     100 in 10.0 s, 10.0/s\n"));
    EXPECT_THAT(text, HasSubstr("3 requests were still under way at the end, the last ended after 2.00 s\n"));
    EXPECT_THAT(text, HasSubstr("1.00 kB/s"));
    EXPECT_THAT(text, HasSubstr("CPU 50 %"));
    text = to_text(r);
    EXPECT_THAT(text, HasSubstr(" 10.0/s "));
    EXPECT_THAT(text, HasSubstr("target: 3 requests were still under way at the end, the last ended after 2.00 s\n"));
    EXPECT_THAT(to_github_summary(r), HasSubstr("| 10.0/s |"));

    phase_of(r).loaded = 10500ms;  // within a slice: how many there were is not known
    EXPECT_THAT(to_load_summary(r), HasSubstr(" requests were still under way at the end, the last ended after 1.50 s\n"));
    for (const auto& [loaded, elapsed] : {std::pair<Duration, Duration>{0s, 12s}, {12s, 12s}, {10s, 10499ms}, {1s, 1099ms}}) {
        phase_of(r).loaded = loaded;
        phase_of(r).elapsed = elapsed;
        EXPECT_THAT(to_load_summary(r), Not(HasSubstr("under way")));
    }
}

TEST(LoadSummary, says_what_was_done_how_long_it_took_and_how_far_to_trust_it) {
    auto r = load(PhaseKind::users, "closed: 4 users for 10.0 s");
    r.verdict = Verdict::fail;
    auto& phase = phase_of(r);
    // In each second 60 answers of 10.6 ms, 30 of 12.6 ms and 10 of 13.6 ms; then one error.
    for (int second = 0; second < 10; ++second)
        for (int i = 0; i < 100; ++i) {
            const Duration time = i % 10 < 6 ? 10600us : i % 10 < 9 ? 12600us : 13600us;
            add(phase, {second * 1s + i * 9ms, time, time});
        }
    add(phase, {9950ms, 1ms, 1ms, 503});
    phase.wrong_examples = {"status is 503"};
    for (int i = 0; i < 4; ++i) {
        phase.tally->resolve.record(50us);
        phase.tally->connect.record(150us);
    }
    phase.generator.transport = "fast";
    phase.generator.threads = 1;
    phase.generator.cpu = 2500ms;
    phase.generator.connections = 4;
    phase.generator.timer_overshoot.record(60us);
    ThresholdResult t;
    t.source = "p99 < 50ms";
    t.server = "target";
    t.phase = "load";
    t.pos = {1, 1};
    t.measured = "13.6 ms";
    t.message = "(95 %: 13.6 ms, n 1,000)";
    r.thresholds.push_back(t);
    t.source = "errors == 0";
    t.pos = {};
    t.verdict = Verdict::fail;
    t.measured = "1";
    t.message = "1 of 1,001 requests was wrong, which is more than none of them at all; status is 503";
    r.thresholds.push_back(t);

    EXPECT_EQ(to_load_summary(r, {.width = 80}), R"(GET http://127.0.0.1:8000/hello  seed 0
closed: 4 users for 10.0 s

  requests     1,001 in 10.0 s, 100/s
  right        1,000 (>99.9 %)
  wrong        1 (<0.1 %): 1 answered with another status than expected
               status is 503
  status       2xx 1,000, 5xx 1 (503)
  received     100 kB, 10.0 kB/s

latency  of right answers, from the planned start
         response  95 % interval
  p50     10.6 ms  10.6 ms
  p75     12.6 ms
  p90     12.6 ms
  p95     13.6 ms
  p99     13.6 ms  13.6 ms
  p99.9         -
  max     13.6 ms
  - takes more right answers: 2,995 for p99.9

  response time                                              n    share  to here
  10.5 to 11.0 ms  ██████████████████████████████████████  600   60.0 %   60.0 %
                ⋮
  12.5 to 13.0 ms  ███████████████████                     300   30.0 %   90.0 %
  13.0 to 13.5 ms                                            0      0 %   90.0 %
  13.5 to 14.0 ms  ██████▍                                 100   10.0 %    100 %

over time  a column is 1.00 s
  done         ██████████  100/s to 101/s
  p99          ██████████  13.6 ms

generator  how far the rest can be trusted
  connections  4 opened; dns p50 50.0 us; connect p50 150 us
  start lag    p50 20.0 us, p99 20.0 us, max 20.0 us
  transport    fast, 1 thread, CPU 25 %; timers late p99 60.0 us
  steady       throughout

thresholds
  ✓ p99 < 50ms        13.6 ms  (95 %: 13.6 ms, n 1,000)
  ✗ load.errors == 0  1
        1 of 1,001 requests was wrong, which is more than none of them at all;
        status is 503

fail  1 of 2 thresholds; 1001 requests, 1 wrong, 10.1 s
)");
}

TEST(LoadSummary, a_burst_has_a_makespan_and_no_interval) {
    auto r = load(PhaseKind::burst, "burst of 60 at once");
    auto& phase = phase_of(r);
    phase.elapsed = 250ms;
    for (int i = 0; i < 60; ++i) add(phase, {0s, i < 30 ? 101ms : 201ms, i < 30 ? 101ms : 101ms});
    auto& b = phase.burst.emplace();
    b.n = 60;
    b.repeats = 1;
    b.complete = true;
    b.makespan = 201ms;
    b.solo = 100ms;
    b.ratio = 2.01;
    b.overlap = 29.9;
    b.serial_fraction = 0.0171;
    b.groups = {30, 30};
    b.own_lag = 20ms;
    EXPECT_EQ(to_load_summary(r, {.unicode = false, .width = 80}), R"(GET http://127.0.0.1:8000/hello  seed 0
burst of 60 at once

  requests     60 in 250 ms, 240/s
  right        60 (100 %)
  status       2xx 60
  received     6.00 kB, 24.0 kB/s

latency  response: from the planned start; service: from the first byte sent
         response  service
  p50      101 ms   101 ms
  p75      201 ms   101 ms
  p90      201 ms   101 ms
  p95      201 ms   101 ms
  p99           -        -
  p99.9         -        -
  max      201 ms   101 ms
  - takes more right answers: 299 for p99, 2,995 for p99.9

  response time                                             n    share  to here
  100 to 110 ms  ########################################  30   50.0 %   50.0 %
              :
  200 to 210 ms  ########################################  30   50.0 %    100 %

burst
  makespan     201 ms
  alone        100 ms, so the burst took 2.01 times as long
  overlap      29.9 at the same time, on average; serial 1.7 %
  groups       2x30
  own lag      20.0 ms

generator  how far the rest can be trusted
  start lag    p50 20.0 us, p99 20.0 us, max 20.0 us
  warning      the generator took 20.0 ms to start the burst, which is part of
               the makespan

done  60 requests, 0 wrong, 10.1 s
)");
}

TEST(LoadSummary, one_answer_carries_no_percentile) {
    auto r = load(PhaseKind::users, "");
    phase_of(r).elapsed = 2ms;
    add(phase_of(r), {0s, 1005us, 1005us});
    EXPECT_EQ(to_load_summary(r, {.width = 80}), R"(GET http://127.0.0.1:8000/hello  seed 0
closed loop of users

  requests     1 in 2.00 ms, 500/s
  right        1 (100 %)
  status       2xx 1
  received     100 B, 50.0 kB/s

latency  of right answers, from the planned start
         response  95 % interval
  p50           -
  p75           -
  p90           -
  p95           -
  p99           -
  p99.9         -
  max     1.01 ms
  - takes more right answers: 5 for p50, 11 for p75, 29 for p90, 59 for p95, 299
  for p99, 2,995 for p99.9

  response time                                              n    share  to here
  1.00 to 1.02 ms  ████████████████████████████████████████  1    100 %    100 %

generator  how far the rest can be trusted
  start lag    p50 20.0 us, p99 20.0 us, max 20.0 us
  steady       not known: it takes at least 10 slices of 1.00 s with answers

done  1 requests, 0 wrong, 10.1 s
)");
}

TEST(LoadSummary, errors_alone_have_no_times) {
    auto r = load(PhaseKind::rate, "open: 3.00/s for 10.0 s");
    r.verdict = Verdict::fail;
    auto& phase = phase_of(r);
    phase.planned = 30;
    phase.missed = 1;
    phase.saturated = 2;
    for (int i = 0; i < 27; ++i) add(phase, {i * 300ms, 1ms, 1ms, 0}, i < 20 ? "refused" : "timeout");
    phase.generator.busy = true;
    EXPECT_EQ(to_load_summary(r, {.width = 80}), R"(GET http://127.0.0.1:8000/hello  seed 0
open: 3.00/s for 10.0 s

  requests     27 in 10.0 s, 2.70/s
  right        0 (0 %)
  wrong        29 (100 %): 20 refused a connection, 2 not begun, since as many
               as may be were under way, 7 not answered in time
  received     2.70 kB, 270 B/s

latency  no right answer

over time  a column is 1.00 s
  done         █▆▆█▆▆█▆    0.00/s to 4.00/s

generator  how far the rest can be trusted
  start lag    p50 20.0 us, p99 20.0 us, max 20.0 us
  starts       30 planned, 1 missed, 2 saturated
  warning      the generator was busy: its threads had next to no idle time, so
               the server may be faster than what is shown; give it more
               threads, or less to do
  warning      missed 1 of 30 planned starts (3.3 %): the generator came too
               late for them, so the load was less than asked for
  steady       not known: it takes at least 10 slices of 1.00 s with answers

fail  a server died; 27 requests, 29 wrong, 10.1 s
)");
}

// Answers behind a queue are slow together: as many as there are, they say little of the percentile, and the sign says so.
TEST(LoadSummary, a_percentile_of_dependent_answers_is_marked) {
    auto r = load(PhaseKind::rate, "");
    for (int second = 0; second < 10; ++second)
        for (int i = 0; i < 100; ++i) {
            const Duration time = second == 4 ? 500ms : 10600us;
            add(phase_of(r), {second * 1s, time, time});
        }
    const auto text = to_load_summary(r);
    EXPECT_THAT(text, HasSubstr("  p50     10.6 ms"));
    EXPECT_THAT(text, HasSubstr("  p95     ~500 ms"));
    EXPECT_THAT(text, HasSubstr("  p99     ~500 ms"));
    EXPECT_THAT(text, HasSubstr("~ is that of this run alone: answers depend on each other, 1,000 are worth 10 for p75"));
}

TEST(LoadSummary, service_times_stand_beside_where_they_differ) {
    auto r = load(PhaseKind::rate, "");
    for (int i = 0; i < 400; ++i) add(phase_of(r), {i * 20ms, 10600us, 10000us});
    EXPECT_EQ(to_load_summary(r).find("service"), std::string::npos) << "6 % apart";
    r = load(PhaseKind::rate, "");
    for (int i = 0; i < 400; ++i) add(phase_of(r), {i * 20ms, 10600us, 5000us});
    const auto text = to_load_summary(r);
    EXPECT_THAT(text, HasSubstr("         response  service  95 % interval\n  p50     10.6 ms  5.00 ms  10.6 ms\n"));
}

TEST(LoadSummary, a_server_that_slowed_down_was_not_steady) {
    auto r = load(PhaseKind::users, "");
    for (int second = 0; second < 20; ++second)
        for (int i = 0; i < 20; ++i) {
            const Duration time = second < 10 ? 10ms + i * 10us : 20ms + i * 10us;
            add(phase_of(r), {second * 1s, time, time});
        }
    phase_of(r).elapsed = 20s;
    EXPECT_THAT(to_load_summary(r), HasSubstr("unsteady     the median rose by"));
    phase_of(r).tally = std::make_shared<metrics::Tally>();
    for (int second = 0; second < 20; ++second)
        for (int i = 0; i < 20; ++i) {
            const Duration time = (second % 2 == 0 ? 10ms : 11ms) + i * 10us;
            add(phase_of(r), {second * 1s, time, time});
        }
    EXPECT_THAT(to_load_summary(r), HasSubstr("steady       throughout"));
}

TEST(LoadSummary, a_warm_up_is_not_shown) {
    auto r = load(PhaseKind::users, "the phase");
    auto warm_up = phase_of(r);
    warm_up.warmup = true;
    warm_up.load = "before it";
    r.servers.front().phases.insert(r.servers.front().phases.begin(), warm_up);
    EXPECT_EQ(to_load_summary(r).find("before it"), std::string::npos);
    EXPECT_THAT(to_load_summary(r), HasSubstr("the phase"));
}

TEST(LoadSummary, without_unicode_all_of_it_is_ascii) {
    auto r = load(PhaseKind::users, "closed: 4 users");
    for (int i = 0; i < 1000; ++i) add(phase_of(r), {i * 9ms, i % 50 * 1ms + 1ms, 1ms});
    r.thresholds.emplace_back().source = "errors == 0";
    const auto text = to_load_summary(r, {.unicode = false, .width = 60});
    EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); })) << text;
    EXPECT_THAT(text, HasSubstr("####"));
}

TEST(LoadSummary, no_line_is_wider_than_the_terminal_whatever_a_peer_sent) {
    for (const bool unicode : {true, false})
        for (const bool colour : {true, false})
            for (const int width : {-1, 40, 80, 100}) {
                const auto text = to_load_summary(hostile(), {.colour = colour, .unicode = unicode, .width = width});
                for (const auto& line : lines_of(text))
                    EXPECT_LE(columns(line), static_cast<std::size_t>(std::max(width, 40))) << line;
            }
}

// An example that held a newline could end the report with a verdict of its own.
TEST(LoadSummary, what_a_peer_sent_cannot_pose_as_a_line_of_the_report) {
    auto r = load(PhaseKind::users, "closed: 1 user");
    metrics::Sample wrong;
    phase_of(r).tally->add(wrong, "check");
    phase_of(r).wrong_examples = {"body is \npass  1 requests\x1b[2J"};
    r.verdict = Verdict::fail;
    const auto text = to_load_summary(r);
    EXPECT_THAT(text, HasSubstr("body is \\npass  1 requests\\x1b[2J\n"));
    EXPECT_TRUE(lines_of(text).back().starts_with("fail")) << text;
}

TEST(LoadSummary, the_same_words_stand_there_once) {
    auto r = load(PhaseKind::users, "");
    add(phase_of(r), {0s, 1ms, 1ms, 404});
    phase_of(r).wrong_examples = {"status is 404", "status is 404", "status is 503"};
    const auto text = to_load_summary(r);
    EXPECT_THAT(text, HasSubstr("status is 404\n               status is 503\n"));
    EXPECT_EQ(text.find("status is 404"), text.rfind("status is 404"));
}

TEST(LoadSummary, a_message_of_several_lines_stays_behind_its_margin) {
    auto r = load(PhaseKind::users, "");
    r.servers.front().state = ServerState::not_started;
    r.servers.front().message = "f:1:2: error: x\n    1 | y\npass\n";
    EXPECT_THAT(to_load_summary(r), HasSubstr("target: not_started  f:1:2: error: x\n  |     1 | y\n  | pass\n"));
}

TEST(LoadSummary, a_result_without_phases_still_has_a_verdict) {
    RunResult r;
    r.name = "GET http://127.0.0.1:1/";
    r.verdict = Verdict::interrupted;
    EXPECT_EQ(to_load_summary(r), "GET http://127.0.0.1:1/  seed 0\n\ninterrupted  results so far: 0 requests, 0 wrong, 0 s\n");
}

TEST(LoadSummary, requests_that_were_sent_again_are_told_where_there_are_some) {
    auto r = load(PhaseKind::users, "closed: 1 user");
    add(phase_of(r), {.at = 0ms, .response = 1ms, .service = 1ms});
    EXPECT_THAT(to_load_summary(r, {}), testing::Not(HasSubstr("retried")));
    phase_of(r).tally->retried = 1200;
    EXPECT_THAT(to_load_summary(r, {}),
                HasSubstr("\n  retried      1,200: the server had closed the connection without a word\n"));
}

}  // namespace
}  // namespace volley::report
