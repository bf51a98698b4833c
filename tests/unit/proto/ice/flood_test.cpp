// Too much of everything: candidates, addresses, replays, garbage. No crash, no room taken, and the peer is found all the same.
#include <algorithm>

#include <gtest/gtest.h>

#include "unit/proto/ice/scripted_peer.hpp"

namespace volley::proto::ice {
namespace {

using namespace std::chrono_literals;
using test::controlled;
using test::peer_a;
using test::ScriptedPeer;
using test::with_way;

TEST(IceFlood, ten_thousand_candidates_are_too_many_and_the_peer_is_found_all_the_same) {
    ScriptedPeer peer(controlled());
    peer.introduce();
    std::size_t added = 0;
    for (std::uint32_t i = 0; i < 10'000; ++i) {
        Candidate candidate = *parse_candidate("candidate:1 1 udp 2130706431 10.0.0.1 1 typ host");
        candidate.endpoint = {IpAddress::v4(0x0a000001 + i), 1};
        added += peer.agent.add_remote_candidate(peer.now, candidate) == Added::added ? 1U : 0U;
    }
    EXPECT_EQ(added, 64U);
    EXPECT_EQ(peer.agent.remote_candidates(), 64U);
    EXPECT_EQ(peer.agent.pairs().size(), 64U);
    std::size_t checks = 0;
    const auto count = [&](Duration duration) {
        for (const auto& [at, transmit] : peer.wait(duration)) checks += transmit.remote.to_string() == peer_a ? 0U : 1U;
    };
    count(10s);
    peer.input(peer_a, peer.request({.use_candidate = true}));
    for (const auto& transmit : peer.sent())
        if (transmit.remote.to_string() == peer_a && ScriptedPeer::is_check(transmit)) peer.input(peer_a, peer.answer(transmit));
    peer.sent();
    EXPECT_EQ(peer.agent.state(), State::completed);
    count(20s);
    EXPECT_GT(checks, 64U);
    EXPECT_LE(checks, 64U * 9);
}

/// Names others as its candidates.
void name_others(ScriptedPeer& peer, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) peer.candidate("203.0.113." + std::to_string(i + 1) + ":9");
}
std::size_t checks_to_others(const std::vector<std::pair<Duration, Transmit>>& sent) {
    return static_cast<std::size_t>(std::count_if(sent.begin(), sent.end(), [](const auto& one) {
        return ScriptedPeer::is_check(one.second) && one.second.remote.to_string() != peer_a;
    }));
}

TEST(IceFlood, addresses_that_are_only_named_are_sent_few_checks_repeated_ones_counted) {
    for (const std::uint32_t named : {1U, 3U, 64U}) {
        AgentConfig config = controlled();
        config.most_unproven_checks = 5;
        ScriptedPeer peer(config);
        peer.introduce();
        name_others(peer, named);
        EXPECT_EQ(checks_to_others(peer.wait(60s)), 5U) << named;
    }
}

TEST(IceFlood, a_restart_gives_no_further_checks_and_a_sign_of_the_peer_does) {
    AgentConfig config = controlled();
    config.most_unproven_checks = 5;
    ScriptedPeer peer(config);
    peer.introduce();
    name_others(peer, 10);
    EXPECT_EQ(checks_to_others(peer.wait(60s)), 5U);
    peer.agent.restart(peer.now);
    peer.credentials.ufrag = "again";
    peer.introduce();
    name_others(peer, 10);
    EXPECT_EQ(checks_to_others(peer.wait(1s)), 0U);
    // Of somebody who does not know our password: no sign.
    ScriptedPeer stranger(controlled(), 9);
    peer.input(peer_a, stranger.request({}));
    EXPECT_EQ(checks_to_others(peer.wait(1s)), 0U);
    peer.input(peer_a, peer.request({}));
    EXPECT_GT(checks_to_others(peer.wait(10s)), 10U);
}

TEST(IceFlood, an_answer_is_a_sign_of_the_peer_until_it_restarts) {
    AgentConfig config = controlled();
    config.most_unproven_checks = 2;
    ScriptedPeer peer(config);
    with_way(peer);
    EXPECT_EQ(peer.agent.state(), State::connected);
    peer.agent.restart(peer.now);
    peer.credentials.ufrag = "again";
    peer.introduce();
    name_others(peer, 10);
    EXPECT_EQ(checks_to_others(peer.wait(10s)), 1U) << "one was the check that was answered";
}

TEST(IceFlood, a_peer_from_ten_thousand_addresses_is_answered_and_takes_no_more_room) {
    ScriptedPeer peer(controlled());
    peer.introduce();
    for (std::uint32_t i = 0; i < 10'000; ++i) {
        const Endpoint from{IpAddress::v4(0x0a000001 + i), 1};
        (void)peer.agent.handle_input(peer.now, {Protocol::udp, peer.local, from, peer.request({})});
        ASSERT_LE(peer.sent().size(), 2U);
        ASSERT_LE(peer.agent.remote_candidates(), 32U);
        ASSERT_LE(peer.agent.pairs().size(), 32U);
    }
    peer.candidate(peer_a);
    peer.input(peer_a, peer.request({.use_candidate = true}));
    for (const auto& transmit : peer.sent())
        if (transmit.remote.to_string() == peer_a && ScriptedPeer::is_check(transmit)) peer.input(peer_a, peer.answer(transmit));
    EXPECT_EQ(peer.agent.state(), State::completed);
}

TEST(IceFlood, replayed_checks_cost_an_answer_each_and_nothing_else) {
    ScriptedPeer peer(controlled());
    with_way(peer);
    const Bytes request = peer.request({});
    for (int i = 0; i < 10'000; ++i) {
        peer.input(peer_a, request);
        ASSERT_EQ(peer.sent().size(), 1U);
    }
    EXPECT_EQ(peer.agent.pairs().size(), 1U);
}

TEST(IceFlood, what_nobody_takes_away_is_bounded) {
    ScriptedPeer peer;
    with_way(peer);
    const Bytes request = peer.request({.controlling = false});
    for (int i = 0; i < 10'000; ++i) peer.input(peer_a, request);
    while (peer.agent.send(peer.now, bytes_of("x"))) {
    }
    EXPECT_LE(peer.sent().size(), IceAgent::most_transmits);
    EXPECT_TRUE(peer.agent.send(peer.now, bytes_of("x")));
}

TEST(IceFlood, garbage_is_dropped_without_a_word) {
    ScriptedPeer peer;
    with_way(peer);
    peer.sent();
    test::SeededRandom random(99);
    const Bytes good = peer.request({.controlling = false});
    std::size_t data = 0;
    for (int i = 0; i < 100'000; ++i) {
        Bytes bytes(random.below(i % 4 == 0 ? 1500 : 120));
        random.fill(bytes);
        if (i % 3 == 0) {
            bytes = good;
            // Not in the fingerprint: what is signed is taken without one.
            for (int flips = 0; flips < 3; ++flips)
                bytes[random.below(bytes.size() - 8)] ^= static_cast<std::uint8_t>(1 + random.below(255));
        }
        const Endpoint from{IpAddress::v4(static_cast<std::uint32_t>(random.next())), static_cast<std::uint16_t>(random.next())};
        if (peer.agent.handle_input(peer.now, {Protocol::udp, peer.local, from, bytes})) ++data;
    }
    EXPECT_EQ(data, 0U);
    EXPECT_TRUE(peer.sent().empty());
    EXPECT_EQ(peer.agent.remote_candidates(), 1U);
    EXPECT_EQ(peer.agent.state(), State::completed);
}

}  // namespace
}  // namespace volley::proto::ice
