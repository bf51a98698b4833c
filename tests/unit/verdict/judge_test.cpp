// How real servers were seen to behave in bursts of 20 or 100 requests of 0.3 s, and how each is to be read.
#include <volley/verdict/judge.hpp>

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/verdict/observed.hpp"

namespace volley::verdict {
namespace {

using namespace test;

constexpr double S = 0.3;

/// The bursts, each with the canaries' longest wait and the threads before and at most.
Record read(std::vector<Burst> bursts, double app, double parser, int before, int peak, int processes = 1, double cpu = 0.01,
            std::string server = "") {
    Observation o = alone(S);
    o.server = std::move(server);
    for (Burst& b : bursts) {
        b = with_process(std::move(b), before, peak, processes, cpu);
        o.bursts.push_back(with_canaries(b, app, parser));
        b.canaries = false;
        o.bursts.push_back(b);
        o.bursts.push_back(std::move(b));
    }
    return judge(o);
}

TEST(Judge, an_awaited_sleep_is_asynchronous) {
    const Record r = read({in_groups({20}, S)}, 0.004, 0.03, 5, 5);
    EXPECT_EQ(r.headline, Headline::asynchronous);
    EXPECT_EQ(r.shape, Shape::async);
    EXPECT_EQ(r.mechanism, Mechanism::event_loop);
    EXPECT_EQ(r.workers, 20U);
    EXPECT_TRUE(r.workers_at_least);
    EXPECT_NEAR(r.ratio, 1, 0.05);
}

TEST(Judge, a_convoy_of_last_bytes_is_a_blocked_loop) {
    for (const bool first_bytes_too : {true, false}) {
        const Record r = read({convoy(20, S, first_bytes_too)}, 6.0, 6.1, 5, 5);
        EXPECT_EQ(r.headline, Headline::loop_blocked);
        EXPECT_EQ(r.shape, Shape::serial);
        EXPECT_NEAR(to_seconds(r.blocked_for), S, 0.02);
        EXPECT_FALSE(r.cpu_bound);
        EXPECT_NEAR(to_seconds(r.loop_stall), 6.1, 0.01);
    }
}

TEST(Judge, a_staircase_whose_parser_waits_is_a_blocked_loop) {
    const Record r = read({staircase(20, S, S)}, 6.0, 6.1, 5, 5);
    EXPECT_EQ(r.headline, Headline::loop_blocked);
}

TEST(Judge, a_convoy_that_computes_is_cpu_bound) {
    const Record r = read({convoy(20, S, true)}, 6.0, 6.1, 5, 5, 1, 5.7);
    EXPECT_EQ(r.headline, Headline::cpu_bound);
    EXPECT_NEAR(to_seconds(r.blocked_for), 0.285, 0.01);
}

TEST(Judge, waiting_for_a_busy_processor_counts_as_computing) {
    Observation o = alone(S);
    for (int i = 0; i < 3; ++i) {
        Burst b = with_process(staircase(20, S, S), 5, 5, 1, 3.0);
        b.process->run_delay = from_seconds(2.7);
        o.bursts.push_back(std::move(b));
    }
    EXPECT_EQ(judge(o).headline, Headline::cpu_bound);
    for (auto& b : o.bursts)
        if (b.process) b.process->cpu = from_seconds(0.2);
    EXPECT_NE(judge(o).headline, Headline::cpu_bound) << "waiting alone is the machine's doing";
}

TEST(Judge, thirty_per_cent_blocking_shows_as_a_slope) {
    const Record r = read({staircase(20, S, 0.09)}, 1.8, 1.8, 5, 5);
    EXPECT_EQ(r.headline, Headline::loop_blocked);
    EXPECT_NEAR(to_seconds(r.blocked_for), 0.09, 0.004);
    EXPECT_NE(r.shape, Shape::serial);
}

TEST(Judge, one_by_one_while_all_canaries_pass_is_a_lock) {
    const Record r = read({staircase(20, S, S)}, 0.001, 0.03, 5, 5);
    EXPECT_EQ(r.headline, Headline::serial);
    EXPECT_EQ(r.mechanism, Mechanism::lock);
    EXPECT_EQ(r.workers, 1U);
    EXPECT_NEAR(r.serial_fraction.value(), 1, 0.02);
}

TEST(Judge, one_by_one_while_the_application_waits_is_one_shared_thread) {
    const Record r = read({staircase(20, S, S)}, 5.4, 0.06, 6, 6, 1, 0.01, "uvicorn");
    EXPECT_EQ(r.headline, Headline::serial);
    EXPECT_EQ(r.mechanism, Mechanism::threads);
    EXPECT_NE(r.advice.find("middleware"), std::string::npos) << r.advice;
}

TEST(Judge, a_thread_for_each_request_is_not_asynchronous) {
    Record r = read({in_groups({20}, S)}, 0.01, 0.03, 5, 25);
    EXPECT_EQ(r.headline, Headline::thread_per_request);
    EXPECT_EQ(r.shape, Shape::async);
    r = read({in_groups({20}, 1.2 * S)}, 0.07, 0.03, 5, 25);
    EXPECT_EQ(r.headline, Headline::thread_per_request);
}

TEST(Judge, a_thread_for_each_request_ends_where_threads_run_out) {
    Observation o = alone(S);
    o.thread_limit = 1005;
    o.bursts.push_back(with_process(in_groups({100}, S), 5, 105));
    EXPECT_EQ(judge(o).ends_at, 1000U);
}

TEST(Judge, the_default_executor_is_a_pool_of_threads) {
    const Record r = read({in_groups({6, 6, 6, 2}, S)}, 0.02, 0.03, 7, 12);
    EXPECT_EQ(r.headline, Headline::pool);
    EXPECT_EQ(r.workers, 6U);
    EXPECT_EQ(r.mechanism, Mechanism::threads);
}

TEST(Judge, a_pool_without_threads_is_a_semaphore) {
    const Record r = read({in_groups({5, 5, 5, 5}, S)}, 0.03, 0.01, 5, 5);
    EXPECT_EQ(r.headline, Headline::pool);
    EXPECT_EQ(r.workers, 5U);
    EXPECT_EQ(r.mechanism, Mechanism::semaphore);
}

TEST(Judge, threads_that_were_there_before_leave_the_mechanism_open) {
    const Record r = read({in_groups({5, 5, 5, 5}, S)}, 0.03, 0.01, 12, 12);
    EXPECT_EQ(r.headline, Headline::pool);
    EXPECT_EQ(r.mechanism, Mechanism::unknown);
}

TEST(Judge, forty_threads_of_anyio_are_a_pool_of_40) {
    const Record r = read({in_groups({40, 40, 20}, S)}, 0.31, 0.05, 6, 45);
    EXPECT_EQ(r.headline, Headline::pool);
    EXPECT_EQ(r.workers, 40U);
    EXPECT_EQ(r.mechanism, Mechanism::threads);
}

TEST(Judge, a_pool_whose_canaries_queue_for_a_worker_blocks_no_loop) {
    Observation o = alone(S);
    o.server = "gunicorn";
    // The canaries took workers from the requests.
    o.bursts.push_back(with_process(with_canaries(in_groups({3, 4, 4, 4, 3, 2}, S), 1.5, 1.67), 5, 5, 5));
    for (int i = 0; i < 3; ++i) o.bursts.push_back(with_process(in_groups({4, 4, 4, 4, 4}, S), 5, 5, 5));
    Record r = judge(o);
    EXPECT_EQ(r.headline, Headline::pool);
    EXPECT_EQ(r.workers, 4U);
    EXPECT_EQ(r.mechanism, Mechanism::processes);
    EXPECT_FALSE(r.loop_blocked);
    r = read({in_groups({8, 8, 4}, S)}, 0.65, 0.69, 3, 10, 2, 0.01, "gunicorn");
    EXPECT_EQ(r.headline, Headline::pool);
    EXPECT_EQ(r.workers, 8U);
    EXPECT_EQ(r.mechanism, Mechanism::threads);
}

TEST(Judge, workers_that_get_unequal_shares_are_unstable) {
    Observation o = alone(S);
    for (const int k : {13, 20, 12, 20, 15, 20, 13, 17}) {
        Burst b;
        for (int i = 0; i < 20; ++i) b.shots.push_back(answered(S * (i < k ? i + 1 : i - k + 1)));
        o.bursts.push_back(with_process(std::move(b), 4, 4, 3));
    }
    const Record r = judge(o);
    EXPECT_EQ(r.headline, Headline::unstable);
    EXPECT_TRUE(r.unstable);
}

Burst refusing(std::size_t right, std::size_t n) {
    Burst b = in_groups({right}, S);
    while (b.shots.size() < n) b.shots.push_back(refused(503));
    return b;
}

TEST(Judge, a_limit_of_connections_lies_where_answers_stop) {
    Observation o = alone(S);
    o.server = "uvicorn";
    for (int i = 0; i < 3; ++i) o.bursts.push_back(refusing(1, 20));
    for (int i = 0; i < 3; ++i) o.bursts.push_back(in_groups({14}, S));
    for (int i = 0; i < 3; ++i) o.bursts.push_back(refusing(1, 15));
    const Record r = judge(o);
    EXPECT_EQ(r.headline, Headline::refusing);
    EXPECT_EQ(r.refuses_above, 14U);
    EXPECT_EQ(r.refusal, 503);
    EXPECT_NE(r.cause.find("--limit-concurrency"), std::string::npos);
}

TEST(Judge, one_stray_error_decides_nothing) {
    Observation o = alone(S);
    for (int i = 0; i < 3; ++i) o.bursts.push_back(with_process(in_groups({100}, S), 5, 5));
    o.bursts.back().shots[50] = refused(500);
    const Record r = judge(o);
    EXPECT_EQ(r.headline, Headline::asynchronous);
    EXPECT_FALSE(r.refuses_above);
    EXPECT_FALSE(r.doubts.empty());
}

TEST(Judge, connects_of_one_three_and_seven_seconds_are_a_small_backlog) {
    Observation o = alone(S);
    for (int i = 0; i < 3; ++i) o.bursts.push_back(with_canaries(convoy(10, S, true), 3, 3));
    Burst cold;
    cold.sockets = Sockets::cold;
    for (int i = 0; i < 40; ++i) {
        Shot s = answered(12 + S * i);
        s.connected = from_seconds(i < 21 ? 0.05 : i < 32 ? 1.02 : i < 38 ? 3.05 : 7.2);
        cold.shots.push_back(s);
    }
    o.bursts.push_back(std::move(cold));
    const Record r = judge(o);
    EXPECT_EQ(r.headline, Headline::backlog_small);
    EXPECT_TRUE(r.backlog_small);
    EXPECT_TRUE(r.loop_blocked);
}

TEST(Judge, a_limiter_spaces_answers_while_the_server_idles) {
    const Record r = read({staircase(50, S, 0.05)}, 0.002, 0.002, 5, 5, 1, 0.01, "nginx");
    EXPECT_EQ(r.headline, Headline::paced);
    EXPECT_NEAR(r.paced_at.value(), 20, 1);
    EXPECT_NE(r.cause.find("limit_req"), std::string::npos);
}

TEST(Judge, behind_a_proxy_the_mechanism_is_not_known) {
    Observation o = alone(S);
    for (int i = 0; i < 3; ++i) {
        o.bursts.push_back(with_process(in_groups({100}, S), 5, 5));
        o.bursts.back().process->upstream = 100;
    }
    Record r = judge(o);
    EXPECT_EQ(r.headline, Headline::concurrent);
    EXPECT_EQ(r.mechanism, Mechanism::unknown);
    for (auto& b : o.bursts)
        if (b.process) b.process->upstream = 0;
    EXPECT_EQ(judge(o).headline, Headline::asynchronous);
    o.via = "1.1 varnish";
    EXPECT_EQ(judge(o).headline, Headline::concurrent);
}

TEST(Judge, a_forwarder_that_opens_no_connections_is_still_none_that_works) {
    Observation o = alone(S);
    for (int i = 0; i < 3; ++i) o.bursts.push_back(with_process(in_groups({100}, S), 5, 5));
    for (const auto* name : {"haproxy", "nginx", "kubectl"}) {
        o.process_name = name;
        EXPECT_EQ(judge(o).headline, Headline::concurrent) << name;
    }
    o.process_name = "node";
    EXPECT_EQ(judge(o).headline, Headline::asynchronous);
}

TEST(Judge, threads_that_were_there_before_may_serve_a_request_each) {
    const Record r = read({in_groups({100}, S)}, 0.004, 0.03, 120, 120);
    EXPECT_EQ(r.headline, Headline::concurrent);
    EXPECT_EQ(r.mechanism, Mechanism::unknown);
    EXPECT_THAT(r.doubts, testing::Contains(testing::HasSubstr("120 threads")));
    EXPECT_EQ(read({in_groups({100}, S)}, 0.004, 0.03, 90, 90).headline, Headline::asynchronous);
}

TEST(Judge, a_process_for_each_request_is_not_a_thread_for_each) {
    Observation o = alone(S);
    for (int i = 0; i < 3; ++i) {
        o.bursts.push_back(with_process(in_groups({50}, S), 1, 51));
        o.bursts.back().process->processes_peak = 51;
    }
    const Record r = judge(o);
    EXPECT_EQ(r.headline, Headline::concurrent);
    EXPECT_EQ(r.mechanism, Mechanism::processes);
    EXPECT_NE(r.words.find("a process comes for each"), std::string::npos) << r.words;
}

TEST(Judge, a_server_that_others_keep_from_the_processor_is_not_judged) {
    // 51 requests through a middleware beside two programs that compute all the time.
    Observation o = alone(0.155);
    for (int i = 0; i < 3; ++i) {
        o.bursts.push_back(with_canaries(with_process(staircase(51, 0.16, 0.0062), 7, 7, 1, 0.06), 0.14, 0.1));
        o.bursts.back().process->run_delay = from_seconds(0.25);
    }
    const Record r = judge(o);
    EXPECT_EQ(r.headline, Headline::inconclusive);
    EXPECT_NE(r.words.find("waited for a processor"), std::string::npos) << r.words;
}

TEST(Judge, computing_that_others_slow_down_is_not_taken_for_a_pool) {
    // Five requests that compute for 0.09 s each on one thread, while others take half of the processor: they come in three turns by chance.
    const auto judged = [](double cpu, double run_delay) {
        Observation o = alone(S);
        for (int i = 0; i < 3; ++i) {
            o.bursts.push_back(with_canaries(with_process(in_groups({2, 2, 1}, S), 5, 5, 1, cpu), 0.004, 0.004));
            o.bursts.back().process->run_delay = from_seconds(run_delay);
        }
        return judge(o).headline;
    };
    EXPECT_EQ(judged(0.45, 0.24), Headline::inconclusive);
    EXPECT_EQ(judged(0.45, 0.01), Headline::pool) << "it computes, and nothing keeps it from that";
    EXPECT_EQ(judged(0.01, 0.05), Headline::pool) << "it sleeps, and waits a little whenever it wakes up";
}

TEST(Judge, a_canary_that_the_machine_kept_once_is_no_held_loop) {
    Observation o = alone(0.15);
    for (int i = 0; i < 3; ++i) {
        Burst b = with_canaries(with_process(staircase(5, 0.15, 0.15), 7, 8), 0.7, 0.001);
        for (int c = 0; c < 30; ++c) {
            b.parser.push_back(b.parser.back());
            b.parser.back().planned = from_seconds(0.02 * (c + 2));
            b.parser.back().done = b.parser.back().planned + from_seconds(c == 10 ? 0.2 : 0.001);
        }
        o.bursts.push_back(std::move(b));
    }
    const Record r = judge(o);
    EXPECT_EQ(r.headline, Headline::serial) << r.words;
    EXPECT_EQ(r.mechanism, Mechanism::threads);
    EXPECT_GT(r.loop_stall, std::chrono::milliseconds(150)) << "it is told all the same";
}

TEST(Judge, without_a_process_it_is_concurrent_at_least) {
    Observation o = alone(S);
    o.bursts.push_back(in_groups({100}, S));
    const Record r = judge(o);
    EXPECT_EQ(r.headline, Headline::concurrent);
    EXPECT_EQ(r.workers, 100U);
    EXPECT_TRUE(r.workers_at_least);
}

TEST(Judge, without_canaries_one_by_one_has_no_known_cause) {
    Observation o = alone(S);
    for (int i = 0; i < 3; ++i) o.bursts.push_back(with_process(staircase(10, S, S), 5, 5));
    const Record r = judge(o);
    EXPECT_EQ(r.headline, Headline::serial);
    EXPECT_EQ(r.mechanism, Mechanism::unknown);
    EXPECT_FALSE(r.loop_blocked);
    EXPECT_FALSE(r.loop_known) << "nobody asked the parser";
    EXPECT_TRUE(r.cpu_known);
    EXPECT_FALSE(r.backlog_known);
}

TEST(Judge, a_pool_of_25_is_not_asynchronous_at_50) {
    // Its serial fraction is 2.04 %.
    const Record r = read({in_groups({25, 25}, S)}, 0.01, 0.01, 5, 5);
    EXPECT_EQ(r.headline, Headline::pool);
    EXPECT_EQ(r.workers, 25U);
}

TEST(Judge, what_cannot_be_told_says_what_to_do) {
    Observation o = alone(0.001);
    o.bursts.push_back(in_groups({20}, 0.001));
    Record r = judge(o);
    EXPECT_EQ(r.headline, Headline::inconclusive);
    EXPECT_NE(r.words.find("1.00 ms"), std::string::npos) << r.words;
    EXPECT_FALSE(r.advice.empty());

    r = judge(alone(60));
    EXPECT_EQ(r.headline, Headline::inconclusive);
    EXPECT_NE(r.advice.find("--time"), std::string::npos) << r.advice;

    o = alone(S);
    o.bursts.clear();
    for (const double t : {0.1, 0.9, 0.3, 2.0, 0.2, 0.5, 1.4}) o.bursts.push_back(staircase(1, t, 0));
    o.bursts.push_back(staircase(5, 0.2, 0.3));
    r = judge(o);
    EXPECT_EQ(r.headline, Headline::inconclusive);
    EXPECT_NE(r.words.find("from 100 ms to 2.00 s"), std::string::npos) << r.words;

    EXPECT_EQ(judge({}).headline, Headline::inconclusive);
}

TEST(Judge, requests_at_once_that_are_not_answered_are_named) {
    Observation o = alone(0.2);
    o.budget = std::chrono::seconds(12);
    for (int i = 0; i < 2; ++i) {
        Burst b;
        for (int k = 0; k < 2; ++k) {
            Shot s = answered(0.2);
            s.first_byte = s.done = never;
            s.status = 0;
            s.right = false;
            s.outcome = metrics::Outcome::timeout;
            b.shots.push_back(s);
        }
        o.bursts.push_back(std::move(b));
    }
    const Record r = judge(o);
    EXPECT_EQ(r.headline, Headline::inconclusive);
    EXPECT_EQ(r.words.find("fit into"), std::string::npos) << r.words;
    EXPECT_NE(r.words.find("Of 2 requests at once 2 were not answered in time"), std::string::npos) << r.words;
    EXPECT_EQ(r.advice.find("3.00 s"), std::string::npos) << r.advice;
}

TEST(Judge, one_at_most_says_nothing_of_concurrency) {
    Observation o = alone(0.2);
    o.most = 1;
    const Record r = judge(o);
    EXPECT_EQ(r.headline, Headline::inconclusive);
    EXPECT_NE(r.words.find("--max 1"), std::string::npos) << r.words;
    EXPECT_NE(r.advice.find("--max"), std::string::npos) << r.advice;
}

TEST(Judge, a_slow_control_makes_growth_inconclusive) {
    Observation o = alone(S);
    for (int i = 0; i < 3; ++i) o.bursts.push_back(with_process(staircase(20, S, 0.02), 5, 5));
    o.control.clear();
    o.control.push_back(staircase(20, 0.1, 0.02));
    const Record r = judge(o);
    EXPECT_EQ(r.headline, Headline::inconclusive);
    EXPECT_NE(r.words.find("generator"), std::string::npos) << r.words;
}

/// A burst in which all answers come together, at `at`.
Burst together(std::size_t n, double at, bool with_songs = false) {
    Burst b = with_process(staircase(n, at, 0.0001), 5, 5);
    return with_songs ? with_canaries(std::move(b), 0.001, 0.001) : b;
}

// The record of a server that stood still for a second in every two was asynchronous with high confidence and no doubt, when the canaries
// had been lucky.
TEST(Judge, a_server_that_stands_still_now_and_then_is_asynchronous_with_a_doubt) {
    Observation o = alone(0.1);
    o.most = 20;
    for (const double at : {0.1, 1.1, 0.1, 0.1}) o.bursts.push_back(together(20, at, at < 1));
    const Record r = judge(o);
    EXPECT_EQ(r.headline, Headline::asynchronous);
    EXPECT_TRUE(r.stall_known);
    EXPECT_NEAR(to_seconds(r.loop_stall), 1.0, 0.01);
    EXPECT_NE(r.confidence, Confidence::high);
    EXPECT_EQ(1, std::ranges::count_if(r.doubts,
                                       [](const std::string& d) {
                                           return d.find("stood still for up to 1.00 s") != std::string::npos &&
                                                  d.find("(1 of 4 bursts") != std::string::npos;
                                       }))
        << testing::PrintToString(r.doubts);
}

TEST(Judge, stalls_in_all_larger_bursts_are_no_blocked_loop) {
    // 5 requests of 0.1 s never take 1.1 s, whatever each of them holds.
    Observation o = alone(0.1);
    o.bursts.push_back(together(2, 0.1));
    for (int i = 0; i < 4; ++i) o.bursts.push_back(with_canaries(together(5, 1.1), 1.0, 1.0));
    const Record r = judge(o);
    EXPECT_NE(r.headline, Headline::loop_blocked);
    EXPECT_NE(r.headline, Headline::serial);
    EXPECT_NE(r.headline, Headline::cpu_bound);
    EXPECT_NEAR(to_seconds(r.loop_stall), 1.0, 0.02);
}

TEST(Judge, a_loop_that_answers_all_at_the_end_is_blocked_and_not_stalled) {
    const Record r = read({staircase(20, 20 * S, 0.0001), staircase(5, 5 * S, 0.0001)}, 6.0, 6.1, 5, 5);
    EXPECT_EQ(r.headline, Headline::loop_blocked);
    EXPECT_EQ(0,
              std::ranges::count_if(r.doubts, [](const std::string& d) { return d.find("stood still") != std::string::npos; }));
}

Burst over(std::size_t connections, Burst b) {
    b.connections = connections;
    return b;
}

// A server with ten streams to a connection was `unstable`, as if its workers had got unequal shares: the excess opened other connections.
TEST(Judge, a_limit_of_streams_is_the_connections_and_not_the_endpoints) {
    Observation o = alone(S);
    o.http2 = true;
    for (int i = 0; i < 3; ++i) o.bursts.push_back(over(1, with_process(in_groups({10}, S), 5, 5)));
    for (const double last : {2.0, 3.1, 1.3, 2.6}) {
        Burst b = with_process(in_groups({10}, S), 5, 5);
        for (int i = 0; i < 10; ++i) b.shots.push_back(answered(last * S));
        o.bursts.push_back(over(4, b));
    }
    const Record r = judge(o);
    EXPECT_EQ(r.shape, Shape::async);
    EXPECT_EQ(r.workers, 10U);
    EXPECT_EQ(r.headline, Headline::concurrent) << "ten at once are too few to call it asynchronous";
    EXPECT_EQ(1, std::ranges::count_if(r.doubts,
                                       [](const std::string& d) { return d.find("of 20 requests not all were streams") == 0; }))
        << testing::PrintToString(r.doubts);
    const Step next = next_step(o, std::chrono::seconds(60), 0);
    EXPECT_LT(next.n, 20U) << "more than one connection takes is not asked for again: " << next.why;

    o.bursts.resize(3);
    o.bursts.push_back(over(2, in_groups({1, 1}, S)));
    const Record one = judge(o);
    EXPECT_EQ(one.headline, Headline::inconclusive);
    EXPECT_NE(one.words.find("one request at a time"), std::string::npos) << one.words;
    EXPECT_EQ(next_step(o, std::chrono::seconds(60), 0).what, Step::What::done);
}

TEST(Judge, every_headline_but_the_good_one_has_cause_and_advice) {
    for (const char* server : {"", "uvicorn", "WSGIServer/0.2", "gunicorn", "nginx/1.22", "Tomcat"}) {
        const Record r = read({in_groups({5, 5, 5, 5}, S)}, 0.03, 0.01, 5, 5, 1, 0.01, server);
        EXPECT_FALSE(r.cause.empty()) << server;
        EXPECT_FALSE(r.advice.empty()) << server;
        EXPECT_FALSE(r.words.empty()) << server;
    }
}

}  // namespace
}  // namespace volley::verdict
