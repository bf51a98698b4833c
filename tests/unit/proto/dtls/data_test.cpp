// What an association does once it stands, and what it does not let itself be talked into.
#include <cstdio>
#include <random>

#include <gtest/gtest.h>
#include <malloc.h>

#include "proto/dtls/record.hpp"
#include "unit/proto/dtls/dtls_pair.hpp"

namespace volley::proto::dtls {
namespace {

using namespace std::chrono_literals;
using test::DtlsPair;
using test::VirtualClock;
using Kind = Event::Kind;

std::vector<Bytes> packets_of(Session& session) {
    std::vector<Bytes> packets;
    while (auto packet = session.poll_packet()) packets.push_back(std::move(*packet));
    return packets;
}

TEST(DtlsData, goes_both_ways_a_record_a_message) {
    DtlsPair pair({.delay = 1ms});
    ASSERT_TRUE(pair.connect());
    EXPECT_FALSE(pair.client.session->send(VirtualClock::now(), bytes_of("one")));
    EXPECT_FALSE(pair.client.session->send(VirtualClock::now(), bytes_of("two")));
    EXPECT_FALSE(pair.server.session->send(VirtualClock::now(), bytes_of("three")));
    pair.settle();
    EXPECT_EQ(pair.server.received(), (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(pair.client.received(), (std::vector<std::string>{"three"}));
}

TEST(DtlsData, of_the_size_of_a_record_at_most) {
    DtlsPair pair;
    EXPECT_EQ(pair.client.session->send(VirtualClock::now(), bytes_of("early")), Errc::not_connected);
    ASSERT_TRUE(pair.connect());
    for (const std::size_t size : {1200U, 4096U, 16384U}) {
        const std::string big(size, 'x');
        ASSERT_FALSE(pair.client.session->send(VirtualClock::now(), bytes_of(big))) << size;
        pair.settle();
        ASSERT_FALSE(pair.server.received().empty());
        EXPECT_EQ(pair.server.received().back(), big);
    }
    const std::string too_big(16385, 'x');
    EXPECT_EQ(pair.client.session->send(VirtualClock::now(), bytes_of(too_big)), Errc::message_too_large);
    EXPECT_TRUE(pair.client.connected());
}

// Peers may put several records into one datagram: all are read.
TEST(DtlsData, several_records_of_one_datagram) {
    DtlsPair pair;
    ASSERT_TRUE(pair.connect());
    Bytes joined;
    for (const char* text : {"a", "b", "c"}) {
        EXPECT_FALSE(pair.client.session->send(VirtualClock::now(), bytes_of(text)));
        for (const Bytes& packet : packets_of(*pair.client.session)) joined.insert(joined.end(), packet.begin(), packet.end());
    }
    pair.server.session->handle_packet(VirtualClock::now(), joined);
    pair.pump();
    EXPECT_EQ(pair.server.received(), (std::vector<std::string>{"a", "b", "c"}));
}

TEST(DtlsData, a_whole_flight_in_one_datagram) {
    DtlsPair pair;
    pair.client.session->start(VirtualClock::now());
    for (int flight = 0; flight < 6 && !(pair.client.connected() && pair.server.connected()); ++flight) {
        Session& from = flight % 2 == 0 ? *pair.client.session : *pair.server.session;
        Session& to = flight % 2 == 0 ? *pair.server.session : *pair.client.session;
        Bytes joined;
        for (const Bytes& packet : packets_of(from)) joined.insert(joined.end(), packet.begin(), packet.end());
        to.handle_packet(VirtualClock::now(), joined);
    }
    EXPECT_TRUE(pair.client.connected());
    EXPECT_TRUE(pair.server.connected());
}

TEST(DtlsData, replayed_and_damaged_records_are_dropped) {
    DtlsPair pair;
    ASSERT_TRUE(pair.connect());
    EXPECT_FALSE(pair.client.session->send(VirtualClock::now(), bytes_of("once")));
    const auto packets = packets_of(*pair.client.session);
    ASSERT_EQ(packets.size(), 1U);
    for (std::size_t i = 0; i < packets[0].size(); ++i) {
        Bytes damaged = packets[0];
        damaged[i] ^= 0x10;
        pair.server.session->handle_packet(VirtualClock::now(), damaged);
    }
    for (std::size_t size = 0; size < packets[0].size(); ++size)
        pair.server.session->handle_packet(VirtualClock::now(), BytesView(packets[0]).first(size));
    pair.pump();
    EXPECT_TRUE(pair.server.received().empty());
    for (int i = 0; i < 3; ++i) pair.server.session->handle_packet(VirtualClock::now(), packets[0]);
    pair.pump();
    EXPECT_EQ(pair.server.received(), (std::vector<std::string>{"once"}));
    EXPECT_TRUE(pair.server.connected());
}

TEST(DtlsData, alerts_and_handshakes_in_the_clear_do_not_end_an_association) {
    DtlsPair pair;
    ASSERT_TRUE(pair.connect());
    const Bytes fatal{21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 99, 0, 2, 2, 40};
    const Bytes close{21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 98, 0, 2, 1, 0};
    const Bytes hello_request{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 97, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    auto another = make_openssl_session(test::client_identity(), test::dtls_config(Role::client));
    another->start(VirtualClock::now());
    const Bytes hello = another->poll_packet().value();
    for (const Bytes* packet : {&fatal, &close, &hello_request, &hello}) {
        pair.client.session->handle_packet(VirtualClock::now(), *packet);
        pair.server.session->handle_packet(VirtualClock::now(), *packet);
    }
    pair.pump();
    EXPECT_FALSE(pair.server.session->send(VirtualClock::now(), bytes_of("still here")));
    pair.settle();
    EXPECT_EQ(pair.client.received(), (std::vector<std::string>{"still here"}));
}

// A server that waits on an open port is sent all kinds of things before the hello.
TEST(DtlsData, a_server_stands_garbage_before_the_hello) {
    DtlsPair pair;
    pair.server.session->start(VirtualClock::now());
    auto hello_sender = make_openssl_session(test::client_identity(), test::dtls_config(Role::client));
    hello_sender->start(VirtualClock::now());
    const Bytes hello = hello_sender->poll_packet().value();
    std::mt19937_64 random(7);
    for (int i = 0; i < 3000; ++i) {
        Bytes packet = hello;
        if (i % 3 == 0) {
            packet.resize(random() % 400);
            for (auto& byte : packet) byte = static_cast<std::uint8_t>(random());
        } else {
            // Well-formed on the outside, nonsense inside: what OpenSSL takes for a broken hello. Headers are the first 25 bytes.
            for (std::uint64_t n = 1 + random() % 8; n > 0; --n)
                packet[25 + random() % (packet.size() - 25)] = static_cast<std::uint8_t>(random());
            packet[25 + 2 + 32] = 200;  // a session id of that length: never a hello after all
        }
        pair.server.session->handle_packet(VirtualClock::now(), packet);
    }
    pair.pump();
    EXPECT_TRUE(pair.server.events.empty()) << pair.server.reason();
    pair.client.session->start(VirtualClock::now());
    pair.pump();
    EXPECT_TRUE(pair.server.connected()) << pair.server.reason();
    EXPECT_TRUE(pair.client.connected()) << pair.client.reason();
}

TEST(DtlsData, random_garbage_does_not_disturb_a_handshake_or_the_data_after_it) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937_64 random(seed);
        DtlsPair pair({.delay = 5ms});
        pair.start();
        const auto garbage = [&] {
            for (auto* end : {&pair.client, &pair.server}) {
                Bytes packet(random() % 200);
                for (auto& byte : packet) byte = static_cast<std::uint8_t>(random());
                if (packet.size() > 13 && random() % 2 == 0) {
                    packet[0] = static_cast<std::uint8_t>(20 + random() % 4);
                    packet[1] = 254;
                    packet[2] = 253;
                    packet[3] = 0;
                    packet[4] = static_cast<std::uint8_t>(random() % 2);
                    packet[11] = 0;
                    packet[12] = static_cast<std::uint8_t>(packet.size() - 13);
                }
                end->session->handle_packet(VirtualClock::now(), packet);
            }
            return pair.client.connected() && pair.server.connected();
        };
        ASSERT_TRUE(pair.run_until(garbage, 10s)) << pair.client.reason() << pair.server.reason();
        for (int i = 0; i < 500; ++i) (void)garbage();
        EXPECT_FALSE(pair.client.session->send(VirtualClock::now(), bytes_of("through")));
        pair.settle();
        EXPECT_EQ(pair.server.received(), (std::vector<std::string>{"through"}));
    }
}

TEST(DtlsData, close_is_heard_by_the_peer) {
    DtlsPair pair({.delay = 1ms});
    ASSERT_TRUE(pair.connect());
    EXPECT_FALSE(pair.client.session->send(VirtualClock::now(), bytes_of("last words")));
    pair.client.session->close(VirtualClock::now());
    pair.client.session->close(VirtualClock::now());
    pair.settle();
    EXPECT_EQ(pair.server.received(), (std::vector<std::string>{"last words"}));
    EXPECT_EQ(pair.server.events.back().kind, Kind::closed);
    EXPECT_EQ(pair.client.count(Kind::closed), 1U);
    EXPECT_EQ(pair.server.session->send(VirtualClock::now(), bytes_of("too late")), Errc::closed);
    EXPECT_EQ(pair.server.session->state(), State::closed);
}

// 49 KiB and more of buffers each is what thousands of idle associations would cost otherwise.
TEST(DtlsData, an_idle_association_keeps_no_record_buffers) {
    std::vector<std::unique_ptr<DtlsPair>> pairs;
    pairs.push_back(std::make_unique<DtlsPair>());
    ASSERT_TRUE(pairs.back()->connect());
    const std::size_t before = mallinfo2().uordblks;
    constexpr std::size_t count = 50;
    for (std::size_t i = 0; i < count; ++i) {
        pairs.push_back(std::make_unique<DtlsPair>());
        ASSERT_TRUE(pairs.back()->connect());
        EXPECT_FALSE(pairs.back()->client.session->send(VirtualClock::now(), bytes_of("ping")));
        EXPECT_FALSE(pairs.back()->server.session->send(VirtualClock::now(), bytes_of("pong")));
        pairs.back()->settle();
    }
    const std::size_t each = (mallinfo2().uordblks - before) / (2 * count);
    std::printf("%zu bytes for each end\n", each);
    EXPECT_LT(each, 52U * 1024);
}

TEST(DtlsData, packets_that_nobody_fetches_are_bounded) {
    DtlsPair pair;
    ASSERT_TRUE(pair.connect());
    error_code ec;
    int sent = 0;
    for (; sent < 100'000 && !ec; ++sent) ec = pair.client.session->send(VirtualClock::now(), bytes_of("x"));
    EXPECT_EQ(ec, Errc::queue_full);
    EXPECT_LT(sent, 2000);
    EXPECT_EQ(packets_of(*pair.client.session).size(), static_cast<std::size_t>(sent) - 1);
    EXPECT_FALSE(pair.client.session->send(VirtualClock::now(), bytes_of("x")));
}

TEST(DtlsRecord, only_what_a_peer_of_that_role_sends_is_plausible) {
    auto client = make_openssl_session(test::client_identity(), test::dtls_config(Role::client));
    client->start(VirtualClock::now());
    const Bytes hello = client->poll_packet().value();
    EXPECT_TRUE(look_at(hello, Role::server, Phase::hello).plausible);
    EXPECT_FALSE(look_at(hello, Role::client, Phase::handshaking).plausible);
    EXPECT_FALSE(look_at(hello, Role::server, Phase::connected).plausible);
    Bytes longer = hello;
    longer.push_back(0);
    EXPECT_FALSE(look_at(longer, Role::server, Phase::hello).plausible);
    EXPECT_FALSE(look_at({}, Role::server, Phase::hello).plausible);
    const Bytes data{23, 254, 253, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 7};
    EXPECT_FALSE(look_at(data, Role::server, Phase::handshaking).plausible);
    Bytes encrypted = data;
    encrypted[4] = 1;
    EXPECT_TRUE(look_at(encrypted, Role::server, Phase::handshaking).encrypted);
    EXPECT_TRUE(look_at(encrypted, Role::server, Phase::connected).plausible);
    EXPECT_FALSE(look_at(encrypted, Role::server, Phase::hello).plausible);
    const Bytes warning{21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 1, 100};
    EXPECT_FALSE(look_at(warning, Role::client, Phase::handshaking).plausible);
}

}  // namespace
}  // namespace volley::proto::dtls
