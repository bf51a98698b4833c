// The report of a verdict, and the picture of its burst.
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <volley/report/verdict.hpp>

#include "unit/report/hostile.hpp"

namespace volley::report {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using verdict::Headline;
using verdict::Shot;

Shot shot(Duration sent, Duration done) {
    Shot s;
    s.started = s.connected = s.sent = sent;
    s.first_byte = s.done = done;
    s.status = 200;
    s.outcome = metrics::Outcome::ok;
    s.right = true;
    return s;
}

/// Turns of a pool: `n` requests of which `workers` at a time take `service`.
verdict::Burst turns(std::size_t n, std::size_t workers, Duration service) {
    verdict::Burst burst;
    for (std::size_t i = 0; i < n; ++i) burst.shots.push_back(shot({}, service * (i / workers + 1)));
    return burst;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

constexpr TextOptions plain{.colour = false, .unicode = false, .width = 60};

// --- the picture ------------------------------------------------------------------------------------------------------

TEST(Waterfall, requests_that_were_served_together_stand_together) {
    EXPECT_THAT(lines_of(waterfall(turns(4, 2, 100ms), 100ms, 20, plain)),
                ElementsAre("        0                100 ms            200 ms",         //
                            "     1  ####################                      100 ms",  //
                            "     2  ####################                      100 ms",  //
                            "     3  ....................####################  200 ms",  //
                            "     4  ....................####################  200 ms"));
}

TEST(Waterfall, shows_at_most_so_many_evenly_picked_the_first_and_the_last_among_them) {
    const auto lines = lines_of(waterfall(turns(101, 1, 10ms), 10ms, 5, plain));
    ASSERT_EQ(lines.size(), 6U);
    for (const auto& [line, number] : {std::pair{1, "     1"}, {2, "    26"}, {3, "    51"}, {4, "    76"}, {5, "   101"}})
        EXPECT_THAT(lines[static_cast<std::size_t>(line)], StartsWith(number));
}

TEST(Waterfall, a_wrong_answer_shows_its_status_and_one_without_answer_what_became_of_it) {
    auto burst = turns(3, 3, 100ms);
    burst.shots[1].right = false;
    burst.shots[1].status = 503;
    burst.shots[2] = Shot{};
    burst.shots[2].outcome = metrics::Outcome::refused;
    const auto text = waterfall(burst, 100ms, 20, plain);
    EXPECT_THAT(text, HasSubstr(" 503\n"));
    EXPECT_THAT(text, HasSubstr(" refused\n"));
    TextOptions colours = plain;
    colours.colour = true;
    EXPECT_THAT(waterfall(burst, 100ms, 20, colours), HasSubstr("\x1b["));
}

TEST(Waterfall, of_nothing_is_nothing) {
    EXPECT_EQ(waterfall({}, 100ms, 20, plain), "");
    verdict::Burst unanswered;
    unanswered.shots.resize(3);
    EXPECT_EQ(waterfall(unanswered, 100ms, 20, plain), "");
}

/// What anybody may have written into a file that is judged again.
TEST(Waterfall, no_instants_break_it) {
    constexpr Duration far = 1000h;
    for (const Duration sent : {verdict::never, -far, Duration{}, Duration(50ms), far})
        for (const Duration done : {verdict::never, -far, Duration(1ns), Duration(100ms), far})
            for (const Duration service : {-far, Duration{}, Duration(1ns), far})
                for (const int width : {-5, 0, 1, 40, 100'000}) {
                    verdict::Burst burst = turns(2, 1, 100ms);
                    burst.shots.push_back(shot(sent, done));
                    TextOptions options = plain;
                    options.width = width;
                    const auto lines = lines_of(waterfall(burst, service, 0, options));
                    EXPECT_EQ(lines.size(), 3U);
                    for (const auto& line : lines) EXPECT_LE(line.size(), 110U);
                }
}

// --- the burst that is shown ------------------------------------------------------------------------------------------

TEST(ShownBurst, is_the_one_that_decided_else_the_largest_that_is_whole) {
    verdict::Observation seen;
    verdict::Record record;
    EXPECT_EQ(shown_burst(seen, record), nullptr);
    seen.bursts = {turns(1, 1, 10ms), turns(10, 2, 10ms), turns(10, 2, 10ms), turns(50, 2, 10ms), turns(100, 2, 10ms)};
    seen.bursts[2].sockets = verdict::Sockets::cold;
    seen.bursts[4].cut = true;
    record.n = 10;
    EXPECT_EQ(shown_burst(seen, record), &seen.bursts[1]);
    record.n = 7;
    EXPECT_EQ(shown_burst(seen, record), &seen.bursts[3]);
    seen.bursts.resize(1);
    EXPECT_EQ(shown_burst(seen, record), nullptr) << "a request alone shows no overlap";
}

// --- the report -------------------------------------------------------------------------------------------------------

TEST(VerdictLine, has_the_headline_with_its_number) {
    verdict::Record r;
    r.words = "W.";
    r.confidence = verdict::Confidence::high;
    const auto line = [&](Headline headline) {
        r.headline = headline;
        return verdict_line(r);
    };
    EXPECT_EQ(line(Headline::inconclusive), "inconclusive (high confidence): W.");
    EXPECT_EQ(line(Headline::asynchronous), "asynchronous (high confidence): W.");
    EXPECT_EQ(line(Headline::refusing), "refuses (high confidence): W.");
    EXPECT_EQ(line(Headline::serial), "serial (high confidence): W.");
    EXPECT_EQ(line(Headline::thread_per_request), "a thread per request (high confidence): W.");
    r.refuses_above = 10;
    r.workers = 4;
    r.ends_at = 1200;
    r.blocked_for = 50ms;
    r.mechanism = verdict::Mechanism::threads;
    EXPECT_EQ(line(Headline::refusing), "refuses above 10 at once (high confidence): W.");
    EXPECT_EQ(line(Headline::pool), "pool of 4 threads (high confidence): W.");
    EXPECT_EQ(line(Headline::loop_blocked), "event loop blocked, 50.0 ms by each request (high confidence): W.");
    EXPECT_EQ(line(Headline::thread_per_request), "a thread per request, which ends at about 1,200 (high confidence): W.");
    r.workers_at_least = true;
    EXPECT_EQ(line(Headline::concurrent), "concurrent, at least 4 at once (high confidence): W.");
}

TEST(VerdictText, says_what_it_is_why_and_what_to_do) {
    verdict::Observation seen;
    seen.target = "GET http://127.0.0.1:8000/offer";
    seen.process_name = "python3";
    seen.bursts = {turns(1, 1, 100ms), turns(1, 1, 100ms), turns(4, 2, 100ms)};
    seen.bursts[2].shots[3].right = false;
    seen.bursts[2].app.push_back({10ms, 30ms, 404, metrics::Outcome::ok});
    verdict::Record r;
    r.headline = Headline::pool;
    r.workers = 2;
    r.words = "Two at a time.";
    r.cause = "So many workers.";
    r.advice = "Raise that.";
    r.service = 100ms;
    r.n = 4;
    r.makespan = 200ms;
    r.ratio = 2;
    r.serial_fraction = 0.333;
    r.processes = 1;
    r.evidence = {"in groups of 2"};
    r.doubts = {"nothing else was looked at"};
    const auto text = verdict_text(seen, r, {.colour = false, .unicode = true, .width = 100});
    EXPECT_THAT(text, StartsWith("GET http://127.0.0.1:8000/offer\n\n  pool of 2   low confidence\n\n  Two at a time.\n"));
    for (const char* part : {"usual cause  So many workers.\n", "what to do   Raise that.\n", "service time 100 ms\n",
                             "4 requests in 200 ms, 2.00 service times\n", "serial       33.3 % ",
                             "python3, 1 process, no new threads\n", "4 requests at once", "█", "1 (x2)", "20.0 ms",
                             "evidence\n  - in groups of 2\n", "doubts\n  - nothing else was looked at\n"})
        EXPECT_THAT(text, HasSubstr(part));
    EXPECT_EQ(text.back(), '\n');
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(VerdictText, nothing_that_a_peer_or_a_file_says_steers_the_terminal) {
    verdict::Observation seen;
    seen.target = seen.server = seen.via = seen.process_name = poison;
    seen.bursts = {turns(3, 1, 10ms)};
    verdict::Record r;
    r.words = r.cause = r.advice = poison;
    r.processes = 1;
    r.evidence = r.doubts = {poison};
    const std::vector<verdict::Answer> answers{{verdict::Question::isolation, verdict::Reply::no, poison, poison}};
    for (const auto& text : {verdict_text(seen, r, plain), verdict_line(r), answers_text(answers, plain)}) {
        EXPECT_THAT(text, Not(HasSubstr("\x1b")));
        EXPECT_THAT(text, Not(HasSubstr("\x01")));
        EXPECT_THAT(text, Not(HasSubstr("\r")));
        EXPECT_THAT(text, Not(HasSubstr("\n::error")));
    }
}

TEST(AnswersText, is_a_line_for_each_question_and_nothing_where_none_was_asked) {
    EXPECT_EQ(answers_text({}, plain), "");
    const std::vector<verdict::Answer> answers{{verdict::Question::streaming, verdict::Reply::yes, "it streams", ""},
                                               {verdict::Question::cancellation, verdict::Reply::no, "it goes on", "stop it"}};
    EXPECT_EQ(answers_text(answers, plain),
              "\nasked too\n"
              "  streaming    yes: it streams\n"
              "  cancellation no: it goes on. stop it\n");
}

}  // namespace
}  // namespace volley::report
