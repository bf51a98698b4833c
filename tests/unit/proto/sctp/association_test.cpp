// Two associations on a network without fault.
#include <thread>

#include <gtest/gtest.h>

#include "unit/proto/sctp/sctp_pair.hpp"

namespace volley::proto::sctp {
namespace {

using namespace std::chrono_literals;
using test::SctpPair;
using test::VirtualClock;
using Kind = Event::Kind;

TEST(SctpAssociation, comes_up_when_both_connect_at_once) {
    SctpPair pair({.delay = 10ms});
    const TimePoint begun = VirtualClock::now();
    EXPECT_EQ(pair.a.association->state(), State::connecting);
    EXPECT_EQ(pair.a.send(0, "early"), Errc::not_open);
    ASSERT_TRUE(pair.connect());
    EXPECT_LE(VirtualClock::now() - begun, 60ms);
    pair.settle();
    EXPECT_EQ(pair.a.count(Kind::up), 1U);
    EXPECT_EQ(pair.b.count(Kind::up), 1U);
    EXPECT_FALSE(pair.a.association->next_timeout());
}

// RFC 8841 section 9.3: the peer's INIT may be there before the other side has begun; the caller keeps what comes early.
TEST(SctpAssociation, an_early_init_is_handed_in_later) {
    auto& stack = test::sctp_stack();
    const auto first = stack.connect(VirtualClock::now(), {}, 1);
    const auto init = first->poll_packet();
    ASSERT_TRUE(init);
    VirtualClock::advance(30ms);
    const auto second = stack.connect(VirtualClock::now(), {}, 2);
    second->handle_packet(VirtualClock::now(), *init);
    for (int i = 0; i < 6; ++i) {
        while (auto packet = second->poll_packet()) first->handle_packet(VirtualClock::now(), *packet);
        while (auto packet = first->poll_packet()) second->handle_packet(VirtualClock::now(), *packet);
    }
    EXPECT_EQ(first->state(), State::open);
    EXPECT_EQ(second->state(), State::open);
}

TEST(SctpAssociation, carries_messages_with_their_stream_and_ppid) {
    SctpPair pair({.delay = 1ms});
    ASSERT_TRUE(pair.connect());
    EXPECT_FALSE(pair.a.send(3, "text", {}, 51));
    EXPECT_FALSE(pair.a.send(4, std::string_view("\0", 1), {}, 57));
    EXPECT_FALSE(pair.b.send(0, "back", {}, 53));
    pair.settle();
    ASSERT_EQ(pair.b.count(Kind::message), 2U);
    const auto& message = pair.b.events[1];
    EXPECT_EQ(message.stream, 3);
    EXPECT_EQ(message.ppid, 51U);
    EXPECT_EQ(text_of(message.data), "text");
    EXPECT_EQ(pair.b.events[2].ppid, 57U);
    EXPECT_EQ(pair.a.messages(0), std::vector<std::string>{"back"});
    EXPECT_EQ(pair.a.association->buffered(), 0U);
}

TEST(SctpAssociation, ports_are_those_of_the_description_outside) {
    AssociationConfig a;
    a.local_port = 6000;
    a.remote_port = 7000;
    AssociationConfig b;
    b.local_port = 7000;
    b.remote_port = 6000;
    SctpPair pair({}, 1, a, b);
    EXPECT_TRUE(pair.connect());
    const auto lone = test::sctp_stack().connect(VirtualClock::now(), a, 9);
    const Bytes init = lone->poll_packet().value();
    EXPECT_EQ(init[0] << 8 | init[1], 6000);
    EXPECT_EQ(init[2] << 8 | init[3], 7000);
    // Others are not its own.
    AssociationConfig c;
    SctpPair strangers({}, 1, a, c);
    EXPECT_FALSE(strangers.connect(2s));
}

TEST(SctpAssociation, no_packet_is_larger_than_the_path) {
    AssociationConfig config;
    config.max_send_message = 0;
    config.max_packet_bytes = 1000;
    SctpPair pair({.delay = 1ms}, 1, config, config);
    ASSERT_TRUE(pair.connect());
    EXPECT_FALSE(pair.a.send(0, std::string(100'000, 'x')));
    pair.settle();
    EXPECT_EQ(pair.b.messages(0).size(), 1U);
    EXPECT_LE(pair.a.largest_packet, 1000U);
    EXPECT_GE(pair.a.largest_packet, 960U);
}

TEST(SctpAssociation, messages_of_256_kib_arrive_whole) {
    AssociationConfig config;
    config.max_send_message = 262'144;
    SctpPair pair({.delay = 5ms}, 1, config, config);
    ASSERT_TRUE(pair.connect());
    std::string big(262'144, ' ');
    for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>(i * 31 >> 3);
    EXPECT_FALSE(pair.a.send(1, big));
    EXPECT_FALSE(pair.b.send(1, big));
    EXPECT_GT(pair.a.association->buffered(), 200'000U);
    ASSERT_TRUE(pair.run_until([&] { return pair.a.count(Kind::message) == 1 && pair.b.count(Kind::message) == 1; }, 20s));
    EXPECT_EQ(pair.b.messages(1)[0], big);
    EXPECT_EQ(pair.a.messages(1)[0], big);
    EXPECT_EQ(pair.a.send(1, big + "x"), Errc::message_too_large);
    EXPECT_EQ(pair.a.send(1, ""), Errc::message_empty);
}

TEST(SctpAssociation, a_peer_that_sends_more_than_it_was_told_is_cut_off) {
    AssociationConfig a;
    a.max_send_message = 0;
    AssociationConfig b;
    b.max_receive_message = 10'000;
    SctpPair pair({.delay = 1ms}, 1, a, b);
    ASSERT_TRUE(pair.connect());
    EXPECT_FALSE(pair.a.send(0, std::string(10'000, 'x')));
    pair.settle();
    EXPECT_EQ(pair.b.count(Kind::message), 1U);
    EXPECT_FALSE(pair.a.send(0, std::string(10'001, 'x')));
    pair.settle();
    EXPECT_EQ(pair.b.association->state(), State::failed);
    EXPECT_EQ(pair.b.events.back().error, Errc::peer_too_large);
    EXPECT_EQ(pair.b.count(Kind::message), 1U);
    EXPECT_EQ(pair.a.events.back().error, Errc::aborted_by_peer) << pair.a.events.back().reason;
}

TEST(SctpAssociation, says_when_its_buffer_is_full_and_when_it_is_not) {
    SctpPair pair({.delay = 20ms});
    ASSERT_TRUE(pair.connect());
    const std::string part(16'384, 'x');
    error_code ec;
    std::size_t accepted = 0;
    while (!(ec = pair.a.send(0, part))) ++accepted;
    EXPECT_EQ(ec, Errc::would_block);
    EXPECT_GE(accepted, 50U);
    EXPECT_LE(accepted, 64U);
    EXPECT_LE(pair.a.association->buffered(), (1U << 20) + 4096);
    EXPECT_EQ(pair.a.count(Kind::writable), 0U);
    ASSERT_TRUE(pair.run_until([&] { return pair.a.count(Kind::writable) == 1; }, 30s));
    EXPECT_LE(pair.a.association->buffered(), 1U << 19);
    EXPECT_GT(pair.a.association->buffered(), 1U << 18);
    EXPECT_FALSE(pair.a.send(0, part));
    ASSERT_TRUE(pair.run_until([&] { return pair.a.association->buffered() == 0; }, 30s));
    EXPECT_EQ(pair.b.messages(0).size(), accepted + 1);
}

TEST(SctpAssociation, the_low_threshold_is_what_was_asked_for) {
    SctpPair pair({.delay = 20ms});
    ASSERT_TRUE(pair.connect());
    pair.a.association->set_low_threshold(1000);
    EXPECT_FALSE(pair.a.send(0, std::string(900, 'x')));
    pair.settle();
    EXPECT_EQ(pair.a.count(Kind::writable), 0U) << "it never was over the threshold";
    EXPECT_FALSE(pair.a.send(0, std::string(60'000, 'x')));
    ASSERT_TRUE(pair.run_until([&] { return pair.a.count(Kind::writable) == 1; }, 10s));
    EXPECT_LE(pair.a.association->buffered(), 1000U);
}

// Whoever does not read makes the sender wait, and keeps no more than the buffers of both.
TEST(SctpAssociation, a_reader_who_does_not_read_holds_the_writer_up) {
    SctpPair pair({.delay = 1ms});
    ASSERT_TRUE(pair.connect());
    pair.b.polls_events = false;
    const std::string part(16'384, 'x');
    std::size_t accepted = 0;
    for (int round = 0; round < 200; ++round) {
        while (!pair.a.send(0, part)) ++accepted;
        pair.settle(50ms);
    }
    // The sender's buffer, the receiver's window, and what the receiver has taken out of it: a MiB each.
    EXPECT_LE(accepted * part.size(), 3U << 20);
    EXPECT_GE(accepted * part.size(), 2U << 20);
    pair.b.polls_events = true;
    ASSERT_TRUE(pair.run_until([&] { return pair.a.association->buffered() == 0; }, 60s));
    pair.settle(100ms);
    EXPECT_EQ(pair.b.messages(0).size(), accepted);
}

TEST(SctpAssociation, streams_are_added_when_they_are_needed) {
    AssociationConfig config;
    config.outgoing_streams = 4;
    config.max_outgoing_streams = 100;
    SctpPair pair({.delay = 5ms}, 1, config, config);
    ASSERT_TRUE(pair.connect());
    EXPECT_FALSE(pair.a.send(3, "there"));
    EXPECT_EQ(pair.a.send(50, "not there yet"), Errc::would_block);
    ASSERT_TRUE(pair.run_until([&] { return pair.a.count(Kind::writable) == 1; }, 5s));
    EXPECT_FALSE(pair.a.send(50, "now there"));
    EXPECT_FALSE(pair.a.send(3, "still there"));
    pair.settle();
    EXPECT_EQ(pair.b.messages(50), std::vector<std::string>{"now there"});
    EXPECT_EQ(pair.b.messages(3), (std::vector<std::string>{"there", "still there"}));
    EXPECT_EQ(pair.a.send(100, "never"), Errc::no_such_stream);
}

TEST(SctpAssociation, a_peer_with_few_streams_says_no_to_more) {
    AssociationConfig a;
    a.outgoing_streams = 4;
    AssociationConfig b;
    b.incoming_streams = 8;
    SctpPair pair({.delay = 5ms}, 1, a, b);
    ASSERT_TRUE(pair.connect());
    EXPECT_EQ(pair.a.send(50, "x"), Errc::would_block);
    ASSERT_TRUE(pair.run_until([&] { return pair.a.count(Kind::writable) == 1; }, 30s));
    EXPECT_EQ(pair.a.send(50, "x"), Errc::no_such_stream);
    EXPECT_FALSE(pair.a.send(3, "still there"));
    pair.settle();
    EXPECT_EQ(pair.b.messages(3), std::vector<std::string>{"still there"});
}

TEST(SctpAssociation, a_stream_that_was_reset_on_both_sides_is_used_anew) {
    SctpPair pair({.delay = 5ms});
    ASSERT_TRUE(pair.connect());
    for (int round = 0; round < 5; ++round) {
        SCOPED_TRACE(round);
        EXPECT_FALSE(pair.a.send(6, "a" + std::to_string(round)));
        EXPECT_FALSE(pair.b.send(6, "b" + std::to_string(round)));
        EXPECT_FALSE(pair.a.association->reset(VirtualClock::now(), 6));
        EXPECT_EQ(pair.a.send(6, "in between"), Errc::would_block);
        const auto times = static_cast<std::size_t>(round) + 1;
        ASSERT_TRUE(pair.run_until(
            [&] { return pair.b.count(Kind::reset_by_peer) == times && pair.a.count(Kind::reset_done) == times; }, 5s));
        EXPECT_EQ(pair.b.messages(6).size(), times) << "what was sent before it comes before it";
        EXPECT_FALSE(pair.b.association->reset(VirtualClock::now(), 6));
        ASSERT_TRUE(pair.run_until(
            [&] { return pair.a.count(Kind::reset_by_peer) == times && pair.b.count(Kind::reset_done) == times; }, 5s));
        EXPECT_EQ(pair.a.messages(6).size(), times);
    }
    EXPECT_EQ(pair.b.messages(6), (std::vector<std::string>{"a0", "a1", "a2", "a3", "a4"}));
    EXPECT_EQ(pair.a.events.back().stream, 6);
    EXPECT_EQ(pair.a.association->reset(VirtualClock::now(), 2000), Errc::no_such_stream);
}

TEST(SctpAssociation, many_streams_are_reset_at_once) {
    SctpPair pair({.delay = 5ms});
    ASSERT_TRUE(pair.connect());
    for (std::uint16_t stream = 0; stream < 100; ++stream) EXPECT_FALSE(pair.a.send(stream, std::string(2000, 'x')));
    for (std::uint16_t stream = 0; stream < 100; ++stream) EXPECT_FALSE(pair.a.association->reset(VirtualClock::now(), stream));
    ASSERT_TRUE(
        pair.run_until([&] { return pair.b.count(Kind::reset_by_peer) == 100 && pair.a.count(Kind::reset_done) == 100; }, 30s));
    EXPECT_EQ(pair.b.count(Kind::message), 100U);
}

TEST(SctpAssociation, shuts_down_once_everything_is_delivered) {
    SctpPair pair({.delay = 10ms});
    ASSERT_TRUE(pair.connect());
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(pair.a.send(0, std::string(10'000, 'x')));
    pair.a.association->shutdown(VirtualClock::now());
    EXPECT_EQ(pair.a.association->state(), State::closing);
    EXPECT_EQ(pair.a.send(0, "too late"), Errc::closed);
    ASSERT_TRUE(pair.run_until(
        [&] { return pair.a.association->state() == State::closed && pair.b.association->state() == State::closed; }, 10s));
    EXPECT_EQ(pair.b.messages(0).size(), 20U);
    EXPECT_EQ(pair.b.events.back().kind, Kind::closed);
    EXPECT_EQ(pair.a.events.back().kind, Kind::closed);
}

TEST(SctpAssociation, an_abort_tells_the_peer) {
    SctpPair pair({.delay = 10ms});
    ASSERT_TRUE(pair.connect());
    EXPECT_FALSE(pair.a.send(0, std::string(60'000, 'x')));
    pair.a.association->abort(VirtualClock::now());
    EXPECT_EQ(pair.a.association->state(), State::closed);
    pair.settle();
    EXPECT_EQ(pair.b.association->state(), State::failed);
    EXPECT_EQ(pair.b.events.back().error, Errc::aborted_by_peer) << pair.b.events.back().reason;
    EXPECT_EQ(condition_of(pair.b.events.back().error), Condition::reset);
    EXPECT_EQ(pair.b.send(0, "x"), Errc::closed);
    EXPECT_EQ(pair.b.association->reset(VirtualClock::now(), 0), Errc::closed);
}

TEST(SctpAssociation, gives_connecting_up_in_its_time) {
    AssociationConfig config;
    config.connect_timeout = 3s;
    SctpPair pair({.loss = 1}, 1, config, config);
    const TimePoint begun = VirtualClock::now();
    EXPECT_TRUE(pair.run_until([&] { return pair.a.association->state() == State::failed; }, 60s));
    EXPECT_EQ(VirtualClock::now() - begun, 3s);
    EXPECT_EQ(pair.a.events.back().error, Errc::connect_timed_out);
}

TEST(SctpAssociation, notices_that_nothing_is_acknowledged_any_more) {
    SctpPair pair({.delay = 10ms});
    ASSERT_TRUE(pair.connect());
    pair.set_model({.loss = 1});
    EXPECT_FALSE(pair.a.send(0, "into the void"));
    EXPECT_TRUE(pair.run_until([&] { return pair.a.association->state() == State::failed; }, 200s));
    EXPECT_EQ(pair.a.events.back().error, Errc::path_lost) << pair.a.events.back().reason;
    EXPECT_EQ(condition_of(pair.a.events.back().error), Condition::timeout);
}

// Six time-outs in a row made usrsctp take the path for dead, and nothing was sent on it again, though the peer acknowledged everything.
TEST(SctpAssociation, goes_on_after_an_interruption) {
    SctpPair pair({.delay = 10ms});
    ASSERT_TRUE(pair.connect());
    for (const Duration interruption : {5s, 15s, 30s}) {
        pair.set_model({.loss = 1});
        EXPECT_FALSE(pair.a.send(0, std::string(60'000, 'x')));
        pair.settle(interruption);
        pair.set_model({.delay = 10ms});
        ASSERT_TRUE(pair.run_until([&] { return pair.a.association->buffered() == 0; }, 30s)) << to_seconds(interruption);
    }
    EXPECT_EQ(pair.b.messages(0).size(), 3U);
}

// usrsctp that has lost its timer is played by one whose timers nobody lets run.
TEST(SctpAssociation, does_not_wait_for_ever_where_data_waits_and_nothing_is_sent) {
    SctpPair pair({.delay = 10ms});
    ASSERT_TRUE(pair.connect());
    EXPECT_FALSE(pair.a.association->next_timeout());
    EXPECT_FALSE(pair.a.send(0, "sent and lost"));
    const TimePoint begun = VirtualClock::now();
    for (int seconds = 5; seconds < 30; seconds += 5) {
        while (pair.a.association->poll_packet()) continue;
        ASSERT_TRUE(pair.a.association->next_timeout());
        VirtualClock::advance_to(*pair.a.association->next_timeout());
        EXPECT_EQ(VirtualClock::now(), begun + std::chrono::seconds(seconds));
        pair.a.association->handle_timeout(VirtualClock::now());
        EXPECT_EQ(pair.a.association->state(), State::open);
    }
    VirtualClock::advance_to(*pair.a.association->next_timeout());
    EXPECT_EQ(VirtualClock::now(), begun + 30s);
    pair.a.association->handle_timeout(VirtualClock::now());
    EXPECT_EQ(pair.a.association->state(), State::failed);
    EXPECT_EQ(pair.a.association->poll_event()->error, Errc::path_lost);
}

TEST(SctpAssociation, data_that_usrsctp_has_forgotten_is_sent_again_once) {
    SctpPair pair({.delay = 10ms});
    ASSERT_TRUE(pair.connect());
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(pair.a.send(0, std::to_string(i)));
    while (pair.a.association->poll_packet()) continue;  // all are lost
    VirtualClock::advance_to(*pair.a.association->next_timeout());
    pair.a.association->handle_timeout(VirtualClock::now());
    std::vector<Bytes> again;
    while (auto packet = pair.a.association->poll_packet()) again.push_back(std::move(*packet));
    ASSERT_EQ(again.size(), 3U);
    for (const auto& packet : again) pair.b.association->handle_packet(VirtualClock::now(), packet);
    pair.settle(1s);
    EXPECT_EQ(pair.b.messages(0), (std::vector<std::string>{"0", "1", "2"}));
    EXPECT_EQ(pair.a.association->buffered(), 0U);
    EXPECT_FALSE(pair.a.send(0, "3"));
    pair.settle(100s);
    EXPECT_EQ(pair.b.messages(0).size(), 4U);
    EXPECT_FALSE(pair.a.association->next_timeout());
}

TEST(SctpAssociation, an_idle_association_has_no_deadline) {
    SctpPair pair({.delay = 10ms});
    ASSERT_TRUE(pair.connect());
    EXPECT_FALSE(pair.a.send(0, "once"));
    pair.settle(100s);
    EXPECT_TRUE(pair.a.open());
    EXPECT_FALSE(pair.a.association->next_timeout());
}

TEST(SctpAssociation, another_thread_ends_the_program) {
    (void)test::sctp_stack();
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(std::thread([] { test::sctp_stack().handle_timeout(VirtualClock::now()); }).join(),
                 "thread that is not its own");
}

TEST(SctpAssociation, a_stack_exists_once) {
    (void)test::sctp_stack();
    EXPECT_THROW((void)make_usrsctp_stack(), std::runtime_error);
}

TEST(SctpAssociation, a_ready_association_is_named_by_its_tag) {
    auto& stack = test::sctp_stack();
    const auto lone = stack.connect(VirtualClock::now(), {}, 4711);
    while (lone->poll_packet()) continue;
    while (stack.poll_ready()) continue;
    bool named = false;
    for (int i = 0; i < 200 && !named; ++i) {  // its INIT is sent again after a second
        VirtualClock::advance(10ms);
        stack.handle_timeout(VirtualClock::now());
        while (const auto tag = stack.poll_ready()) named = named || *tag == 4711;
    }
    EXPECT_TRUE(named);
    EXPECT_TRUE(lone->poll_packet());
}

}  // namespace
}  // namespace volley::proto::sctp
