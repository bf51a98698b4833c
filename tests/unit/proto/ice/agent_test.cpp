// Two full agents on a friendly network: roles, trickle, restart.
#include "proto/ice/agent.hpp"

#include <gtest/gtest.h>

#include "unit/proto/ice/two.hpp"

namespace volley::proto::ice {
namespace {

using namespace std::chrono_literals;
using test::Two;

TEST(IceAgent, two_hosts_connect_within_three_ways) {
    Two two(1, {0, 10ms, 0ms, 0});
    two.make_hosts();
    two.a->gather();
    two.b->gather();
    ASSERT_EQ(two.a->candidates().size(), 1U);
    EXPECT_EQ(to_line(two.a->candidates()[0]),
              "candidate:1 1 udp 2130706431 198.51.100.1 5000 typ host ufrag " + two.a->agent().local_credentials().ufrag);
    EXPECT_TRUE(two.a->gathered());
    signal(two.net, *two.a, *two.b, 0ms);
    signal(two.net, *two.b, *two.a, 0ms);
    const TimePoint start = two.net.now();
    // The first check leaves at once: there and back. The nomination is another way there, and back.
    EXPECT_TRUE(two.net.run_until([&] { return two.a->agent().can_send() && two.b->agent().can_send(); }, 1s));
    EXPECT_EQ(two.net.now() - start, 20ms);
    ASSERT_TRUE(two.complete(1s)) << describe(*two.a) << describe(*two.b);
    EXPECT_EQ(two.net.now() - start, 40ms);
    EXPECT_TRUE(two.talk());
    EXPECT_EQ(two.a->states(), (std::vector{State::checking, State::connected, State::completed}));
    EXPECT_EQ(two.b->states(), (std::vector{State::checking, State::connected, State::completed}));
    EXPECT_EQ(two.a->paths().back().remote.type, CandidateType::host);
}

TEST(IceAgent, any_order_of_the_signalling_connects) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Two two(seed, {0.05, 15ms, 15ms, 0.05});
        two.make_hosts();
        two.a->gather();
        two.b->gather();
        // Each message of the signalling takes its own time; early checks and early candidates follow from that.
        const auto some_time = [&] { return std::chrono::milliseconds(two.net.random().next() % 300); };
        for (auto [from, to] : {std::pair{two.a.get(), two.b.get()}, std::pair{two.b.get(), two.a.get()}}) {
            two.net.after(some_time(), [&two, from = from, to = to] {
                to->agent().set_remote_credentials(two.net.now(), from->agent().local_credentials());
                to->flush(two.net.now());
            });
            two.net.after(some_time(), [&two, from = from, to = to] {
                to->agent().add_remote_candidate(two.net.now(), from->candidates()[0]);
                to->flush(two.net.now());
            });
            two.net.after(some_time(), [&two, to = to] {
                to->agent().end_of_remote_candidates(two.net.now());
                to->flush(two.net.now());
            });
        }
        ASSERT_TRUE(two.complete()) << seed << ' ' << describe(*two.a) << describe(*two.b);
        ASSERT_TRUE(two.talk()) << seed;
    }
}

TEST(IceAgent, a_role_conflict_ends_with_one_controlling_side) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        for (const Role role : {Role::controlling, Role::controlled}) {
            Two two(seed, {seed % 2 == 0 ? 0.0 : 0.1, 10ms, 10ms, 0.05});
            two.config_a.role = role;
            two.config_b.role = role;
            two.make_hosts();
            two.start();
            ASSERT_TRUE(two.complete()) << seed << ' ' << describe(*two.a) << describe(*two.b);
            ASSERT_NE(two.a->agent().role(), two.b->agent().role()) << seed;
            ASSERT_EQ(two.a->role_changes() + two.b->role_changes(), 1) << seed;
            ASSERT_TRUE(two.talk()) << seed;
        }
    }
}

TEST(IceAgent, a_peer_that_names_no_address_of_its_own_is_found_by_its_checks) {
    // A browser hides its addresses behind names that nobody else can resolve.
    Two two(3);
    two.make_hosts();
    two.a->gather();
    two.b->gather();
    two.b->agent().set_remote_credentials(two.net.now(), two.a->agent().local_credentials());
    two.a->agent().set_remote_credentials(two.net.now(), two.b->agent().local_credentials());
    EXPECT_EQ(two.a->agent().add_remote_candidate(
                  two.net.now(),
                  *parse_candidate("candidate:1 1 udp 2122260223 2c3e7f0a-7d3b-4d53-9d3e-0123456789ab.local 50000 typ host")),
              Added::name);
    two.a->agent().end_of_remote_candidates(two.net.now());
    two.b->agent().add_remote_candidate(two.net.now(), two.a->candidates()[0]);
    ASSERT_TRUE(two.complete());
    EXPECT_EQ(two.a->paths().back().remote.type, CandidateType::peer_reflexive);
    EXPECT_TRUE(two.talk());
}

