// Calls over a bad way.
#include "net/call/fixture.hpp"

namespace volley::call {
namespace {

using namespace std::chrono_literals;
using test::run_until;
using CallsTest = test::CallsTest;

TEST_F(CallsTest, a_call_through_a_relay_is_seen_from_there_alone) {
    open_port();
    const auto relay = make_relay();
    const auto caller = test::CallsTest::caller();
    begin_through(*caller, *relay);
    run_until(io, [&] { return caller->open || caller->ended(); });
    EXPECT_EQ(echo(*caller, true, "ping"), "pong");
    EXPECT_EQ(caller->peer().path()->remote.endpoint, relay->endpoint());
    EXPECT_EQ(port->counts().strays, 0U);
}

TEST_F(CallsTest, calls_come_up_and_lose_nothing_over_a_way_that_loses_delays_and_reorders) {
    test::LinkModel model;
    model.loss = 0.1;
    model.duplicate = 0.05;
    model.damage = 0.02;
    model.delay = 5ms;
    model.jitter = 10ms;
    open_port();
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const auto relay = make_relay(model, seed);
        const auto caller = test::CallsTest::caller();
        begin_through(*caller, *relay);
        run_until(io, [&] { return caller->open || caller->ended(); });
        ASSERT_TRUE(caller->open) << caller->peer().end_reason();
        for (int i = 0; i < 30; ++i) send(*caller, true, "ping " + std::to_string(i));
        const std::string big(20'000, 'b');
        send(*caller, false, big);
        run_until(
            io, [&] { return caller->messages.size() == 31 || caller->ended(); }, 100s);
        ASSERT_EQ(caller->messages.size(), 31U) << caller->peer().end_reason();
        for (std::size_t i = 0; i < 30; ++i) EXPECT_EQ(caller->messages[i].data, "pong " + std::to_string(i));
        EXPECT_EQ(caller->messages[30].data, big);
    }
}

}  // namespace
}  // namespace volley::call
