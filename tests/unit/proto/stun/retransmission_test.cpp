#include "proto/stun/retransmission.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace volley::proto::stun {
namespace {

using std::chrono::milliseconds;

std::vector<int> sendings_ms(const RetransmissionPlan& plan) {
    const TimePoint start{std::chrono::hours(1)};
    Retransmission timer;
    timer.start(start, plan);
    std::vector<int> out{0};
    for (;;) {
        const TimePoint due = timer.due();
        EXPECT_EQ(timer.poll(due - Duration(1), plan), Retransmission::Step::wait);
        const auto step = timer.poll(due, plan);
        out.push_back(static_cast<int>((due - start) / milliseconds(1)));
        if (step == Retransmission::Step::give_up) return out;
        EXPECT_EQ(step, Retransmission::Step::send);
    }
}

TEST(Retransmission, the_default_is_the_example_of_the_rfc) {
    // RFC 8489 section 6.2.1: "0, 500, 1500, 3500, 7500, 15500, and 31500 ms ... 39500".
    EXPECT_EQ(sendings_ms({}), (std::vector<int>{0, 500, 1500, 3500, 7500, 15500, 31500, 39500}));
}

TEST(Retransmission, waits_stop_growing_at_the_most) {
    EXPECT_EQ(sendings_ms({milliseconds(250), milliseconds(1000), 5, milliseconds(700)}),
              (std::vector<int>{0, 250, 750, 1750, 2750, 3450}));
}

TEST(Retransmission, over_a_stream_a_request_is_sent_once) {
    EXPECT_EQ(sendings_ms(RetransmissionPlan::over_stream()), (std::vector<int>{0, 39500}));
}

TEST(Retransmission, who_is_late_sends_once) {
    const TimePoint start{};
    Retransmission timer;
    timer.start(start, {});
    const TimePoint late = start + std::chrono::seconds(20);
    EXPECT_EQ(timer.poll(late, {}), Retransmission::Step::send);
    EXPECT_EQ(timer.poll(late, {}), Retransmission::Step::wait);
    EXPECT_EQ(timer.sent(), 2);
}

}  // namespace
}  // namespace volley::proto::stun
