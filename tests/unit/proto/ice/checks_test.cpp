// What one agent says, to the byte and to the millisecond, to a peer that does as the test wants.
#include <algorithm>

#include <gtest/gtest.h>

#include "unit/proto/ice/scripted_peer.hpp"

namespace volley::proto::ice {
namespace {

using namespace std::chrono_literals;
using stun::Attribute;
using stun::Integrity;
using stun::MessageBuilder;
using stun::MessageClass;
using stun::MessageView;
using stun::Method;
using test::peer_a;
using test::peer_b;
using test::ScriptedPeer;

AgentConfig controlled() {
    AgentConfig config;
    config.role = Role::controlled;
    return config;
}

TEST(IceChecks, a_check_says_what_the_rfc_asks_for) {
    ScriptedPeer peer;
    peer.introduce();
    ASSERT_EQ(peer.candidate(peer_a), Added::added);
    const auto sent = peer.sent();
    ASSERT_EQ(sent.size(), 1U);  // at once
    EXPECT_EQ(sent[0].local, peer.local);
    EXPECT_EQ(sent[0].remote.to_string(), peer_a);
    const auto check = ScriptedPeer::view(sent[0]);
    EXPECT_EQ(check.message_class(), MessageClass::request);
    EXPECT_EQ(check.method(), Method::binding);
    EXPECT_EQ(check.text(Attribute::username), "peer:" + peer.agent.local_credentials().ufrag);
    EXPECT_EQ(check.u32(Attribute::priority), candidate_priority(CandidateType::peer_reflexive, 65535));
    EXPECT_EQ(candidate_priority(CandidateType::peer_reflexive, 65535), 110U << 24 | 65535U << 8 | 255U);
    EXPECT_TRUE(check.u64(Attribute::ice_controlling));
    EXPECT_FALSE(check.has(Attribute::ice_controlled));
    EXPECT_FALSE(check.has(Attribute::use_candidate));
    EXPECT_EQ(stun::check_integrity(check, bytes_of(peer.credentials.password)), Integrity::right);
    EXPECT_TRUE(stun::has_right_fingerprint(check));
}

TEST(IceChecks, a_check_is_answered_with_the_address_that_it_came_from) {
    ScriptedPeer peer;
    const Bytes request = peer.request({.controlling = false});
    peer.input(peer_a, request);
    const auto sent = peer.sent();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].remote.to_string(), peer_a);
    const auto answer = ScriptedPeer::view(sent[0]);
    EXPECT_EQ(answer.message_class(), MessageClass::success);
    EXPECT_EQ(answer.transaction_id(), MessageView::parse(request)->transaction_id());
    EXPECT_EQ(answer.address(Attribute::xor_mapped_address)->to_string(), peer_a);
    EXPECT_EQ(stun::check_integrity(answer, bytes_of(peer.agent.local_credentials().password)), Integrity::right);
    EXPECT_TRUE(stun::has_right_fingerprint(answer));
}

TEST(IceChecks, a_lost_check_is_sent_again_the_same_nine_times_in_all) {
    ScriptedPeer peer;
    peer.introduce();
    peer.candidate(peer_a);
    const auto sent = peer.wait(30s);
    std::vector<int> times;
    for (const auto& [at, transmit] : sent) {
        times.push_back(static_cast<int>(at / 1ms));
        EXPECT_EQ(transmit.bytes, sent[0].second.bytes);
    }
    EXPECT_EQ(times, (std::vector<int>{0, 250, 750, 1750, 3750, 6750, 9750, 12750, 15750}));
    EXPECT_EQ(peer.agent.pairs()[0].state, PairState::failed);
    EXPECT_EQ(peer.agent.state(), State::checking);  // patience: a check of the peer may still come
    peer.wait(10s);
    EXPECT_EQ(peer.agent.state(), State::failed);
}

