// Peers that mean no good: what they can make a session do, hold or send is bounded.
#include <algorithm>
#include <variant>

#include <gtest/gtest.h>

#include "proto/rtp/extensions.hpp"
#include "proto/rtp/packet.hpp"
#include "proto/rtp/rtcp.hpp"
#include "support/stream_pair.hpp"

namespace volley::streams {
namespace {

using proto::rtp::Feedback;
using proto::rtp::Rtcp;
using proto::rtp::RtcpType;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Victim {
public:
    explicit Victim(std::uint64_t seed = 1)
        : random(seed), session(now, test::session_config({test::agreed_audio(), test::agreed_video()}), random) {}

    void rtp(std::uint8_t type, std::uint16_t sequence, std::uint32_t timestamp, std::uint32_t ssrc, BytesView payload,
             bool marker = false) {
        proto::rtp::Packet packet;
        packet.payload_type = type;
        packet.sequence = sequence;
        packet.timestamp = timestamp;
        packet.ssrc = ssrc;
        packet.marker = marker;
        packet.payload = payload;
        Bytes bytes(proto::rtp::written_bytes(packet));
        ASSERT_TRUE(proto::rtp::write(packet, bytes));
        session.handle_packet(now, false, bytes);
        drain();
    }
    void rtcp(const Rtcp& packet) {
        ByteWriter out;
        write_rtcp(packet, out);
        session.handle_packet(now, true, out.view());
        drain();
    }
    void wait(Duration duration) {
        ASSERT_TRUE(test::let_pass(session, now, duration, [this] { drain(); }));
    }
    void drain() {
        while (const auto packet = session.poll_packet(now)) {
            ++packets_out;
            bytes_out += packet->bytes.size();
            EXPECT_LE(packet->bytes.size(), 1400U);
            largest = std::max(largest, packet->bytes.size());
        }
        while (const auto event = session.poll_event()) ++events;
    }
    void send_frame(bool key, std::size_t bytes) {
        const auto packets = test::test_frame(frames_++, key, bytes);
        const std::vector<BytesView> views(packets.begin(), packets.end());
        (void)session.send_frame(now, 1, {frames_ * 3000, 0, views});
    }

    TimePoint now{std::chrono::hours(1)};
    test::SeededRandom random;
    Session session;
    std::uint64_t packets_out = 0;
    std::uint64_t bytes_out = 0;
    std::size_t largest = 0;
    std::uint64_t events = 0;

private:
    std::uint32_t frames_ = 1;
};

TEST(HostilePeer, sources_that_are_made_up_are_bounded) {
    Victim victim;
    const Bytes payload(100, 3);
    for (std::uint32_t i = 0; i < 20'000; ++i) {
        victim.rtp(test::video_type, static_cast<std::uint16_t>(i), i, 1000 + i, payload);
        victim.now += std::chrono::microseconds(50);
    }
    EXPECT_EQ(victim.session.inbound_stats(victim.now).size(), Session::most_streams);
    EXPECT_GT(victim.session.transport_stats().streams_refused, 19'000U);
    victim.wait(seconds(2));
    EXPECT_LT(victim.packets_out, 500U);
    // Once they are silent, others may come.
    victim.wait(seconds(12));
    victim.events = 0;
    victim.rtp(test::video_type, 1, 1, 7, payload);
    EXPECT_EQ(victim.events, 1U);
}

TEST(HostilePeer, numbers_that_jump_and_frames_that_never_end_are_bounded) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Victim victim(seed);
        for (int i = 0; i < 3000; ++i) {
            const auto chance = victim.random.next();
            const Bytes payload(chance % 1300 + 1, static_cast<std::uint8_t>(chance >> 32));
            const auto sequence = static_cast<std::uint16_t>(seed % 2 == 0 ? chance >> 16 : chance >> 16 & 0xfff);
            victim.rtp(chance % 7 == 0   ? test::audio_type
                       : chance % 5 == 0 ? test::video_rtx_type
                                         : test::video_type,
                       sequence, static_cast<std::uint32_t>(chance >> 40) % 4, static_cast<std::uint32_t>(chance % 3), payload,
                       chance % 11 == 0);
            victim.now += milliseconds(chance % 4);
        }
        victim.wait(seconds(15));
        EXPECT_LT(victim.packets_out, 8000U);
        if (HasFailure()) break;
    }
}

TEST(HostilePeer, what_is_resent_stays_within_the_rate_however_much_is_asked_for) {
    Victim victim;
    const std::uint32_t ssrc = victim.session.outbound_stats(victim.now, 1)->ssrc;
    for (int i = 0; i < 25; ++i) {
        victim.send_frame(i == 0, 2000);
        victim.wait(milliseconds(40));
    }
    // It says that it is very near.
    const std::uint64_t before = victim.bytes_out;
    for (int i = 0; i < 4000; ++i) {
        std::vector<std::uint16_t> all(17);
        for (std::size_t j = 0; j < all.size(); ++j) all[j] = static_cast<std::uint16_t>(i * 17 + static_cast<int>(j));
        victim.rtcp(Feedback{RtcpType::transport_feedback, Feedback::nack, 9, ssrc, proto::rtp::nack_of(all)});
        if (i % 40 == 0) {
            victim.send_frame(false, 2000);
            victim.wait(milliseconds(10));
        }
    }
    const double seconds_passed = 1;
    EXPECT_LT(static_cast<double>(victim.bytes_out - before), 100 * 2200 + 64 * 1024 + 500'000.0 / 8 * seconds_passed + 20'000);
    EXPECT_GT(victim.session.outbound_stats(victim.now, 1)->retransmitted_packets_sent, 0U);
    EXPECT_EQ(victim.session.outbound_stats(victim.now, 1)->nack_count, 4000U);
}

// A run of `count` packets that did not come, in one chunk.
Feedback missing_run(std::uint16_t base, std::uint16_t count) {
    ByteWriter control;
    control.u16(base);
    control.u16(count);
    control.u32(0);
    control.u16(std::min<std::uint16_t>(count, 0x1fff));
    control.u16(1);
    return {RtcpType::transport_feedback, Feedback::transport_wide, 9, 0, control.take()};
}

TEST(HostilePeer, feedback_on_packets_that_were_never_sent_is_not_worked_on) {
    Victim victim;
    for (int i = 0; i < 1000; ++i) victim.rtcp(missing_run(static_cast<std::uint16_t>(i), 8192));
    victim.send_frame(true, 2000);
    victim.wait(milliseconds(40));
    for (int i = 0; i < 1000; ++i) victim.rtcp(missing_run(static_cast<std::uint16_t>(i - 8191), 8192));
    for (int i = 0; i < 1000; ++i) victim.rtcp(missing_run(static_cast<std::uint16_t>(i + 10), 1));
    EXPECT_EQ(victim.session.transport_stats().transport_feedback_received, 0U);
    // Nor on those that were, over and over.
    for (int i = 0; i < 1000; ++i) victim.rtcp(missing_run(0, 2));
    EXPECT_GT(victim.session.transport_stats().transport_feedback_received, 0U);
    EXPECT_LE(victim.session.transport_stats().transport_feedback_received, 8U);
}

TEST(HostilePeer, feedback_that_was_not_agreed_on_is_not_worked_on) {
    test::SectionChoice choice;
    choice.feedback = {"nack"};
    test::SeededRandom random(1);
    const TimePoint now{std::chrono::hours(1)};
    Session session(now, test::session_config({test::agreed_video(choice)}), random);
    const auto packets = test::test_frame(1, true, 2000);
    const std::vector<BytesView> views(packets.begin(), packets.end());
    ASSERT_TRUE(session.send_frame(now, 0, {3000, 0, views}));
    while (session.poll_packet(now)) {
    }
    ByteWriter out;
    write_rtcp(missing_run(0, 1), out);
    session.handle_packet(now, true, out.view());
    EXPECT_EQ(session.transport_stats().transport_feedback_received, 0U);
}

TEST(HostilePeer, garbage_of_all_kinds_is_counted_and_ends_nothing) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Victim victim(seed);
        victim.send_frame(true, 3000);
        for (int i = 0; i < 500; ++i) {
            Bytes bytes(victim.random.below(200));
            victim.random.fill(bytes);
            if (!bytes.empty() && i % 3 != 0) bytes[0] = static_cast<std::uint8_t>(0x80 | (bytes[0] & 0x3f));
            if (bytes.size() > 1 && i % 2 == 0) bytes[1] = static_cast<std::uint8_t>(200 + bytes[1] % 8);
            if (bytes.size() > 3 && i % 2 == 0) {
                bytes[2] = 0;
                bytes[3] = static_cast<std::uint8_t>(bytes.size() / 4 - 1);
                bytes.resize(bytes.size() / 4 * 4);
            }
            victim.session.handle_packet(victim.now, i % 2 == 0, bytes);
            victim.drain();
            victim.wait(milliseconds(1));
        }
        victim.send_frame(true, 3000);
        EXPECT_GT(victim.session.transport_stats().packets_malformed, 0U);
        EXPECT_EQ(victim.session.outbound_stats(victim.now, 1)->frames_sent, 2U);
        if (HasFailure()) break;
    }
}

