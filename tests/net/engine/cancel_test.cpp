// Ctrl-C at any moment ends a phase soon, and what it has measured stays.
#include <gtest/gtest.h>

#include <atomic>
#include <random>

#include "engine/worker.hpp"
#include "net/engine/fixture.hpp"
#include "support/descriptors.hpp"
#include "support/raw_client.hpp"

namespace volley::engine {
namespace {
using namespace std::chrono_literals;
using test::at_rate;
using test::light_step;
using test::RawConnection;
using test::RawServer;

/// Far below what is waited for in these phases, and far above what a slow machine needs.
constexpr auto promptly = 15s;

struct Case {
    const char* name;
    Carriage carriage;
    unsigned threads;
};

class CancelTest : public testing::TestWithParam<Case> {
protected:
    [[nodiscard]] static PhasePlan plan_to(std::uint16_t port) {
        PhasePlan plan;
        plan.steps = {light_step(port)};
        plan.steps[0].timeout = 1h;
        plan.steps[0].target.connect_timeout = 1h;
        plan.carriage = GetParam().carriage;
        plan.threads = GetParam().threads;
        return plan;
    }
    static test::Run cancelled(PhasePlan plan, Duration at) {
        auto run = test::run_phase(std::move(plan), at);
        EXPECT_TRUE(run.outcome.interrupted);
        EXPECT_LT(run.end_took, promptly);
        EXPECT_EQ(run.outcome.tally->errors.count("cancelled"), 0U) << "what we ended ourselves is no error";
        EXPECT_EQ(run.counters.in_flight, 0U);
        return run;
    }
};

INSTANTIATE_TEST_SUITE_P(All, CancelTest,
                         testing::Values(Case{"fast_1", Carriage::fast, 1}, Case{"fast_3", Carriage::fast, 3},
                                         Case{"curl_1", Carriage::curl, 1}, Case{"curl_3", Carriage::curl, 3}),
                         [](const auto& each) { return std::string(each.param.name); });

TEST_P(CancelTest, before_it_begins) {
    RawServer server(test::answer_all);
    for (const int kind : {0, 1, 2}) {
        PhasePlan plan = plan_to(server.port());
        if (kind == 0) plan.users = 5;
        if (kind == 1) plan.burst = 5;
        if (kind == 2) plan.stages = at_rate(100, 1h);
        if (kind == 0) plan.duration = 1h;
        cancelled(std::move(plan), -1ms);
    }
}

TEST_P(CancelTest, users_at_work_keep_what_was_recorded) {
    RawServer server(test::answer_all);
    PhasePlan plan = plan_to(server.port());
    plan.users = 6;
    plan.duration = 1h;
    const auto run = cancelled(std::move(plan), 500ms);
    EXPECT_GT(run.outcome.tally->right, 0U);
    EXPECT_EQ(run.outcome.tally->wrong(), 0U);
    EXPECT_EQ(run.counters.requests, run.outcome.tally->requests);
}

TEST_P(CancelTest, waiting_for_answers_that_never_come) {
    RawServer server([](RawConnection& c, int) {
        if (!c.read_request().empty()) c.send(test::ok_answer);
        c.wait_for_close();
    });
    for (const int kind : {0, 1, 2}) {
        PhasePlan plan = plan_to(server.port());
        if (kind == 0) plan.users = 6;
        if (kind == 1) plan.stages = at_rate(20, 1h);
        if (kind == 2) plan.burst = 6;
        if (kind == 2) plan.iterations = 1000;
        if (kind == 0) plan.duration = 1h;
        const auto run = cancelled(std::move(plan), 500ms);
        EXPECT_EQ(run.outcome.tally->wrong(), 0U);
        EXPECT_EQ(run.counters.wrong, 0U) << "nobody was wrong: we ended them";
    }
}

TEST_P(CancelTest, in_think_time) {
    RawServer server(test::answer_all);
    PhasePlan plan = plan_to(server.port());
    plan.users = 6;
    plan.duration = 1h;
    plan.think = {load::Think::Kind::constant, 30min, {}};
    const auto run = cancelled(std::move(plan), 1s);
    EXPECT_EQ(run.outcome.tally->right, 6U) << "each once";
}

TEST_P(CancelTest, between_arrivals_far_apart) {
    RawServer server(test::answer_all);
    PhasePlan plan = plan_to(server.port());
    plan.stages = at_rate(0.001, 10h);
    const auto run = cancelled(std::move(plan), 500ms);
    EXPECT_EQ(run.outcome.tally->requests, run.outcome.planned);
}

TEST_P(CancelTest, while_connecting_and_preparing) {
    const test::FullBacklog full;
    for (const int kind : {0, 1, 2}) {
        PhasePlan plan = plan_to(full.port());
        if (kind == 0) plan.burst = 50;
        if (kind == 1) plan.users = 50;
        if (kind == 1) plan.duration = 1h;
        if (kind == 2) plan.stages = at_rate(1000, 1h);
        const auto run = cancelled(std::move(plan), 300ms);
        EXPECT_EQ(run.outcome.tally->requests, 0U);
    }
}

TEST_P(CancelTest, in_the_middle_of_a_look) {
    RawServer server(test::answer_all);
    PhasePlan plan = plan_to(server.port());
    plan.users = 3;
    plan.duration = 1h;
    std::atomic<int> looks = 0;
    plan.look = [&](const PhaseOutcome& so_far, bool) {
        ++looks;
        EXPECT_GT(so_far.tally->requests, 0U);
        std::this_thread::sleep_for(300ms);  // cancelled meanwhile
        return Decision::go_on;
    };
    const auto run = cancelled(std::move(plan), 1100ms);
    EXPECT_GT(run.outcome.tally->right, 0U);
}

TEST_P(CancelTest, at_random_moments) {
    RawServer server(test::answer_all);
    std::mt19937_64 random(7);
    test::run_phase([&] {
        PhasePlan plan = plan_to(server.port());
        plan.users = 1;
        plan.iterations = 1;
        return plan;
    }());
    for (int i = 0; i < 24; ++i) {
        PhasePlan plan = plan_to(server.port());
        switch (i % 3) {
            case 0:
                plan.users = 8;
                plan.duration = 1h;
                break;
            case 1:
                plan.stages = at_rate(2000, 1h);
                break;
            default:
                plan.burst = 40;
                plan.iterations = 1'000'000;
        }
        const auto at = std::chrono::microseconds(random() % 60'000);
        SCOPED_TRACE("kind " + std::to_string(i % 3) + " at " + std::to_string(at.count()) + " us");
        const auto run = cancelled(std::move(plan), at);
        EXPECT_EQ(run.outcome.tally->wrong(), 0U);
    }
}

TEST_P(CancelTest, leaves_no_descriptor_behind) {
    std::size_t before = 0;
    RawServer server(test::answer_all);
    for (int i = 0; i < 6; ++i) {
        // The first round opens what the process keeps.
        if (i == 2) {
            EXPECT_TRUE(test::eventually([&] { return server.open() == 0; }));
            before = test::open_descriptors();
        }
        PhasePlan plan = plan_to(server.port());
        if (i % 2 == 0)
            plan.users = 20;
        else
            plan.burst = 20;
        if (i % 2 == 0)
            plan.duration = 1h;
        else
            plan.iterations = 1'000'000;
        cancelled(std::move(plan), 50ms);
    }
    EXPECT_TRUE(test::eventually([&] { return test::open_descriptors() <= before; }))
        << before << " descriptors before, now " << test::open_descriptors();
}

// A timer that came due in the same turn as the end began anew, and the loop with it: the phase never ended.
TEST(WorkerEnd, a_timer_that_is_due_as_it_ends_does_not_begin_again) {
    PhasePlan plan;
    plan.steps = {light_step(1)};
    plan.users = 1;
    plan.iterations = 1;
    const auto worker = std::make_unique<Worker>(plan, 0, 1, nullptr);
    std::atomic<bool> ended = false;
    std::thread loop([&] {
        worker->run();
        ended = true;
    });
    worker->post([&] {
        std::this_thread::sleep_for(400ms);  // the worker's own timers come due
        worker->post([&] { (void)worker->finish(); });
    });
    if (!test::eventually([&] { return ended.load(); })) {
        std::fputs("a worker's loop still runs\n", stderr);
        std::abort();  // its thread cannot be ended
    }
    loop.join();
    EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace volley::engine
