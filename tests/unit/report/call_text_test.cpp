#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include <volley/report/result.hpp>

namespace volley::report {
namespace {
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

/// Calls of 30 ms to set up, and pings of 2 ms, of which the last `lost` got lost.
RunResult calls(std::uint64_t n, std::uint64_t failed, std::uint64_t pings, std::uint64_t lost) {
    RunResult r;
    r.name = "POST h:8080/offer";
    r.elapsed = 10s;
    auto& server = r.servers.emplace_back();
    server.name = "target";
    auto& phase = server.phases.emplace_back();
    phase.phase = "calls";
    phase.kind = PhaseKind::calls;
    phase.load = "calls as asked for";
    phase.elapsed = 10s;
    auto tally = std::make_shared<metrics::CallTally>();
    tally->calls = n;
    tally->failed = failed;
    tally->set_up = n - failed;
    if (failed > 0) tally->errors["ice"] = failed;
    tally->sent = pings;
    tally->answered = pings - lost;
    tally->lost = lost;
    tally->bytes_out = 12'345;
    for (std::uint64_t i = 0; i < n; ++i)
        for (std::size_t stage = 0; stage < (i < failed ? 2 : metrics::call_stages); ++stage) {
            tally->stages[stage].took.record(5ms);
            tally->stages[stage].at.record(5ms * static_cast<std::int64_t>(stage + 1));
        }
    phase.calls = tally;
    for (std::uint64_t i = 0; i < pings; ++i) {
        metrics::Sample s;
        s.planned = s.started = s.connected = s.sent = TimePoint{} + 1s;
        s.first_byte = s.done = s.sent + 2ms;
        s.right = i >= lost;
        s.outcome = s.right ? metrics::Outcome::ok : metrics::Outcome::timeout;
        phase.tally->add(s, "lost");
    }
    return r;
}

TEST(CallText, one_call_shows_each_step_of_its_set_up) {
    const auto text = to_call_summary(calls(1, 0, 10, 0));
    EXPECT_THAT(text, HasSubstr("calls as asked for"));
    EXPECT_THAT(text, HasSubstr("ice       5.00 ms  15.0 ms  a way found"));
    EXPECT_THAT(text, HasSubstr("channel   5.00 ms  30.0 ms  data channel open"));
    EXPECT_THAT(text, HasSubstr("pings        10 sent, 10 back"));
    EXPECT_THAT(text, HasSubstr("min          2.00 ms"));
    EXPECT_THAT(text, HasSubstr("takes more pings: 29 for p90, 299 for p99"));
    EXPECT_THAT(text, HasSubstr("12.3 kB out"));
    EXPECT_THAT(text, Not(HasSubstr("lost ")));
    EXPECT_THAT(text, HasSubstr("done  1 call, 0 failed; 10 pings, 0 lost; 10.0 s\n"));
}

TEST(CallText, many_calls_show_percentiles_where_there_are_enough) {
    const auto text = to_call_summary(calls(100, 10, 1000, 5));
    EXPECT_THAT(text, HasSubstr("calls        100, 90 set up"));
    EXPECT_THAT(text, HasSubstr("failed       10 (10.0 %): 10 found no way to the peer (ICE)"));
    EXPECT_THAT(text, HasSubstr("gathered  100  5.00 ms  5.00 ms    -  5.00 ms  candidates gathered"));
    EXPECT_THAT(text, HasSubstr("ice        90  5.00 ms  5.00 ms    -  5.00 ms  a way found"));
    EXPECT_THAT(text, HasSubstr("in all     90  30.0 ms"));
    EXPECT_THAT(text, HasSubstr("lost         5 (0.5 %)"));
    EXPECT_THAT(text, HasSubstr("p99          2.00 ms"));
}

TEST(CallText, percentiles_that_losses_make_unknown_are_not_shown) {
    const auto run = calls(1, 0, 1000, 431);
    const auto text = to_call_summary(run);
    EXPECT_THAT(text, HasSubstr("p50          2.00 ms"));
    EXPECT_THAT(text, Not(HasSubstr("p90          2.00 ms")));
    EXPECT_THAT(text, Not(HasSubstr("p99          2.00 ms")));
    EXPECT_THAT(text, HasSubstr("max          2.00 ms of those that came back"));
    EXPECT_THAT(text, HasSubstr("not known: p90, p99, as 431 of 1,000 never came back"));
    const auto result = boost::json::parse(to_json(run));
    const auto& trips = result.at("servers").at(0).at("phases").at(0).at("calls").at("metrics").at("dc_rtt").as_object();
    EXPECT_TRUE(trips.contains("p50"));
    EXPECT_FALSE(trips.contains("p90") || trips.contains("p99"));
}

TEST(CallText, what_is_under_way_when_a_run_is_ended_is_told) {
    auto run = calls(1, 0, 51, 0);
    auto tally = std::make_shared<metrics::CallTally>(*run.servers[0].phases[0].calls);
    tally->under_way = 9;
    tally->under_way_longest = 4500ms;
    run.servers[0].phases[0].calls = tally;
    EXPECT_THAT(to_call_summary(run), HasSubstr("under way    9 more when it was ended, the oldest for 4.50 s"));
    const auto result = boost::json::parse(to_json(run));
    const auto& c = result.at("servers").at(0).at("phases").at(0).at("calls");
    EXPECT_EQ(c.at("under_way").to_number<int>(), 9);
    EXPECT_EQ(c.at("under_way_longest").to_number<double>(), 4.5);
}

TEST(CallText, a_server_that_answered_is_not_called_unreachable) {
    auto r = calls(1, 1, 0, 0);
    auto& server = r.servers[0];
    server.message = "the server answered HTTP 503";
    auto tally = std::make_shared<metrics::CallTally>(*server.phases[0].calls);
    tally->set_up = 0;
    tally->stages = {};
    tally->errors = {{"refused", 1}};
    server.phases[0].calls = tally;
    server.state = state_in_vain(server);
    EXPECT_THAT(to_call_summary(r), HasSubstr("target: unreachable"));
    tally->errors = {{"status", 1}};
    server.state = state_in_vain(server);
    const auto text = to_call_summary(r);
    EXPECT_THAT(text, HasSubstr("target: reached, but it did not work  the server answered HTTP 503"));
    EXPECT_THAT(text, Not(HasSubstr("unreachable")));
    EXPECT_THAT(to_json(r), HasSubstr("\"state\":\"not_working\""));
    tally->errors = {};
    EXPECT_EQ(state_in_vain(server), ServerState::unreachable);
    tally->errors = {{"ice", 1}, {"channel", 1}};
    EXPECT_EQ(state_in_vain(server), ServerState::unreachable) << "it was never asked: no relay, say, gave a candidate";
    tally->stages[static_cast<std::size_t>(metrics::CallStage::http)].at.record(5ms);
    EXPECT_EQ(state_in_vain(server), ServerState::not_working) << "it answered the offer";
    server.phases.clear();
    EXPECT_EQ(state_in_vain(server), ServerState::unreachable);
    server.probes.emplace_back().answered = true;
    EXPECT_EQ(state_in_vain(server), ServerState::not_working);
}

TEST(CallText, what_it_all_came_to_is_not_cut_where_a_terminal_is_narrow) {
    const auto text = to_call_summary(calls(100, 0, 1000, 5), {.width = 40});
    EXPECT_THAT(text, testing::EndsWith("\n\ndone  100 calls, 0 failed; 1000 pings, 5 lost; 10.0 s\n"));
}

TEST(CallText, failures_are_told_in_words_and_not_by_their_kinds) {
    auto r = calls(10, 2, 0, 0);
    auto tally = std::make_shared<metrics::CallTally>(*r.servers[0].phases[0].calls);
    tally->failed = 8;
    tally->errors = {{"closed", 3}, {"ice", 1}, {"status", 1}, {"video", 2}, {"of another kind", 1}};
    r.servers[0].phases[0].calls = tally;
    EXPECT_THAT(
        to_call_summary(r, {.width = 300}),
        HasSubstr("failed       8 (80.0 %): 3 ended by the peer, 1 found no way to the peer (ICE), 1 of another kind, 1 answered "
                  "with another status than expected, 2 without a frame of video\n"));
}

TEST(CallText, what_a_peer_said_cannot_pose_as_ours) {
    auto r = calls(1, 1, 0, 0);
    auto& server = r.servers.front();
    server.state = ServerState::unreachable;
    server.message = "bad \x1b[31m\npass  1 call";
    server.phases.front().wrong_examples = {"worse \x1b[31m\npass  1 call"};
    r.verdict = Verdict::target_failed;
    const auto text = to_call_summary(r);
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, Not(HasSubstr("\npass")));
    EXPECT_THAT(text, Not(HasSubstr("round trips")));
}

TEST(CallText, the_result_file_holds_the_set_up_and_the_counts) {
    const auto result = boost::json::parse(to_json(calls(2, 1, 10, 1)));
    const auto& phase = result.at("servers").at(0).at("phases").at(0);
    EXPECT_EQ(phase.at("kind"), "calls");
    const auto& c = phase.at("calls");
    EXPECT_EQ(c.at("calls").to_number<int>(), 2);
    EXPECT_EQ(c.at("errors_by_kind").at("ice").to_number<int>(), 1);
    EXPECT_EQ(c.at("lost").to_number<int>(), 1);
    EXPECT_EQ(c.at("stages").as_array().size(), 6U);
    EXPECT_EQ(c.at("stages").at(2).at("stage"), "ice");
    EXPECT_EQ(c.at("stages").at(2).at("took").at("max").to_number<double>(), 0.005);
    EXPECT_EQ(c.at("setup_time").at("max").to_number<double>(), 0.03);
}

}  // namespace
}  // namespace volley::report
