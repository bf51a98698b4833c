// Handshakes of two of our own.
#include <gtest/gtest.h>

#include "unit/proto/dtls/dtls_pair.hpp"

namespace volley::proto::dtls {
namespace {

using namespace std::chrono_literals;
using test::DtlsPair;
using test::VirtualClock;
using Kind = Event::Kind;

TEST(DtlsHandshake, two_round_trips_without_loss) {
    DtlsPair pair({.delay = 10ms});
    const TimePoint begun = VirtualClock::now();
    ASSERT_TRUE(pair.connect());
    EXPECT_EQ(VirtualClock::now() - begun, 40ms);
    ASSERT_EQ(pair.client.events.size(), 1U);
    ASSERT_EQ(pair.server.events.size(), 1U);
    EXPECT_EQ(pair.client.events[0].kind, Kind::connected);
    EXPECT_EQ(pair.server.events[0].kind, Kind::connected);
    EXPECT_FALSE(pair.client.session->next_timeout());
    EXPECT_FALSE(pair.server.session->next_timeout());
    EXPECT_EQ(pair.client.session->cipher(), "ECDHE-ECDSA-AES128-GCM-SHA256");
}

// Three flights are under way at once on a path with 10 ms, and each has its own datagrams, none over the MTU.
TEST(DtlsHandshake, no_packet_is_larger_than_the_mtu) {
    auto client = test::dtls_config(Role::client);
    auto server = test::dtls_config(Role::server);
    client.handshake_packet_bytes = server.handshake_packet_bytes = 256;
    DtlsPair pair({}, 1, client, server);
    ASSERT_TRUE(pair.connect());
    for (const auto* end : {&pair.client, &pair.server}) {
        EXPECT_GT(end->packet_sizes.size(), 3U);
        for (const std::size_t size : end->packet_sizes) EXPECT_LE(size, 256U);
    }
}

// The first one is lost: who waits for OpenSSL's own second has lost it too.
TEST(DtlsHandshake, a_lost_hello_costs_fifty_milliseconds) {
    DtlsPair pair({.loss = 1});
    const TimePoint begun = VirtualClock::now();
    pair.start();
    pair.to_server().set_model({});
    pair.to_client().set_model({});
    ASSERT_TRUE(pair.run_until([&] { return pair.client.connected() && pair.server.connected(); }, 10s));
    EXPECT_LE(VirtualClock::now() - begun, 50ms);
    EXPECT_GE(VirtualClock::now() - begun, 35ms);  // OpenSSL takes 15 ms too few for none
}

TEST(DtlsHandshake, waits_twice_as_long_each_time_and_gives_up) {
    DtlsPair pair({.loss = 1});
    const TimePoint begun = VirtualClock::now();
    pair.start();
    std::vector<Duration> at;
    std::size_t sent = pair.to_server().sent();
    ASSERT_TRUE(pair.run_until(
        [&] {
            if (pair.to_server().sent() != sent) at.push_back(VirtualClock::now() - begun);
            sent = pair.to_server().sent();
            return pair.client.session->state() == State::failed;
        },
        60s));
    ASSERT_EQ(at.size(), 12U);
    for (std::size_t i = 1; i < 6; ++i) EXPECT_NEAR(to_seconds(at[i] - at[i - 1]), 0.05 * static_cast<double>(1 << i), 0.02) << i;
    EXPECT_NEAR(to_seconds(at[11] - at[10]), 3, 0.02);
    EXPECT_EQ(pair.client.error(), Errc::handshake_timed_out);
    EXPECT_EQ(condition_of(pair.client.error()), Condition::timeout);
    EXPECT_FALSE(pair.client.session->next_timeout());
}

TEST(DtlsHandshake, ends_with_its_time_limit) {
    auto client = test::dtls_config(Role::client);
    client.handshake_timeout = 2s;
    DtlsPair pair({.loss = 1}, 1, client);
    const TimePoint begun = VirtualClock::now();
    pair.start();
    ASSERT_TRUE(pair.run_until([&] { return pair.client.session->state() == State::failed; }, 60s));
    EXPECT_EQ(VirtualClock::now() - begun, 2s);
    EXPECT_EQ(pair.client.reason(), "no DTLS handshake within 2.00 s");
    EXPECT_EQ(pair.client.session->send(VirtualClock::now(), bytes_of("late")), Errc::closed);
}

// Somebody sets the machine's clock back: OpenSSL's timer waits for that time to come again, ours does not wait for ever.
TEST(DtlsHandshake, a_wall_clock_that_jumps_back_does_not_hold_the_time_limit_up) {
    DtlsPair pair({.loss = 1});
    pair.start();
    VirtualClock::set_wall_clock_by(-10h);
    const TimePoint begun = VirtualClock::now();
    ASSERT_TRUE(pair.run_until([&] { return pair.client.session->state() == State::failed; }, 60s));
    EXPECT_LE(VirtualClock::now() - begun, 30s);
    VirtualClock::set_wall_clock_by(10h);
}

TEST(DtlsHandshake, both_ends_have_the_same_keys) {
    DtlsPair pair;
    EXPECT_EQ(pair.client.session->srtp_keys().error(), Errc::not_connected);
    ASSERT_TRUE(pair.connect());
    const auto client = pair.client.session->srtp_keys();
    const auto server = pair.server.session->srtp_keys();
    ASSERT_TRUE(client);
    ASSERT_TRUE(server);
    EXPECT_EQ(client->profile, SrtpProfile::aead_aes_128_gcm);
    EXPECT_EQ(client->profile, server->profile);
    EXPECT_EQ(client->local_key, server->remote_key);
    EXPECT_EQ(client->local_salt, server->remote_salt);
    EXPECT_EQ(client->remote_key, server->local_key);
    EXPECT_EQ(client->remote_salt, server->local_salt);
    EXPECT_EQ(client->local_key.size(), 16U);
    EXPECT_EQ(client->local_salt.size(), 12U);
    EXPECT_NE(client->local_key, client->remote_key);
    EXPECT_NE(client->local_salt, client->remote_salt);
}

TEST(DtlsHandshake, another_certificate_is_refused_on_either_side_before_any_data) {
    const Identity stranger;
    for (const Role deceived : {Role::client, Role::server}) {
        auto client = test::dtls_config(Role::client);
        auto server = test::dtls_config(Role::server);
        auto& config = deceived == Role::client ? client : server;
        config.remote_fingerprints = {stranger.fingerprint(HashFunction::sha_256), stranger.fingerprint(HashFunction::sha_512)};
        DtlsPair pair({.delay = 5ms}, 1, client, server);
        pair.start();
        (void)pair.run_until(
            [&] { return pair.client.session->state() == State::failed && pair.server.session->state() == State::failed; }, 5s);
        auto& who = deceived == Role::client ? pair.client : pair.server;
        auto& other = deceived == Role::client ? pair.server : pair.client;
        ASSERT_EQ(who.events.size(), 1U);
        EXPECT_EQ(who.error(), Errc::fingerprint_mismatch);
        EXPECT_EQ(condition_of(who.error()), Condition::tls);
        const auto& shown = deceived == Role::client ? test::server_identity() : test::client_identity();
        EXPECT_NE(who.reason().find(to_string(shown.fingerprint(HashFunction::sha_256))), std::string::npos) << who.reason();
        EXPECT_NE(who.reason().find(to_string(stranger.fingerprint(HashFunction::sha_512))), std::string::npos) << who.reason();
        EXPECT_EQ(who.session->srtp_keys().error(), Errc::not_connected);
        EXPECT_EQ(who.session->send(VirtualClock::now(), bytes_of("secret")), Errc::closed);
        // The deceiver is told by an alert, and does not take the association for one that works.
        ASSERT_EQ(other.events.size(), 1U);
        EXPECT_EQ(other.error(), Errc::peer_alert) << other.reason();
        EXPECT_NE(other.reason().find("bad certificate"), std::string::npos) << other.reason();
    }
}

TEST(DtlsHandshake, no_fingerprint_means_no_peer) {
    auto client = test::dtls_config(Role::client);
    client.remote_fingerprints.clear();
    DtlsPair pair({}, 1, client);
    pair.start();
    EXPECT_EQ(pair.client.error(), Errc::fingerprint_mismatch);
    EXPECT_NE(pair.client.reason().find("no fingerprint"), std::string::npos) << pair.client.reason();
}

TEST(DtlsHandshake, one_of_several_fingerprints_is_enough) {
    const Identity stranger;
    for (const HashFunction hash : {HashFunction::sha_256, HashFunction::sha_384, HashFunction::sha_512}) {
        auto client = test::dtls_config(Role::client);
        client.remote_fingerprints = {stranger.fingerprint(HashFunction::sha_256), stranger.fingerprint(HashFunction::sha_512),
                                      test::server_identity().fingerprint(hash)};
        DtlsPair pair({}, 1, client);
        EXPECT_TRUE(pair.connect()) << to_string(hash);
    }
}

TEST(DtlsHandshake, a_hello_that_came_early_is_handed_in_later) {
    DtlsPair pair;
    pair.client.session->start(VirtualClock::now());
    const auto hello = pair.client.session->poll_packet();
    ASSERT_TRUE(hello);
    VirtualClock::advance(20ms);
    pair.server.session->handle_packet(VirtualClock::now(), *hello);  // without start()
    pair.pump();
    EXPECT_TRUE(pair.client.connected());
    EXPECT_TRUE(pair.server.connected());
}

TEST(DtlsHandshake, a_new_identity_is_another_one) {
    const Identity a;
    const Identity b;
    EXPECT_NE(a.fingerprint(HashFunction::sha_256), b.fingerprint(HashFunction::sha_256));
    EXPECT_EQ(a.fingerprint(HashFunction::sha_384).digest.size(), 48U);
    EXPECT_EQ(a.fingerprint(HashFunction::sha_512).digest.size(), 64U);
}

TEST(DtlsHandshake, an_identity_may_go_before_its_sessions) {
    auto identity = std::make_unique<Identity>();
    auto config = test::dtls_config(Role::client);
    const auto session = make_openssl_session(*identity, config);
    identity.reset();
    session->start(VirtualClock::now());
    EXPECT_TRUE(session->poll_packet());
}

// 20 % lost, as much duplicated, everything out of order, in both directions.
TEST(DtlsHandshake, succeeds_on_any_bad_network_and_data_arrives_once) {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        auto client = test::dtls_config(Role::client);
        auto server = test::dtls_config(Role::server);
        if (seed % 3 == 0) client.handshake_packet_bytes = server.handshake_packet_bytes = 300;  // every flight in pieces
        DtlsPair pair({.loss = 0.2, .duplicate = 0.2, .delay = 20ms, .jitter = 60ms}, seed, client, server);
        ASSERT_TRUE(pair.connect()) << pair.client.reason() << pair.server.reason();
        pair.to_server().set_model({.duplicate = 0.5, .delay = 20ms, .jitter = 60ms});
        pair.to_client().set_model({.duplicate = 0.5, .delay = 20ms, .jitter = 60ms});
        for (int i = 0; i < 20; ++i) {
            EXPECT_FALSE(pair.client.session->send(VirtualClock::now(), bytes_of("c" + std::to_string(i))));
            EXPECT_FALSE(pair.server.session->send(VirtualClock::now(), bytes_of("s" + std::to_string(i))));
        }
        pair.settle();
        auto at_server = pair.server.received();
        auto at_client = pair.client.received();
        EXPECT_EQ(at_server.size(), 20U);
        EXPECT_EQ(at_client.size(), 20U);
        std::sort(at_server.begin(), at_server.end());
        EXPECT_EQ(std::adjacent_find(at_server.begin(), at_server.end()), at_server.end());
        EXPECT_EQ(pair.client.count(Kind::connected), 1U);
        EXPECT_EQ(pair.server.count(Kind::connected), 1U);
        EXPECT_EQ(pair.client.count(Kind::failed) + pair.server.count(Kind::failed), 0U);
    }
}

}  // namespace
}  // namespace volley::proto::dtls