TEST(IceChecks, the_first_leaves_at_once_and_the_others_by_priority_every_50_ms) {
    ScriptedPeer peer;
    for (int i = 0; i < 20; ++i)
        peer.candidate("198.51.100.9:" + std::to_string(1000 + i), static_cast<std::uint32_t>(1000 + (i * 7) % 20));
    EXPECT_TRUE(peer.sent().empty());
    peer.introduce();
    std::vector<std::pair<int, int>> firsts;  // when, and to which priority
    std::vector<Endpoint> seen;
    for (const auto& [at, transmit] : peer.wait(2s)) {
        if (std::find(seen.begin(), seen.end(), transmit.remote) != seen.end()) continue;
        seen.push_back(transmit.remote);
        firsts.emplace_back(static_cast<int>(at / 1ms), ((transmit.remote.port - 1000) * 7) % 20);
    }
    ASSERT_EQ(firsts.size(), 20U);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(firsts[static_cast<std::size_t>(i)], std::pair(50 * i, 19 - i));
}

// --- early checks

TEST(IceChecks, what_comes_before_the_peers_description_is_answered_and_followed_as_soon_as_that_is_there) {
    ScriptedPeer peer(controlled());
    peer.input(peer_a, peer.request({.use_candidate = true}));
    EXPECT_EQ(peer.sent().size(), 1U);
    EXPECT_EQ(peer.agent.state(), State::fresh);
    EXPECT_FALSE(peer.agent.next_timeout());
    peer.now += 10s;
    peer.introduce();
    const auto sent = peer.sent();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_TRUE(ScriptedPeer::view(sent[0]).has(Attribute::ice_controlled));
    peer.input(peer_a, peer.answer(sent[0]));
    peer.sent();
    // The nomination that came so early holds.
    EXPECT_EQ(peer.states, (std::vector{State::checking, State::completed}));
    EXPECT_EQ(peer.paths.back().remote.type, CandidateType::peer_reflexive);
    EXPECT_EQ(peer.paths.back().remote.priority, 1853824767U);
}

TEST(IceChecks, a_candidate_that_was_heard_first_becomes_what_the_signalling_says) {
    ScriptedPeer peer(controlled());
    peer.input(peer_a, peer.request({}));
    EXPECT_EQ(peer.candidate(peer_a, 2130706431), Added::added);
    EXPECT_EQ(peer.candidate(peer_a, 2130706431), Added::known);
    EXPECT_EQ(peer.agent.remote_candidates(), 1U);
    peer.introduce();
    peer.answer_all();
    EXPECT_EQ(peer.paths.back().remote.type, CandidateType::host);
    EXPECT_EQ(peer.agent.pairs().size(), 1U);
}

TEST(IceChecks, a_candidate_that_came_ahead_of_its_description_must_belong_to_it) {
    ScriptedPeer peer;
    for (const char* line : {"candidate:1 1 udp 2130706431 198.51.100.2 6000 typ host ufrag peer",
                             "candidate:1 1 udp 2130706430 198.51.100.3 7000 typ host ufrag older"})
        EXPECT_EQ(peer.agent.add_remote_candidate(peer.now, *parse_candidate(line)), Added::added);
    peer.introduce();
    for (const auto& [at, transmit] : peer.wait(20s)) EXPECT_EQ(transmit.remote.to_string(), peer_a);
    EXPECT_EQ(peer.candidate(peer_b), Added::added);
    EXPECT_EQ(peer.sent().size(), 1U);
}

TEST(IceChecks, a_check_names_the_agent_that_it_is_for) {
    ScriptedPeer peer;
    const Bytes request = peer.request({});
    EXPECT_EQ(ufrag_of_check(*MessageView::parse(request)), peer.agent.local_credentials().ufrag);
    const auto of = [](MessageClass message_class, Method method, std::string_view username) -> std::optional<std::string> {
        MessageBuilder out(message_class, method, {});
        if (!username.empty()) out.text(Attribute::username, username);
        const Bytes bytes = out.finish();
        const auto ufrag = ufrag_of_check(*MessageView::parse(bytes));
        return ufrag ? std::optional(std::string(*ufrag)) : std::nullopt;
    };
    EXPECT_EQ(of(MessageClass::request, Method::binding, "abcd:efgh:i"), "abcd");
    EXPECT_EQ(of(MessageClass::request, Method::binding, "abcd"), "abcd");
    EXPECT_EQ(of(MessageClass::request, Method::binding, ""), std::nullopt);
    EXPECT_EQ(of(MessageClass::success, Method::binding, "abcd:efgh"), std::nullopt);
    EXPECT_EQ(of(MessageClass::request, Method::allocate, "abcd:efgh"), std::nullopt);
}

