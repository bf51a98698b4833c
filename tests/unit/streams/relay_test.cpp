// Packets that are sent on as they come, without frames being assembled: numbers, gaps, key frames, and what it costs.
#include <map>
#include <new>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

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
    EXPECT_TRUE(send(6));
    const Bytes large(Session::most_passed_payload + 1);
    EXPECT_FALSE(session.send_packet(now, 0, {0, 0, true, {}, large}));
    EXPECT_FALSE(session.send_packet(now, 0, {0, 0, true, 7, large}));
    EXPECT_FALSE(session.send_packet(now, 0, {0, 0, true, {}, {}}));  // padding is nobody's to begin
    EXPECT_FALSE(session.send_packet(now, 0, {0, 1, true, {}, payload}));
    EXPECT_FALSE(session.send_packet(now, 1, {0, 0, true, {}, payload}));
    EXPECT_EQ(session.outbound_stats(now, 0)->packets_refused, 5U);
}

// A camera and a screen that are as strict as a browser's: packets of up to 1,170 bytes; each number is waited for, be it of a picture or of
// padding; a key frame is asked for where nothing moves for three seconds, and each 200 ms while nothing goes without one.
class StrictPeer {
public:
    StrictPeer(test::StreamPair& pair, std::uint64_t bits_per_second) : pair_(pair), rate_(bits_per_second) {
        pair.on_first([this](SessionEvent& event) {
            if (std::holds_alternative<KeyFrameWanted>(event)) key_wanted_ = true;
            if (auto* packet = std::get_if<PacketReceived>(&event)) take(std::move(*packet));
        });
    }
    StrictPeer(const StrictPeer&) = delete;
    StrictPeer& operator=(const StrictPeer&) = delete;

    static SessionConfig config() {
        SessionConfig out = test::session_config({test::agreed_video()});
        out.sections[0].delivery = Delivery::packets;
        return out;
    }
    void start() {
        shown_at_ = pair_.now();
        pair_.after({}, [this] { shoot(); });
        pair_.after(milliseconds(50), [this] { look(); });
    }
    /// What a sender fills its rate with, where it may not use RTX for that.
    void send_padding(std::size_t packets) {
        for (; packets > 0; --packets) (void)pair_.first().send_packet(pair_.now(), 0, {0, 0, false, ++sequence_, {}});
    }
    [[nodiscard]] std::uint32_t sent() const { return frames_; }
    [[nodiscard]] std::uint32_t shown() const { return shown_; }
    [[nodiscard]] Duration still() const { return pair_.now() - shown_at_; }
    [[nodiscard]] std::size_t asked() const { return asked_; }

private:
    static constexpr std::size_t most_payload = 1170;

