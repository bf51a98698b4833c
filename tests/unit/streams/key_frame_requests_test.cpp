#include "streams/key_frame_requests.hpp"

#include <gtest/gtest.h>

namespace volley::streams {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint start{std::chrono::hours(1)};

TEST(KeyFrameRequests, are_sent_at_once_and_again_while_no_key_frame_comes) {
    KeyFrameRequests requests;
    EXPECT_FALSE(requests.next());
    EXPECT_FALSE(requests.take_due(start));
    requests.want();
    EXPECT_TRUE(requests.take_due(start));
    requests.want();
    EXPECT_FALSE(requests.take_due(start + milliseconds(499)));
    EXPECT_TRUE(requests.take_due(start + milliseconds(500)));
    EXPECT_EQ(requests.unanswered(), 2U);
    requests.answer();
    EXPECT_EQ(requests.unanswered(), 0U);
    EXPECT_FALSE(requests.next());
    requests.want();
    EXPECT_FALSE(requests.take_due(start + milliseconds(600)));  // the one before is not so long ago
    EXPECT_TRUE(requests.take_due(start + milliseconds(1000)));
}

TEST(KeyFrameRequests, are_rare_where_nobody_answers) {
    KeyFrameRequests requests;
    requests.want();
    int sent = 0;
    for (TimePoint now = start; now < start + seconds(60); now += milliseconds(10)) sent += requests.take_due(now) ? 1 : 0;
    EXPECT_GE(sent, 20);
    EXPECT_LE(sent, 30);
    EXPECT_EQ(requests.unanswered(), static_cast<std::uint64_t>(sent));
}

TEST(KeyFrameOrders, a_full_intra_request_counts_once_for_each_number) {
    KeyFrameOrders orders;
    orders.intra_request(1, 7);
    EXPECT_TRUE(orders.take_due(start));
    orders.intra_request(1, 7);
    EXPECT_FALSE(orders.next());
    orders.intra_request(2, 7);  // somebody else
    EXPECT_TRUE(orders.take_due(start + seconds(1)));
    orders.intra_request(1, 8);
    EXPECT_TRUE(orders.take_due(start + seconds(2)));
    for (std::uint32_t i = 0; i < 1000; ++i) orders.intra_request(i, 1);
    EXPECT_TRUE(orders.take_due(start + seconds(3)));
}

TEST(KeyFrameOrders, what_comes_too_soon_is_passed_on_later) {
    KeyFrameOrders orders;
    orders.picture_loss();
    EXPECT_TRUE(orders.take_due(start));
    orders.picture_loss();
    orders.picture_loss();
    EXPECT_FALSE(orders.take_due(start + milliseconds(10)));
    EXPECT_EQ(orders.next(), start + KeyFrameOrders::interval);
    EXPECT_TRUE(orders.take_due(start + KeyFrameOrders::interval));
    EXPECT_FALSE(orders.next());
}

}  // namespace
}  // namespace volley::streams