TEST(HostilePeer, events_that_nobody_takes_are_bounded) {
    test::SeededRandom random(1);
    Session session(TimePoint(std::chrono::hours(1)), test::session_config({test::agreed_audio()}), random);
    for (std::uint32_t i = 0; i < Session::most_events + 1000; ++i) {
        proto::rtp::Packet packet;
        packet.payload_type = test::audio_type;
        packet.sequence = static_cast<std::uint16_t>(i);
        const Bytes payload(10);
        packet.payload = payload;
        Bytes bytes(proto::rtp::written_bytes(packet));
        ASSERT_TRUE(proto::rtp::write(packet, bytes));
        session.handle_packet(TimePoint(std::chrono::hours(1)), false, bytes);
    }
    std::size_t events = 0;
    while (session.poll_event()) ++events;
    EXPECT_EQ(events, Session::most_events);
    EXPECT_EQ(session.transport_stats().events_dropped, 1001U);  // one is the stream's beginning
}

TEST(HostilePeer, transport_wide_numbers_that_are_made_up_make_no_flood_of_feedback) {
    Victim victim;
    const Bytes payload(20, 1);
    for (std::uint32_t i = 0; i < 5000; ++i) {
        const std::uint16_t number = static_cast<std::uint16_t>(i * 7919);
        const std::uint8_t bytes[] = {static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
        const proto::rtp::ExtensionElement element{3, bytes};
        std::uint16_t profile = 0;
        const auto data = *proto::rtp::write_elements(std::span(&element, 1), profile);
        proto::rtp::Packet packet;
        packet.payload_type = test::video_type;
        packet.sequence = static_cast<std::uint16_t>(i);
        packet.ssrc = 5;
        packet.has_extension = true;
        packet.extension = {profile, data};
        packet.payload = payload;
        Bytes whole(proto::rtp::written_bytes(packet));
        ASSERT_TRUE(proto::rtp::write(packet, whole));
        victim.session.handle_packet(victim.now, false, whole);
        victim.drain();
        victim.now += milliseconds(1);
    }
    victim.wait(seconds(1));
    // At most one for each packet, four to a datagram.
    EXPECT_LT(victim.packets_out, 5000U / 4 + 300);
}

}  // namespace
}  // namespace volley::streams
