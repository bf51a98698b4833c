// Calls between two ends on a network in virtual time.
#include <algorithm>

#include <gtest/gtest.h>

#include "support/peer_node.hpp"

namespace volley::webrtc {
namespace {

using namespace std::chrono_literals;
using test::CallPair;
using test::VirtualClock;

const std::vector<PeerState> set_up{PeerState::connecting, PeerState::connected};

TEST(Peer, a_call_is_set_up_and_every_stage_has_its_instant) {
    CallPair call;
    const ChannelId channel = call.a.open({.label = "chat"});
    ASSERT_EQ(call.signal(), "");
    ASSERT_TRUE(call.run_until([&] { return call.a.opened().size() == 1 && call.b.opened().size() == 1; })) << call.net.fault();
    EXPECT_EQ(call.a.states(), set_up);
    EXPECT_EQ(call.b.states(), set_up);
    EXPECT_EQ(call.a.opened().front(), channel);
    ASSERT_NE(call.b.peer().channels().options(call.b.opened().front()), nullptr);
    EXPECT_EQ(call.b.peer().channels().options(call.b.opened().front())->label, "chat");
    TimePoint before{};
    for (std::size_t i = 0; i < stages; ++i) {
        const auto stage = static_cast<Stage>(i);
        for (auto* const end : {&call.a, &call.b}) ASSERT_TRUE(end->peer().reached(stage)) << to_string(stage);
        EXPECT_LE(before, *call.a.peer().reached(stage)) << to_string(stage);
        before = *call.a.peer().reached(stage);
    }
    // One round trip of ICE, two of DTLS, two of SCTP, one of DCEP; a link of 10 ms.
    EXPECT_LE(*call.a.peer().reached(Stage::channel_open) - *call.a.peer().reached(Stage::answered), 200ms);
}

TEST(Peer, the_answerer_is_the_dtls_client_and_messages_go_both_ways) {
    CallPair call;
    const ChannelId a = call.a.open({.label = "chat"});
    ASSERT_EQ(call.signal(), "");
    ASSERT_TRUE(call.run_until([&] { return !call.a.opened().empty() && !call.b.opened().empty(); }));
    EXPECT_EQ(call.b.peer().agreed()->dtls, proto::sdp::DtlsRole::client);
    EXPECT_EQ(call.a.peer().channels().stream(a), 1);  // RFC 8832: the DTLS client has the even ones
    const ChannelId b = call.b.opened().front();
    EXPECT_FALSE(call.a.send(a, true, "ping 0"));
    EXPECT_FALSE(call.a.send(a, false, std::string("\0\1\xff", 3)));
    EXPECT_FALSE(call.a.send(a, true, ""));
    EXPECT_FALSE(call.a.send(a, false, ""));
    EXPECT_FALSE(call.a.send(a, false, std::string(262'144, 'x')));
    EXPECT_FALSE(call.b.send(b, true, "pong 0"));
    ASSERT_TRUE(call.run_until([&] { return call.b.messages().size() == 5 && call.a.messages().size() == 1; }));
    const std::vector<std::string> expected{"text:ping 0", std::string("data:\0\1\xff", 8),
                                            "text:", "data:", "data:" + std::string(262'144, 'x')};
    EXPECT_EQ(call.b.messages(), expected);
    EXPECT_EQ(call.a.messages().front(), "text:pong 0");
    EXPECT_EQ(call.a.send(a, false, std::string(262'145, 'x')), ChannelErrc::too_large);
}

TEST(Peer, channels_are_as_they_were_asked_for) {
    CallPair call;
    const std::vector<ChannelOptions> wanted{
        {.label = "reliable", .protocol = "p"},
        {.label = "unordered", .ordered = false, .max_retransmits = 0},
        {.label = "lifetime", .ordered = false, .max_lifetime = 500ms},
        {.label = ""},
    };
    for (const auto& options : wanted) (void)call.a.open(options);
    ASSERT_EQ(call.signal(), "");
    ASSERT_TRUE(call.run_until([&] { return call.b.opened().size() == 4 && call.a.opened().size() == 4; }));
    std::vector<ChannelOptions> got;
    for (const ChannelId id : call.b.opened()) got.push_back(*call.b.peer().channels().options(id));
    EXPECT_EQ(got, wanted);
    // Later ones too, from the other side.
    (void)call.b.open({.label = "late"});
    ASSERT_TRUE(call.run_until([&] { return call.a.opened().size() == 5; }));
    EXPECT_EQ(call.a.peer().channels().options(call.a.opened().back())->label, "late");
}

TEST(Peer, a_negotiated_channel_says_nothing_on_the_wire) {
    CallPair call;
    const ChannelId a = call.a.open({.label = "fixed", .negotiated_id = 7});
    const ChannelId b = call.b.open({.label = "other name", .negotiated_id = 7});
    ASSERT_EQ(call.signal(), "");
    ASSERT_TRUE(call.run_until([&] { return call.connected(); }));
    EXPECT_FALSE(call.a.send(a, true, "to b"));
    EXPECT_FALSE(call.b.send(b, true, "to a"));
    ASSERT_TRUE(call.run_until([&] { return !call.a.messages().empty() && !call.b.messages().empty(); }));
    EXPECT_EQ(call.a.opened(), std::vector{a});
    EXPECT_EQ(call.b.opened(), std::vector{b});
}

TEST(Peer, impossible_channels_are_refused) {
    CallPair call;
    auto& peer = call.a.peer();
    const auto now = call.net.now();
    EXPECT_EQ(peer.open_channel(now, {.max_retransmits = 1, .max_lifetime = 1ms}).error(), ChannelErrc::bad_options);
    EXPECT_EQ(peer.open_channel(now, {.max_lifetime = 0ms}).error(), ChannelErrc::bad_options);
    EXPECT_EQ(peer.open_channel(now, {.max_lifetime = 1500us}).error(), ChannelErrc::bad_options);
    EXPECT_EQ(peer.open_channel(now, {.negotiated_id = 65'535}).error(), ChannelErrc::bad_options);
    EXPECT_EQ(peer.open_channel(now, {.label = std::string(65'536, 'x')}).error(), ChannelErrc::bad_options);
    ASSERT_TRUE(peer.open_channel(now, {.negotiated_id = 3}));
    EXPECT_EQ(peer.open_channel(now, {.negotiated_id = 3}).error(), ChannelErrc::bad_options);
    for (std::size_t i = 1; i < DataChannels::most_channels; ++i) ASSERT_TRUE(peer.open_channel(now, {}));
    EXPECT_EQ(peer.open_channel(now, {}).error(), ChannelErrc::too_many);
}

TEST(Peer, a_channel_that_one_side_closes_closes_at_both_and_its_number_is_used_again) {
    CallPair call;
    const ChannelId first = call.a.open({.label = "one"});
    ASSERT_EQ(call.signal(), "");
    ASSERT_TRUE(call.run_until([&] { return !call.a.opened().empty() && !call.b.opened().empty(); }));
    EXPECT_FALSE(call.a.send(first, true, "last words"));
    call.a.peer().close_channel(call.net.now(), first);
    call.a.flush(call.net.now());
    EXPECT_EQ(call.a.send(first, true, "too late"), ChannelErrc::no_channel);
    ASSERT_TRUE(call.run_until([&] { return !call.a.closed().empty() && !call.b.closed().empty(); }));
    EXPECT_EQ(call.b.messages(), std::vector<std::string>{"text:last words"});
    EXPECT_EQ(call.b.closed().front().reason, "the peer closed it");
    EXPECT_EQ(call.a.peer().channels().size(), 0U);
    EXPECT_EQ(call.b.peer().channels().size(), 0U);
    call.net.run_for(2s);
    const ChannelId second = call.a.open({.label = "two"});
    ASSERT_TRUE(call.run_until([&] { return call.a.opened().size() == 2 && call.b.opened().size() == 2; }));
    EXPECT_NE(first, second);
    EXPECT_EQ(call.a.peer().channels().stream(second), 1);
    EXPECT_FALSE(call.b.send(call.b.opened().back(), true, "still"));
    ASSERT_TRUE(call.run_until([&] { return !call.a.messages().empty(); }));
}

TEST(Peer, whoever_hangs_up_the_other_knows_at_once) {
    for (const bool by_a : {true, false}) {
        CallPair call;
        (void)call.a.open({.label = "chat"});
        ASSERT_EQ(call.signal(), "");
        ASSERT_TRUE(call.run_until([&] { return call.connected() && call.b.opened().size() == 1; }));
        auto& from = by_a ? call.a : call.b;
        auto& to = by_a ? call.b : call.a;
        const auto at = call.net.now();
        from.close();
        EXPECT_EQ(from.peer().state(), PeerState::closed);
        EXPECT_EQ(from.peer().end_error(), PeerErrc::closed);
        ASSERT_TRUE(call.run_until([&] { return to.peer().ended(); }));
        EXPECT_EQ(to.peer().state(), PeerState::closed);
        EXPECT_EQ(to.peer().end_error(), PeerErrc::closed_by_peer);
        EXPECT_LE(call.net.now() - at, 20ms);
        EXPECT_EQ(to.closed().size(), 1U);
        EXPECT_EQ(from.closed().size(), 1U);
        EXPECT_FALSE(from.peer().next_timeout());
        EXPECT_FALSE(to.peer().next_timeout());
        EXPECT_EQ(test::the_sctp_stack().associations(), 0U);
    }
}

TEST(Peer, a_peer_that_is_gone_without_a_word_is_missed_within_the_time_of_consent) {
    CallPair call;
    (void)call.a.open({.label = "chat"});
    ASSERT_EQ(call.signal(), "");
    ASSERT_TRUE(call.run_until([&] { return call.connected(); }));
    call.net.run_for(2s);
    call.net.set_filter([](const Endpoint& from, const Endpoint&, BytesView) { return from.port != 4002; });
    const auto at = call.net.now();
    ASSERT_TRUE(call.run_until([&] { return call.a.peer().state() == PeerState::disconnected; }, 30s));
    ASSERT_TRUE(call.run_until([&] { return call.a.peer().ended(); }, 60s));
    EXPECT_EQ(call.a.peer().end_error(), PeerErrc::consent_lost);
    EXPECT_LE(call.net.now() - at, 36s);  // RFC 7675: 30 s, and the last check before it
    EXPECT_EQ(call.a.closed().size(), 1U);
}

TEST(Peer, a_path_that_comes_back_carries_on) {
    CallPair call;
    const ChannelId channel = call.a.open({.label = "chat"});
    ASSERT_EQ(call.signal(), "");
    ASSERT_TRUE(call.run_until([&] { return call.connected() && call.b.opened().size() == 1; }));
    call.net.set_filter([](const Endpoint&, const Endpoint&, BytesView) { return false; });
    ASSERT_TRUE(call.run_until([&] { return call.a.peer().state() == PeerState::disconnected; }, 30s));
    EXPECT_FALSE(call.a.send(channel, true, "hello?"));
    call.net.set_filter({});
    ASSERT_TRUE(call.run_until([&] { return call.a.peer().state() == PeerState::connected && call.b.messages().size() == 1; }));
}

TEST(Peer, another_certificate_than_the_descriptions_is_refused) {
    const proto::dtls::Identity stranger;
    CallPair call;
    (void)call.a.open({.label = "chat"});
    std::string offer = call.a.peer().create_offer(call.net.now());
    ASSERT_FALSE(call.b.peer().take_offer(call.net.now(), offer));
    auto answer = call.b.peer().create_answer(call.net.now());
    ASSERT_TRUE(answer);
    // As one who sits between the two and has changed the answer.
    const std::string theirs = to_string(test::the_identity().fingerprint(proto::dtls::HashFunction::sha_256));
    const std::string other = to_string(stranger.fingerprint(proto::dtls::HashFunction::sha_256));
    const auto at = answer->find(theirs);
    ASSERT_NE(at, std::string::npos);
    answer->replace(at, theirs.size(), other);
    ASSERT_FALSE(call.a.peer().take_answer(call.net.now(), *answer));
    call.a.flush(call.net.now());
    ASSERT_TRUE(call.run_until([&] { return call.a.peer().ended(); }));
    EXPECT_EQ(call.a.peer().state(), PeerState::failed);
    EXPECT_EQ(call.a.peer().end_error(), PeerErrc::dtls_failed);
    EXPECT_NE(call.a.peer().end_reason().find("fingerprint"), std::string::npos) << call.a.peer().end_reason();
    EXPECT_FALSE(call.a.peer().reached(Stage::dtls_connected));
}

TEST(Peer, an_answer_with_the_wrong_password_leads_nowhere_and_says_so) {
    CallPair call;
    const std::string offer = call.a.peer().create_offer(call.net.now());
    ASSERT_FALSE(call.b.peer().take_offer(call.net.now(), offer));
    auto answer = call.b.peer().create_answer(call.net.now());
    ASSERT_TRUE(answer);
    const auto at = answer->find("a=ice-pwd:") + 10;
    answer->replace(at, 24, "AAAAAAAAAAAAAAAAAAAAAAAA");
    ASSERT_FALSE(call.a.peer().take_answer(call.net.now(), *answer));
    call.a.flush(call.net.now());
    ASSERT_TRUE(call.run_until([&] { return call.a.peer().ended(); }, 120s));
    EXPECT_EQ(call.a.peer().end_error(), PeerErrc::set_up_too_slow);
    EXPECT_NE(call.a.peer().end_reason().find("none of"), std::string::npos) << call.a.peer().end_reason();
}

TEST(Peer, an_answer_that_never_comes_ends_the_wait) {
    PeerConfig config;
    config.set_up_limit = 5s;
    CallPair call(1, {}, config);
    (void)call.a.peer().create_offer(call.net.now());
    call.a.flush(call.net.now());
    ASSERT_TRUE(call.run_until([&] { return call.a.peer().ended(); }, 6s));
    EXPECT_EQ(call.a.peer().end_error(), PeerErrc::set_up_too_slow);
    EXPECT_NE(call.a.peer().end_reason().find("no answer came"), std::string::npos);
}

TEST(Peer, descriptions_out_of_turn_change_nothing) {
    CallPair call;
    EXPECT_TRUE(call.a.peer().take_answer(call.net.now(), "v=0\r\n"));
    EXPECT_FALSE(call.a.peer().create_answer(call.net.now()));
    const std::string offer = call.a.peer().create_offer(call.net.now());
    const auto refused = call.b.peer().take_offer(call.net.now(), offer.substr(0, 40) + "garbage");
    ASSERT_TRUE(refused);
    EXPECT_EQ(call.b.peer().state(), PeerState::fresh);
    EXPECT_FALSE(call.b.peer().take_offer(call.net.now(), offer));
    EXPECT_TRUE(call.b.peer().take_offer(call.net.now(), offer));
    const auto answer = call.b.peer().create_answer(call.net.now());
    ASSERT_TRUE(answer);
    EXPECT_FALSE(call.b.peer().create_answer(call.net.now()));
    EXPECT_TRUE(call.a.peer().take_answer(call.net.now(), offer));  // an offer is no answer: actpass
    EXPECT_EQ(call.a.peer().state(), PeerState::connecting);
    EXPECT_FALSE(call.a.peer().take_answer(call.net.now(), *answer));
    EXPECT_TRUE(call.a.peer().take_answer(call.net.now(), *answer));
}

TEST(Peer, a_hello_that_is_faster_than_the_answer_is_kept) {
    CallPair call(1, {.delay = 5ms});
    (void)call.a.open({.label = "chat"});
    // The answerer knows the offer and checks at once; its hello is there long before the answer.
    ASSERT_EQ(call.signal(400ms), "");
    const auto answered = call.net.now();
    ASSERT_TRUE(call.run_until([&] { return !call.a.opened().empty(); }));
    EXPECT_LE(call.net.now() - answered, 250ms);
}

TEST(Peer, candidates_may_follow_the_descriptions) {
    PeerConfig config;
    config.trickle = true;
    CallPair call(1, {}, config, config);
    const std::string offer = call.a.peer().create_offer(call.net.now());
    EXPECT_NE(offer.find("a=ice-options:trickle"), std::string::npos);
    std::string stripped;
    std::string candidate;
    for (std::size_t i = 0; i < offer.size();) {
        const auto end = offer.find("\r\n", i) + 2;
        const std::string line = offer.substr(i, end - i);
        if (line.starts_with("a=candidate:"))
            candidate = line.substr(2, line.size() - 4);
        else if (!line.starts_with("a=end-of-candidates"))
            stripped += line;
        i = end;
    }
    ASSERT_FALSE(call.b.peer().take_offer(call.net.now(), stripped));
    const auto answer = call.b.peer().create_answer(call.net.now());
    ASSERT_TRUE(answer);
    ASSERT_FALSE(call.a.peer().take_answer(call.net.now(), *answer));
    // Nothing can reach b's host behind this filter but what b begins.
    EXPECT_FALSE(call.b.peer().add_remote_candidate(call.net.now(), candidate));
    EXPECT_FALSE(call.b.peer().add_remote_candidate(call.net.now(), "candidate:9 1 udp 1 0c5b1a3e.local 5000 typ host"));
    EXPECT_TRUE(call.b.peer().add_remote_candidate(call.net.now(), "candidate:nonsense"));
    EXPECT_FALSE(call.b.peer().add_remote_candidate(call.net.now(), ""));
    call.a.flush(call.net.now());
    call.b.flush(call.net.now());
    ASSERT_TRUE(call.run_until([&] { return call.connected(); }));
    // An address that is found later is told of.
    call.a.add_host("192.0.2.9:4009");
    EXPECT_TRUE(call.a.trickled().empty());  // gathering was over
}

TEST(Peer, a_restart_by_fragment_moves_the_call_to_new_credentials) {
    CallPair call;
    const ChannelId channel = call.a.open({.label = "chat"});
    ASSERT_EQ(call.signal(), "");
    ASSERT_TRUE(call.run_until([&] { return call.connected() && call.b.opened().size() == 1; }));
    const std::string before = call.b.peer().ice().local_credentials().ufrag;
    const std::string mid = call.b.peer().agreed()->mid;
    const auto answer = call.b.peer().take_fragment(call.net.now(),
                                                    "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
                                                    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:" +
                                                        mid + "\r\na=candidate:1 1 udp 2130706431 192.0.2.1 4001 typ host\r\n");
    ASSERT_TRUE(answer) << format_source_error(answer.error());
    ASSERT_TRUE(*answer);
    EXPECT_NE((**answer).ice->ufrag, before);
    ASSERT_EQ((**answer).media.size(), 1U);
    EXPECT_EQ((**answer).media.front().candidates.size(), 1U);
    // Until the new check is done data keeps its way.
    EXPECT_FALSE(call.b.send(call.b.opened().front(), true, "still here"));
    ASSERT_TRUE(call.run_until([&] { return !call.a.messages().empty(); }));
    EXPECT_FALSE(call.a.send(channel, true, "and here"));
    // Candidates alone are no restart.
    const auto more = call.b.peer().take_fragment(call.net.now(),
                                                  "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
                                                  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:" +
                                                      mid + "\r\na=end-of-candidates\r\n");
    ASSERT_TRUE(more);
    EXPECT_FALSE(*more);
    EXPECT_FALSE(call.b.peer().take_fragment(call.net.now(), "nonsense"));
}

TEST(Peer, a_reader_that_pauses_holds_the_writer_back_and_loses_nothing) {
    CallPair call;
    const ChannelId channel = call.a.open({.label = "bulk"});
    ASSERT_EQ(call.signal(), "");
    ASSERT_TRUE(call.run_until([&] { return call.connected() && call.b.opened().size() == 1; }));
    call.b.peer().pause_reading(call.net.now(), true);
    const std::string block(32'768, 'x');
    int sent = 0;
    bool blocked = false;
    for (int i = 0; i < 400 && !blocked; ++i) {
        const auto error = call.a.send(channel, false, block);
        blocked = error == ChannelErrc::would_block;
        if (!error)
            ++sent;
        else
            ASSERT_TRUE(blocked) << error.message();
        call.net.run_for(20ms);
    }
    ASSERT_TRUE(blocked);
    EXPECT_LE(sent, 120);
    EXPECT_TRUE(call.b.messages().empty());
    // A paused reader may still write.
    EXPECT_FALSE(call.b.send(call.b.opened().front(), true, "wait"));
    ASSERT_TRUE(call.run_until([&] { return call.a.messages().size() == 1; }));
    const int writable = call.a.writable();
    call.b.peer().pause_reading(call.net.now(), false);
    call.b.flush(call.net.now());
    ASSERT_TRUE(call.run_until(
        [&] { return call.b.messages().size() == static_cast<std::size_t>(sent) && call.a.writable() > writable; }));
    EXPECT_FALSE(call.a.send(channel, false, block));
}

TEST(Peer, garbage_forgeries_and_replays_do_not_hurt_a_call) {
    CallPair call;
    const ChannelId channel = call.a.open({.label = "chat"});
    ASSERT_EQ(call.signal(), "");
    ASSERT_TRUE(call.run_until([&] { return call.connected() && call.b.opened().size() == 1; }));
    std::vector<Bytes> seen;
    call.net.set_filter([&](const Endpoint&, const Endpoint& to, BytesView bytes) {
        if (to.port == 4002 && seen.size() < 200) seen.emplace_back(bytes.begin(), bytes.end());
        return true;
    });
    for (int i = 0; i < 50; ++i) ASSERT_FALSE(call.a.send(channel, true, "message " + std::to_string(i)));
    ASSERT_TRUE(call.run_until([&] { return call.b.messages().size() == 50; }));
    const auto associations = test::the_sctp_stack().associations();
    const Endpoint a = *Endpoint::parse("192.0.2.1:4001");
    const Endpoint b = *Endpoint::parse("192.0.2.2:4002");
    auto& random = call.net.random();
    for (int i = 0; i < 5000; ++i) {
        Bytes bytes;
        if (i % 3 == 0 && !seen.empty()) {
            bytes = seen[random.next() % seen.size()];
            if (i % 2 == 0 && !bytes.empty())
                bytes[random.next() % bytes.size()] ^= static_cast<std::uint8_t>(1 + random.next() % 255);
        } else {
            bytes.resize(random.next() % 1500);
            for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
            static constexpr std::uint8_t firsts[]{0, 1, 20, 22, 23, 64, 128, 200};
            if (!bytes.empty()) bytes[0] = firsts[random.next() % 8];
        }
        call.b.handle_datagram(call.net.now(), b, i % 5 == 0 ? *Endpoint::parse("203.0.113.7:9") : a, bytes);
        call.b.flush(call.net.now());
    }
    EXPECT_EQ(call.b.messages().size(), 50U);
    EXPECT_TRUE(call.connected());
    EXPECT_EQ(test::the_sctp_stack().associations(), associations);
    EXPECT_GT(call.b.peer().counts().dropped_in, 100U);
    ASSERT_FALSE(call.a.send(channel, true, "after"));
    ASSERT_TRUE(call.run_until([&] { return call.b.messages().size() == 51; }));
}

TEST(Peer, media_goes_through_the_same_way_protected) {
    PeerConfig config;
    proto::sdp::LocalMedia video;
    video.kind = "video";
    auto& vp8 = video.codecs.emplace_back();
    vp8.payload_type = 96;
    vp8.name = "VP8";
    vp8.clock_rate = 90'000;
    config.media = {video};
    CallPair call(1, {}, config, config);
    ASSERT_EQ(call.signal(), "");
    ASSERT_TRUE(call.run_until([&] { return call.connected(); }));
    Bytes packet{0x80, 96, 0, 1, 0, 0, 0, 9, 1, 2, 3, 4, 'h', 'i'};
    bool in_clear = false;
    call.net.set_filter([&](const Endpoint&, const Endpoint&, BytesView bytes) {
        in_clear = in_clear || std::search(bytes.begin(), bytes.end(), packet.end() - 2, packet.end()) != bytes.end();
        return true;
    });
    EXPECT_FALSE(call.a.peer().send_media(call.net.now(), false, packet));
    call.a.flush(call.net.now());
    ASSERT_TRUE(call.run_until([&] { return call.b.media().size() == 1; }));
    EXPECT_EQ(call.b.media().front().bytes, packet);
    EXPECT_FALSE(in_clear);
    // A call of data alone has no keys that anybody agreed on media for.
    EXPECT_EQ(call.b.peer().agreed()->media.size(), 1U);
}

}  // namespace
}  // namespace volley::webrtc