TEST(IceChecks, what_is_no_udp_address_is_passed_over) {
    ScriptedPeer peer;
    const auto add = [&](const char* line) { return peer.agent.add_remote_candidate(peer.now, *parse_candidate(line)); };
    EXPECT_EQ(add("candidate:1 1 tcp 1 198.51.100.2 9 typ host tcptype active"), Added::tcp);
    EXPECT_EQ(add("candidate:1 1 ssltcp 1 198.51.100.2 443 typ host"), Added::tcp);
    EXPECT_EQ(add("candidate:1 2 udp 1 198.51.100.2 6001 typ host"), Added::other_component);
    EXPECT_EQ(add("candidate:1 1 udp 1 2b0e6d8e.local 6001 typ host"), Added::name);
    EXPECT_EQ(add("candidate:1 1 udp 1 0.0.0.0 6001 typ host"), Added::bad_address);
    EXPECT_EQ(add("candidate:1 1 udp 1 198.51.100.2 0 typ host"), Added::bad_address);
    EXPECT_EQ(add("candidate:1 1 udp 1 239.1.1.1 6001 typ host"), Added::bad_address);
    EXPECT_EQ(add("candidate:1 1 udp 1 ff02::1 6001 typ host"), Added::bad_address);
    EXPECT_EQ(add("candidate:1 1 udp 1 255.255.255.255 6001 typ host"), Added::bad_address);
    // Of another family, or only on the peer's own machine: no pair of it can work.
    EXPECT_EQ(add("candidate:1 1 udp 1 2001:db8::2 6001 typ host"), Added::added);
    EXPECT_EQ(add("candidate:1 1 udp 1 127.0.0.1 6001 typ host"), Added::added);
    EXPECT_TRUE(peer.agent.pairs().empty());
}

// --- what is refused

TEST(IceChecks, strangers_are_told_nothing_but_no) {
    ScriptedPeer peer;
    peer.introduce();
    const std::string right_user = peer.agent.local_credentials().ufrag + ":peer";
    const auto code_of = [&](const Bytes& request) {
        peer.input(peer_a, request);
        const auto sent = peer.sent();
        if (sent.empty()) return 0;
        EXPECT_LE(sent[0].bytes.size(), request.size() + 40);  // nothing to amplify with
        EXPECT_FALSE(ScriptedPeer::view(sent[0]).has(Attribute::message_integrity));
        return ScriptedPeer::view(sent[0]).error()->code;
    };
    EXPECT_EQ(code_of(peer.start().fingerprint().finish()), 400);
    EXPECT_EQ(code_of(peer.start().text(Attribute::username, right_user).fingerprint().finish()), 400);
    EXPECT_EQ(code_of(peer.start().text(Attribute::username, right_user).integrity(bytes_of("wrong")).fingerprint().finish()),
              401);
    const std::string& password = peer.agent.local_credentials().password;
    EXPECT_EQ(code_of(peer.start().text(Attribute::username, "other:peer").integrity(bytes_of(password)).fingerprint().finish()),
              401);
    EXPECT_EQ(code_of(peer.start().text(Attribute::username, "").integrity(bytes_of(password)).fingerprint().finish()), 401);
    // Without a fingerprint it may be no STUN at all, and the answer would go to whoever's address stands in the packet.
    EXPECT_EQ(code_of(peer.start().finish()), 0);
    EXPECT_EQ(code_of(peer.start().text(Attribute::username, right_user).integrity(bytes_of("wrong")).finish()), 0);
    Bytes forged = peer.request({});
    forged.back() ^= 1;
    EXPECT_EQ(code_of(forged), 0);
    EXPECT_EQ(peer.agent.remote_candidates(), 0U);
    EXPECT_FALSE(peer.input(peer_a, bytes_of("data")));
}

