// The fast path in its steady state asks for no memory: not one operator new over 10,000 requests.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "engine/worker.hpp"
#include "net/engine/fixture.hpp"
#include "support/allocations.hpp"
#include "support/raw_client.hpp"

namespace {

std::atomic<std::uint64_t> allocations{0};

void count(std::size_t) { allocations.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

namespace volley::engine {
namespace {
using namespace std::chrono_literals;

/// Allocations on a worker's thread while it sends at least 10,000 requests, after its first 2,000: the fewest of several such
/// stretches, since on a machine that stalls open arrivals open connections late.
std::uint64_t allocations_of(PhasePlan plan, int stretches = 1) {
    const auto at_first = allocations.load();
    Worker worker(plan, 0, 1, nullptr);
    std::atomic<bool> over = false;
    std::thread thread([&] {
        volley::test::on_allocation = &count;
        worker.run();
    });
    worker.post([&] { worker.begin(Clock::now(), [&](TimePoint) { over = true; }); });
    const auto wait_for = [&](std::uint64_t requests) {
        EXPECT_TRUE(test::eventually([&] { return over || worker.counts().requests >= requests; }, 120s));
        EXPECT_FALSE(over) << "it ended before " << requests;
    };
    wait_for(2'000);
    EXPECT_GT(allocations.load(), at_first) << "connections take memory: the count must see that";
    std::uint64_t fewest = UINT64_MAX;
    for (int i = 0; i < stretches && fewest > 0; ++i) {
        // The count first here and last there: what lies between them is in it.
        const auto before = allocations.load();
        wait_for(worker.counts().requests + 10'000);
        fewest = std::min(fewest, allocations.load() - before);
    }
    worker.post([&] { worker.stop(); });
    EXPECT_TRUE(test::eventually([&] { return over.load(); }));
    PhaseOutcome outcome;
    worker.post([&] { outcome = worker.finish(); });
    thread.join();
    EXPECT_GE(outcome.tally->right, 12'000U);
    EXPECT_EQ(outcome.tally->wrong(), 0U);
    return fewest;
}

PhasePlan closed_plan(PreparedStep step) {
    PhasePlan plan;
    plan.steps = {std::move(step)};
    plan.users = 16;
    plan.duration = 1h;
    plan.carriage = Carriage::fast;
    return plan;
}

TEST(Allocations, none_for_a_fixed_request) {
    test::RawServer server(test::answer_all);
    EXPECT_EQ(allocations_of(closed_plan(test::light_step(server.port()))), 0U);
}

TEST(Allocations, none_for_a_request_with_slots) {
    test::RawServer server(test::answer_all);
    auto step = test::light_step(server.port());
    step.request.method = "POST";
    step.request.target = "/of/" + std::string(marker(Slot::user));
    step.request.body = "{\"n\": " + std::string(marker(Slot::iteration)) + "}";
    EXPECT_EQ(allocations_of(closed_plan(std::move(step))), 0U);
}

TEST(Allocations, none_for_chunked_answers) {
    test::RawServer server([](test::RawConnection& c, int) {
        while (!c.read_request().empty()) c.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    });
    EXPECT_EQ(allocations_of(closed_plan(test::light_step(server.port()))), 0U);
}

TEST(Allocations, none_for_think_time) {
    test::RawServer server(test::answer_all);
    auto plan = closed_plan(test::light_step(server.port()));
    plan.think = {load::Think::Kind::constant, 100us, {}};
    EXPECT_EQ(allocations_of(std::move(plan)), 0U);
}

TEST(Allocations, none_for_arrivals) {
    test::RawServer server(test::answer_all);
    auto plan = closed_plan(test::light_step(server.port()));
    plan.users.reset();
    plan.duration.reset();
    plan.stages = test::at_rate(4000, 1h);
    plan.max_users = 16;
    EXPECT_EQ(allocations_of(std::move(plan), 8), 0U);
}

}  // namespace
}  // namespace volley::engine
