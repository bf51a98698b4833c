// Which packets are new, beside a plain set that remembers everything; and what sequence numbers stand for.
#include <cstdint>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "proto/srtp/replay_window.hpp"

namespace volley::proto::srtp {
namespace {

ReplayWindow at(std::uint64_t index) {
    ReplayWindow window;
    window.take(index);
    return window;
}

TEST(ReplayWindow, everything_is_new_to_an_empty_one) {
    const ReplayWindow window;
    EXPECT_FALSE(window.started());
    for (const std::uint64_t index : {0ULL, 1ULL, 65535ULL, 1ULL << 47}) EXPECT_TRUE(window.is_new(index));
}

TEST(ReplayWindow, a_packet_is_new_once) {
    ReplayWindow window = at(5000);
    EXPECT_FALSE(window.is_new(5000));
    EXPECT_TRUE(window.is_new(4999));
    window.take(4999);
    EXPECT_FALSE(window.is_new(4999));
    EXPECT_EQ(window.highest(), 5000U);
}

TEST(ReplayWindow, it_reaches_1023_packets_back_to_the_packet) {
    const ReplayWindow window = at(10'000);
    EXPECT_TRUE(window.is_new(10'000 - 1023));
    EXPECT_FALSE(window.is_new(10'000 - 1024));
    EXPECT_FALSE(window.is_new(0));
    EXPECT_TRUE(at(1000).is_new(0));
}

TEST(ReplayWindow, a_jump_forgets_what_it_leaves_behind_and_no_more) {
    ReplayWindow window;
    for (std::uint64_t index = 0; index < 2000; ++index) window.take(index);
    window.take(2500);
    for (std::uint64_t index = 1477; index < 2000; ++index) EXPECT_FALSE(window.is_new(index)) << index;
    for (std::uint64_t index = 2000; index < 2500; ++index) EXPECT_TRUE(window.is_new(index)) << index;
    window.take(2500 + 1024);
    for (std::uint64_t index = 2501; index < 3524; ++index) EXPECT_TRUE(window.is_new(index)) << index;
}

TEST(ReplayWindow, it_says_what_a_set_of_all_packets_says) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        std::mt19937_64 random(seed);
        ReplayWindow window;
        std::set<std::uint64_t> seen;
        std::uint64_t around = 70'000;
        for (int i = 0; i < 5000; ++i) {
            around += random() % 100 == 0 ? random() % 3000 : random() % 4;
            const std::uint64_t index = around - random() % (random() % 10 == 0 ? 2000 : 20);
            const bool known_to_set = seen.contains(index) || (!seen.empty() && *seen.rbegin() >= index + ReplayWindow::size);
            ASSERT_EQ(window.is_new(index), !known_to_set) << "seed " << seed << ", packet " << i;
            if (!window.is_new(index)) continue;
            window.take(index);
            seen.insert(index);
        }
    }
}

TEST(EstimateIndex, the_first_number_stands_for_itself) {
    for (const int sequence : {0, 1, 32768, 65535})
        EXPECT_EQ(estimate_index(ReplayWindow(), static_cast<std::uint16_t>(sequence)), sequence);
}

TEST(EstimateIndex, a_rollover_is_seen_from_both_sides) {
    EXPECT_EQ(estimate_index(at(65535), 0), 65536U);
    EXPECT_EQ(estimate_index(at(65530), 100), 65636U);
    EXPECT_EQ(estimate_index(at(65536), 65535), 65535U);  // late, from before it
    EXPECT_EQ(estimate_index(at(65636), 65000), 65000U);
    EXPECT_EQ(estimate_index(at(3 * 65536 + 10), 65530), 2 * 65536U + 65530);
}

TEST(EstimateIndex, half_a_period_decides) {
    // RFC 3711 section 3.3.1: with s_l below 2^15, SEQ - s_l > 2^15 means the period before; else s_l - 2^15 > SEQ means the next one.
    const std::uint64_t period = 65536;
    EXPECT_EQ(estimate_index(at(period + 1000), 1000 + 32768), period + 1000 + 32768);
    EXPECT_EQ(estimate_index(at(period + 1000), 1000 + 32769), 1000 + 32769U);
    EXPECT_EQ(estimate_index(at(period + 40'000), 40'000 - 32768), period + 40'000 - 32768);
    EXPECT_EQ(estimate_index(at(period + 40'000), 40'000 - 32769), 2 * period + 40'000 - 32769);
}

TEST(EstimateIndex, nothing_comes_before_the_first_period) {
    // Two packets that changed places right at the start, or a source that began just below the rollover: no rollover of -1.
    EXPECT_EQ(estimate_index(at(5), 65534), 65534U);
    EXPECT_EQ(estimate_index(at(0), 65535), 65535U);
}

TEST(EstimateIndex, the_last_rollover_is_the_last) {
    const std::uint64_t last = (1ULL << 48) - 1;
    EXPECT_EQ(estimate_index(at(last), 65535), last);
    EXPECT_EQ(estimate_index(at(last), 65000), last - 535);
    EXPECT_EQ(estimate_index(at(last), 0), std::nullopt);
    EXPECT_EQ(estimate_index(at(last - 100), 5), std::nullopt);
}

}  // namespace
}  // namespace volley::proto::srtp
