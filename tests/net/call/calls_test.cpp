#include "net/call/fixture.hpp"

#include <boost/asio/post.hpp>

#include "call/local_addresses.hpp"
#include "support/descriptors.hpp"

namespace volley::call {
namespace {

using namespace std::chrono_literals;
using test::address;
using test::Caller;
using test::run_until;

using CallsTest = test::CallsTest;

std::string with_port(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
    return text;
}

TEST_F(CallsTest, a_call_comes_up_and_everything_that_is_sent_comes_back) {
    open_port();
    const auto caller = connected();
    EXPECT_EQ(caller->peer().state(), webrtc::PeerState::connected);
    EXPECT_EQ(echo(*caller, true, "ping 17"), "pong 17");
    EXPECT_EQ(echo(*caller, true, "ping"), "pong");
    EXPECT_EQ(echo(*caller, true, "pin"), "pin");
    EXPECT_EQ(echo(*caller, true, "a ping"), "a ping");
    EXPECT_EQ(echo(*caller, false, "ping as bytes"), "ping as bytes");
    EXPECT_EQ(echo(*caller, true, ""), "");
    EXPECT_EQ(echo(*caller, false, ""), "");
    std::string big(256 * 1024, '\0');
    for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>(i * 31 + i / 251);
    EXPECT_EQ(echo(*caller, false, big), big);
    EXPECT_EQ(echo(*caller, true, std::string(256 * 1024, 'p')), std::string(256 * 1024, 'p'));
    EXPECT_EQ(port->calls(), 1U);
    EXPECT_EQ(port->counts().accepted, 1U);
    EXPECT_EQ(port->counts().connected, 1U);
    EXPECT_EQ(port->counts().strays, 0U);
    EXPECT_EQ(loop.calls(), 2U);
}

TEST_F(CallsTest, ipv6_works_as_well_and_so_does_a_port_on_all_addresses) {
    open_port(port_config("::"));
    const auto v6 = connected(call_config("::1"));
    EXPECT_EQ(echo(*v6, true, "six"), "six");
    EXPECT_EQ(v6->peer().path()->remote.endpoint, (Endpoint{address("::1"), port->local_endpoint().port}));
    const auto v4 = connected();
    EXPECT_EQ(echo(*v4, true, "four"), "four");
    EXPECT_EQ(v4->peer().path()->remote.endpoint, (Endpoint{address("127.0.0.1"), port->local_endpoint().port}));
    // And a call with both, which takes one.
    auto config = call_config();
    config.addresses.push_back(address("::1"));
    const auto both = connected(std::move(config));
    EXPECT_EQ(echo(*both, true, "both"), "both");
}

TEST_F(CallsTest, a_server_behind_a_nat_is_reached_at_the_address_that_it_advertises) {
    auto config = port_config("0.0.0.0");
    config.advertised = {address("127.0.0.9")};
    open_port(std::move(config));
    const auto caller = test::CallsTest::caller();
    const auto accepted = accept(offer(*caller));
    EXPECT_THAT(accepted.answer, testing::HasSubstr(" 127.0.0.9 "));
    EXPECT_THAT(accepted.answer, testing::Not(testing::HasSubstr(" 127.0.0.1 ")));
    // The translation: outside .9, inside .1.
    answer(*caller, with_port(accepted.answer, "127.0.0.9", "127.0.0.1"));
    run_until(io, [&] { return caller->open || caller->ended(); });
    EXPECT_EQ(echo(*caller, true, "inside"), "inside");
}

TEST_F(CallsTest, candidates_on_loopback_are_told_to_those_who_signal_from_there) {
    open_port(port_config("0.0.0.0"));
    const auto caller = test::CallsTest::caller();
    const std::string text = offer(*caller);
    EXPECT_THAT(accept(text, "127.0.0.1").answer, testing::HasSubstr(" 127.0.0.1 "));
    bool others = false;
    for (const auto& one : local_addresses(true)) others = others || (one.is_v4() && !one.is_loopback());
    if (others) {
        EXPECT_THAT(accept(text, "192.0.2.1").answer,
                    testing::Not(testing::HasSubstr("a=candidate:1 1 udp 2130706431 127.0.0.1 ")));
    }
}

// Firefox calls no loopback address: whoever opened http://localhost there found no way to the server.
TEST_F(CallsTest, a_port_on_loopback_may_be_reached_at_all_addresses_of_the_machine) {
    auto config = port_config("127.0.0.1");
    config.whole_machine = true;
    open_port(std::move(config));
    EXPECT_EQ(port->local_endpoint().address, address("127.0.0.1"));
    const auto home = connected();
    EXPECT_EQ(echo(*home, true, "home"), "home");
    EXPECT_EQ(home->peer().path()->remote.endpoint, port->local_endpoint());

    const auto all = local_addresses(true);
    const auto other = std::find_if(all.begin(), all.end(), [](const auto& a) { return a.is_v4() && !a.is_loopback(); });
    if (other == all.end()) return;
    const auto caller = connected(call_config(other->to_string()));
    EXPECT_EQ(echo(*caller, true, "not loopback"), "not loopback");
    EXPECT_EQ(port->counts().strays, 0U);
    auto answer = accept(offer(*test::CallsTest::caller())).answer;
    EXPECT_LT(answer.find(" 127.0.0.1 "), answer.find(" " + other->to_string() + " ")) << "whoever can takes loopback";
}

TEST_F(CallsTest, so_may_one_on_the_loopback_address_of_ipv6) {
    auto config = port_config("::1");
    config.whole_machine = true;
    open_port(std::move(config));
    const auto caller = connected(call_config("::1"));
    EXPECT_EQ(echo(*caller, true, "six"), "six");
    EXPECT_EQ(caller->peer().path()->remote.endpoint, (Endpoint{address("::1"), port->local_endpoint().port}));
}

TEST(LocalAddresses, a_datagram_is_of_this_machine_if_its_sender_has_our_address_or_a_loopback_one) {
    EXPECT_TRUE(is_from_this_machine(address("127.0.0.1"), address("127.0.0.1")));
    EXPECT_TRUE(is_from_this_machine(address("127.0.0.1"), address("192.0.2.1")));
    EXPECT_TRUE(is_from_this_machine(address("192.0.2.1"), address("192.0.2.1")));
    EXPECT_TRUE(is_from_this_machine(address("::1"), address("::1")));
    EXPECT_FALSE(is_from_this_machine(address("192.0.2.2"), address("192.0.2.1")));
    EXPECT_FALSE(is_from_this_machine(address("2001:db8::2"), address("2001:db8::1")));
    EXPECT_FALSE(is_from_this_machine(address("::ffff:192.0.2.2"), address("::ffff:192.0.2.1")));
}

TEST_F(CallsTest, every_channel_that_is_opened_is_answered_also_where_the_peer_adds_no_streams) {
    open_port();
    auto config = call_config();
    // Twice as many as at first are too many for it, so that it says no to more, as libwebrtc says nothing at all.
    config.peer.sctp.incoming_streams = 200;
    config.peer.sctp.outgoing_streams = 200;
    const auto caller = connected(std::move(config));
    constexpr std::size_t channels = 90;  // each a second stream
    int closed = 0;
    caller->then = [&](webrtc::PeerEvent& event) { closed += std::holds_alternative<webrtc::ChannelClosed>(event) ? 1 : 0; };
    for (std::size_t i = 0; i < channels; ++i) {
        const auto channel = caller->call->open_channel({});
        ASSERT_TRUE(channel.has_value());
        ASSERT_FALSE(caller->call->send(*channel, true, bytes_of("ping " + std::to_string(i))));
    }
    run_until(io, [&] { return caller->messages.size() == channels || closed > 0 || caller->ended(); });
    EXPECT_EQ(closed, 0);
    EXPECT_EQ(caller->messages.size(), channels);
}

TEST_F(CallsTest, fifty_calls_at_once_share_one_port_and_keep_apart) {
    open_port();
    std::vector<std::unique_ptr<Caller>> callers;
    for (int i = 0; i < 50; ++i) {
        callers.push_back(caller());
        begin(*callers.back());
    }
    run_until(io,
              [&] { return std::all_of(callers.begin(), callers.end(), [](const auto& c) { return c->open || c->ended(); }); });
    for (std::size_t round = 0; round < 3; ++round) {
        for (std::size_t i = 0; i < callers.size(); ++i)
            send(*callers[i], true, "ping " + std::to_string(i) + '/' + std::to_string(round));
        run_until(io, [&] {
            return std::all_of(callers.begin(), callers.end(),
                               [&](const auto& c) { return c->messages.size() == round + 1 || c->ended(); });
        });
    }
    for (std::size_t i = 0; i < callers.size(); ++i) {
        ASSERT_EQ(callers[i]->messages.size(), 3U) << callers[i]->peer().end_reason();
        EXPECT_EQ(callers[i]->messages[2].data, "pong " + std::to_string(i) + "/2");
    }
    EXPECT_EQ(port->calls(), 50U);
    EXPECT_EQ(port->counts().connected, 50U);
}

TEST_F(CallsTest, the_server_hears_it_when_the_caller_hangs_up) {
    open_port();
    const auto caller = connected();
    caller->call->hang_up();
    EXPECT_EQ(caller->peer().state(), webrtc::PeerState::closed);
    EXPECT_EQ(caller->peer().end_error(), webrtc::PeerErrc::closed);
    EXPECT_EQ(caller->states.back(), webrtc::PeerState::closed);
    run_until(io, [&] { return port->calls() == 0; });
    EXPECT_EQ(port->counts().ended, 1U);
    EXPECT_EQ(port->registries(), ServerPort::Registries{});
    EXPECT_EQ(caller->call->send(caller->channel, true, bytes_of("late")), webrtc::ChannelErrc::no_channel);
}

TEST_F(CallsTest, the_caller_hears_it_when_the_server_hangs_up) {
    open_port();
    const auto caller = connected();
    EXPECT_TRUE(port->hang_up(last_id));
    EXPECT_FALSE(port->hang_up(last_id));
    EXPECT_EQ(port->calls(), 0U);
    EXPECT_EQ(port->registries(), ServerPort::Registries{});
    run_until(io, [&] { return caller->ended(); });
    EXPECT_EQ(caller->peer().state(), webrtc::PeerState::closed);
    EXPECT_EQ(caller->peer().end_error(), webrtc::PeerErrc::closed_by_peer);
}

TEST_F(CallsTest, closing_the_port_hangs_up_all_calls) {
    open_port();
    const auto one = connected();
    const auto other = connected();
    port.reset();
    run_until(io, [&] { return one->ended() && other->ended(); });
    EXPECT_EQ(one->peer().end_error(), webrtc::PeerErrc::closed_by_peer);
}

TEST_F(CallsTest, nothing_stays_of_two_hundred_calls_that_were) {
    open_port();
    { const auto warm = connected(); }
    port->hang_up_all();
    run_for(50ms);
    const std::size_t descriptors = test::open_descriptors();
    for (int i = 0; i < 10; ++i) {
        std::vector<std::unique_ptr<Caller>> callers;
        for (int j = 0; j < 20; ++j) {
            callers.push_back(caller());
            begin(*callers.back());
        }
        run_until(
            io, [&] { return std::all_of(callers.begin(), callers.end(), [](const auto& c) { return c->open || c->ended(); }); });
        // Each way to end: by either side, in the middle of things, and without a word.
        for (std::size_t j = 0; j < callers.size(); ++j) {
            EXPECT_TRUE(callers[j]->open);
            if (j % 4 == 0) send(*callers[j], true, "on its way");
            if (j % 2 == 0) callers[j]->call->hang_up();
        }
        if (i % 2 == 0) callers.clear();
        port->hang_up_all();
        EXPECT_EQ(port->calls(), 0U);
        EXPECT_EQ(port->registries(), ServerPort::Registries{});
        run_until(io, [&] { return std::all_of(callers.begin(), callers.end(), [](const auto& c) { return c->ended(); }); });
        callers.clear();
        EXPECT_EQ(loop.calls(), 0U);
        EXPECT_EQ(loop.stack().associations(), 0U);
    }
    EXPECT_EQ(port->counts().accepted, 201U);
    EXPECT_EQ(port->counts().ended, 201U);
    run_for(50ms);
    EXPECT_EQ(test::open_descriptors(), descriptors);
    port.reset();
    EXPECT_EQ(test::open_descriptors(), descriptors - 1);
    // And no timer runs any longer.
    io.restart();
    const TimePoint before = Clock::now();
    io.run();
    EXPECT_LT(Clock::now() - before, 30s);
}

TEST_F(CallsTest, the_event_loop_ends_with_the_last_call) {
    open_port();
    auto one = connected();
    one.reset();
    port.reset();
    bool ended = false;
    for (int i = 0; i < 100 && !ended; ++i) {
        io.restart();
        io.run_for(100ms);
        ended = io.stopped();
    }
    EXPECT_TRUE(ended);
}

TEST_F(CallsTest, a_caller_that_ends_has_no_descriptor_any_longer) {
    open_port();
    const std::size_t before = test::open_descriptors();
    const auto caller = connected();
    EXPECT_EQ(test::open_descriptors(), before + 1);
    caller->call->hang_up();
    EXPECT_EQ(test::open_descriptors(), before);
}

TEST_F(CallsTest, limits_on_calls_are_kept_and_lifted_by_calls_that_end) {
    auto config = port_config();
    config.limits.calls = 5;
    config.limits.calls_per_address = 2;
    open_port(std::move(config));
    const auto caller = test::CallsTest::caller();
    const std::string text = offer(*caller);
    const auto error_for = [&](std::string_view from) {
        const auto accepted = port->accept(text, address(from), make_echo_handler());
        return accepted ? error_code() : accepted.error().error;
    };
    const std::uint64_t first = accept(text, "192.0.2.1").id;
    EXPECT_FALSE(error_for("::ffff:192.0.2.1"));
    EXPECT_EQ(error_for("192.0.2.1"), AcceptErrc::too_many_of_address);
    EXPECT_TRUE(port->hang_up(first));
    EXPECT_FALSE(error_for("192.0.2.1"));
    // One who has an IPv6 network is one.
    EXPECT_FALSE(error_for("2001:db8::1"));
    EXPECT_FALSE(error_for("2001:db8::2"));
    EXPECT_EQ(error_for("2001:db8::ffff"), AcceptErrc::too_many_of_address);
    EXPECT_FALSE(error_for("127.0.0.1"));
    EXPECT_EQ(error_for("127.0.0.1"), AcceptErrc::too_many_calls);
    EXPECT_EQ(error_for("127.0.0.1"), Condition::exhausted);
    EXPECT_EQ(port->counts().refused, 4U);
    EXPECT_EQ(port->registries().signallers, 2U);
    port->hang_up_all();
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(error_for("127.0.0.1"));
}

TEST_F(CallsTest, an_offer_that_cannot_be_used_is_refused_with_its_line_and_leaves_nothing) {
    open_port();
    const auto refused = port->accept("v=0\r\nnonsense\r\n", address("192.0.2.1"), make_echo_handler());
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().error, AcceptErrc::bad_offer);
    EXPECT_FALSE(refused.error().detail.text.empty());
    EXPECT_EQ(port->calls(), 0U);
    EXPECT_EQ(port->registries(), ServerPort::Registries{});
    EXPECT_EQ(port->counts().refused, 1U);
    EXPECT_EQ(port->counts().ended, 0U);
    EXPECT_EQ(loop.calls(), 0U);
    EXPECT_EQ(port->patch(1, "a=mid:0\r\n").error().error, AcceptErrc::no_such_call);
}

TEST_F(CallsTest, another_certificate_than_the_answer_says_ends_the_call_with_that_reason) {
    open_port();
    const auto caller = test::CallsTest::caller();
    std::string text = accept(offer(*caller)).answer;
    const std::size_t at = text.find("a=fingerprint:sha-256 ") + 22;
    ASSERT_LT(at, text.size());
    text[at] = text[at] == 'A' ? 'B' : 'A';
    answer(*caller, text);
    run_until(io, [&] { return caller->ended(); });
    EXPECT_EQ(caller->peer().state(), webrtc::PeerState::failed);
    EXPECT_EQ(caller->peer().end_error(), webrtc::PeerErrc::dtls_failed);
    EXPECT_THAT(caller->peer().end_reason(), testing::HasSubstr("fingerprint"));
    EXPECT_FALSE(caller->open);
    run_until(io, [&] { return port->calls() == 0; });
}

TEST_F(CallsTest, calls_whose_peer_never_comes_end_at_the_set_up_limit) {
    auto config = port_config();
    config.peer.set_up_limit = 300ms;
    open_port(std::move(config));
    auto caller_config = call_config();
    caller_config.peer.set_up_limit = 300ms;
    const auto caller = test::CallsTest::caller(std::move(caller_config));
    (void)accept(offer(*caller));  // the answer gets lost
    EXPECT_FALSE(test::result_of(io, caller->call->wait_until([&] { return caller->open; }, Clock::now() + 30s)));
    EXPECT_EQ(caller->peer().end_error(), webrtc::PeerErrc::set_up_too_slow);
    EXPECT_EQ(caller->peer().end_error(), Condition::timeout);
    EXPECT_THAT(caller->peer().end_reason(), testing::HasSubstr("no answer"));
    run_until(io, [&] { return port->calls() == 0; });
    EXPECT_EQ(port->counts().ended, 1U);
    EXPECT_EQ(port->counts().connected, 0U);
}

TEST_F(CallsTest, a_connected_call_on_which_nothing_happens_is_hung_up) {
    auto config = port_config();
    config.idle_limit = 1s;
    open_port(std::move(config));
    const auto busy = connected();
    const auto idle = connected();
    const TimePoint until = Clock::now() + 60s;
    while (!idle->ended() && Clock::now() < until) {
        if (!busy->ended()) {
            EXPECT_EQ(echo(*busy, true, "ping"), "pong");
        }
        run_for(50ms);
    }
    EXPECT_EQ(idle->peer().end_error(), webrtc::PeerErrc::closed_by_peer);
    // Its own time comes later.
    run_until(io, [&] { return busy->ended(); });
    EXPECT_EQ(port->calls(), 0U);
}

TEST_F(CallsTest, waiting_ends_with_the_condition_the_time_the_call_or_its_object) {
    open_port();
    auto caller = connected();
    const auto wait = [&](std::function<bool()> condition, Duration time) {
        return test::result_of(io, caller->call->wait_until(std::move(condition), Clock::now() + time));
    };
    EXPECT_TRUE(wait([] { return true; }, 0s));
    EXPECT_FALSE(wait([] { return false; }, 20ms));
    caller->then = [&](webrtc::PeerEvent& event) {
        if (std::holds_alternative<webrtc::ChannelMessage>(event) && caller->messages.size() < 3) send(*caller, true, "again");
    };
    send(*caller, true, "first");
    EXPECT_TRUE(wait([&] { return caller->messages.size() == 3; }, 60s));
    caller->then = nullptr;

    // The object goes in the middle of it, or before it has begun: the condition, which looks at the object, is not asked again.
    auto before = caller->call->wait_until([] { return true; }, Clock::now() + 60s);
    bool destroyed = false;
    EXPECT_FALSE(wait(
        [&] {
            if (!destroyed) boost::asio::post(io, [&] { caller.reset(); });
            destroyed = true;
            return caller == nullptr;
        },
        60s));
    EXPECT_EQ(caller, nullptr);
    EXPECT_FALSE(test::result_of(io, std::move(before)));
}

TEST_F(CallsTest, a_handler_may_hang_up_and_destroy_its_call) {
    open_port();
    auto one = connected();
    one->then = [&](webrtc::PeerEvent& event) {
        if (std::holds_alternative<webrtc::ChannelMessage>(event)) one->call->hang_up();
    };
    send(*one, true, "x");
    run_until(io, [&] { return one->ended(); });
    EXPECT_EQ(one->peer().end_error(), webrtc::PeerErrc::closed);
    run_until(io, [&] { return port->calls() == 0; });

    auto other = connected();
    bool gone = false;
    other->then = [&](webrtc::PeerEvent& event) {
        if (!std::holds_alternative<webrtc::ChannelMessage>(event)) return;
        other->call.reset();
        gone = true;
    };
    for (int i = 0; i < 10; ++i) send(*other, true, "y");
    run_until(io, [&] { return gone; });
    run_for(50ms);
    EXPECT_EQ(other->messages.size(), 1U);
    EXPECT_EQ(loop.calls(), 1U);
}

/// Does with a message what a test wants.
class Doing final : public CallHandler {
public:
    explicit Doing(std::function<void(ServerCall&)> on_message) : on_message_(std::move(on_message)) {}
    void handle(ServerCall& call, TimePoint, webrtc::PeerEvent& event) override {
        if (std::holds_alternative<webrtc::ChannelMessage>(event)) on_message_(call);
    }

private:
    std::function<void(ServerCall&)> on_message_;
};

TEST_F(CallsTest, a_handler_of_the_server_may_hang_up_its_call_and_all_others) {
    open_port();
    const auto bystander = connected();
    const auto caller = test::CallsTest::caller();
    std::uint64_t heard = 0;
    auto accepted = port->accept(offer(*caller), address("127.0.0.1"), std::make_unique<Doing>([&](ServerCall& call) {
                                     heard = call.id();
                                     EXPECT_TRUE(port->hang_up(call.id()));
                                     port->hang_up_all();
                                     EXPECT_EQ(port->calls(), 1U);  // its own goes when it has returned
                                 }));
    ASSERT_TRUE(accepted.has_value());
    answer(*caller, accepted->answer);
    run_until(io, [&] { return caller->open; });
    for (int i = 0; i < 10; ++i) send(*caller, true, "x");
    run_until(io, [&] { return caller->ended() && bystander->ended(); });
    EXPECT_EQ(heard, accepted->id);
    EXPECT_EQ(port->calls(), 0U);
    EXPECT_EQ(port->registries(), ServerPort::Registries{});
}

TEST_F(CallsTest, an_echo_to_one_who_does_not_read_is_bounded_and_goes_on_later) {
    open_port();
    const auto caller = connected();
    caller->call->peer().pause_reading(Clock::now(), true);
    caller->call->flush();
    const std::string message(64 * 1024, 'm');
    std::size_t sent = 0;
    // More than all buffers of both sides hold: in the end nothing more is taken.
    const TimePoint until = Clock::now() + 30s;
    TimePoint progress = Clock::now();
    while (Clock::now() < until && Clock::now() - progress < 2s && sent < 400) {
        if (!caller->call->send(caller->channel, false, bytes_of(message))) {
            ++sent;
            progress = Clock::now();
        }
        run_for(1ms);
    }
    EXPECT_LT(sent, 400U);  // 25 MiB
    EXPECT_GT(sent, 10U);
    EXPECT_TRUE(caller->messages.empty());
    caller->call->peer().pause_reading(Clock::now(), false);
    caller->call->flush();
    run_until(io, [&] { return caller->messages.size() == sent || caller->ended(); });
    EXPECT_EQ(caller->messages.size(), sent) << caller->peer().end_reason();
    EXPECT_EQ(echo(*caller, true, "ping"), "pong");
}

TEST_F(CallsTest, a_socket_that_cannot_be_opened_is_told_and_leaves_nothing) {
    EXPECT_THROW((void)caller(call_config("192.0.2.77")), boost::system::system_error);
    EXPECT_EQ(loop.calls(), 0U);
    auto config = port_config();
    config.bind.address = address("192.0.2.77");
    EXPECT_THROW(open_port(std::move(config)), boost::system::system_error);
    open_port();
    auto taken = port_config();
    taken.bind = port->local_endpoint();
    EXPECT_THROW((void)std::make_unique<ServerPort>(loop, std::move(taken)), boost::system::system_error);
}

TEST_F(CallsTest, an_ice_restart_by_fragment_keeps_the_call) {
    open_port();
    const auto caller = connected();
    // New credentials, of a peer that is somewhere else for now: what was agreed on stays where it is until there is something better.
    const auto answered =
        port->patch(last_id,
                    "a=ice-ufrag:abcdefgh\r\na=ice-pwd:0123456789abcdefghijklmn\r\nm=application 9 UDP/DTLS/SCTP "
                    "webrtc-datachannel\r\na=mid:0\r\n");
    ASSERT_TRUE(answered.has_value()) << answered.error().detail.text;
    ASSERT_TRUE(answered->has_value());
    EXPECT_EQ(echo(*caller, true, "ping still here"), "pong still here");
}

TEST_F(CallsTest, local_addresses_leave_loopback_out_unless_it_is_asked_for_or_alone) {
    const auto all = local_addresses(true);
    EXPECT_THAT(all, testing::Contains(address("127.0.0.1")));
    const auto some = local_addresses(false);
    EXPECT_FALSE(some.empty());
    if (std::any_of(all.begin(), all.end(), [](const auto& a) { return !a.is_loopback(); })) {
        for (const auto& one : some) EXPECT_FALSE(one.is_loopback());
    } else {
        EXPECT_EQ(some, all);
    }
}

}  // namespace
}  // namespace volley::call
