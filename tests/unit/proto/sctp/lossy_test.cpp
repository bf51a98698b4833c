// Two associations on networks that lose, delay, reorder, duplicate and damage.
#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

#include "unit/proto/sctp/sctp_pair.hpp"

namespace volley::proto::sctp {
namespace {

using namespace std::chrono_literals;
using test::SctpPair;
using test::VirtualClock;
using Kind = Event::Kind;

// What goes one way, in the order in which it was sent on each stream.
struct Sent {
    std::map<std::uint16_t, std::vector<std::string>> by_stream;
};

Sent send_some(test::SctpEnd& from, std::mt19937_64& random, char name) {
    Sent sent;
    for (int i = 0; i < 60; ++i) {
        const auto stream = static_cast<std::uint16_t>(random() % 4);
        std::string text = name + std::to_string(i) + ":";
        text.resize(text.size() + (random() % 5 == 0 ? random() % 20'000 : random() % 200), name);
        EXPECT_FALSE(from.send(stream, text));
        sent.by_stream[stream].push_back(text);
    }
    return sent;
}

// `./dev test long` looks at ten times as many.
std::uint64_t seeds() { return std::getenv("VOLLEY_LONG_TESTS") != nullptr ? 10'000 : 1000; }

TEST(SctpLossy, every_reliable_message_arrives_once_and_in_order) {
    for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937_64 random(seed);
        SctpPair pair({.loss = 0.1, .duplicate = 0.02, .damage = 0.01, .delay = 50ms, .jitter = 30ms}, seed);
        ASSERT_TRUE(pair.connect(60s));
        const Sent from_a = send_some(pair.a, random, 'a');
        const Sent from_b = send_some(pair.b, random, 'b');
        ASSERT_TRUE(pair.run_until([&] { return pair.a.count(Kind::message) >= 60 && pair.b.count(Kind::message) >= 60; }, 120s))
            << pair.a.count(Kind::message) << " and " << pair.b.count(Kind::message) << " of 60; " << pair.a.describe() << "; "
            << pair.b.describe();
        pair.settle(5s);
        // Acknowledgements are lost too, and wait for the next time out.
        ASSERT_TRUE(
            pair.run_until([&] { return pair.a.association->buffered() == 0 && pair.b.association->buffered() == 0; }, 120s));
        for (const auto& [stream, texts] : from_a.by_stream) ASSERT_EQ(pair.b.messages(stream), texts);
        for (const auto& [stream, texts] : from_b.by_stream) ASSERT_EQ(pair.a.messages(stream), texts);
        ASSERT_EQ(pair.a.count(Kind::message), 60U);
        ASSERT_EQ(pair.b.count(Kind::message), 60U);
    }
}

// As pings are: few, small, and acknowledgements ride on the answers.
TEST(SctpLossy, small_messages_that_are_answered_all_come_back) {
    for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        SctpPair pair({.loss = 0.1, .delay = 50ms, .jitter = 30ms}, seed);
        ASSERT_TRUE(pair.connect(60s));
        std::size_t answered = 0;
        const auto answer = [&] {
            for (; answered < pair.b.count(Kind::message); ++answered) EXPECT_FALSE(pair.b.send(1, std::to_string(answered)));
        };
        for (int i = 0; i < 20; ++i) {
            EXPECT_FALSE(pair.a.send(1, std::to_string(i)));
            const auto until = VirtualClock::now() + 50ms;
            (void)pair.run_until(
                [&] {
                    answer();
                    return VirtualClock::now() >= until;
                },
                50ms);
        }
        ASSERT_TRUE(pair.run_until(
            [&] {
                answer();
                return pair.a.count(Kind::message) >= 20;
            },
            120s))
            << pair.a.count(Kind::message) << " of 20; " << pair.a.describe() << "; " << pair.b.describe();
        ASSERT_TRUE(
            pair.run_until([&] { return pair.a.association->buffered() == 0 && pair.b.association->buffered() == 0; }, 120s));
    }
}

TEST(SctpLossy, unordered_messages_arrive_once_and_do_not_wait_for_each_other) {
    bool out_of_order = false;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        SctpPair pair({.loss = 0.1, .delay = 50ms, .jitter = 30ms}, seed);
        ASSERT_TRUE(pair.connect(60s));
        std::vector<std::string> sent;
        for (int i = 100; i < 200; ++i) {
            sent.push_back(std::to_string(i) + std::string(700, '.'));
            EXPECT_FALSE(pair.a.send(0, sent.back(), {.ordered = false}));
        }
        ASSERT_TRUE(pair.run_until([&] { return pair.b.count(Kind::message) >= 100; }, 120s));
        pair.settle(3s);
        auto received = pair.b.messages(0);
        out_of_order = out_of_order || received != sent;
        std::sort(received.begin(), received.end());
        ASSERT_EQ(received, sent);
    }
    EXPECT_TRUE(out_of_order);
}

TEST(SctpLossy, messages_without_retransmission_are_lost_but_hold_nothing_up) {
    std::size_t arrived = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        SctpPair pair({.delay = 20ms, .jitter = 5ms}, seed);
        ASSERT_TRUE(pair.connect());
        pair.set_model({.loss = 0.2, .delay = 20ms, .jitter = 5ms});
        for (int i = 0; i < 50; ++i) {
            EXPECT_FALSE(pair.a.send(1, "u" + std::to_string(i), {.ordered = i % 2 == 0, .max_retransmits = 0}));
            pair.settle(50ms);
        }
        pair.set_model({.delay = 20ms});
        EXPECT_FALSE(pair.a.send(1, "the last, reliably"));
        ASSERT_TRUE(pair.run_until(
            [&] { return !pair.b.messages(1).empty() && pair.b.messages(1).back() == "the last, reliably"; }, 30s));
        auto received = pair.b.messages(1);
        arrived += received.size() - 1;
        std::sort(received.begin(), received.end());
        EXPECT_EQ(std::adjacent_find(received.begin(), received.end()), received.end());
    }
    // Of 1,000, 20 % lost.
    EXPECT_GT(arrived, 700U);
    EXPECT_LT(arrived, 900U);
}

TEST(SctpLossy, messages_with_some_retransmissions_mostly_arrive) {
    std::size_t arrived = 0;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        SctpPair pair({.delay = 20ms}, seed);
        ASSERT_TRUE(pair.connect());
        pair.set_model({.loss = 0.2, .delay = 20ms});
        for (int i = 0; i < 50; ++i) {
            EXPECT_FALSE(pair.a.send(1, "u" + std::to_string(i), {.ordered = false, .max_retransmits = 4}));
            pair.settle(50ms);
        }
        pair.set_model({.delay = 20ms});
        pair.settle(20s);
        arrived += pair.b.messages(1).size();
    }
    EXPECT_GE(arrived, 485U);
}

