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
using test::controlled;
using test::peer_a;
using test::peer_b;
using test::ScriptedPeer;

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

}  // namespace
}  // namespace volley::proto::ice