    void shoot() {
        const bool key = std::exchange(key_wanted_, false);
        const std::size_t bytes = static_cast<std::size_t>(rate_ / 8 / 30) * (key ? 6 : 1) + pair_.random().below(1000);
        const std::size_t count = bytes / most_payload + 1;
        const auto packets = test::test_frame(frames_, key, bytes, (bytes + count - 1) / count);
        for (std::size_t i = 0; i < packets.size(); ++i)
            EXPECT_TRUE(pair_.first().send_packet(
                pair_.now(), 0, {frames_ * (test::video_clock / 30), 0, i + 1 == packets.size(), ++sequence_, packets[i]}));
        ++frames_;
        pair_.after(std::chrono::microseconds(33'333), [this] { shoot(); });
    }

    void take(PacketReceived packet) {
        stream_ = packet.stream;
        const std::uint64_t sequence = packet.sequence;
        waiting_.emplace(sequence, std::move(packet));
        while (show()) {
        }
    }

    // The next frame, or a key frame that is whole.
    bool show() {
        for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
            const Bytes& payload = at->second.payload;
            const bool next = next_ == at->first;
            if (next && payload.empty()) {
                next_ = at->first + 1;
                waiting_.erase(at);
                return true;
            }
            if (payload.empty() || (payload[0] & test::shape_starts) == 0) continue;
            if (!next && (payload[0] & test::shape_key) == 0) continue;
            std::vector<Bytes> payloads;
            auto end = at;
            std::uint64_t sequence = at->first;
            bool whole = false;
            for (; end != waiting_.end() && end->first == sequence && !whole; ++end, ++sequence) {
                payloads.push_back(end->second.payload);
                whole = end->second.marker;
            }
            if (!whole) continue;
            EXPECT_EQ(test::frame_fault({0, 0, 0, 0, 0, (payload[0] & test::shape_key) != 0, true, 0, {}, {}, false, payloads}),
                      "");
            next_ = sequence;
            waiting_.erase(waiting_.begin(), end);
            ++shown_;
            shown_at_ = pair_.now();
            return true;
        }
        return false;
    }

    void look() {
        const Duration patience = next_ ? Duration(seconds(3)) : Duration(milliseconds(200));
        if (stream_ && pair_.now() - std::max(shown_at_, asked_at_) >= patience) {
            next_.reset();
            ++asked_;
            asked_at_ = pair_.now();
            pair_.first().request_key_frame(pair_.now(), *stream_);
        }
        pair_.after(milliseconds(50), [this] { look(); });
    }

    test::StreamPair& pair_;
    std::uint64_t rate_;
    bool key_wanted_ = true;
    std::uint64_t sequence_ = 100'000;
    std::uint32_t frames_ = 0;
    std::optional<ReceiveId> stream_;
    std::map<std::uint64_t, PacketReceived> waiting_;
    std::optional<std::uint64_t> next_;  // nothing: only a key frame will do
    std::uint32_t shown_ = 0;
    std::size_t asked_ = 0;
    TimePoint shown_at_{};
    TimePoint asked_at_{};
};

// A browser's packets are longer than ours. Those of over 1,150 bytes were refused in silence, and nothing could resend them: each picture of a
// good rate had one, the key frames that were asked for as well, so that the picture never moved again.
TEST(Relay, packets_that_are_longer_than_our_own_are_sent_on) {
    for (const std::uint64_t rate : {500'000U, 1'700'000U, 2'500'000U}) {
        SCOPED_TRACE(rate);
        const test::LinkModel link{0, 0, 0, milliseconds(5), {}};
        test::StreamPair pair(StrictPeer::config(), relaying(), {link}, {link}, 1);
        StrictPeer peer(pair, rate);
        pair.on_second([&](SessionEvent& event) { reflect(pair, event); });
        peer.start();
        pair.run_for(seconds(10));
        EXPECT_EQ(pair.fault(), "");
        EXPECT_GE(peer.shown() + 2, peer.sent());
        EXPECT_EQ(peer.asked(), 0U);
    }
}

// Padding has a number as well; where it is left out, who receives what is sent on waits for it.
TEST(Relay, padding_is_sent_on_as_padding) {
    const test::LinkModel link{0, 0, 0, milliseconds(5), {}};
    test::StreamPair pair(StrictPeer::config(), relaying(), {link}, {link}, 1);
    StrictPeer peer(pair, 500'000);
    pair.on_second([&](SessionEvent& event) { reflect(pair, event); });
    peer.start();
    for (int i = 0; i < 40; ++i) {
        pair.run_for(milliseconds(200));
        peer.send_padding(3);
    }
    pair.run_for(seconds(1));
    EXPECT_EQ(pair.fault(), "");
    EXPECT_GE(peer.shown() + 2, peer.sent());
    EXPECT_EQ(peer.asked(), 0U);
}

// What is lost for good on the way to who sends it on leaves a gap that nobody can fill: he asks for a key frame, and does not wait until he is
// asked, which a strict receiver does after seconds.
TEST(Relay, the_picture_moves_again_soon_after_the_way_to_the_relay_was_bad) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const test::LinkModel good{0, 0, 0, milliseconds(10), milliseconds(seed % 2 * 5)};
        test::StreamPair pair(StrictPeer::config(), relaying(), {good}, {good}, seed);
        StrictPeer peer(pair, seed % 3 == 0 ? 1'700'000 : 600'000);
        pair.on_second([&](SessionEvent& event) { reflect(pair, event); });
        peer.start();
        pair.run_for(seconds(2));
        EXPECT_GT(peer.shown(), 50U);
        // A part of it lost, or all of it for a while: then too much is missing to ask for, or nobody knows of what is missing.
        test::LinkModel bad = good;
        bad.loss = seed % 4 == 0 ? 1.0 : 0.2 + 0.15 * static_cast<double>(seed % 5);
        pair.there().set_link(bad);
        pair.run_for(milliseconds(500 + 700 * (seed % 4)));
        pair.there().set_link(good);
        pair.run_for(milliseconds(1500));
        const std::uint32_t before = peer.shown();
        pair.run_for(seconds(2));
        EXPECT_EQ(pair.fault(), "");
        EXPECT_GE(peer.shown(), before + 50);
        EXPECT_LT(peer.still(), milliseconds(100));
        if (HasFailure()) break;
    }
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
