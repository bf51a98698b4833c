#include "streams/session.hpp"

#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/rtp/extensions.hpp"
#include "proto/rtp/packet.hpp"
#include "proto/rtp/rtcp.hpp"
#include "support/rtp_packets.hpp"
#include "support/stream_pair.hpp"

namespace volley::streams {
namespace {

using proto::rtp::Feedback;
using proto::rtp::Rtcp;
using proto::rtp::RtcpType;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::agreed_audio;
using test::agreed_video;
using test::session_config;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const TimePoint start{std::chrono::hours(1)};

struct Sent {
    bool rtcp;
    bool again;
    Bytes bytes;
};

// A session alone; the test is its peer.
class Alone {
public:
    explicit Alone(SessionConfig config) : session(start, std::move(config), random_) {}

    // What it has to send by `until`, its time-outs included.
    std::vector<Sent> sent(TimePoint until) {
        std::vector<Sent> out;
        const auto poll = [&] {
            while (const auto packet = session.poll_packet(now))
                out.push_back({packet->rtcp, packet->again, Bytes(packet->bytes.begin(), packet->bytes.end())});
        };
        for (poll();;) {
            const auto next = session.next_timeout();
            if (!next || *next > until) break;
            now = std::max(now, *next);
            session.handle_timeout(now);
            poll();
        }
        now = until;
        return out;
    }
    std::vector<Sent> sent() { return sent(now); }
    std::vector<Rtcp> rtcp(TimePoint until) {
        std::vector<Rtcp> out;
        for (const Sent& one : sent(until)) {
            if (!one.rtcp) continue;
            const auto packets = proto::rtp::parse_rtcp(one.bytes);
            EXPECT_TRUE(packets);
            if (packets) out.insert(out.end(), packets->begin(), packets->end());
        }
        return out;
    }
    std::vector<Feedback> feedback(TimePoint until, RtcpType type, std::uint8_t format) {
        std::vector<Feedback> out;
        for (const Rtcp& packet : rtcp(until))
            if (const auto* one = std::get_if<Feedback>(&packet); one != nullptr && one->type == type && one->format == format)
                out.push_back(*one);
        return out;
    }
    template <class Event>
    std::vector<Event> events() {
        std::vector<Event> out;
        while (auto event = session.poll_event())
            if (auto* one = std::get_if<Event>(&*event)) out.push_back(std::move(*one));
        return out;
    }
    bool send_frame(std::uint32_t number, bool key, std::size_t bytes, std::size_t section = 0) {
        const auto packets = test::test_frame(number, key, bytes);
        const std::vector<BytesView> views(packets.begin(), packets.end());
        return session.send_frame(now, section, {number * 3000, 0, views});
    }
    void receive(const proto::rtp::Packet& packet) {
        Bytes bytes(proto::rtp::written_bytes(packet));
        ASSERT_TRUE(proto::rtp::write(packet, bytes));
        session.handle_packet(now, false, bytes);
    }
    // A frame of one packet.
    void receive(std::uint16_t sequence, std::uint32_t number, bool key, std::uint32_t ssrc = 77) {
        const auto payloads = test::test_frame(number, key, 100);
        proto::rtp::Packet packet;
        packet.marker = true;
        packet.payload_type = test::video_type;
        packet.sequence = sequence;
        packet.timestamp = number * 3000;
        packet.ssrc = ssrc;
        packet.payload = payloads[0];
        receive(packet);
    }
    void receive_rtcp(const Rtcp& packet) {
        ByteWriter out;
        write_rtcp(packet, out);
        session.handle_packet(now, true, out.view());
    }
    void nack(std::uint32_t media, const std::vector<std::uint16_t>& numbers) {
        receive_rtcp(Feedback{RtcpType::transport_feedback, Feedback::nack, 77, media, proto::rtp::nack_of(numbers)});
    }

private:
    test::SeededRandom random_{1};

public:
    TimePoint now = start;
    Session session;
};

SessionConfig unpaced(std::vector<proto::sdp::AgreedMedia> sections) {
    SessionConfig out = session_config(std::move(sections));
    out.pace = false;
    return out;
}

// --- sending ---------------------------------------------------------------------------------------------------------

TEST(Session, sends_a_frame_with_its_marker_last_and_the_extensions_that_were_agreed_on) {
    Alone alone(unpaced({agreed_video()}));
    ASSERT_TRUE(alone.send_frame(1, true, 3000));
    const auto sent = alone.sent();
    ASSERT_THAT(sent, SizeIs(3));
    std::optional<std::uint16_t> sequence;
    std::optional<std::uint16_t> transport;
    for (std::size_t i = 0; i < 3; ++i) {
        const auto packet = proto::rtp::parse(sent[i].bytes);
        ASSERT_TRUE(packet);
        EXPECT_EQ(packet->marker, i == 2);
        EXPECT_EQ(packet->payload_type, test::video_type);
        EXPECT_EQ(packet->timestamp, 3000U);
        if (sequence) {
            EXPECT_EQ(packet->sequence, *sequence + 1);
        }
        sequence = packet->sequence;
        EXPECT_LT(*sequence, 32768 + 3);
        const auto mid = find_element(*packet, 1);
        ASSERT_TRUE(mid);
        EXPECT_EQ(text_of(*mid), "v");
        const auto time = find_element(*packet, 2);
        ASSERT_TRUE(time);
        EXPECT_THAT(*time, SizeIs(3));
        const auto number = find_element(*packet, 3);
        ASSERT_TRUE(number);
        ASSERT_THAT(*number, SizeIs(2));
        const std::uint16_t whole = ByteReader(*number).u16();
        if (transport) {
            EXPECT_EQ(whole, *transport + 1);
        }
        transport = whole;
        EXPECT_LE(sent[i].bytes.size(), 1200U);
    }
}

TEST(Session, names_its_section_until_the_peer_has_reported) {
    Alone alone(unpaced({agreed_video()}));
    ASSERT_TRUE(alone.send_frame(1, true, 10));
    const auto before = alone.sent();
    const std::uint32_t ssrc = alone.session.outbound_stats(alone.now, 0)->ssrc;
    alone.receive_rtcp(proto::rtp::ReceiverReport{77, {proto::rtp::ReportBlock{ssrc, 0, 0, 0, 0, 0, 0}}});
    ASSERT_TRUE(alone.send_frame(2, false, 10));
    const auto after = alone.sent();
    ASSERT_THAT(before, SizeIs(1));
    ASSERT_THAT(after, SizeIs(1));
    EXPECT_TRUE(find_element(*proto::rtp::parse(before[0].bytes), 1));
    EXPECT_FALSE(find_element(*proto::rtp::parse(after[0].bytes), 1));
    EXPECT_TRUE(find_element(*proto::rtp::parse(after[0].bytes), 3));
}

TEST(Session, refuses_what_does_not_fit) {
    test::SectionChoice only_receives;
    only_receives.direction = proto::sdp::Direction::recvonly;
    Alone alone(unpaced({agreed_video(), agreed_audio(only_receives)}));
    EXPECT_TRUE(alone.session.can_send(0));
    EXPECT_FALSE(alone.session.can_send(1));
    EXPECT_FALSE(alone.session.can_send(2));
    EXPECT_FALSE(alone.send_frame(1, true, 10, 1));
    EXPECT_FALSE(alone.send_frame(1, true, 10, 2));
    const Bytes large(Session::most_payload + 1);
    const BytesView views[] = {large};
    EXPECT_FALSE(alone.session.send_frame(start, 0, {0, 0, views}));
    const BytesView empty[] = {BytesView()};
    EXPECT_FALSE(alone.session.send_frame(start, 0, {0, 0, empty}));
    EXPECT_FALSE(alone.session.send_frame(start, 0, {0, 0, {}}));
    const BytesView right[] = {BytesView(large).first(1)};
    EXPECT_FALSE(alone.session.send_frame(start, 0, {0, 1, right}));  // rtx carries nothing of its own
    EXPECT_FALSE(alone.session.send_frame(start, 0, {0, 2, right}));
    EXPECT_TRUE(alone.session.send_frame(start, 0, {0, 0, right}));
    for (int i = 0; i < 10'000; ++i) (void)alone.send_frame(1, false, 1000);
    EXPECT_GT(alone.session.outbound_stats(start, 0)->frames_refused, 9000U);
}

TEST(Session, resends_by_rtx_what_is_asked_for_at_most_once_in_a_round_trip) {
    Alone alone(unpaced({agreed_video()}));
    ASSERT_TRUE(alone.send_frame(1, true, 3000));
    const auto sent = alone.sent();
    ASSERT_THAT(sent, SizeIs(3));
    const auto original = proto::rtp::parse(sent[1].bytes);
    const auto stats = *alone.session.outbound_stats(alone.now, 0);
    alone.now += milliseconds(60);
    for (int i = 0; i < 5; ++i)
        alone.nack(stats.ssrc, {original->sequence, static_cast<std::uint16_t>(original->sequence + 100)});
    auto resent = alone.sent();
    ASSERT_THAT(resent, SizeIs(1));
    auto packet = proto::rtp::parse(resent[0].bytes);
    ASSERT_TRUE(packet);
    EXPECT_FALSE(resent[0].again);
    EXPECT_EQ(packet->ssrc, stats.rtx_ssrc);
    EXPECT_NE(packet->ssrc, stats.ssrc);
    EXPECT_EQ(packet->payload_type, test::video_rtx_type);
    EXPECT_EQ(packet->timestamp, original->timestamp);
    ASSERT_GT(packet->payload.size(), 2U);
    EXPECT_EQ(ByteReader(packet->payload).u16(), original->sequence);
    EXPECT_TRUE(
        std::equal(packet->payload.begin() + 2, packet->payload.end(), original->payload.begin(), original->payload.end()));
    EXPECT_NE(ByteReader(*find_element(*packet, 3)).u16(), ByteReader(*find_element(*original, 3)).u16());
    const std::uint16_t first = packet->sequence;
    alone.now += milliseconds(60);
    alone.nack(stats.ssrc, {original->sequence});
    resent = alone.sent();
    ASSERT_THAT(resent, SizeIs(1));
    packet = proto::rtp::parse(resent[0].bytes);
    EXPECT_EQ(packet->sequence, first + 1);
    // Older than what is kept.
    alone.now += milliseconds(1100);
    alone.nack(stats.ssrc, {static_cast<std::uint16_t>(original->sequence + 1)});
    for (const Sent& one : alone.sent()) EXPECT_TRUE(one.rtcp);
    const auto after = *alone.session.outbound_stats(alone.now, 0);
    EXPECT_EQ(after.retransmitted_packets_sent, 2U);
    EXPECT_EQ(after.packets_sent, 5U);
    EXPECT_EQ(after.nack_count, 7U);
    EXPECT_EQ(after.nacked_unknown, 6U);
}

TEST(Session, resends_the_very_packet_where_rtx_was_not_agreed_on) {
    test::SectionChoice choice;
    choice.rtx = false;
    Alone alone(unpaced({agreed_video(choice)}));
    ASSERT_TRUE(alone.send_frame(1, true, 100));
    const auto sent = alone.sent();
    ASSERT_THAT(sent, SizeIs(1));
    EXPECT_FALSE(alone.session.outbound_stats(alone.now, 0)->rtx_ssrc);
    alone.now += milliseconds(60);
    alone.nack(alone.session.outbound_stats(alone.now, 0)->ssrc, {proto::rtp::parse(sent[0].bytes)->sequence});
    const auto resent = alone.sent();
    ASSERT_THAT(resent, SizeIs(1));
    EXPECT_TRUE(resent[0].again);
    EXPECT_EQ(resent[0].bytes, sent[0].bytes);
}

TEST(Session, passes_requests_for_key_frames_on_but_not_too_many) {
    Alone alone(unpaced({agreed_video()}));
    const std::uint32_t ssrc = alone.session.outbound_stats(start, 0)->ssrc;
    const auto loss = Feedback{RtcpType::payload_feedback, Feedback::picture_loss, 77, ssrc, {}};
    for (int i = 0; i < 100; ++i) alone.receive_rtcp(loss);
    EXPECT_THAT(alone.events<KeyFrameWanted>(), SizeIs(1));
    (void)alone.sent(start + milliseconds(290));
    EXPECT_THAT(alone.events<KeyFrameWanted>(), IsEmpty());
    (void)alone.sent(start + milliseconds(310));
    EXPECT_THAT(alone.events<KeyFrameWanted>(), SizeIs(1));
    (void)alone.sent(start + seconds(5));
    EXPECT_THAT(alone.events<KeyFrameWanted>(), IsEmpty());
    alone.receive_rtcp(Feedback{RtcpType::payload_feedback, Feedback::picture_loss, 77, ssrc + 1, {}});
    EXPECT_THAT(alone.events<KeyFrameWanted>(), IsEmpty());
    const proto::rtp::IntraRequest request{ssrc, 3};
    const auto intra = Feedback{RtcpType::payload_feedback, Feedback::full_intra_request, 77, 0,
                                proto::rtp::intra_request_of(std::span(&request, 1))};
    alone.receive_rtcp(intra);
    EXPECT_THAT(alone.events<KeyFrameWanted>(), SizeIs(1));
    (void)alone.sent(start + seconds(6));
    alone.receive_rtcp(intra);
    EXPECT_THAT(alone.events<KeyFrameWanted>(), IsEmpty());
    EXPECT_EQ(alone.session.outbound_stats(alone.now, 0)->pli_count, 100U);
    EXPECT_EQ(alone.session.outbound_stats(alone.now, 0)->fir_count, 2U);
}

TEST(Session, reports_what_it_sends_and_says_goodbye) {
    SessionConfig config = unpaced({agreed_video()});
    config.cname = "someone";
    config.ntp_offset = seconds(1000);
    Alone alone(std::move(config));
    EXPECT_FALSE(alone.session.next_timeout());
    ASSERT_TRUE(alone.send_frame(1, true, 2000));
    const std::uint32_t ssrc = alone.session.outbound_stats(start, 0)->ssrc;
    const auto packets = alone.rtcp(start + milliseconds(250));
    ASSERT_THAT(packets, SizeIs(2));
    const auto* report = std::get_if<proto::rtp::SenderReport>(&packets[0]);
    ASSERT_NE(report, nullptr);
    EXPECT_EQ(report->ssrc, ssrc);
    EXPECT_EQ(report->ntp_time >> 32, 4600U);
    EXPECT_EQ(report->rtp_time, 3000U + 200 * 90);
    EXPECT_EQ(report->packets, 2U);
    EXPECT_GE(report->bytes, 2000U);
    EXPECT_EQ(packets[1], Rtcp(proto::rtp::SourceDescription{{{ssrc, {{proto::rtp::SourceDescription::cname, "someone"}}}}}));
    std::size_t reports = 0;
    for (const Rtcp& packet : alone.rtcp(start + seconds(10)))
        reports += std::holds_alternative<proto::rtp::SenderReport>(packet) ? 1 : 0;
    EXPECT_GE(reports, 8U);
    EXPECT_LE(reports, 12U);
    alone.session.close(alone.now);
    const auto last = alone.rtcp(alone.now);
    ASSERT_FALSE(last.empty());
    EXPECT_EQ(last.back(), Rtcp(proto::rtp::Goodbye{{ssrc}, {}}));
    EXPECT_FALSE(alone.session.next_timeout());
    EXPECT_FALSE(alone.send_frame(2, true, 10));
    EXPECT_THAT(alone.sent(alone.now + seconds(10)), IsEmpty());
}

TEST(Session, reads_the_round_trip_off_reports) {
    Alone alone(unpaced({agreed_video()}));
    ASSERT_TRUE(alone.send_frame(1, true, 10));
    const std::uint32_t ssrc = alone.session.outbound_stats(start, 0)->ssrc;
    const auto packets = alone.rtcp(start + milliseconds(200));
    const auto* report = std::get_if<proto::rtp::SenderReport>(packets.data());
    ASSERT_NE(report, nullptr);
    alone.now = start + milliseconds(200 + 500 + 80);
    proto::rtp::ReportBlock block{ssrc, 64, 5, 0, 900, static_cast<std::uint32_t>(report->ntp_time >> 16), 65536 / 2};
    alone.receive_rtcp(proto::rtp::ReceiverReport{77, {block}});
    ASSERT_TRUE(alone.session.round_trip_time());
    EXPECT_NEAR(to_seconds(*alone.session.round_trip_time()), 0.08, 1e-4);
    const auto remote = *alone.session.remote_inbound_stats(0);
    EXPECT_EQ(remote.fraction_lost, 0.25);
    EXPECT_EQ(remote.packets_lost, 5);
    EXPECT_EQ(remote.jitter, milliseconds(10));
    EXPECT_EQ(remote.round_trip_time_measurements, 1U);
    // What cannot be is no round trip.
    block.delay = 65536 * 10;
    alone.receive_rtcp(proto::rtp::ReceiverReport{77, {block}});
    block.last_report = 12345;
    block.delay = 0;
    alone.receive_rtcp(proto::rtp::ReceiverReport{77, {block}});
    EXPECT_EQ(alone.session.remote_inbound_stats(0)->round_trip_time_measurements, 1U);
    EXPECT_EQ(alone.session.remote_inbound_stats(0)->reports, 3U);
}

// --- receiving -------------------------------------------------------------------------------------------------------

TEST(Session, hands_frames_on_and_reports_what_it_received) {
    Alone alone(unpaced({agreed_video()}));
    alone.receive(100, 1, true);
    alone.receive(101, 2, false);
    alone.receive(101, 2, false);
    const auto frames = alone.events<FrameReceived>();
    ASSERT_THAT(frames, SizeIs(2));
    EXPECT_EQ(test::frame_fault(frames[0]), "");
    EXPECT_TRUE(frames[0].key);
    EXPECT_EQ(frames[1].timestamp, 6000U);
    EXPECT_EQ(frames[1].first_sequence - frames[0].first_sequence, 1U);
    alone.receive_rtcp(proto::rtp::SenderReport{77, 0x1111'2222'3333'4444, 6000, 2, 200, {}});
    const auto packets = alone.rtcp(start + milliseconds(250));
    const auto* report = std::get_if<proto::rtp::ReceiverReport>(packets.data());
    for (const Rtcp& packet : packets)
        if (const auto* one = std::get_if<proto::rtp::ReceiverReport>(&packet); one != nullptr && !one->blocks.empty())
            report = one;
    ASSERT_NE(report, nullptr);
    ASSERT_THAT(report->blocks, SizeIs(1));
    EXPECT_EQ(report->blocks[0].ssrc, 77U);
    EXPECT_EQ(report->blocks[0].highest_sequence, 101U);
    EXPECT_EQ(report->blocks[0].cumulative_lost, -1);
    EXPECT_EQ(report->blocks[0].last_report, 0x2222'3333U);
    EXPECT_NEAR(report->blocks[0].delay, 0.2 * 65536, 70);
    const auto stats = alone.session.inbound_stats(alone.now);
    ASSERT_THAT(stats, SizeIs(1));
    EXPECT_EQ(stats[0].second.packets_received, 3U);
    EXPECT_EQ(stats[0].second.packets_duplicated, 1U);
    EXPECT_EQ(stats[0].second.frames_received, 2U);
    EXPECT_EQ(stats[0].second.bytes_received, 300U);
    EXPECT_EQ(stats[0].second.header_bytes_received, 36U);
    EXPECT_EQ(stats[0].second.remote_packets_sent, 2U);
}

TEST(Session, asks_for_missing_packets_and_takes_them_by_rtx) {
    auto agreed = agreed_video();
    Alone alone(unpaced({agreed}));
    alone.receive(100, 1, true);
    alone.receive(102, 3, false);
    const auto nacks = alone.feedback(start + milliseconds(150), RtcpType::transport_feedback, Feedback::nack);
    ASSERT_THAT(nacks, SizeIs(2));  // 5 ms and then 100 ms, since no round trip is known
    EXPECT_EQ(nacks[0].media, 77U);
    EXPECT_THAT(lost_sequences(nacks[0]), ElementsAre(101));
    EXPECT_THAT(alone.events<FrameReceived>(), SizeIs(1));
    const auto payloads = test::test_frame(2, false, 100);
    Bytes resent = {0, 101};
    resent.insert(resent.end(), payloads[0].begin(), payloads[0].end());
    proto::rtp::Packet packet;
    packet.marker = true;
    packet.payload_type = test::video_rtx_type;
    packet.sequence = 9;
    packet.timestamp = 6000;
    packet.ssrc = 78;
    packet.payload = resent;
    alone.receive(packet);
    const auto frames = alone.events<FrameReceived>();
    ASSERT_THAT(frames, SizeIs(2));
    EXPECT_EQ(test::frame_fault(frames[0]), "");
    EXPECT_TRUE(frames[0].resent);
    EXPECT_FALSE(frames[1].resent);
    EXPECT_THAT(alone.feedback(start + seconds(1), RtcpType::transport_feedback, Feedback::nack), IsEmpty());
    // Padding, a number that nobody knows, nothing at all.
    packet.payload = {};
    alone.receive(packet);
    packet.payload = BytesView(resent).first(1);
    alone.receive(packet);
    resent[0] = 200;
    packet.payload = resent;
    alone.receive(packet);
    const auto stats = alone.session.inbound_stats(alone.now).at(0).second;
    EXPECT_EQ(stats.retransmitted_packets_received, 1U);
    EXPECT_EQ(stats.retransmitted_bytes_received, 100U);
    EXPECT_EQ(stats.packets_lost, 1);
    EXPECT_EQ(stats.rtx_ssrc, 78U);
    EXPECT_EQ(stats.nack_count, 2U);
}

// The first one that comes need not be the first one that was sent.
TEST(Session, asks_for_what_is_missing_before_the_first_packet_that_came) {
    Alone alone(unpaced({agreed_video()}));
    alone.receive(102, 3, false);
    alone.receive(100, 1, true);
    const auto nacks = alone.feedback(start + milliseconds(50), RtcpType::transport_feedback, Feedback::nack);
    ASSERT_THAT(nacks, SizeIs(1));
    EXPECT_THAT(lost_sequences(nacks[0]), ElementsAre(101));
    alone.receive(101, 2, false);
    EXPECT_THAT(alone.events<FrameReceived>(), SizeIs(3));
}

TEST(Session, gives_up_and_goes_on_with_a_key_frame) {
    Alone alone(unpaced({agreed_video()}));
    alone.receive(100, 1, true);
    alone.receive(102, 3, false);
    const auto rtcp = alone.rtcp(start + milliseconds(1100));
    std::size_t nacks = 0;
    std::size_t losses = 0;
    for (const Rtcp& packet : rtcp) {
        const auto* feedback = std::get_if<Feedback>(&packet);
        if (feedback == nullptr) continue;
        if (feedback->type == RtcpType::transport_feedback && feedback->format == Feedback::nack) ++nacks;
        if (feedback->type == RtcpType::payload_feedback && feedback->format == Feedback::picture_loss) ++losses;
    }
    EXPECT_EQ(nacks, 10U);
    EXPECT_EQ(losses, 1U);
    alone.receive(103, 4, false);
    EXPECT_THAT(alone.events<FrameReceived>(), SizeIs(1));
    alone.receive(104, 5, true);
    alone.receive(105, 6, false);
    const auto frames = alone.events<FrameReceived>();
    ASSERT_THAT(frames, SizeIs(2));
    EXPECT_TRUE(frames[0].key);
    EXPECT_EQ(frames[0].packets_missing, 1U);
    EXPECT_EQ(alone.session.inbound_stats(alone.now).at(0).second.frames_dropped, 2U);
    EXPECT_EQ(alone.session.inbound_stats(alone.now).at(0).second.key_frames_unanswered, 0U);
}

// A peer that never sends a key frame stalls nothing else.
TEST(Session, a_request_for_a_key_frame_that_nobody_answers_is_counted) {
    Alone alone(unpaced({agreed_video(), agreed_audio()}));
    std::uint16_t sequence = 100;
    std::size_t losses = 0;
    for (std::uint32_t i = 1; i < 300; ++i) {
        alone.receive(sequence++, i, false);
        proto::rtp::Packet audio;
        audio.payload_type = test::audio_type;
        audio.sequence = static_cast<std::uint16_t>(i);
        audio.timestamp = i * 960;
        audio.ssrc = 5;
        const Bytes sound(50);
        audio.payload = sound;
        alone.receive(audio);
        losses += alone.feedback(alone.now + milliseconds(20), RtcpType::payload_feedback, Feedback::picture_loss).size();
    }
    EXPECT_GE(losses, 10U);
    EXPECT_LE(losses, 13U);
    EXPECT_THAT(alone.events<FrameReceived>(), SizeIs(299));
    for (const auto& [id, stats] : alone.session.inbound_stats(alone.now))
        if (stats.kind == "video") {
            EXPECT_EQ(stats.key_frames_unanswered, losses);
        }
}

TEST(Session, the_decoder_may_ask_for_a_key_frame) {
    Alone alone(unpaced({agreed_video()}));
    alone.receive(100, 1, true);
    const auto frames = alone.events<FrameReceived>();
    ASSERT_THAT(frames, SizeIs(1));
    alone.session.request_key_frame(alone.now, frames[0].stream);
    alone.session.request_key_frame(alone.now, frames[0].stream + 9);
    EXPECT_THAT(alone.feedback(alone.now, RtcpType::payload_feedback, Feedback::picture_loss), SizeIs(1));
    alone.receive(101, 2, false);
    EXPECT_THAT(alone.events<FrameReceived>(), IsEmpty());
    alone.receive(102, 3, true);
    EXPECT_THAT(alone.events<FrameReceived>(), SizeIs(1));
}

TEST(Session, asks_in_the_way_that_was_agreed_on_or_not_at_all) {
    test::SectionChoice choice;
    choice.feedback = {"ccm fir"};
    Alone alone(unpaced({agreed_video(choice)}));
    alone.receive(100, 1, false);
    alone.receive(102, 1, false);
    const auto rtcp = alone.rtcp(start + milliseconds(700));
    std::vector<std::uint8_t> numbers;
    for (const Rtcp& packet : rtcp) {
        const auto* feedback = std::get_if<Feedback>(&packet);
        if (feedback == nullptr) continue;
        ASSERT_EQ(feedback->type, RtcpType::payload_feedback);
        for (const auto& request : intra_requests(*feedback)) numbers.push_back(request.number);
    }
    EXPECT_THAT(numbers, ElementsAre(1, 1)) << "asked for twice, the same";
    choice.feedback = {};
    Alone mute(unpaced({agreed_video(choice)}));
    mute.receive(100, 1, false);
    mute.receive(102, 1, false);
    for (const Rtcp& packet : mute.rtcp(start + seconds(3))) EXPECT_FALSE(std::holds_alternative<Feedback>(packet));
}

TEST(Session, a_stream_ends_by_goodbye_or_when_it_falls_silent_and_may_start_anew) {
    Alone alone(unpaced({agreed_video()}));
    alone.receive(100, 1, true);
    const auto started = alone.events<StreamStarted>();
    ASSERT_THAT(started, SizeIs(1));
    EXPECT_EQ(started[0].ssrc, 77U);
    alone.receive_rtcp(proto::rtp::Goodbye{{77, 5}, "bye"});
    auto ended = alone.events<StreamEnded>();
    ASSERT_THAT(ended, SizeIs(1));
    EXPECT_TRUE(ended[0].goodbye);
    EXPECT_EQ(ended[0].stream, started[0].stream);
    alone.receive(101, 2, true);  // it was overtaken
    EXPECT_THAT(alone.events<StreamStarted>(), IsEmpty());
    (void)alone.sent(start + seconds(3));
    alone.receive(102, 3, true);
    const auto again = alone.events<StreamStarted>();
    ASSERT_THAT(again, SizeIs(1));
    EXPECT_NE(again[0].stream, started[0].stream);
    (void)alone.sent(start + seconds(12));
    EXPECT_THAT(alone.events<StreamEnded>(), IsEmpty());
    (void)alone.sent(start + seconds(14));
    ended = alone.events<StreamEnded>();
    ASSERT_THAT(ended, SizeIs(1));
    EXPECT_FALSE(ended[0].goodbye);
    EXPECT_THAT(alone.session.inbound_stats(alone.now), SizeIs(2));
}

TEST(Session, a_stream_that_only_fell_silent_is_heard_at_once_when_it_goes_on) {
    Alone alone(unpaced({agreed_video()}));
    alone.receive(100, 1, true);
    (void)alone.events<FrameReceived>();
    (void)alone.sent(start + seconds(11));
    alone.receive(101, 2, true);
    EXPECT_THAT(alone.events<FrameReceived>(), SizeIs(1));
    EXPECT_EQ(alone.session.transport_stats().packets_unbound, 0U);
}

// A packet with transport-wide number 9.
struct Numbered {
    const std::uint8_t number[2] = {0, 9};
    std::uint16_t profile = 0;
    const proto::rtp::ExtensionElement element{3, number};
    const Bytes data = *proto::rtp::write_elements(std::span(&element, 1), profile);
    const std::vector<Bytes> payloads = test::test_frame(1, true, 100);

    [[nodiscard]] proto::rtp::Packet packet() const {
        proto::rtp::Packet out;
        out.payload_type = test::video_type;
        out.ssrc = 77;
        out.has_extension = true;
        out.extension = {profile, data};
        out.payload = payloads[0];
        return out;
    }
};

// Feedback on arrivals is due 50 ms after the first of them, and 25 ms before that goes with what is sent, or waits for its time.
TEST(Session, feedback_that_is_nearly_due_goes_with_what_is_sent) {
    const Numbered numbered;
    const auto packets_at = [&](milliseconds after, bool frame) {
        Alone alone(unpaced({agreed_video()}));
        alone.receive(numbered.packet());
        EXPECT_THAT(alone.sent(start + after), IsEmpty());
        if (frame) {
            EXPECT_TRUE(alone.send_frame(1, true, 100));
        }
        std::vector<bool> out;
        for (const Sent& one : alone.sent()) out.push_back(one.rtcp);
        const std::uint64_t sent = alone.session.transport_stats().transport_feedback_sent;
        // Once told they are told no more.
        EXPECT_THAT(alone.feedback(start + milliseconds(90), RtcpType::transport_feedback, Feedback::transport_wide),
                    SizeIs(1 - sent));
        return out;
    };
    EXPECT_THAT(packets_at(milliseconds(24), true), ElementsAre(false));
    EXPECT_THAT(packets_at(milliseconds(25), true), ElementsAre(false, true));
    EXPECT_THAT(packets_at(milliseconds(49), false), IsEmpty());
}

TEST(Session, tells_the_peer_when_packets_came_or_what_to_keep_below) {
    Alone alone(unpaced({agreed_video()}));
    const Numbered numbered;
    const proto::rtp::Packet packet = numbered.packet();
    alone.receive(packet);
    const auto feedback = alone.feedback(start + milliseconds(900), RtcpType::transport_feedback, Feedback::transport_wide);
    ASSERT_THAT(feedback, SizeIs(1));
    EXPECT_EQ(feedback[0].media, 77U);
    const auto arrivals = proto::rtp::transport_feedback(feedback[0]);
    ASSERT_TRUE(arrivals);
    EXPECT_EQ(arrivals->base_sequence, 9);
    EXPECT_THAT(alone.feedback(start + seconds(3), RtcpType::payload_feedback, Feedback::application_layer), IsEmpty());

    test::SectionChoice choice;
    choice.feedback = {"nack", "goog-remb"};
    SessionConfig config = unpaced({agreed_video(choice)});
    config.receive_cap = 1'234'000;
    Alone other(std::move(config));
    other.receive(packet);
    const auto estimates = other.feedback(start + milliseconds(2600), RtcpType::payload_feedback, Feedback::application_layer);
    ASSERT_GE(estimates.size(), 2U);
    EXPECT_LE(estimates.size(), 4U);
    const auto estimate = receiver_estimate(estimates[0]);
    ASSERT_TRUE(estimate);
    EXPECT_EQ(estimate->bits_per_second / 1000, 1234U);
    EXPECT_THAT(estimate->ssrcs, ElementsAre(77U));
    EXPECT_EQ(other.session.transport_stats().transport_feedback_sent, 0U);
}

// --- whose packet it is ----------------------------------------------------------------------------------------------

proto::rtp::Packet bare(std::uint8_t type, std::uint32_t ssrc, BytesView payload) {
    proto::rtp::Packet out;
    out.payload_type = type;
    out.ssrc = ssrc;
    out.payload = payload;
    return out;
}

TEST(Session, a_source_belongs_to_the_section_that_it_names_or_that_names_it_or_that_has_its_payload_type) {
    auto named = agreed_video({}, "named");
    named.remote_ssrcs.push_back({300, "cname", "x"});
    Alone alone(unpaced({agreed_video({}, "first"), agreed_video({}, "second"), named}));
    const auto payloads = test::test_frame(1, true, 20);
    const proto::rtp::ExtensionElement element{1, bytes_of("second")};
    std::uint16_t profile = 0;
    const auto data = *proto::rtp::write_elements(std::span(&element, 1), profile);
    auto packet = bare(test::video_type, 200, payloads[0]);
    packet.has_extension = true;
    packet.extension = {profile, data};
    alone.receive(packet);
    alone.receive(bare(test::video_type, 300, payloads[0]));
    alone.receive(bare(test::video_type, 400, payloads[0]));
    alone.receive(bare(99, 500, payloads[0]));
    std::vector<std::pair<std::uint32_t, std::size_t>> bound;
    for (const StreamStarted& started : alone.events<StreamStarted>()) bound.emplace_back(started.ssrc, started.section);
    EXPECT_THAT(bound, ElementsAre(std::pair(200U, 1U), std::pair(300U, 2U), std::pair(400U, 0U)));
    EXPECT_EQ(alone.session.transport_stats().packets_unbound, 1U);
}

// aiortc before 1.6 has id 2 for the audio level in one section and for abs-send-time in the other one of the same bundle; and what stands in a
// packet under that id is then of another length than the first section says.
TEST(Session, an_id_that_a_bundle_has_twice_means_what_its_section_says) {
    auto audio = agreed_audio();
    audio.extensions.push_back(test::extension(2, "urn:ietf:params:rtp-hdrext:ssrc-audio-level"));
    auto video = agreed_video();
    Alone alone(unpaced({audio, video}));
    const auto payloads = test::test_frame(1, true, 20);
    const std::uint8_t level[] = {0x80};
    const std::uint8_t time[] = {1, 2, 3};
    std::uint16_t profile = 0;
    const proto::rtp::ExtensionElement of_audio[] = {{1, bytes_of("a")}, {2, level}};
    const proto::rtp::ExtensionElement of_video[] = {{2, time}, {1, bytes_of("v")}};
    const auto audio_data = *proto::rtp::write_elements(of_audio, profile);
    const auto video_data = *proto::rtp::write_elements(of_video, profile);
    auto packet = bare(test::audio_type, 5, payloads[0]);
    packet.has_extension = true;
    packet.extension = {profile, audio_data};
    alone.receive(packet);
    packet = bare(test::video_type, 6, payloads[0]);
    packet.marker = true;
    packet.has_extension = true;
    packet.extension = {profile, video_data};
    alone.receive(packet);
    EXPECT_THAT(alone.events<FrameReceived>(), SizeIs(2));
    // Cut short within an element.
    for (const Bytes& data : {Bytes{0x1f, 1, 2, 3}, Bytes{0xff, 0xff, 0xff, 0xff}, Bytes{0x20, 1, 0x12, 1}}) {
        packet = bare(test::video_type, 6, payloads[0]);
        ++packet.sequence;
        packet.marker = true;
        packet.has_extension = true;
        packet.extension = {proto::rtp::one_byte_profile, data};
        alone.receive(packet);
    }
    EXPECT_EQ(alone.session.transport_stats().packets_unbound, 0U);
    EXPECT_EQ(alone.session.transport_stats().packets_malformed, 0U);
}

TEST(Session, of_two_sources_of_a_section_rtx_belongs_to_the_one_that_misses_it) {
    Alone alone(unpaced({agreed_video()}));
    alone.receive(100, 1, true, 1);
    alone.receive(101, 2, false, 1);
    alone.receive(1000, 1, true, 2);
    alone.receive(1002, 3, false, 2);
    (void)alone.events<FrameReceived>();
    const auto payloads = test::test_frame(2, false, 100);
    Bytes resent = {1001 >> 8, 1001 & 0xff};
    resent.insert(resent.end(), payloads[0].begin(), payloads[0].end());
    auto packet = bare(test::video_rtx_type, 3, resent);
    packet.marker = true;
    packet.timestamp = 6000;
    alone.receive(packet);
    EXPECT_THAT(alone.events<FrameReceived>(), SizeIs(2));
    resent[1] = 0;  // nobody misses it
    alone.receive(packet);
    EXPECT_EQ(alone.session.transport_stats().packets_unbound, 1U);
}

}  // namespace
}  // namespace volley::streams