TEST(IceChecks, an_unknown_attribute_that_must_be_known_is_named) {
    ScriptedPeer peer;
    peer.introduce();
    peer.input(peer_a, peer.start()
                           .text(Attribute::username, peer.agent.local_credentials().ufrag + ":peer")
                           .u32(static_cast<Attribute>(0x0033), 1)
                           .integrity(bytes_of(peer.agent.local_credentials().password))
                           .fingerprint()
                           .finish());
    const auto sent = peer.sent();
    ASSERT_EQ(sent.size(), 1U);
    const auto answer = ScriptedPeer::view(sent[0]);
    EXPECT_EQ(answer.error()->code, 420);
    EXPECT_EQ(Bytes(answer.find(Attribute::unknown_attributes)->begin(), answer.find(Attribute::unknown_attributes)->end()),
              (Bytes{0, 0x33}));
    EXPECT_EQ(stun::check_integrity(answer, bytes_of(peer.agent.local_credentials().password)), Integrity::right);
    EXPECT_EQ(peer.agent.remote_candidates(), 0U);
}

TEST(IceChecks, the_newer_integrity_is_as_good) {
    ScriptedPeer peer;
    peer.input(peer_a, peer.start()
                           .text(Attribute::username, peer.agent.local_credentials().ufrag + ":peer")
                           .u32(Attribute::priority, 1)
                           .integrity_sha256(bytes_of(peer.agent.local_credentials().password))
                           .fingerprint()
                           .finish());
    const auto sent = peer.sent();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(ScriptedPeer::view(sent[0]).message_class(), MessageClass::success);
}

// --- answers

TEST(IceChecks, an_answer_that_is_not_the_peers_changes_nothing) {
    ScriptedPeer peer;
    peer.introduce();
    peer.candidate(peer_a);
    const auto sent = peer.sent();
    const auto id = ScriptedPeer::view(sent[0]).transaction_id();
    const auto forged = [&](std::string_view password) {
        MessageBuilder out(MessageClass::success, Method::binding, id);
        out.address(Attribute::xor_mapped_address, peer.local);
        if (!password.empty()) out.integrity(bytes_of(password));
        return out.fingerprint().finish();
    };
    peer.input(peer_a, forged(""));
    peer.input(peer_a, forged("wrong"));
    peer.input(peer_a, peer.error(sent[0], 401, false));
    peer.input(peer_a, peer.error(sent[0], 400, false));
    peer.input(peer_a, peer.error(sent[0], 487, false));
    EXPECT_EQ(peer.agent.role(), Role::controlling);
    EXPECT_EQ(peer.agent.pairs()[0].state, PairState::in_progress);
    peer.input(peer_a, peer.answer(sent[0]));
    EXPECT_EQ(peer.agent.pairs()[0].state, PairState::succeeded);
}

TEST(IceChecks, an_answer_from_elsewhere_fails_the_pair) {
    ScriptedPeer peer;
    peer.introduce();
    peer.candidate(peer_a);
    peer.input(peer_b, peer.answer(peer.sent()[0]));
    EXPECT_EQ(peer.agent.pairs()[0].state, PairState::failed);
}

TEST(IceChecks, a_refusal_of_the_peer_fails_the_pair_and_a_busy_peer_is_asked_again) {
    ScriptedPeer peer;
    peer.introduce();
    peer.candidate(peer_a);
    const auto check = peer.sent()[0];
    peer.input(peer_a, peer.error(check, 500));
    EXPECT_EQ(peer.agent.pairs()[0].state, PairState::in_progress);
    EXPECT_EQ(peer.wait(250ms).size(), 1U);
    peer.input(peer_a, peer.error(check, 403));
    EXPECT_EQ(peer.agent.pairs()[0].state, PairState::failed);
    EXPECT_TRUE(peer.wait(5s).empty());
}