TEST(IceAgent, ipv6_hosts_connect_and_families_are_not_mixed) {
    Two two(4);
    two.make();
    two.a->add_host("[2001:db8::1]:5000");
    two.a->add_host("198.51.100.1:5000");
    two.b->add_host("[2001:db8::2]:6000");
    two.start();
    ASSERT_TRUE(two.complete());
    EXPECT_TRUE(two.a->paths().back().remote.endpoint.address.is_v6());
    EXPECT_EQ(two.a->agent().pairs().size(), 1U);
    EXPECT_TRUE(two.talk());
}

TEST(IceAgent, of_several_ways_one_is_agreed_on_and_the_others_are_left_alone) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        Two two(seed, {0, 10ms, 5ms, 0});
        two.make();
        for (const char* host : {"198.51.100.1:5000", "198.51.100.11:5000", "[2001:db8::1]:5000"}) two.a->add_host(host);
        for (const char* host : {"198.51.100.2:6000", "[2001:db8::2]:6000", "198.51.100.22:6000"}) two.b->add_host(host);
        two.start();
        ASSERT_TRUE(two.complete()) << seed;
        ASSERT_TRUE(two.talk()) << seed;
        // Nothing is checked any longer but consent.
        const std::size_t before = two.net.datagrams();
        two.net.run_for(60s);
        EXPECT_LE(two.net.datagrams() - before, 2 * 2 * 16U) << seed;
    }
}

TEST(IceAgent, one_dead_address_does_not_hold_up_the_others) {
    Two two(6);
    two.make();
    two.a->add_host("198.51.100.9:5000");  // the filter loses all of it
    two.a->add_host("198.51.100.1:5000");
    two.b->add_host("198.51.100.2:6000");
    two.net.set_filter([](const Endpoint& from, const Endpoint& to, BytesView) {
        const auto dead = *IpAddress::parse("198.51.100.9");
        return from.address != dead && to.address != dead;
    });
    two.start();
    const TimePoint start = two.net.now();
    ASSERT_TRUE(two.complete());
    EXPECT_LT(two.net.now() - start, 400ms);
    EXPECT_EQ(two.a->paths().back().local.endpoint.to_string(), "198.51.100.1:5000");
}

TEST(IceAgent, nobody_answers_and_the_agent_fails_after_its_patience) {
    Two two(7);
    two.make_hosts();
    two.net.set_filter([](const Endpoint&, const Endpoint&, BytesView) { return false; });
    const TimePoint start = two.net.now();
    two.start();
    ASSERT_TRUE(two.net.run_until([&] { return two.both(State::failed); }, 120s));
    EXPECT_EQ(two.net.now() - start, 39'500ms + test::signalling_delay);
    EXPECT_FALSE(two.a->agent().can_send());
    EXPECT_FALSE(two.a->send("x"));
    // Nothing more is sent, and no time is waited for.
    const std::size_t before = two.net.datagrams();
    two.net.run_for(600s);
    EXPECT_EQ(two.net.datagrams(), before);
    EXPECT_EQ(two.a->agent().next_timeout(), std::nullopt);
}

TEST(IceAgent, an_agent_without_candidates_of_the_peer_waits_for_its_checks_and_fails_then) {
    Two two(8);
    two.make_hosts();
    two.a->gather();
    two.a->agent().set_remote_credentials(two.net.now(), two.b->agent().local_credentials());
    two.a->agent().end_of_remote_candidates(two.net.now());
    EXPECT_TRUE(two.net.run_until([&] { return two.a->agent().state() == State::failed; }, 60s));
}

TEST(IceAgent, a_peer_that_is_late_connects_after_the_checks_had_failed) {
    Two two(9);
    two.make_hosts();
    bool open = false;
    two.net.set_filter([&](const Endpoint& from, const Endpoint&, BytesView) { return open && from.port == 6000; });
    two.start();
    ASSERT_TRUE(two.net.run_until([&] { return two.a->agent().state() == State::failed; }, 60s));
    two.net.set_filter(nullptr);
    two.b->agent().restart(two.net.now());
    two.b->agent().set_remote_credentials(two.net.now(), two.a->agent().local_credentials());
    two.b->agent().add_remote_candidate(two.net.now(), two.a->candidates()[0]);
    two.b->flush(two.net.now());
    // The peer has new credentials that we were not told of, so its checks are answered, and ours not.
    two.net.run_for(1s);
    EXPECT_TRUE(two.b->agent().can_send());
    EXPECT_FALSE(two.a->agent().can_send());
    two.a->agent().set_remote_credentials(two.net.now(), two.b->agent().local_credentials());
    two.a->flush(two.net.now());
    EXPECT_TRUE(two.complete());
    EXPECT_TRUE(two.talk());
}

TEST(IceAgent, a_restart_finds_a_new_way_while_data_keeps_the_old_one) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        Two two(seed, {0.05, 10ms, 10ms, 0.02});
        two.make_hosts();
        two.start();
        ASSERT_TRUE(two.complete()) << seed;
        const Credentials before = two.a->agent().local_credentials();
        two.a->agent().restart(two.net.now());
        EXPECT_NE(two.a->agent().local_credentials(), before);
        EXPECT_TRUE(two.a->agent().can_send());
        two.net.run_for(45s);  // the exchange of descriptions takes its time; consent is renewed under the old credentials
        EXPECT_TRUE(two.a->agent().can_send());
        EXPECT_TRUE(two.b->agent().can_send());
        ASSERT_TRUE(two.talk()) << seed << describe(*two.a) << describe(*two.b);
        two.b->agent().restart(two.net.now());
        two.a->flush(two.net.now());
        two.b->flush(two.net.now());
        ASSERT_TRUE(two.talk()) << seed;
        signal(two.net, *two.a, *two.b, 200ms);
        signal(two.net, *two.b, *two.a, 20ms);
        ASSERT_TRUE(two.complete()) << seed << ' ' << describe(*two.a) << describe(*two.b);
        ASSERT_TRUE(two.talk()) << seed;
        two.net.run_for(120s);
        ASSERT_TRUE(two.both(State::completed)) << seed;
    }
}

