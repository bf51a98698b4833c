// Which pair one agent uses, to a peer that nominates, answers or is lite as the test wants; and whose data it takes.
#include <gtest/gtest.h>

#include "unit/proto/ice/scripted_peer.hpp"

namespace volley::proto::ice {
namespace {

using namespace std::chrono_literals;
using stun::Attribute;
using test::controlled;
using test::peer_a;
using test::peer_b;
using test::ScriptedPeer;

TEST(IceNomination, a_lite_peer_is_controlled_and_is_not_waited_for) {
    ScriptedPeer peer(controlled());
    peer.agent.set_remote_lite();
    EXPECT_EQ(peer.agent.role(), Role::controlling);
    peer.introduce();
    peer.candidate(peer_a);
    EXPECT_EQ(peer.answer_all(), 2);  // a check, and one with the nomination
    EXPECT_EQ(peer.states, (std::vector{State::checking, State::connected, State::completed}));
    EXPECT_TRUE(peer.agent.can_send());
}

TEST(IceNomination, a_pair_is_nominated_by_a_second_check) {
    ScriptedPeer peer;
    peer.introduce();
    peer.candidate(peer_a);
    peer.agent.end_of_remote_candidates(peer.now);
    peer.input(peer_a, peer.answer(peer.sent()[0]));
    const auto sent = peer.sent();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_TRUE(ScriptedPeer::view(sent[0]).has(Attribute::use_candidate));
    EXPECT_EQ(peer.agent.state(), State::connected);
    EXPECT_FALSE(peer.paths.back().nominated);
    peer.input(peer_a, peer.answer(sent[0]));
    peer.sent();
    EXPECT_EQ(peer.agent.state(), State::completed);
    EXPECT_TRUE(peer.paths.back().nominated);
    EXPECT_TRUE(peer.agent.pairs()[0].nominated);
}

TEST(IceNomination, a_relayed_way_is_nominated_after_its_time_or_when_nothing_else_is_left) {
    for (const bool complete : {false, true}) {
        ScriptedPeer peer;
        peer.introduce();
        Candidate relayed = *parse_candidate("candidate:9 1 udp 16777215 198.51.100.2 6000 typ relay raddr 0.0.0.0 rport 9");
        peer.agent.add_remote_candidate(peer.now, relayed);
        if (complete) peer.agent.end_of_remote_candidates(peer.now);
        peer.input(peer_a, peer.answer(peer.sent()[0]));
        std::optional<Duration> nominated_at;
        for (const auto& [at, transmit] : peer.wait(2s))
            if (!nominated_at && ScriptedPeer::view(transmit).has(Attribute::use_candidate)) nominated_at = at;
        EXPECT_EQ(nominated_at, complete ? 0ms : 1000ms);
    }
}

TEST(IceNomination, a_better_way_that_works_in_time_is_preferred) {
    ScriptedPeer peer;
    peer.introduce();
    Candidate reflexive = *parse_candidate("candidate:9 1 udp 1694498815 198.51.100.2 6000 typ srflx raddr 0.0.0.0 rport 9");
    peer.agent.add_remote_candidate(peer.now, reflexive);
    peer.input(peer_a, peer.answer(peer.sent()[0]));
    peer.now += 100ms;
    peer.candidate(peer_b);
    peer.answer_all();
    peer.wait(1s);
    EXPECT_EQ(peer.paths.back().remote.endpoint.to_string(), peer_b);
    EXPECT_TRUE(peer.paths.back().nominated);
}

TEST(IceNomination, a_nomination_that_is_lost_for_good_goes_to_the_next_pair) {
    ScriptedPeer peer;
    peer.introduce();
    peer.candidate(peer_a, 2130706431);
    peer.agent.end_of_remote_candidates(peer.now);
    peer.input(peer_a, peer.answer(peer.sent()[0]));
    peer.candidate(peer_b, 2130706175);
    std::vector<Transmit> nominations;
    // a has gone; b answers.
    for (int i = 0; i < 600; ++i)
        for (const auto& [at, transmit] : peer.wait(50ms)) {
            if (transmit.remote.to_string() != peer_b || !ScriptedPeer::is_check(transmit)) continue;
            peer.input(peer_b, peer.answer(transmit));
        }
    peer.sent();
    EXPECT_EQ(peer.agent.state(), State::completed);
    EXPECT_EQ(peer.paths.back().remote.endpoint.to_string(), peer_b);
}

TEST(IceNomination, of_an_aggressive_peers_nominations_the_highest_counts) {
    // RFC 5245 section 8.1.1.2: every check carries USE-CANDIDATE.
    for (const bool best_first : {true, false}) {
        ScriptedPeer peer(controlled());
        peer.introduce();
        peer.candidate(peer_a, 2130706431);
        peer.candidate(peer_b, 2130706175);
        for (const auto& from : best_first ? std::vector{peer_a, peer_b} : std::vector{peer_b, peer_a}) {
            peer.input(from, peer.request({.use_candidate = true}));
            peer.answer_all();
            EXPECT_EQ(peer.agent.state(), State::completed);
        }
        EXPECT_EQ(peer.paths.back().remote.endpoint.to_string(), peer_a) << best_first;
    }
}

TEST(IceNomination, a_peer_that_nominates_something_worse_later_is_followed) {
    // Chromium does so when a network goes away.
    ScriptedPeer peer(controlled());
    peer.introduce();
    peer.candidate(peer_a, 2130706431);
    peer.candidate(peer_b, 2130706175);
    for (const auto& from : {peer_a, peer_b}) {
        peer.input(from, peer.request({.use_candidate = true}));
        peer.answer_all();
    }
    for (int i = 0; i < 8; ++i) {
        peer.wait(1s);
        peer.answer_all();
        peer.input(peer_b, peer.request({.use_candidate = true}));
        peer.answer_all();
        EXPECT_EQ(peer.paths.back().remote.endpoint.to_string(), i < 4 ? peer_a : peer_b) << i;
    }
}

TEST(IceNomination, a_nomination_by_the_controlled_side_is_none) {
    ScriptedPeer peer;
    peer.introduce();
    peer.candidate(peer_a, 2130706431);
    peer.agent.end_of_remote_candidates(peer.now);
    peer.input(peer_a, peer.answer(peer.sent()[0]));
    peer.input(peer_a, peer.request({.controlling = false, .use_candidate = true}));
    EXPECT_EQ(peer.agent.state(), State::connected);
}

// --- data

TEST(IceNomination, data_is_taken_from_ways_that_the_peer_has_shown_and_from_no_other) {
    ScriptedPeer peer(controlled());
    peer.introduce();
    peer.candidate(peer_a);
    EXPECT_FALSE(peer.input(peer_a, bytes_of("too early")));
    peer.input(peer_a, peer.request({}));
    // The peer may send as soon as it has our answer, and we cannot know that it has not.
    const auto data = peer.input(peer_a, bytes_of("data"));
    ASSERT_TRUE(data);
    EXPECT_EQ(text_of(*data), "data");
    EXPECT_FALSE(peer.input(peer_b, bytes_of("data")));
    EXPECT_TRUE(peer.agent.accepts_data(peer.local, *Endpoint::parse(peer_a)));
    EXPECT_FALSE(peer.agent.accepts_data(peer.local, *Endpoint::parse(peer_b)));
    EXPECT_FALSE(peer.agent.accepts_data(*Endpoint::parse(peer_a), peer.local));
    EXPECT_FALSE(peer.agent.send(peer.now, bytes_of("not yet")));
    peer.answer_all();
    EXPECT_TRUE(peer.agent.send(peer.now, bytes_of("data")));
}

}  // namespace
}  // namespace volley::proto::ice
