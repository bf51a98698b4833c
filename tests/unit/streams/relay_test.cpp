// Packets that are sent on as they come, without frames being assembled: numbers, gaps, key frames, and what it costs.
#include <new>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/rtp/packet.hpp"
#include "support/allocations.hpp"
#include "support/stream_pair.hpp"

namespace volley::streams {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::SizeIs;

std::size_t allocations = 0;
void count_allocation(std::size_t /*size*/) { ++allocations; }

SessionConfig relaying() {
    SessionConfig out = test::session_config({test::agreed_video()});
    out.sections[0].delivery = Delivery::packets;
    return out;
}

// The camera's side is the pair's first session; the second one sends everything back.
void reflect(test::StreamPair& pair, SessionEvent& event) {
    if (const auto* packet = std::get_if<PacketReceived>(&event))
        (void)pair.second().send_packet(pair.now(), 0,
                                        {packet->timestamp, packet->codec, packet->marker, packet->sequence, packet->payload});
    if (const auto* wanted = std::get_if<KeyFrameWanted>(&event))
        pair.second().relay_key_frame_request(pair.now(), wanted->section);
}

TEST(Relay, what_is_sent_on_keeps_its_gaps_and_order_and_comes_back_whole) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const test::LinkModel link{seed % 3 == 0 ? 0.0 : 0.03, 0.01, 0, milliseconds(15), milliseconds(seed % 20)};
        test::StreamPair pair(test::session_config({test::agreed_video()}), relaying(), {link}, {link}, seed);
        test::TestCamera camera(pair, pair.first(), 0, 500'000);
        std::uint32_t back = 0;
        std::uint32_t last = 0;
        pair.on_first([&](SessionEvent& event) {
            if (std::holds_alternative<KeyFrameWanted>(event)) camera.want_key();
            const auto* frame = std::get_if<FrameReceived>(&event);
            if (frame == nullptr) return;
            EXPECT_EQ(test::frame_fault(*frame), "");
            const std::uint32_t number = test::test_frame_number(frame->payloads);
            EXPECT_TRUE(frame->key || number == last + 1);
            EXPECT_EQ(frame->timestamp, number * 3000);
            last = number;
            ++back;
        });
        pair.on_second([&](SessionEvent& event) { reflect(pair, event); });
        camera.start();
        pair.run_for(seconds(6));
        camera.stop();
        pair.run_for(seconds(2));
        EXPECT_EQ(pair.fault(), "");
        if (link.loss == 0) {
            EXPECT_EQ(back, camera.frames());
        } else {
            EXPECT_GT(back, camera.frames() * 8 / 10);
        }
        if (HasFailure()) break;
    }
}

TEST(Relay, a_numbering_that_begins_anew_goes_on_behind_the_old_one) {
    test::SeededRandom random(1);
    TimePoint now{std::chrono::hours(1)};
    Session session(now, relaying(), random);
    const Bytes payload(10);
    std::vector<std::uint16_t> numbers;
    const auto send = [&](std::optional<std::uint64_t> sequence) {
        const bool taken = session.send_packet(now, 0, {0, 0, true, sequence, payload});
        while (const auto packet = session.poll_packet(now)) numbers.push_back(proto::rtp::parse(packet->bytes)->sequence);
        return taken;
    };
    for (const std::uint64_t sequence : {70'000U, 70'002U, 70'001U, 70'001U, 70'010U}) EXPECT_TRUE(send(sequence));
    ASSERT_THAT(numbers, SizeIs(4));
    const int first = numbers[0];
    EXPECT_THAT(numbers, ElementsAre(first, first + 2, first + 1, first + 10));
    EXPECT_TRUE(send(69'999));  // the first one overtook it
    EXPECT_EQ(numbers.back(), first - 1);
    EXPECT_FALSE(send(69'900));  // for so many there is no room
    EXPECT_TRUE(send(500'000));
    EXPECT_EQ(numbers.back(), first + 11);
    EXPECT_TRUE(send(500'003));
    EXPECT_EQ(numbers.back(), first + 14);
    EXPECT_TRUE(send(65'536));
    EXPECT_EQ(numbers.back(), first + 15);
    EXPECT_TRUE(send(std::nullopt));
    EXPECT_EQ(numbers.back(), first + 16);
    EXPECT_TRUE(send(5));
    EXPECT_EQ(numbers.back(), first + 17);
    const Bytes large(Session::most_payload + 1);
    EXPECT_FALSE(session.send_packet(now, 0, {0, 0, true, {}, large}));
    EXPECT_FALSE(session.send_packet(now, 0, {0, 1, true, {}, payload}));
    EXPECT_FALSE(session.send_packet(now, 1, {0, 0, true, {}, payload}));
}

TEST(Relay, requests_for_key_frames_are_passed_through) {
    const test::LinkModel link{0, 0, 0, milliseconds(10), {}};
    test::StreamPair pair(test::session_config({test::agreed_video()}), relaying(), {link}, {link}, 1);
    test::TestCamera camera(pair, pair.first(), 0, 500'000);
    ReceiveId stream = 0;
    std::size_t keys = 0;
    pair.on_first([&](SessionEvent& event) {
        if (std::holds_alternative<KeyFrameWanted>(event)) camera.want_key();
        const auto* frame = std::get_if<FrameReceived>(&event);
        if (frame == nullptr) return;
        stream = frame->stream;
        keys += frame->key ? 1 : 0;
    });
    pair.on_second([&](SessionEvent& event) { reflect(pair, event); });
    camera.start();
    pair.run_for(seconds(1));
    EXPECT_EQ(keys, 1U);
    pair.first().request_key_frame(pair.now(), stream);
    pair.run_for(seconds(1));
    EXPECT_EQ(keys, 2U);
    EXPECT_EQ(camera.keys(), 2U);
}

// Once what is kept has its size, a packet that is sent costs no memory but what it is kept in.
TEST(Relay, sending_a_packet_allocates_nothing) {
    test::SeededRandom random(1);
    TimePoint now{std::chrono::hours(1)};
    Session session(now, relaying(), random);
    const Bytes payload(1000);
    std::uint64_t sequence = 70'000;
    const auto send = [&](int count) {
        for (int i = 0; i < count; ++i) {
            ASSERT_TRUE(session.send_packet(now, 0, {static_cast<std::uint32_t>(i), 0, false, sequence++, payload}));
            while (session.poll_packet(now)) {
            }
            now += milliseconds(10);
        }
    };
    send(5000);
    test::on_allocation = count_allocation;
    allocations = 0;
    send(1000);
    test::on_allocation = nullptr;
    // The queue and the log of numbers take a new block now and then.
    EXPECT_LT(allocations, 200U);
}

}  // namespace
}  // namespace volley::streams
