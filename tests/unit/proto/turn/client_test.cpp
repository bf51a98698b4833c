// The TURN client alone, against a strict server in virtual time.
#include "proto/turn/client.hpp"

#include <gtest/gtest.h>

#include "support/seeded_random.hpp"
#include "support/turn_server.hpp"
#include "support/virtual_net.hpp"

namespace volley::proto::turn {
namespace {

using namespace std::chrono_literals;
using test::TurnServer;
using test::TurnServerModel;
using test::VirtualNet;

class ClientNode final : public VirtualNet::Node {
public:
    ClientNode(VirtualNet& net, const TurnServer& server, ClientConfig config)
        : client(config, random_), net_(net), server_(server.endpoint()), stream_(config.over_stream) {
        net.attach(*this, local_.address);
    }
    void handle_datagram(TimePoint now, const Endpoint&, const Endpoint& from, BytesView bytes) override {
        if (from == server_) take(client.handle_input(now, bytes));
    }
    void handle_stream(TimePoint now, const Endpoint&, const Endpoint&, BytesView bytes) override {
        framer_.push(bytes);
        while (const auto frame = framer_.next()) take(client.handle_input(now, Bytes(frame->begin(), frame->end())));
    }
    void handle_timeout(TimePoint now) override { client.handle_timeout(now); }
    [[nodiscard]] std::optional<TimePoint> next_timeout() const override { return client.next_timeout(); }
    void flush(TimePoint) override {
        while (const auto bytes = client.poll_transmit()) {
            if (stream_)
                net_.send_stream(*this, local_, server_, *bytes);
            else
                net_.send(*this, local_, server_, *bytes);
        }
    }
    bool say(const Endpoint& peer, std::string_view text) {
        const bool sent = client.send(net_.now(), peer, bytes_of(text));
        flush(net_.now());
        return sent;
    }

    std::vector<std::pair<Endpoint, std::string>> received;

private:
    void take(const std::optional<Client::PeerData>& data) {
        if (data) received.emplace_back(data->peer, text_of(data->data));
    }
    test::SeededRandom random_{77};

public:
    Client client;

private:
    VirtualNet& net_;
    Endpoint server_;
    Endpoint local_ = *Endpoint::parse("198.51.100.1:5000");
    StreamFramer framer_;
    bool stream_;
};

// Sends back what it gets, with a mark in front.
class Echo final : public VirtualNet::Node {
public:
    Echo(VirtualNet& net, std::string_view endpoint) : net_(net), local_(*Endpoint::parse(endpoint)) {
        net.attach(*this, local_.address);
    }
    void handle_datagram(TimePoint, const Endpoint& local, const Endpoint& from, BytesView bytes) override {
        if (local != local_) return;
        received.emplace_back(text_of(bytes));
        net_.send(*this, local_, from, bytes_of("> " + received.back()));
    }
    void handle_timeout(TimePoint) override {}
    [[nodiscard]] std::optional<TimePoint> next_timeout() const override { return std::nullopt; }
    void flush(TimePoint) override {}
    [[nodiscard]] const Endpoint& endpoint() const { return local_; }