TEST(SctpLossy, a_message_is_worth_nothing_after_its_lifetime) {
    SctpPair pair({.delay = 20ms});
    ASSERT_TRUE(pair.connect());
    pair.set_model({.loss = 1});
    EXPECT_FALSE(pair.a.send(2, "stale", {.max_lifetime = 500ms}));
    EXPECT_FALSE(pair.a.send(3, "lasting", {.max_lifetime = 60s}));
    pair.settle(2s);
    pair.set_model({.delay = 20ms});
    EXPECT_FALSE(pair.a.send(2, "fresh", {.max_lifetime = 500ms}));
    pair.settle(20s);
    EXPECT_EQ(pair.b.messages(2), std::vector<std::string>{"fresh"});
    EXPECT_EQ(pair.b.messages(3), std::vector<std::string>{"lasting"});
    EXPECT_EQ(pair.a.association->buffered(), 0U);
}

TEST(SctpLossy, large_messages_arrive_whole) {
    AssociationConfig config;
    config.max_send_message = 262'144;
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        SctpPair pair({.loss = 0.03, .delay = 20ms, .jitter = 10ms}, seed, config, config);
        ASSERT_TRUE(pair.connect());
        std::string big(262'144, ' ');
        for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>((i + seed) * 31 >> 3);
        for (int i = 0; i < 3; ++i) EXPECT_FALSE(pair.a.send(static_cast<std::uint16_t>(i), big, {.ordered = i != 1}));
        ASSERT_TRUE(pair.run_until([&] { return pair.b.count(Kind::message) == 3; }, 200s));
        for (std::uint16_t stream = 0; stream < 3; ++stream) EXPECT_EQ(pair.b.messages(stream), std::vector<std::string>{big});
    }
}

TEST(SctpLossy, streams_are_reset_and_used_anew) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        SctpPair pair({.loss = 0.1, .delay = 30ms, .jitter = 20ms}, seed);
        ASSERT_TRUE(pair.connect(60s));
        for (std::size_t round = 1; round <= 3; ++round) {
            for (int i = 0; i < 5; ++i) EXPECT_FALSE(pair.a.send(2, std::to_string(round) + "." + std::to_string(i)));
            EXPECT_FALSE(pair.a.association->reset(VirtualClock::now(), 2));
            ASSERT_TRUE(pair.run_until(
                [&] { return pair.b.count(Kind::reset_by_peer) == round && pair.a.count(Kind::reset_done) == round; }, 120s));
            ASSERT_EQ(pair.b.messages(2).size(), round * 5);
            EXPECT_FALSE(pair.b.association->reset(VirtualClock::now(), 2));
            ASSERT_TRUE(pair.run_until(
                [&] { return pair.a.count(Kind::reset_by_peer) == round && pair.b.count(Kind::reset_done) == round; }, 120s));
        }
    }
}

TEST(SctpLossy, shutting_down_delivers_what_was_sent) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        SctpPair pair({.loss = 0.1, .delay = 30ms, .jitter = 20ms}, seed);
        ASSERT_TRUE(pair.connect(60s));
        for (int i = 0; i < 20; ++i) EXPECT_FALSE(pair.a.send(0, std::string(3000, 'x')));
        pair.a.association->shutdown(VirtualClock::now());
        ASSERT_TRUE(pair.run_until([&] { return pair.b.association->state() == State::closed; }, 120s));
        EXPECT_EQ(pair.b.messages(0).size(), 20U);
    }
}

TEST(SctpLossy, garbage_is_dropped) {
    std::mt19937_64 random(3);
    SctpPair pair({.delay = 1ms});
    ASSERT_TRUE(pair.connect());
    for (int i = 0; i < 20'000; ++i) {
        Bytes packet(random() % 300);
        for (auto& byte : packet) byte = static_cast<std::uint8_t>(random());
        pair.b.association->handle_packet(VirtualClock::now(), packet);
    }
    pair.b.association->handle_packet(VirtualClock::now(), Bytes(70'000));
    EXPECT_FALSE(pair.a.send(0, "through"));
    pair.settle();
    EXPECT_EQ(pair.b.messages(0), std::vector<std::string>{"through"});
}

}  // namespace
}  // namespace volley::proto::sctp
