#include "proto/ice/check_list.hpp"

#include <gtest/gtest.h>

namespace volley::proto::ice {
namespace {

TEST(IceCheckList, a_pair_is_there_once) {
    CheckList list;
    Pair* const pair = list.add(0, 1, 10, false);
    ASSERT_NE(pair, nullptr);
    pair->heard = true;
    EXPECT_TRUE(list.add(0, 1, 99, true)->heard);
    EXPECT_EQ(list.pairs().size(), 1U);
    EXPECT_EQ(list.pairs()[0].priority, 10U);
    EXPECT_EQ(list.find(1, 0), nullptr);
}

TEST(IceCheckList, a_full_list_keeps_what_is_worth_most) {
    CheckList list(3);
    list.add(0, 0, 10, false);
    list.add(0, 1, 20, false);
    list.add(0, 2, 30, false);
    EXPECT_EQ(list.add(0, 3, 5, false), nullptr);
    ASSERT_NE(list.add(0, 4, 15, false), nullptr);  // in the place of 10
    EXPECT_EQ(list.find(0, 0), nullptr);
    ASSERT_NE(list.add(0, 5, 1, true), nullptr);  // a check of the peer came on it: in the place of 15
    EXPECT_EQ(list.find(0, 4), nullptr);
    list.find(0, 2)->state = PairState::failed;
    ASSERT_NE(list.add(0, 6, 2, false), nullptr);  // failed ones go first
    EXPECT_EQ(list.find(0, 2), nullptr);
    for (auto& pair : list.pairs()) pair.state = PairState::in_progress;
    EXPECT_EQ(list.add(0, 7, 100, true), nullptr);
    EXPECT_EQ(list.pairs().size(), 3U);
}

TEST(IceCheckList, the_waiting_pair_of_highest_priority_is_next) {
    CheckList list;
    EXPECT_EQ(list.next_waiting(), nullptr);
    EXPECT_EQ(list.best_valid(), nullptr);
    for (std::size_t i = 0; i < 5; ++i) list.add(0, i, 10 * (i * 3 % 5), false);
    std::vector<std::uint64_t> order;
    while (Pair* const pair = list.next_waiting()) {
        order.push_back(pair->priority);
        pair->state = PairState::succeeded;
        pair->valid_priority = 100 - pair->priority;
    }
    EXPECT_EQ(order, (std::vector<std::uint64_t>{40, 30, 20, 10, 0}));
    EXPECT_EQ(list.best_valid()->priority, 0U);
}

TEST(IceCheckList, an_answer_finds_the_pair_of_any_of_its_checks) {
    CheckList list;
    Pair* const pair = list.add(2, 0, 1, false);
    for (std::uint8_t i = 0; i < 3; ++i) {
        pair->stop_checks();
        pair->checks.emplace_back().id[0] = i;
    }
    for (std::uint8_t i = 0; i < 3; ++i) EXPECT_EQ(list.find(2, stun::TransactionId{i}), pair);
    EXPECT_EQ(list.find(2, stun::TransactionId{3}), nullptr);
    EXPECT_EQ(list.find(1, stun::TransactionId{1}), nullptr);  // it came to another base
    EXPECT_EQ(pair->current(), &pair->checks.back());
}

}  // namespace
}  // namespace volley::proto::ice
