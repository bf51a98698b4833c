#include "streams/history.hpp"

#include <gtest/gtest.h>

namespace volley::streams {
namespace {

using std::chrono::milliseconds;

const TimePoint start{std::chrono::hours(1)};

KeptPacket* send(History& history, TimePoint now, std::uint64_t sequence) {
    KeptPacket* const packet = history.put(now, sequence);
    if (packet != nullptr) packet->sent = now;
    return packet;
}

TEST(History, keeps_what_was_sent_in_the_last_second_and_no_more_room_than_for_that) {
    History history;
    EXPECT_EQ(history.find(5), nullptr);
    TimePoint now = start;
    std::uint64_t sequence = 65'600;
    for (int i = 0; i < 2000; ++i, ++sequence, now += milliseconds(10)) {
        ASSERT_NE(send(history, now, sequence), nullptr);
        for (std::uint64_t back = 0; back < 100 && back <= static_cast<std::uint64_t>(i); ++back)
            ASSERT_NE(history.find(sequence - back), nullptr) << i << ' ' << back;
    }
    EXPECT_EQ(history.capacity(), 128U);
}

TEST(History, is_bounded) {
    History history;
    for (std::uint64_t i = 0; i < 100'000; ++i) ASSERT_NE(send(history, start, i), nullptr);
    EXPECT_EQ(history.capacity(), History::most_packets);
    EXPECT_EQ(history.find(100'000 - History::most_packets - 1), nullptr);
    EXPECT_NE(history.find(100'000 - History::most_packets), nullptr);
}

TEST(History, memory_of_packets_is_used_again) {
    History history;
    send(history, start, 1)->bytes.assign(1000, 7);
    const std::uint8_t* const memory = history.find(1)->bytes.data();
    KeptPacket* const later = send(history, start + std::chrono::seconds(2), 33);
    EXPECT_TRUE(later->bytes.empty());
    later->bytes.resize(900);
    EXPECT_EQ(later->bytes.data(), memory);
    EXPECT_EQ(history.find(1), nullptr);
}

TEST(History, a_packet_does_not_take_the_place_of_a_later_one) {
    History history;
    for (std::uint64_t i = 5000; i < 5000 + History::most_packets; ++i) send(history, start, i);
    EXPECT_EQ(history.put(start, 5000 - 1), nullptr);
    EXPECT_NE(history.find(5000 - 1 + History::most_packets), nullptr);
}

}  // namespace
}  // namespace volley::streams