TEST(IceChecks, an_address_that_the_peer_saw_first_is_a_candidate_of_ours) {
    ScriptedPeer peer;
    peer.introduce();
    peer.candidate(peer_a);
    peer.input(peer_a, peer.answer(peer.sent()[0], Endpoint::parse("203.0.113.5:4444")));
    peer.wait(300ms);  // it waits for something better than a reflexive way
    peer.sent();
    ASSERT_FALSE(peer.paths.empty());
    EXPECT_EQ(peer.paths.back().local.endpoint.to_string(), "203.0.113.5:4444");
    EXPECT_EQ(peer.paths.back().local.type, CandidateType::peer_reflexive);
    EXPECT_EQ(peer.paths.back().local.priority, candidate_priority(CandidateType::peer_reflexive, 65535));
    EXPECT_EQ(peer.paths.back().local.related, peer.local);
}

TEST(IceChecks, a_check_of_the_peer_takes_over_from_one_of_ours_and_the_old_answer_is_still_good) {
    ScriptedPeer peer;
    peer.introduce();
    peer.candidate(peer_a);
    const auto first = peer.sent();
    peer.now += 100ms;
    peer.input(peer_a, peer.request({.controlling = false}));
    const auto sent = peer.sent();
    ASSERT_EQ(sent.size(), 2U);  // the answer, and a triggered check
    EXPECT_TRUE(ScriptedPeer::is_check(sent[1]));
    EXPECT_NE(sent[1].bytes, first[0].bytes);
    for (const auto& [at, transmit] : peer.wait(1s)) EXPECT_EQ(transmit.bytes, sent[1].bytes);  // only the new one is repeated
    peer.input(peer_a, peer.answer(first[0]));
    EXPECT_EQ(peer.agent.pairs()[0].state, PairState::succeeded);
}

TEST(IceChecks, a_peer_that_checks_often_over_a_long_way_is_reached) {
    // Each of its checks brought one of ours with a new transaction, and the answer to the first came when that was forgotten. Chromium
    // checks every 48 ms while it connects.
    for (const Duration round_trip : {200ms, 600ms, 1500ms}) {
        ScriptedPeer peer(controlled());
        peer.introduce();
        peer.candidate(peer_a);
        std::vector<std::pair<TimePoint, Transmit>> checks;
        std::size_t count = 0;
        for (int i = 0; i < 100 && peer.agent.state() != State::connected; ++i) {
            peer.input(peer_a, peer.request({}));
            for (auto& [at, transmit] : peer.wait(48ms))
                if (ScriptedPeer::is_check(transmit)) checks.emplace_back(peer.now + round_trip, transmit);
            for (; count < checks.size() && checks[count].first <= peer.now; ++count)
                peer.input(peer_a, peer.answer(checks[count].second));
        }
        EXPECT_EQ(peer.agent.state(), State::connected);
        EXPECT_LE(checks.size(), 15U);
    }
}

TEST(IceChecks, a_nomination_of_a_pair_that_was_just_checked_costs_no_further_check) {
    ScriptedPeer peer(controlled());
    peer.introduce();
    peer.candidate(peer_a);
    EXPECT_EQ(peer.answer_all(), 1);
    peer.input(peer_a, peer.request({.use_candidate = true}));
    EXPECT_EQ(peer.agent.state(), State::completed);
    EXPECT_EQ(peer.sent().size(), 1U);  // the answer
}

// --- roles

TEST(IceChecks, of_two_controlling_sides_the_greater_tie_breaker_stays) {
    for (const bool ours_is_greater : {true, false}) {
        ScriptedPeer peer;
        peer.introduce();
        peer.candidate(peer_a);
        const std::uint64_t ours = *ScriptedPeer::view(peer.sent()[0]).u64(Attribute::ice_controlling);
        // The same value counts as greater: section 7.3.1.1.
        peer.input(peer_a, peer.request({.controlling = true, .tie_breaker = ours_is_greater ? ours : ours + 1}));
        const auto sent = peer.sent();
        const auto answer = ScriptedPeer::view(sent[0]);
        if (ours_is_greater) {
            EXPECT_EQ(answer.error()->code, 487);
            EXPECT_EQ(stun::check_integrity(answer, bytes_of(peer.agent.local_credentials().password)), Integrity::right);
            EXPECT_EQ(peer.agent.role(), Role::controlling);
        } else {
            EXPECT_EQ(answer.message_class(), MessageClass::success);
            EXPECT_EQ(peer.agent.role(), Role::controlled);
            ASSERT_EQ(sent.size(), 2U);
            EXPECT_EQ(ScriptedPeer::view(sent[1]).u64(Attribute::ice_controlled), ours);
        }
    }
}