    std::vector<std::string> received;

private:
    VirtualNet& net_;
    Endpoint local_;
};

struct Setting {
    explicit Setting(TurnServerModel model = {}, bool stream = false, test::LinkModel link = {}, std::uint64_t seed = 1)
        : net(seed, link),
          server(net, "192.0.2.1", model),
          node(net, server, {"user", "secret", stream, stun::family_v4, 600s, {}}),
          peer(net, "198.51.100.7:7000") {}
    bool allocate() {
        node.client.start(net.now());
        node.flush(net.now());
        return net.run_until([&] { return node.client.state() != Client::State::allocating; }, 60s) &&
               node.client.state() == Client::State::allocated;
    }
    /// A word to the peer and back.
    bool talk(const std::string& word) {
        node.say(peer.endpoint(), word);
        return net.run_until([&] { return !node.received.empty() && node.received.back().second == "> " + word; }, 5s);
    }
    VirtualNet net;
    TurnServer server;
    ClientNode node;
    Echo peer;
};

class TurnClient : public testing::TestWithParam<bool> {};

TEST_P(TurnClient, allocates_talks_and_lets_go) {
    Setting s({}, GetParam());
    ASSERT_TRUE(s.allocate());
    EXPECT_EQ(s.server.counts().challenges, 1);
    EXPECT_EQ(s.node.client.relayed().to_string(), "192.0.2.1:50000");
    ASSERT_TRUE(s.node.client.mapped());
    EXPECT_EQ(s.node.client.mapped()->to_string(), "198.51.100.1:5000");
    ASSERT_TRUE(s.talk("one"));
    EXPECT_EQ(s.node.received[0].first, s.peer.endpoint());
    EXPECT_EQ(s.server.counts().sent_by_indication, 1);
    s.node.client.bind_channel(s.net.now(), s.peer.endpoint());
    s.node.client.bind_channel(s.net.now(), s.peer.endpoint());
    s.node.flush(s.net.now());
    s.net.run_for(1s);
    EXPECT_EQ(s.server.channels(), 1U);
    for (const char* word : {"two", "three", "odd sizes"}) ASSERT_TRUE(s.talk(word));
    EXPECT_EQ(s.server.counts().sent_by_channel, 3);
    EXPECT_EQ(s.server.counts().sent_by_indication, 1);
    s.node.client.close(s.net.now());
    s.node.flush(s.net.now());
    EXPECT_EQ(s.node.client.state(), Client::State::closing);
    EXPECT_FALSE(s.node.say(s.peer.endpoint(), "late"));
    s.net.run_for(1s);
    EXPECT_EQ(s.node.client.state(), Client::State::closed);
    EXPECT_EQ(s.server.allocations(), 0U);
    EXPECT_EQ(s.server.counts().deallocations, 1);
    EXPECT_EQ(s.node.client.next_timeout(), std::nullopt);
    EXPECT_TRUE(s.server.complaints().empty());
}

TEST_P(TurnClient, an_allocation_that_is_granted_after_the_close_is_let_go) {
    for (const Duration after : {5ms, 15ms, 25ms, 35ms, 45ms}) {
        Setting s({}, GetParam());
        s.node.client.start(s.net.now());
        s.node.flush(s.net.now());
        s.net.run_for(after);
        s.node.client.close(s.net.now());
        s.node.flush(s.net.now());
        s.net.run_for(60s);
        EXPECT_EQ(s.node.client.state(), Client::State::closed);
        EXPECT_EQ(s.server.allocations(), 0U) << after / 1ms;
        EXPECT_EQ(s.server.counts().deallocations, after > 20ms ? 1 : 0) << after / 1ms;
        EXPECT_EQ(s.node.client.next_timeout(), std::nullopt);
    }
    // Nothing comes back.
    Setting s({}, GetParam());
    s.node.client.start(s.net.now());
    s.node.flush(s.net.now());
    s.net.run_for(25ms);
    s.server.model().mute = true;
    s.node.client.close(s.net.now());
    s.net.run_for(60s);
    EXPECT_EQ(s.node.client.state(), Client::State::closed);
}

TEST_P(TurnClient, an_allocation_lives_for_hours_with_its_permission_and_channel) {
    TurnServerModel model;
    model.nonce_lifetime = 130s;  // stale at every other renewal
    Setting s(model, GetParam());
    ASSERT_TRUE(s.allocate());
    ASSERT_TRUE(s.talk("first"));
    s.node.client.bind_channel(s.net.now(), s.peer.endpoint());
    s.node.flush(s.net.now());
    for (int minute = 0; minute < 180; ++minute) {
        s.net.run_for(60s);
        ASSERT_TRUE(s.talk("minute " + std::to_string(minute))) << minute;
    }
    EXPECT_GE(s.server.counts().refreshes, 18);
    EXPECT_GE(s.server.counts().stale, 10);
    EXPECT_EQ(s.server.counts().sent_by_indication, 1);
    EXPECT_TRUE(s.server.complaints().empty()) << s.server.complaints().front();
    EXPECT_EQ(s.net.fault(), "");
}

TEST_P(TurnClient, the_better_password_algorithm_is_used_where_it_is_offered) {
    TurnServerModel model;
    model.sha256 = true;
    Setting s(model, GetParam());
    ASSERT_TRUE(s.allocate());
    ASSERT_TRUE(s.talk("word"));
    EXPECT_TRUE(s.server.complaints().empty()) << s.server.complaints().front();
}

TEST_P(TurnClient, a_wrong_password_is_told_and_not_tried_again) {
    TurnServerModel model;
    model.password = "other";
    Setting s(model, GetParam());
    ASSERT_FALSE(s.allocate());
    EXPECT_EQ(s.node.client.state(), Client::State::failed);
    EXPECT_EQ(s.node.client.failure().code, 401);
    EXPECT_EQ(s.node.client.next_timeout(), std::nullopt);
    EXPECT_FALSE(s.node.say(s.peer.endpoint(), "x"));
}

TEST_P(TurnClient, a_server_that_refuses_is_believed) {
    for (const int code : {403, 486, 508, 300}) {
        TurnServerModel model;
        model.refuse_allocations = code;
        Setting s(model, GetParam());
        ASSERT_FALSE(s.allocate());
        EXPECT_EQ(s.node.client.failure().code, code);
        EXPECT_EQ(s.node.client.failure().reason, "no");
    }
}

TEST_P(TurnClient, a_server_that_says_nothing_is_given_up) {
    TurnServerModel model;
    model.mute = true;
    Setting s(model, GetParam());
    const TimePoint start = s.net.now();
    ASSERT_FALSE(s.allocate());
    EXPECT_EQ(s.node.client.failure().code, 0);
    EXPECT_EQ(s.net.now() - start, 39'500ms);
    EXPECT_EQ(s.net.datagrams(), GetParam() ? 0U : 7U);
}

TEST_P(TurnClient, a_refused_peer_gets_nothing_and_the_others_do) {
    TurnServerModel model;
    model.refuse_permissions = 403;
    Setting s(model, GetParam());
    ASSERT_TRUE(s.allocate());
    EXPECT_TRUE(s.node.say(s.peer.endpoint(), "x"));
    s.net.run_for(1s);
    EXPECT_TRUE(s.node.client.refused(s.peer.endpoint().address));
    EXPECT_FALSE(s.node.say(s.peer.endpoint(), "y"));
    s.server.model().refuse_permissions = 0;
    Echo other(s.net, "198.51.100.8:8000");
    s.node.say(other.endpoint(), "z");
    s.net.run_for(1s);
    EXPECT_EQ(other.received, (std::vector<std::string>{"z"}));
    EXPECT_TRUE(s.peer.received.empty());
}

INSTANTIATE_TEST_SUITE_P(UdpAndStream, TurnClient, testing::Bool());

TEST(TurnClientOnUdp, loss_reordering_and_duplication_do_not_matter) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        TurnServerModel model;
        model.nonce_lifetime = 20s;
        Setting s(model, false, {0.2, 10ms, 200ms, 0.2}, seed);
        ASSERT_TRUE(s.allocate()) << seed;
        bool talked = false;
        for (int i = 0; i < 20 && !talked; ++i) talked = s.talk("word");
        ASSERT_TRUE(talked) << seed;
        s.node.client.close(s.net.now());
        s.node.flush(s.net.now());
        ASSERT_TRUE(s.net.run_until([&] { return s.node.client.state() == Client::State::closed; }, 60s)) << seed;
        ASSERT_TRUE(s.server.complaints().empty()) << seed << s.server.complaints().front();
    }
}

TEST(TurnClientOnUdp, a_request_that_is_never_answered_takes_nothing_away_that_was_granted) {
    // All repetitions of the renewal of a permission were lost, and from then on the client took the peer for refused, for good.
    Setting s;
    ASSERT_TRUE(s.allocate());
    ASSERT_TRUE(s.talk("first"));
    std::map<stun::Method, int> lost;
    s.net.set_filter([&](const Endpoint&, const Endpoint& to, BytesView bytes) {
        const auto message = stun::MessageView::parse(bytes);
        if (to != s.server.endpoint() || !message || message->message_class() != stun::MessageClass::request) return true;
        return ++lost[message->method()] > 7;
    });
    for (int minute = 0; minute < 30; ++minute) {
        s.net.run_for(20s);
        (void)s.talk("minute");
    }
    EXPECT_EQ(s.node.client.state(), Client::State::allocated);
    EXPECT_FALSE(s.node.client.refused(s.peer.endpoint().address));
    EXPECT_TRUE(s.talk("last"));
    EXPECT_GT(lost[stun::Method::create_permission], 7);
    EXPECT_TRUE(s.server.complaints().empty());
}

TEST(TurnClientOnUdp, an_allocation_that_the_server_lost_is_a_failure) {
    Setting s;
    ASSERT_TRUE(s.allocate());
    s.server.model().mute = true;
    s.net.run_for(601s);
    EXPECT_EQ(s.node.client.state(), Client::State::failed);
    EXPECT_EQ(s.node.client.failure().reason, "the allocation at the TURN server expired");
}

TEST(TurnClientOnUdp, the_way_to_the_server_is_kept_open) {
    Setting s;
    ASSERT_TRUE(s.allocate());
    int indications = 0;
    s.net.set_filter([&](const Endpoint&, const Endpoint&, BytesView bytes) {
        const auto message = stun::MessageView::parse(bytes);
        if (message && message->message_class() == stun::MessageClass::indication) ++indications;
        return true;
    });
    s.net.run_for(150s);
    EXPECT_EQ(indications, 10);
}

TEST(TurnClientOnUdp, answers_that_the_server_did_not_sign_are_not_believed) {
    Setting s;
    s.node.client.start(s.net.now());
    s.node.flush(s.net.now());
    // Someone who saw the request grants an allocation of his own.
    int forged = 0;
    s.net.set_filter([&](const Endpoint& from, const Endpoint& to, BytesView bytes) {
        const auto message = stun::MessageView::parse(bytes);
        if (to == s.server.endpoint() && message->has(stun::Attribute::message_integrity) && forged++ == 0) {
            const auto forgery =
                stun::MessageBuilder(stun::MessageClass::success, stun::Method::allocate, message->transaction_id())
                    .address(stun::Attribute::xor_relayed_address, *Endpoint::parse("6.6.6.6:6666"))
                    .u32(stun::Attribute::lifetime, 600);
            for (auto copy : {forgery, forgery}) {
                if (forged == 1) copy.integrity(bytes_of("wrong"));
                (void)s.node.client.handle_input(s.net.now(), copy.finish());
            }
            (void)from;
        }
        return true;
    });
    ASSERT_TRUE(s.net.run_until([&] { return s.node.client.state() == Client::State::allocated; }, 10s));
    EXPECT_GT(forged, 0);
    EXPECT_EQ(s.node.client.relayed().address, s.server.endpoint().address);
}

TEST(TurnClientOnUdp, the_family_of_the_relayed_address_is_named_where_it_is_not_the_usual_one) {
    for (const std::uint8_t family : {stun::family_v4, stun::family_v6}) {
        test::SeededRandom random(1);
        Client client({"user", "secret", false, family, 777s, {}}, random);
        client.start(TimePoint{1h});
        const Bytes bytes = *client.poll_transmit();
        const auto request = stun::MessageView::parse(bytes);
        EXPECT_EQ(request->method(), stun::Method::allocate);
        EXPECT_EQ((*request->find(stun::Attribute::requested_transport))[0], stun::transport_udp);
        EXPECT_EQ(request->u32(stun::Attribute::lifetime), 777U);
        EXPECT_FALSE(request->has(stun::Attribute::username));
        const auto named = request->find(stun::Attribute::requested_address_family);
        EXPECT_EQ(named.has_value(), family == stun::family_v6);
        EXPECT_EQ(named ? (*named)[0] : stun::family_v4, family);
    }
}

TEST(TurnClientOnUdp, a_challenge_without_the_promised_algorithms_is_a_forgery) {
    // RFC 8489 section 9.2.5: the nonce says that there were some; someone took the list out.
    test::SeededRandom random(1);
    Client client({"user", "secret", false, stun::family_v4, 600s, {}}, random);
    const TimePoint now{1h};
    client.start(now);
    const Bytes request = *client.poll_transmit();
    const auto id = stun::MessageView::parse(request)->transaction_id();
    (void)client.handle_input(now, stun::MessageBuilder(stun::MessageClass::error, stun::Method::allocate, id)
                                       .error(401, "Unauthorized")
                                       .text(stun::Attribute::realm, "r")
                                       .text(stun::Attribute::nonce, "obMatJos2gAAAxyz")
                                       .finish());
    EXPECT_EQ(client.state(), Client::State::failed);
}

TEST(TurnClientOnUdp, data_of_strangers_is_dropped) {
    Setting s;
    ASSERT_TRUE(s.allocate());
    ASSERT_TRUE(s.talk("word"));
    const auto data_of = [&](const char* peer) {
        return s.node.client.handle_input(s.net.now(),
                                          stun::MessageBuilder(stun::MessageClass::indication, stun::Method::data, {})
                                              .address(stun::Attribute::xor_peer_address, *Endpoint::parse(peer))
                                              .bytes(stun::Attribute::data, Bytes{1})
                                              .finish());
    };
    EXPECT_TRUE(data_of("198.51.100.7:9"));  // permission is by address
    EXPECT_FALSE(data_of("198.51.100.8:7000"));
    EXPECT_FALSE(s.node.client.handle_input(s.net.now(), make_channel_data(0x4000, Bytes{1}, false)));
}

TEST(TurnClientOnUdp, peers_and_what_waits_for_them_are_bounded) {
    Setting s;
    ASSERT_TRUE(s.allocate());
    // Nothing is answered any longer.
    s.server.model().mute = true;
    int taken = 0;
    for (int i = 0; i < 100; ++i) taken += s.node.say(s.peer.endpoint(), "x") ? 1 : 0;
    EXPECT_EQ(taken, static_cast<int>(Client::most_waiting));
    for (std::uint32_t i = 0; i < 10'000; ++i) s.node.client.send(s.net.now(), {IpAddress::v4(0x0a000000 + i), 1}, Bytes{1});
    std::size_t queued = 0;
    while (s.node.client.poll_transmit()) ++queued;
    EXPECT_LE(queued, Client::most_queued);
    s.node.client.handle_timeout(s.net.now() + 500ms);
    for (queued = 0; s.node.client.poll_transmit();) ++queued;
    EXPECT_GT(queued, 0U);
    EXPECT_LE(queued, Client::most_requests);
}

TEST(TurnClientOnStream, a_stream_that_ends_takes_the_allocation_with_it) {
    Setting s({}, true);
    ASSERT_TRUE(s.allocate());
    s.node.client.handle_disconnect("connection reset");
    EXPECT_EQ(s.node.client.state(), Client::State::failed);
    EXPECT_EQ(s.node.client.failure().reason, "connection reset");
    EXPECT_EQ(s.node.client.next_timeout(), std::nullopt);
}

}  // namespace
}  // namespace volley::proto::turn