TEST(IceAgent, the_old_way_may_end_while_the_new_one_is_awaited) {
    // The time-out for "out of reach" stayed due for ever, since a restarted agent has another state to show.
    Two two(12);
    two.make_hosts();
    two.start();
    ASSERT_TRUE(two.complete());
    two.a->agent().restart(two.net.now());
    two.net.set_filter([](const Endpoint&, const Endpoint&, BytesView) { return false; });
    two.net.run_for(29s);
    EXPECT_TRUE(two.a->agent().can_send());
    two.net.run_for(2s);
    EXPECT_FALSE(two.a->agent().can_send());
    EXPECT_EQ(two.a->agent().state(), State::fresh);
    EXPECT_EQ(two.net.fault(), "");
}

TEST(IceAgent, candidates_of_an_older_generation_are_passed_over) {
    Two two(11);
    two.make_hosts();
    two.a->gather();
    two.b->gather();
    Candidate old = two.b->candidates()[0];
    old.ufrag = "older";
    two.a->agent().set_remote_credentials(two.net.now(), two.b->agent().local_credentials());
    EXPECT_EQ(two.a->agent().add_remote_candidate(two.net.now(), old), Added::other_generation);
    EXPECT_EQ(two.a->agent().add_remote_candidate(two.net.now(), two.b->candidates()[0]), Added::added);
    EXPECT_EQ(two.a->agent().add_remote_candidate(two.net.now(), two.b->candidates()[0]), Added::known);
}

TEST(IceAgent, credentials_have_their_lengths) {
    Two two(12);
    two.make_hosts();
    const std::string password(22, 'p');
    auto& agent = two.a->agent();
    EXPECT_FALSE(agent.set_remote_credentials(two.net.now(), {"abc", password}));
    EXPECT_FALSE(agent.set_remote_credentials(two.net.now(), {"abcd", std::string(21, 'p')}));
    EXPECT_FALSE(agent.set_remote_credentials(two.net.now(), {std::string(257, 'u'), password}));
    EXPECT_FALSE(agent.set_remote_credentials(two.net.now(), {"abcd", std::string(257, 'p')}));
    EXPECT_EQ(agent.state(), State::fresh);
    EXPECT_TRUE(agent.set_remote_credentials(two.net.now(), {"abcd", password}));
    EXPECT_EQ(agent.state(), State::checking);
    EXPECT_GE(agent.local_credentials().ufrag.size(), 4U);
    EXPECT_GE(agent.local_credentials().password.size(), 22U);
}

TEST(IceAgent, a_closed_agent_is_silent) {
    Two two(13);
    two.make_hosts();
    two.start();
    ASSERT_TRUE(two.complete());
    two.a->agent().close(two.net.now());
    two.a->flush(two.net.now());
    EXPECT_EQ(two.a->agent().state(), State::closed);
    EXPECT_FALSE(two.a->send("x"));
    EXPECT_EQ(two.a->agent().next_timeout(), std::nullopt);
    // The other side notices within the time of consent.
    const TimePoint start = two.net.now();
    EXPECT_TRUE(two.net.run_until([&] { return two.b->agent().state() == State::failed; }, 60s));
    EXPECT_LE(two.net.now() - start, 30s);
}

TEST(IceAgent, the_users_fragment_begins_as_asked) {
    Two two(14);
    two.config_a.ufrag_prefix = "s3";
    two.make_hosts();
    two.start();
    EXPECT_TRUE(two.a->agent().local_credentials().ufrag.starts_with("s3"));
    EXPECT_TRUE(two.complete());
}

}  // namespace
}  // namespace volley::proto::ice
