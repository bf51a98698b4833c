// When an agent asks whether it may go on sending, and when it must not.
#include <algorithm>

#include <gtest/gtest.h>

#include "unit/proto/ice/scripted_peer.hpp"

namespace volley::proto::ice {
namespace {

using namespace std::chrono_literals;
using stun::Attribute;
using stun::Integrity;
using stun::MessageClass;
using test::controlled;
using test::peer_a;
using test::peer_b;
using test::ScriptedPeer;
using test::with_way;

TEST(IceConsent, is_asked_for_every_four_to_six_seconds) {
    ScriptedPeer peer;
    with_way(peer);
    std::vector<TimePoint> times{peer.now};
    for (int i = 0; i < 2000; ++i) {
        for (const auto& [at, transmit] : peer.wait(100ms)) {
            ASSERT_TRUE(ScriptedPeer::is_check(transmit));
            EXPECT_TRUE(ScriptedPeer::view(transmit).has(Attribute::use_candidate));
            EXPECT_EQ(stun::check_integrity(ScriptedPeer::view(transmit), bytes_of(peer.credentials.password)), Integrity::right);
            times.push_back(peer.now);
            peer.input(peer_a, peer.answer(transmit));
        }
    }
    ASSERT_GT(times.size(), 33U);
    Duration shortest = 1h;
    Duration longest{};
    for (std::size_t i = 1; i < times.size(); ++i) {
        shortest = std::min<Duration>(shortest, times[i] - times[i - 1]);
        longest = std::max<Duration>(longest, times[i] - times[i - 1]);
    }
    EXPECT_GE(shortest, 3900ms);
    EXPECT_LE(shortest, 4500ms);
    EXPECT_GE(longest, 5500ms);
    EXPECT_LE(longest, 6200ms);
}

TEST(IceConsent, ends_thirty_seconds_after_the_last_answer) {
    ScriptedPeer peer;
    with_way(peer);
    const auto sent = peer.wait(29'999ms);
    EXPECT_EQ(peer.states.back(), State::disconnected);
    EXPECT_TRUE(peer.agent.can_send());
    EXPECT_GE(sent.size(), 15U);
    EXPECT_LE(sent.size(), 32U);
    for (std::size_t i = 1; i < sent.size(); ++i)
        EXPECT_NE(ScriptedPeer::view(sent[i].second).transaction_id(), ScriptedPeer::view(sent[i - 1].second).transaction_id());
    peer.wait(1ms);
    EXPECT_EQ(peer.states.back(), State::failed);
    EXPECT_FALSE(peer.agent.can_send());
    EXPECT_FALSE(peer.agent.send(peer.now, bytes_of("x")));
    EXPECT_TRUE(peer.wait(600s).empty());
    // A late answer gives nothing back: that takes a restart.
    peer.input(peer_a, peer.answer(sent.back().second));
    EXPECT_EQ(peer.agent.state(), State::failed);
}

TEST(IceConsent, an_answer_in_time_brings_the_peer_back) {
    ScriptedPeer peer;
    with_way(peer);
    const auto sent = peer.wait(29s);
    EXPECT_EQ(peer.agent.state(), State::disconnected);
    peer.input(peer_a, peer.answer(sent.back().second));
    EXPECT_EQ(peer.agent.state(), State::completed);
    peer.wait(29s);
    EXPECT_TRUE(peer.agent.can_send());
}

TEST(IceConsent, is_not_given_by_anyone_else) {
    ScriptedPeer peer;
    with_way(peer);
    for (int i = 0; i < 300; ++i)
        for (const auto& [at, transmit] : peer.wait(100ms)) {
            peer.input(peer_b, peer.answer(transmit));
            peer.input(peer_a, peer.error(transmit, 500));
            Bytes forged = peer.answer(transmit);
            forged.erase(forged.end() - 8 - 24, forged.end());  // without fingerprint and integrity
            forged[3] = static_cast<std::uint8_t>(forged.size() - 20);
            peer.input(peer_a, forged);
            peer.input(peer_a, bytes_of("data is no consent"));
            peer.input(peer_a, peer.request({.controlling = false}));  // nor is the peer's own check
        }
    EXPECT_EQ(peer.agent.state(), State::failed);
}

TEST(IceConsent, of_before_a_restart_is_still_given_and_means_nothing_for_what_comes) {
    ScriptedPeer peer(controlled());
    with_way(peer);
    peer.sent();
    const std::string old_password = peer.agent.local_credentials().password;
    const Bytes request = peer.request({.use_candidate = true});
    peer.agent.restart(peer.now);
    peer.input(peer_a, request);
    peer.input(peer_b, request);
    const auto sent = peer.sent();
    ASSERT_EQ(sent.size(), 2U);
    for (const auto& transmit : sent) {
        EXPECT_EQ(ScriptedPeer::view(transmit).message_class(), MessageClass::success);
        EXPECT_EQ(stun::check_integrity(ScriptedPeer::view(transmit), bytes_of(old_password)), Integrity::right);
    }
    EXPECT_EQ(peer.agent.remote_candidates(), 0U);
    EXPECT_TRUE(peer.agent.pairs().empty());
    EXPECT_FALSE(peer.agent.accepts_data(peer.local, *Endpoint::parse(peer_b)));
}

TEST(IceConsent, that_is_refused_for_our_role_is_asked_for_in_the_other) {
    ScriptedPeer peer;
    with_way(peer);
    std::optional<Transmit> first;
    for (int i = 0; i < 100 && !first; ++i)
        for (const auto& [at, transmit] : peer.wait(100ms)) first = transmit;
    ASSERT_TRUE(first);
    ASSERT_TRUE(ScriptedPeer::view(*first).has(Attribute::ice_controlling));
    peer.input(peer_a, peer.error(*first, 487));
    EXPECT_EQ(peer.agent.role(), Role::controlled);
    const auto sent = peer.wait(0ms);
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_TRUE(ScriptedPeer::view(sent[0].second).has(Attribute::ice_controlled));
    EXPECT_FALSE(ScriptedPeer::view(sent[0].second).has(Attribute::use_candidate));
    peer.input(peer_a, peer.answer(sent[0].second));
    EXPECT_EQ(peer.agent.state(), State::completed);
}

}  // namespace
}  // namespace volley::proto::ice