TEST(IceChecks, of_two_controlled_sides_the_greater_tie_breaker_takes_over) {
    for (const bool ours_is_greater : {true, false}) {
        ScriptedPeer peer(controlled());
        peer.introduce();
        peer.candidate(peer_a);
        const std::uint64_t ours = *ScriptedPeer::view(peer.sent()[0]).u64(Attribute::ice_controlled);
        peer.input(peer_a, peer.request({.controlling = false, .tie_breaker = ours_is_greater ? ours : ours + 1}));
        const auto answer = ScriptedPeer::view(peer.sent()[0]);
        EXPECT_EQ(answer.message_class(), ours_is_greater ? MessageClass::success : MessageClass::error);
        EXPECT_EQ(peer.agent.role(), ours_is_greater ? Role::controlling : Role::controlled);
    }
}

TEST(IceChecks, a_conflict_that_the_peer_finds_changes_our_role_and_the_check_is_made_anew) {
    ScriptedPeer peer;
    peer.introduce();
    peer.candidate(peer_a);
    const auto first = peer.sent();
    const std::uint64_t ours = *ScriptedPeer::view(first[0]).u64(Attribute::ice_controlling);
    peer.input(peer_a, peer.error(first[0], 487));
    EXPECT_EQ(peer.agent.role(), Role::controlled);
    const auto sent = peer.sent();
    ASSERT_EQ(sent.size(), 1U);
    ASSERT_TRUE(ScriptedPeer::view(sent[0]).u64(Attribute::ice_controlled));
    EXPECT_NE(ScriptedPeer::view(sent[0]).u64(Attribute::ice_controlled), ours);  // section 7.2.5.1
    // A second answer to the same conflict does not turn it back.
    peer.input(peer_a, peer.error(first[0], 487));
    EXPECT_EQ(peer.agent.role(), Role::controlled);
}

// --- nomination

TEST(IceChecks, a_lite_peer_is_controlled_and_is_not_waited_for) {
    ScriptedPeer peer(controlled());
    peer.agent.set_remote_lite();
    EXPECT_EQ(peer.agent.role(), Role::controlling);
    peer.introduce();
    peer.candidate(peer_a);
    EXPECT_EQ(peer.answer_all(), 2);  // a check, and one with the nomination
    EXPECT_EQ(peer.states, (std::vector{State::checking, State::connected, State::completed}));
    EXPECT_TRUE(peer.agent.can_send());
}

TEST(IceChecks, a_pair_is_nominated_by_a_second_check) {
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

TEST(IceChecks, a_relayed_way_is_nominated_after_its_time_or_when_nothing_else_is_left) {
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

TEST(IceChecks, a_better_way_that_works_in_time_is_preferred) {
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

TEST(IceChecks, a_nomination_that_is_lost_for_good_goes_to_the_next_pair) {
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

TEST(IceChecks, of_an_aggressive_peers_nominations_the_highest_counts) {
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

TEST(IceChecks, a_peer_that_nominates_something_worse_later_is_followed) {
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

TEST(IceChecks, a_nomination_by_the_controlled_side_is_none) {
    ScriptedPeer peer;
    peer.introduce();
    peer.candidate(peer_a, 2130706431);
    peer.agent.end_of_remote_candidates(peer.now);
    peer.input(peer_a, peer.answer(peer.sent()[0]));
    peer.input(peer_a, peer.request({.controlling = false, .use_candidate = true}));
    EXPECT_EQ(peer.agent.state(), State::connected);
}

// --- data

TEST(IceChecks, data_is_taken_from_ways_that_the_peer_has_shown_and_from_no_other) {
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

// --- consent

// An agent with a chosen way.
ScriptedPeer& with_way(ScriptedPeer& peer) {
    peer.introduce();
    peer.candidate(peer_a);
    peer.agent.end_of_remote_candidates(peer.now);
    peer.answer_all();
    return peer;
}

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

// --- floods

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
