// What is thrown on a worker's thread ends that worker, not the process: the others go on, and the figures stay.
#include <gtest/gtest.h>

#include <atomic>
#include <new>
#include <stdexcept>

#include "net/engine/on_its_thread.hpp"
#include "support/descriptors.hpp"

namespace volley::engine {
namespace {
using namespace std::chrono_literals;
using test::at_rate;
using test::light_step;
using test::OnItsThread;
using test::RawServer;

enum class Mode { users, arrivals, burst };
enum class Thrown { no_memory, no_exception };

struct Case {
    const char* name;
    Carriage carriage;
    Mode mode;
    Thrown thrown;
};

class FailureTest : public testing::TestWithParam<Case> {
protected:
    static PhasePlan plan_to(std::uint16_t port) {
        PhasePlan plan;
        plan.steps = {light_step(port)};
        plan.carriage = GetParam().carriage;
        if (GetParam().mode == Mode::users) plan.users = 6;
        if (GetParam().mode == Mode::arrivals) plan.stages = at_rate(100, 1h);
        if (GetParam().mode == Mode::burst) plan.burst = 6;
        return plan;
    }
    [[noreturn]] static void do_throw() {
        if (GetParam().thrown == Thrown::no_memory) throw std::bad_alloc();
        throw 42;  // nothing that has words
    }
    static std::string words() { return GetParam().thrown == Thrown::no_memory ? "out of memory" : "unknown exception"; }
};

INSTANTIATE_TEST_SUITE_P(All, FailureTest,
                         testing::Values(Case{"fast_users", Carriage::fast, Mode::users, Thrown::no_memory},
                                         Case{"fast_arrivals", Carriage::fast, Mode::arrivals, Thrown::no_exception},
                                         Case{"fast_burst", Carriage::fast, Mode::burst, Thrown::no_memory},
                                         Case{"curl_users", Carriage::curl, Mode::users, Thrown::no_exception},
                                         Case{"curl_arrivals", Carriage::curl, Mode::arrivals, Thrown::no_memory},
                                         Case{"curl_burst", Carriage::curl, Mode::burst, Thrown::no_exception}),
                         [](const auto& each) { return std::string(each.param.name); });

TEST_P(FailureTest, of_one_worker_leaves_the_others_at_work) {
    const std::size_t before = test::open_descriptors();
    {
        RawServer server(test::answer_all);
        auto plan = plan_to(server.port());
        plan.threads = 3;
        if (plan.users) plan.duration = 1s;
        if (!plan.stages.empty()) plan.stages = at_rate(100, 1s);
        auto judged = std::make_shared<std::atomic<int>>(0);
        plan.steps[0].judge = [judged](const client::Exchange&) {
            if (++*judged == 2) do_throw();
            return Judgement{};
        };
        const auto run = test::run_phase(plan);
        EXPECT_NE(run.outcome.trouble.find(words()), std::string::npos) << run.outcome.trouble;
        EXPECT_NE(run.outcome.trouble.find("of 3"), std::string::npos) << run.outcome.trouble;
        EXPECT_GT(run.outcome.tally->right, 1U);
        EXPECT_EQ(run.outcome.tally->wrong(), 0U) << "it was no answer's fault";
        EXPECT_EQ(run.counters.in_flight, 0U);
        EXPECT_EQ(run.outcome.generator.threads, 3U);
        EXPECT_FALSE(run.outcome.interrupted);
        EXPECT_FALSE(run.outcome.aborted);
        if (!plan.burst) {
            EXPECT_GE(run.outcome.elapsed, 1s);
        }
    }
    EXPECT_TRUE(test::eventually([&] { return test::open_descriptors() <= before; }));
}

TEST_P(FailureTest, of_every_worker_ends_the_phase) {
    RawServer server(test::answer_all);
    auto plan = plan_to(server.port());
    plan.threads = 3;
    if (plan.users) plan.duration = 1h;
    if (plan.burst) plan.iterations = 1'000'000'000;
    plan.steps[0].judge = [](const client::Exchange&) -> Judgement { do_throw(); };
    const auto run = test::run_phase(plan);
    EXPECT_NE(run.outcome.trouble, "");
    EXPECT_EQ(run.outcome.tally->requests, 0U);
    EXPECT_EQ(run.counters.in_flight, 0U);
    EXPECT_TRUE(run.outcome.bursts.empty()) << "a burst that lacks users is another burst";
}

TEST_P(FailureTest, leaves_nothing_to_stop_or_to_run_on) {
    RawServer server(test::answer_all);
    auto plan = plan_to(server.port());
    plan.steps[0].judge = [](const client::Exchange&) -> Judgement { do_throw(); };
    OnItsThread worker(plan);
    std::atomic<int> over = 0;
    worker.ask([&](Worker& w) {
        if (!plan.burst) return w.begin(Clock::now(), [&](TimePoint) { ++over; });
        w.prepare_burst(
            [&](const Worker::Ready&) { w.fire_burst(Clock::now(), [&](const std::vector<metrics::Sample>&) { ++over; }); });
    });
    EXPECT_TRUE(test::eventually([&] { return over > 0; }));
    worker.ask([](Worker& w) {
        w.stop();
        EXPECT_FALSE(w.extend(1s));
        w.stop();
    });
    EXPECT_EQ(over, 1);
    EXPECT_NE(worker.finish().trouble, "");
}

// While a phase is asked for what there is so far, too.
TEST(Failure, within_what_a_worker_is_asked_is_that_workers) {
    PhasePlan plan;
    plan.steps = {light_step(1)};
    plan.users = 1;
    plan.duration = 1h;
    plan.think = {load::Think::Kind::constant, 1h, {}};
    OnItsThread worker(plan);
    worker.begin();
    ASSERT_EQ(worker.times_over(), 0);
    worker.ask([&](Worker& w) { w.post([] { throw std::runtime_error("a bad day"); }); });
    worker.last();
    EXPECT_EQ(worker.times_over(), 1);
    EXPECT_NE(worker.finish().trouble.find("a bad day"), std::string::npos);
}

TEST(Failure, of_a_check_is_the_answers_alone) {
    RawServer server(test::answer_all);
    PhasePlan plan;
    plan.steps = {light_step(server.port())};
    plan.steps[0].judge = [](const client::Exchange&) -> Judgement { throw std::runtime_error("no number"); };
    plan.users = 1;
    plan.iterations = 3;
    const auto run = test::run_phase(plan);
    EXPECT_EQ(run.outcome.trouble, "");
    EXPECT_EQ(run.outcome.tally->errors.at("check"), 3U);
}

}  // namespace
}  // namespace volley::engine
