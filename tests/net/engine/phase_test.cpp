// Phases against servers of exact bytes.
#include <gtest/gtest.h>

#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>

#include "engine/phase_runner.hpp"
#include "support/raw_server.hpp"

namespace volley::engine {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::RawConnection;
using test::RawServer;

PreparedStep step_to(std::uint16_t port) {
    PreparedStep step;
    step.name = "GET /";
    step.target.host = "127.0.0.1";
    step.target.port = port;
    step.timeout = 20s;
    step.judge = [](const client::Exchange&) { return Judgement{}; };
    return step;
}

void answer_all(RawConnection& c) {
    while (!c.read_request().empty()) c.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

/// @param stall  holds the loop up for half a second, 100 ms after the start.
PhaseOutcome run(PhasePlan plan, bool stall = false) {
    asio::io_context io;
    Counters counters;
    auto result = asio::co_spawn(io, run_phase(std::move(plan), counters), asio::use_future);
    asio::steady_timer timer(io, 100ms);
    if (stall) timer.async_wait([](auto) { std::this_thread::sleep_for(500ms); });
    io.run();
    return result.get();
}

// While our own process did not get to run, answers that had come were not seen, and the starts that were due were refused: a stall of
// ours was counted as the server's.
TEST(OpenArrivals, a_stall_of_our_own_saturates_nobody) {
    RawServer server([](RawConnection& c, int) { answer_all(c); });
    PhasePlan plan;
    plan.steps = {step_to(server.port())};
    plan.rate = Rate{1000};
    plan.duration = 1s;
    plan.max_users = 100;
    const auto outcome = run(std::move(plan), true);
    EXPECT_EQ(outcome.saturated, 0U);
    EXPECT_EQ(outcome.tally->requests + outcome.missed, outcome.planned);
    EXPECT_EQ(outcome.tally->wrong(), 0U);
}

TEST(OpenArrivals, a_server_that_answers_nobody_is_saturated) {
    RawServer server([](RawConnection& c, int) { c.wait_for_close(); });
    PhasePlan plan;
    plan.steps = {step_to(server.port())};
    plan.steps[0].timeout = 2s;
    plan.rate = Rate{100};
    plan.iterations = 50;
    plan.max_users = 5;
    const auto outcome = run(std::move(plan));
    EXPECT_GT(outcome.saturated, 0U);
    EXPECT_EQ(outcome.tally->requests, 5U);
    EXPECT_EQ(outcome.tally->requests + outcome.missed + outcome.saturated, outcome.planned);
}

}  // namespace
}  // namespace volley::engine
