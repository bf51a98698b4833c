// When phases end, what they then say of their length, and how they run on.
#include <gtest/gtest.h>

#include <atomic>
#include <ctime>

#include <boost/asio/ip/tcp.hpp>

#include "net/engine/on_its_thread.hpp"

namespace volley::engine {
namespace {
using namespace std::chrono_literals;
using test::at_rate;
using test::light_step;
using test::OnItsThread;
using test::RawConnection;
using test::RawServer;

PhasePlan plan_to(std::uint16_t port) {
    PhasePlan plan;
    plan.steps = {light_step(port)};
    return plan;
}

/// Runs on, so many times, when it is asked at the end.
std::function<Decision(const PhaseOutcome&, bool)> extend(int times) {
    return [left = std::make_shared<int>(times)](const PhaseOutcome&, bool ending) {
        return ending && (*left)-- > 0 ? Decision::extend : Decision::go_on;
    };
}

/// Answers after a while.
RawServer::Script answer_after(Duration pause) {
    return [pause](RawConnection& c, int) {
        while (!c.read_request().empty()) {
            std::this_thread::sleep_for(pause);
            c.send(test::ok_answer);
        }
    };
}

// --- until when -------------------------------------------------------------------------------------------------------

// An open phase ended with the answer to its last arrival: one arrival in the first second of one was a phase of a millisecond.
TEST(PhaseEnd, an_open_phase_goes_on_until_its_time_is_over) {
    RawServer server(test::answer_all);
    auto plan = plan_to(server.port());
    plan.stages = at_rate(1, 1s);
    for (const unsigned threads : {1U, 3U}) {
        plan.threads = threads;
        const auto run = test::run_phase(plan);
        EXPECT_GE(run.took, 1s);
        EXPECT_GE(run.outcome.elapsed, 1s);
        EXPECT_EQ(run.outcome.loaded, 1s);
        EXPECT_EQ(run.outcome.tally->requests, 1U);
        EXPECT_EQ(run.outcome.trouble, "");
    }
}

TEST(PhaseEnd, a_count_of_iterations_ends_a_phase_with_the_last_answer) {
    RawServer server(test::answer_all);
    for (const bool open : {true, false}) {
        auto plan = plan_to(server.port());
        if (open) {
            plan.stages = at_rate(1000, 1h);
        } else {
            plan.users = 3;
            plan.duration = 1h;
        }
        plan.iterations = 10;
        plan.threads = 3;
        const auto run = test::run_phase(plan);
        EXPECT_EQ(run.outcome.tally->requests, 10U);
        EXPECT_EQ(run.outcome.loaded, run.outcome.elapsed);
    }
}

// Who was still thinking when others took the last iterations was waited for, though there was nothing left to think for.
TEST(PhaseEnd, nobody_is_waited_for_who_thinks_when_the_last_iteration_is_taken) {
    RawServer server(test::answer_all);
    auto plan = plan_to(server.port());
    plan.users = 2;
    plan.iterations = 3;
    plan.think = {load::Think::Kind::uniform, 0s, 1h};
    // One comes back soon, the other would in many minutes.
    for (plan.seed = 0;; ++plan.seed) {
        const Duration one = load::think_time(plan.think, plan.seed, 0, 1);
        const Duration other = load::think_time(plan.think, plan.seed, 1, 1);
        if (std::min(one, other) < 1s && std::max(one, other) > 10min) break;
    }
    const auto run = test::run_phase(plan);
    EXPECT_EQ(run.outcome.tally->requests, 3U);
    EXPECT_LT(run.outcome.elapsed, 60s);
}

TEST(PhaseEnd, is_the_instant_of_the_last_answer) {
    RawServer server(test::answer_all);
    auto plan = plan_to(server.port());
    plan.users = 2;
    plan.iterations = 50;
    TimePoint done{};
    OnItsThread worker(plan, [&](const Recorder::Batch& batch) {
        for (const auto& sample : batch) done = std::max(done, sample.done);
    });
    worker.begin();
    const TimePoint last = worker.last();
    worker.finish();
    EXPECT_EQ(last, done);
}

// What kept the main loop from seeing the end counted as a part of the phase.
TEST(PhaseEnd, does_not_wait_for_who_is_told_of_it) {
    RawServer server(test::answer_all);
    auto plan = plan_to(server.port());
    plan.users = 1;
    plan.iterations = 15;
    plan.think = {load::Think::Kind::constant, 100ms, {}};
    auto judged = std::make_shared<std::atomic<int>>(0);
    plan.steps[0].judge = [judged](const client::Exchange&) {
        ++*judged;
        return Judgement{};
    };
    plan.look = [judged](const PhaseOutcome&, bool) {
        EXPECT_TRUE(test::eventually([&] { return *judged == 15; }));
        std::this_thread::sleep_for(1s);
        return Decision::go_on;
    };
    const auto run = test::run_phase(plan);
    EXPECT_LE(run.outcome.elapsed, run.took - 1s);
}

TEST(PhaseEnd, the_load_ends_before_the_stragglers_do) {
    RawServer server(answer_after(1s));
    for (const bool open : {true, false}) {
        auto plan = plan_to(server.port());
        if (open) {
            plan.stages = at_rate(10, 300ms);
        } else {
            plan.users = 2;
            plan.duration = 300ms;
        }
        const auto run = test::run_phase(plan);
        EXPECT_EQ(run.outcome.loaded, 300ms);
        EXPECT_GE(run.outcome.elapsed, 1s);
    }
}

// What the wait for stragglers cost was divided by the time of the load, and a busy generator did not look busy when it had waited.
TEST(PhaseEnd, the_processor_time_is_that_of_the_load) {
    RawServer server(answer_after(1s));
    auto plan = plan_to(server.port());
    plan.users = 1;
    plan.duration = 300ms;
    plan.steps[0].judge = [](const client::Exchange&) {
        const auto used = [] {
            timespec now{};
            ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
            return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
        };
        for (const auto from = used(); used() - from < 1s;) continue;
        return Judgement{};
    };
    const auto run = test::run_phase(plan);
    EXPECT_EQ(run.outcome.tally->requests, 1U);
    EXPECT_LT(run.outcome.generator.cpu, 900ms);
}

// --- running on -------------------------------------------------------------------------------------------------------

// A worker that was through with its arrivals took no part in what the phase ran on for.
TEST(Extend, every_worker_goes_on) {
    RawServer server(test::answer_all);
    for (const unsigned threads : {1U, 2U, 5U}) {
        auto plan = plan_to(server.port());
        plan.stages = at_rate(2, 1s);
        plan.duration = 1s;
        plan.threads = threads;
        plan.look = extend(2);
        const auto run = test::run_phase(plan);
        EXPECT_EQ(run.outcome.extensions, 2U);
        EXPECT_EQ(run.outcome.planned, 6U);
        EXPECT_EQ(run.counters.planned, 6U);
        EXPECT_EQ(run.outcome.tally->requests + run.outcome.missed, 6U);
        EXPECT_EQ(run.outcome.trouble, "");
        EXPECT_EQ(run.outcome.loaded, 3s);
    }
}

TEST(Extend, users_that_were_to_think_until_the_end_think_on) {
    RawServer server(test::answer_all);
    auto plan = plan_to(server.port());
    plan.users = 4;
    plan.threads = 2;
    plan.duration = 1s;
    plan.think = {load::Think::Kind::constant, 1h, {}};
    plan.look = extend(1);
    const auto run = test::run_phase(plan);
    EXPECT_EQ(run.outcome.extensions, 1U);
    EXPECT_GE(run.outcome.elapsed, 2s);
    EXPECT_EQ(run.outcome.tally->requests, 4U) << "nobody had thought for an hour";
    EXPECT_EQ(run.outcome.trouble, "");
}

// The loop had been given to others after 64 starts in a row, the last among them: what was added then was never looked for.
TEST(Extend, arrivals_go_on_after_a_last_one_that_was_the_64th_in_a_row) {
    RawServer server(test::answer_all);
    auto plan = plan_to(server.port());
    plan.stages = at_rate(100'000, 640us);
    plan.max_users = 1;
    OnItsThread worker(plan);
    worker.ask([&](Worker& w) {
        w.begin(Clock::now() - 650us, worker.take_over());
        EXPECT_TRUE(w.extend(10ms));
    });
    worker.last();
    EXPECT_EQ(worker.finish().planned, 1064U);
}

TEST(Extend, adds_to_the_plan_what_comes_at_the_last_rate) {
    RawServer server(test::answer_all);
    auto plan = plan_to(server.port());
    plan.stages = {{Rate{0}, Rate{100}, 1s}};
    plan.duration = 1s;
    plan.look = extend(1);
    auto run = test::run_phase(plan);
    EXPECT_EQ(run.counters.planned, 150U);
    EXPECT_EQ(run.outcome.planned, 150U);
    plan.iterations = 60;
    plan.look = extend(1);
    run = test::run_phase(plan);
    EXPECT_EQ(run.counters.planned, 60U);
    EXPECT_EQ(run.outcome.planned, 60U);
}

// Told to run on when it was over, the phase counted as one of twice its length.
TEST(Extend, what_comes_too_late_is_told) {
    RawServer server(test::answer_all);
    for (const bool open : {true, false}) {
        auto plan = plan_to(server.port());
        if (open)
            plan.stages = at_rate(30, 1s);
        else
            plan.users = 2;
        plan.duration = 1s;
        plan.think = {load::Think::Kind::constant, 50ms, {}};
        plan.threads = 2;
        plan.look = [](const PhaseOutcome&, bool ending) {
            if (ending) std::this_thread::sleep_for(3s);
            return ending ? Decision::extend : Decision::go_on;
        };
        const auto run = test::run_phase(plan);
        EXPECT_EQ(run.outcome.extensions, 0U);
        EXPECT_EQ(run.outcome.loaded, 1s);
        EXPECT_NE(run.outcome.trouble, "");
        if (open) {
            EXPECT_EQ(run.counters.planned, 30U);
        }
    }
}

// --- what was planned -------------------------------------------------------------------------------------------------

// A count of iterations that time had cut short was reported as planned, and thrice of it where the phase ran on.
TEST(Planned, of_users_only_where_a_count_ends_the_phase) {
    RawServer server(test::answer_all);
    auto plan = plan_to(server.port());
    plan.users = 2;
    plan.iterations = 20;
    auto run = test::run_phase(plan);
    EXPECT_EQ(run.outcome.planned, 20U);
    EXPECT_EQ(run.counters.planned, 20U);
    plan.duration = 1h;
    run = test::run_phase(plan);
    EXPECT_EQ(run.outcome.planned, 20U);
    EXPECT_EQ(run.counters.planned, 0U) << "not known before";
    plan.duration = 200ms;
    plan.iterations = 1'000'000'000;
    run = test::run_phase(plan);
    EXPECT_EQ(run.outcome.planned, 0U);
    EXPECT_EQ(run.counters.planned, 0U);
    plan.iterations.reset();
    run = test::run_phase(plan);
    EXPECT_EQ(run.outcome.planned, 0U);
}

// --- stopping ---------------------------------------------------------------------------------------------------------

// All that was left of ten million a second was counted in one go: for minutes nobody else got the loop.
TEST(GivingUp, of_arrivals_without_number_leaves_the_loop_to_others) {
    auto plan = plan_to(1);
    plan.stages = at_rate(1e7, 1h);
    OnItsThread worker(plan);
    // It returns at once, and what is asked next is answered.
    worker.begin(Clock::now() - 2h);
    EXPECT_EQ(worker.times_over(), 0);
    EXPECT_TRUE(test::eventually([&] { return worker.ask([](Worker& w) { return w.so_far().missed; }) > 100'000; }));
    worker.ask([](Worker& w) { w.stop(); });
    EXPECT_EQ(worker.times_over(), 1);
    const auto outcome = worker.finish();
    EXPECT_EQ(outcome.missed, outcome.planned);
    EXPECT_LT(outcome.missed, 36'000'000'000U);
    EXPECT_GT(outcome.tally->series[0].missed, 100'000U) << "each in its own second";
}

TEST(GivingUp, comes_to_its_end) {
    auto plan = plan_to(1);
    plan.stages = at_rate(1e6, 100ms);
    OnItsThread worker(plan);
    worker.begin(Clock::now() - 1h);
    worker.last();
    const auto outcome = worker.finish();
    EXPECT_EQ(outcome.missed, 100'000U);
    EXPECT_EQ(outcome.planned, 100'000U);
}

// Arrivals that were begun after the end of the phase had been asked for never said that they were over.
TEST(Stop, before_it_begins_is_the_end_of_it) {
    for (const int kind : {0, 1, 2}) {
        auto plan = plan_to(1);
        if (kind == 0) plan.stages = at_rate(10, 1h);
        if (kind == 1) plan.users = 3;
        if (kind == 2) plan.burst = 3;
        OnItsThread worker(plan);
        worker.ask([](Worker& w) { w.stop(); });
        std::atomic<int> over = 0;
        worker.ask([&](Worker& w) {
            if (kind < 2) return w.begin(Clock::now(), [&](TimePoint) { ++over; });
            w.prepare_burst([&](const Worker::Ready& ready) { EXPECT_EQ(ready.held, 0U); });
            w.fire_burst(Clock::now(), [&](const std::vector<metrics::Sample>& samples) {
                EXPECT_TRUE(samples.empty());
                ++over;
            });
        });
        EXPECT_EQ(over, 1) << kind;
        EXPECT_EQ(worker.finish().tally->requests, 0U);
    }
}

TEST(Stop, from_within_the_answer_to_a_preparation_ends_the_burst) {
    RawServer server(test::answer_all);
    auto plan = plan_to(server.port());
    plan.burst = 5;
    OnItsThread worker(plan);
    std::atomic<int> ready = 0;
    std::atomic<int> over = 0;
    worker.ask([&](Worker& w) {
        w.prepare_burst([&](const Worker::Ready&) {
            ++ready;
            w.stop();
            w.fire_burst(Clock::now(), [&](const std::vector<metrics::Sample>& samples) {
                EXPECT_TRUE(samples.empty());
                ++over;
            });
        });
    });
    EXPECT_TRUE(test::eventually([&] { return over > 0; }));
    EXPECT_EQ(ready, 1);
    EXPECT_EQ(over, 1);
    EXPECT_EQ(worker.finish().tally->requests, 0U);
}

TEST(Stop, while_a_burst_is_prepared_answers_once) {
    // Nobody accepts, and the backlog is full at once: most are still connecting.
    boost::asio::io_context io;
    boost::asio::ip::tcp::acceptor full(io);
    const boost::asio::ip::tcp::endpoint any(boost::asio::ip::address_v4::loopback(), 0);
    full.open(any.protocol());
    full.bind(any);
    full.listen(0);
    auto plan = plan_to(full.local_endpoint().port());
    plan.burst = 50;
    plan.steps.push_back(plan.steps[0]);
    plan.steps[1].target.host = "localhost";  // another origin, which is not gone on to
    OnItsThread worker(plan);
    std::atomic<int> ready = 0;
    worker.ask([&](Worker& w) {
        w.prepare_burst([&](const Worker::Ready&) {
            ++ready;
            w.stop();  // from within the other
        });
        EXPECT_EQ(ready, 0);
        w.stop();
        EXPECT_EQ(ready, 1);
        w.stop();
    });
    EXPECT_EQ(ready, 1);
    EXPECT_EQ(worker.finish().tally->requests, 0U);
}

// An iteration that was cut between two of its steps counted as done, and as a right one.
TEST(Stop, between_two_steps_leaves_an_iteration_that_is_not_done) {
    RawServer server(test::answer_all);
    auto plan = plan_to(server.port());
    plan.steps.push_back(plan.steps[0]);
    plan.users = 1;
    plan.iterations = 1;
    Worker* on = nullptr;
    plan.steps[0].judge = [&on](const client::Exchange&) {
        on->stop();
        return Judgement{};
    };
    OnItsThread worker(plan);
    worker.ask([&](Worker& w) { on = &w; });
    worker.begin();
    worker.last();
    EXPECT_EQ(worker.counts().done, 0U);
    EXPECT_EQ(worker.counts().in_flight, 0U);
    EXPECT_EQ(worker.finish().tally->right, 1U) << "the answer itself was one";
}

}  // namespace
}  // namespace volley::engine
