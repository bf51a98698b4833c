// Two agents behind NATs of every kind, on networks that lose, delay, reorder and duplicate.
#include <gtest/gtest.h>

#include "unit/proto/ice/two.hpp"

namespace volley::proto::ice {
namespace {

using namespace std::chrono_literals;
using test::LinkModel;
using test::NatKind;
using test::TurnServer;
using test::Two;

constexpr std::array all_kinds{std::optional<NatKind>(), std::optional(NatKind::full_cone),
                               std::optional(NatKind::address_restricted), std::optional(NatKind::port_restricted),
                               std::optional(NatKind::symmetric)};

// Without a relay two sides meet unless one is symmetric and the other filters by port, or is symmetric as well.
bool can_meet(std::optional<NatKind> a, std::optional<NatKind> b) {
    const auto hard = [](std::optional<NatKind> kind) { return kind == NatKind::symmetric; };
    const auto filters_ports = [&](std::optional<NatKind> kind) { return kind == NatKind::port_restricted || hard(kind); };
    return !(hard(a) && filters_ports(b)) && !(hard(b) && filters_ports(a));
}

std::string name_of(std::optional<NatKind> kind) { return kind ? std::to_string(static_cast<int>(*kind)) : "public"; }

// What is found late is told all the same: it is the checks that are on trial here.
void be_patient(Two& two) {
    two.config_a.gathering.patience = 40s;
    two.config_b.gathering.patience = 40s;
}

class Nats : public testing::TestWithParam<LinkModel> {};

TEST_P(Nats, meet_wherever_it_is_possible) {
    for (const auto kind_a : all_kinds)
        for (const auto kind_b : all_kinds)
            for (std::uint64_t seed = 0; seed < 12; ++seed) {
                Two two(seed, GetParam());
                TurnServer server(two.net, "192.0.2.1");
                two.config_a.gathering.stun_servers = {server.endpoint()};
                two.config_b.gathering.stun_servers = {server.endpoint()};
                be_patient(two);
                two.make_hosts(kind_a, kind_b);
                two.start();
                const std::string what = name_of(kind_a) + " to " + name_of(kind_b) + " seed " + std::to_string(seed) + ' ';
                if (can_meet(kind_a, kind_b)) {
                    ASSERT_TRUE(two.complete(60s)) << what << describe(*two.a) << describe(*two.b);
                    ASSERT_TRUE(two.talk()) << what;
                } else {
                    ASSERT_TRUE(two.net.run_until([&] { return two.both(State::failed); }, 120s)) << what;
                }
                ASSERT_EQ(two.net.fault(), "");
            }
}

TEST_P(Nats, always_meet_at_a_relay) {
    for (const auto kind_a : all_kinds)
        for (const auto kind_b : all_kinds)
            for (std::uint64_t seed = 0; seed < 12; ++seed) {
                Two two(seed, GetParam());
                TurnServer server(two.net, "192.0.2.1");
                TurnServer other(two.net, "192.0.2.2");
                two.config_a.gathering.stun_servers = {server.endpoint()};
                two.config_a.gathering.turn_servers = {{server.endpoint(), Protocol::udp, "user", "secret"}};
                two.config_b.gathering.stun_servers = {other.endpoint()};
                be_patient(two);
                // One relay is enough, and two may be there.
                if (seed % 2 == 0) two.config_b.gathering.turn_servers = {{other.endpoint(), Protocol::udp, "user", "secret"}};
                two.make_hosts(kind_a, kind_b);
                two.start();
                const std::string what = name_of(kind_a) + " to " + name_of(kind_b) + " seed " + std::to_string(seed) + ' ';
                ASSERT_TRUE(two.complete(60s)) << what << describe(*two.a) << describe(*two.b);
                ASSERT_TRUE(two.talk()) << what;
                if (can_meet(kind_a, kind_b) && GetParam().loss == 0) {
                    ASSERT_NE(two.a->paths().back().local.type, CandidateType::relayed) << what << describe(*two.a);
                    ASSERT_NE(two.a->paths().back().remote.type, CandidateType::relayed) << what << describe(*two.a);
                }
                if (seed % 4 != 0) continue;
                // What is not used is let go, what is used stays for longer than any of its lifetimes.
                two.net.run_for(700s);
                // Where two of three packets are lost on the four legs of a relayed check, a side is out of reach now and then.
                ASSERT_TRUE(two.a->agent().can_send() && two.b->agent().can_send())
                    << what << describe(*two.a) << describe(*two.b);
                if (GetParam().loss < 0.2) {
                    ASSERT_TRUE(two.both(State::completed)) << what << describe(*two.a) << describe(*two.b);
                }
                ASSERT_TRUE(two.talk()) << what;
                const bool a_relays = two.a->paths().back().local.type == CandidateType::relayed;
                const bool b_relays = two.b->paths().back().local.type == CandidateType::relayed;
                if (GetParam().loss == 0) {
                    ASSERT_EQ(server.allocations(), a_relays ? 1U : 0U) << what;
                    ASSERT_EQ(other.allocations(), b_relays ? 1U : 0U) << what;
                }
                ASSERT_TRUE(server.complaints().empty()) << what << server.complaints().front();
                ASSERT_TRUE(other.complaints().empty()) << what << other.complaints().front();
                ASSERT_EQ(two.net.fault(), "");
            }
}

INSTANTIATE_TEST_SUITE_P(Links, Nats,
                         testing::Values(LinkModel{0, 20ms, 0ms, 0}, LinkModel{0.1, 50ms, 50ms, 0.05},
                                         LinkModel{0.25, 20ms, 100ms, 0.1}));

TEST(Nat, neighbours_behind_one_nat_use_their_own_net) {
    Two two(1);
    TurnServer server(two.net, "192.0.2.1");
    two.config_a.gathering.stun_servers = {server.endpoint()};
    two.config_b.gathering.stun_servers = {server.endpoint()};
    two.make();
    const auto nat = two.net.add_nat(NatKind::port_restricted, "203.0.113.1");
    two.a->add_host("192.168.1.2:5000", nat);
    two.b->add_host("192.168.1.3:6000", nat);
    two.start();
    ASSERT_TRUE(two.complete());
    EXPECT_EQ(two.a->paths().back().remote.type, CandidateType::host);
    ASSERT_EQ(two.a->candidates().size(), 2U);
    EXPECT_EQ(two.a->candidates()[1].type, CandidateType::server_reflexive);
    EXPECT_EQ(two.a->candidates()[1].endpoint.address.to_string(), "203.0.113.1");
    EXPECT_EQ(two.a->candidates()[1].related->to_string(), "192.168.1.2:5000");
    EXPECT_NE(two.a->candidates()[1].foundation, two.a->candidates()[0].foundation);
}

TEST(Nat, a_server_that_does_not_answer_delays_the_end_of_gathering_and_nothing_else) {
    Two two(2);
    two.config_a.gathering.stun_servers = {*Endpoint::parse("192.0.2.99:3478")};
    two.config_a.gathering.turn_servers = {{*Endpoint::parse("192.0.2.98:3478"), Protocol::udp, "u", "p"}};
    two.make_hosts(NatKind::full_cone, std::nullopt);
    const TimePoint start = two.net.now();
    two.start();
    ASSERT_TRUE(two.complete());
    EXPECT_LT(two.net.now() - start, 400ms);
    ASSERT_TRUE(two.net.run_until([&] { return two.a->gathered(); }, 60s));
    EXPECT_LE(two.net.now() - start, 3500ms);  // when the way was chosen, or when patience ended
}

TEST(Nat, an_answer_after_the_end_of_gathering_is_used_and_not_told) {
    Two two(3);
    TurnServer server(two.net, "192.0.2.1");
    two.config_a.gathering.turn_servers = {{server.endpoint(), Protocol::udp, "user", "secret"}};
    two.make_hosts(NatKind::symmetric, std::nullopt);
    bool slow = true;
    two.net.set_filter([&](const Endpoint& from, const Endpoint& to, BytesView) {
        const bool direct = from.address.to_string() == "192.168.1.2" && to != server.endpoint();
        return !direct && (!slow || to != server.endpoint());
    });
    two.start();
    ASSERT_TRUE(two.net.run_until([&] { return two.a->gathered(); }, 10s));
    ASSERT_EQ(two.a->candidates().size(), 1U);
    slow = false;
    ASSERT_TRUE(two.complete(60s)) << describe(*two.a) << describe(*two.b);
    EXPECT_EQ(two.a->paths().back().local.type, CandidateType::relayed);
    EXPECT_EQ(two.b->paths().back().remote.type, CandidateType::peer_reflexive);
    EXPECT_EQ(two.a->candidates().size(), 1U);
    EXPECT_TRUE(two.talk());
}

TEST(Nat, where_no_udp_passes_a_relay_is_reached_by_a_stream) {
    for (std::uint64_t seed = 0; seed < 50; ++seed)
        for (const bool both : {false, true}) {
            Two two(seed, {0.1, 20ms, 20ms, 0});
            TurnServer server(two.net, "192.0.2.1");
            TurnServer other(two.net, "192.0.2.2");
            two.config_a.gathering.turn_servers = {{server.endpoint(), Protocol::tcp, "user", "secret"}};
            if (both) two.config_b.gathering.turn_servers = {{other.endpoint(), Protocol::tcp, "user", "secret"}};
            two.make_hosts(NatKind::no_udp, both ? std::optional(NatKind::no_udp) : std::nullopt);
            two.start();
            ASSERT_TRUE(two.complete(60s)) << seed << describe(*two.a) << describe(*two.b);
            ASSERT_TRUE(two.talk()) << seed;
            two.net.run_for(700s);
            ASSERT_TRUE(two.talk()) << seed << describe(*two.a);
            ASSERT_GT(server.counts().sent_by_channel, 0);
            ASSERT_TRUE(server.complaints().empty()) << server.complaints().front();
            two.a->agent().close(two.net.now());
            two.a->flush(two.net.now());
            two.net.run_for(1s);
            ASSERT_EQ(server.allocations(), 0U);
        }
}

TEST(Nat, a_relay_behind_a_stream_comes_after_one_that_is_not) {
    Two two(8);
    TurnServer server(two.net, "192.0.2.1");
    TurnServer other(two.net, "192.0.2.2");
    two.config_a.gathering.turn_servers = {{server.endpoint(), Protocol::tcp, "user", "secret"},
                                           {server.endpoint(), Protocol::udp, "user", "secret"},
                                           {other.endpoint(), Protocol::udp, "user", "secret"},
                                           {other.endpoint(), Protocol::udp, "user", "secret"}};  // that one twice
    two.make_hosts();
    two.a->gather();
    two.net.run_for(1s);
    const auto& found = two.a->candidates();
    ASSERT_EQ(found.size(), 4U);
    EXPECT_EQ(server.allocations(), 2U);
    EXPECT_EQ(other.allocations(), 1U);
    std::uint32_t best_tcp = 0;
    std::uint32_t worst_udp = ~0U;
    for (const auto& candidate : found) {
        if (candidate.type != CandidateType::relayed) continue;
        // Of the streams' side the server sees the stream's address.
        const bool over_tcp = candidate.related->to_string() != "198.51.100.1:5000";
        (over_tcp ? best_tcp : worst_udp) = candidate.priority;
        for (const auto& another : found) EXPECT_TRUE(&another == &candidate || another.foundation != candidate.foundation);
    }
    EXPECT_GT(best_tcp, 0U);
    EXPECT_LT(best_tcp, worst_udp);
}

TEST(Nat, a_stream_to_the_relay_that_ends_is_a_way_that_ends) {
    Two two(5);
    TurnServer server(two.net, "192.0.2.1");
    two.config_a.gathering.turn_servers = {{server.endpoint(), Protocol::tcp, "user", "secret"}};
    two.make_hosts(NatKind::no_udp, std::nullopt);
    two.start();
    ASSERT_TRUE(two.complete(60s));
    two.a->disconnect(server.endpoint(), "connection reset");
    EXPECT_EQ(two.a->agent().state(), State::failed);
    EXPECT_FALSE(two.a->agent().can_send());
    ASSERT_NE(two.a->agent().turn_failure(0), nullptr);
    EXPECT_EQ(two.a->agent().turn_failure(0)->reason, "connection reset");
    // A restart asks for another allocation.
    two.a->agent().restart(two.net.now());
    two.b->agent().restart(two.net.now());
    signal(two.net, *two.a, *two.b, 20ms);
    signal(two.net, *two.b, *two.a, 20ms);
    two.a->flush(two.net.now());
    two.b->flush(two.net.now());
    ASSERT_TRUE(two.complete(60s)) << describe(*two.a) << describe(*two.b);
    EXPECT_TRUE(two.talk());
    EXPECT_EQ(two.a->agent().turn_failure(0), nullptr);
}

TEST(Nat, who_uses_relays_alone_shows_no_address) {
    for (const bool both : {false, true}) {
        Two two(7);
        TurnServer server(two.net, "192.0.2.1");
        two.config_a.gathering.stun_servers = {server.endpoint()};
        two.config_a.gathering.turn_servers = {{server.endpoint(), Protocol::udp, "user", "secret"}};
        two.config_a.relayed_only = true;
        two.config_b.gathering.turn_servers = two.config_a.gathering.turn_servers;
        two.config_b.relayed_only = both;
        two.make_hosts();
        // Both hosts could reach each other.
        two.net.set_filter([](const Endpoint& from, const Endpoint& to, BytesView) {
            EXPECT_FALSE(from.to_string() == "198.51.100.1:5000" && to.address.to_string() != "192.0.2.1") << to.to_string();
            return true;
        });
        two.start();
        ASSERT_TRUE(two.complete()) << describe(*two.a) << describe(*two.b);
        ASSERT_TRUE(two.talk());
        ASSERT_EQ(two.a->candidates().size(), 1U);
        EXPECT_EQ(two.a->candidates()[0].type, CandidateType::relayed);
        EXPECT_EQ(two.a->candidates()[0].related->to_string(), "0.0.0.0:9");
        EXPECT_EQ(two.a->paths().back().local.type, CandidateType::relayed);
        EXPECT_EQ(two.b->paths().back().local.type == CandidateType::relayed, both);
    }
}

TEST(Nat, what_a_relay_sends_to_another_address_than_it_was_asked_from_is_not_the_peers) {
    Two two(9);
    TurnServer server(two.net, "192.0.2.1");
    two.config_a.gathering.turn_servers = {{server.endpoint(), Protocol::udp, "user", "secret"}};
    two.config_a.relayed_only = true;
    two.make_hosts();
    two.a->add_host("198.51.100.3:5001");
    two.start();
    ASSERT_TRUE(two.complete());
    two.net.run_for(1s);  // the channel is bound
    const Bytes frame = turn::make_channel_data(turn::first_channel, bytes_of("data"), false);
    const auto arrive = [&](const char* local) {
        return two.a->agent().handle_input(two.net.now(), {Protocol::udp, *Endpoint::parse(local), server.endpoint(), frame});
    };
    const auto data = arrive("198.51.100.1:5000");
    ASSERT_TRUE(data);
    EXPECT_EQ(text_of(*data), "data");
    EXPECT_FALSE(arrive("198.51.100.3:5001"));
}

TEST(Nat, a_relay_that_refuses_leaves_the_other_ways) {
    Two two(6);
    TurnServer server(two.net, "192.0.2.1");
    two.config_a.gathering.turn_servers = {{server.endpoint(), Protocol::udp, "user", "wrong"}};
    two.make_hosts(NatKind::full_cone, std::nullopt);
    two.start();
    ASSERT_TRUE(two.complete());
    EXPECT_TRUE(two.a->gathered());
    ASSERT_NE(two.a->agent().turn_failure(0), nullptr);
    EXPECT_EQ(two.a->agent().turn_failure(0)->code, 401);
}

TEST(Nat, mappings_are_kept_alive_while_the_answer_is_awaited) {
    Two two(4);
    TurnServer server(two.net, "192.0.2.1");
    two.config_a.gathering.stun_servers = {server.endpoint()};
    two.config_b.gathering.stun_servers = {server.endpoint()};
    two.make_hosts(NatKind::full_cone, NatKind::full_cone);
    two.a->gather();
    two.net.run_for(300s);  // a person copies the offer by hand
    two.b->gather();
    signal(two.net, *two.a, *two.b, 20ms);
    signal(two.net, *two.b, *two.a, 20ms);
    const TimePoint start = two.net.now();
    ASSERT_TRUE(two.complete()) << describe(*two.a) << describe(*two.b);
    EXPECT_LT(two.net.now() - start, 1s);
}

TEST(Nat, a_peer_whose_nat_forgot_it_is_followed) {
    // The NAT of the controlling side gives it another port; its consent checks tell the other side.
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        Two two(seed, {0.05, 20ms, 20ms, 0});
        two.make_hosts(NatKind::port_restricted, std::nullopt);
        two.start();
        ASSERT_TRUE(two.complete()) << seed;
        ASSERT_TRUE(two.talk()) << seed;
        const Endpoint before = two.b->paths().back().remote.endpoint;
        two.net.run_for(17s);
        two.net.forget_mappings(two.nat_of_a);
        ASSERT_TRUE(two.net.run_until([&] { return two.b->paths().back().remote.endpoint != before; }, 40s)) << seed;
        ASSERT_TRUE(two.talk()) << seed << describe(*two.a) << describe(*two.b);
        two.net.run_for(60s);
        ASSERT_TRUE(two.both(State::completed)) << seed << describe(*two.a) << describe(*two.b);
    }
}

}  // namespace
}  // namespace volley::proto::ice
