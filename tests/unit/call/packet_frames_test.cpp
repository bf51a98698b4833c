// Pictures out of packets that come in any order, twice, or not at all.
#include "call/packet_frames.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "call/media_streams.hpp"

namespace volley::call {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint32_t frame_ticks = 3000;

/// A VP8 frame as far as its header (RFC 6386 section 9.1); `size` bytes, of which one packet holds 1,200 or so.
Bytes frame(bool key, std::size_t size) {
    Bytes out(std::max<std::size_t>(size, 10), 7);
    const Bytes head = key ? Bytes{0x10, 0, 0, 0x9d, 0x01, 0x2a, 64, 0, 64, 0} : Bytes{0x11, 0, 0};
    std::copy(head.begin(), head.end(), out.begin());
    return out;
}

class Frames : public testing::Test {
protected:
    /// The packets of the next frame.
    std::vector<streams::PacketReceived> packets(bool key, std::size_t size) {
        std::vector<streams::PacketReceived> out;
        const auto payloads = packetise(media::VideoCodec::vp8, frame(key, size), 1);
        for (const auto& payload : *payloads) {
            streams::PacketReceived packet;
            packet.sequence = sequence_++;
            packet.timestamp = timestamp_;
            packet.payload = payload;
            out.push_back(packet);
        }
        out.back().marker = true;
        timestamp_ += frame_ticks;
        return out;
    }
    /// Without payload.
    streams::PacketReceived padding(std::uint32_t timestamp) {
        streams::PacketReceived out;
        out.sequence = sequence_++;
        out.timestamp = timestamp;
        return out;
    }
    void add(const std::vector<streams::PacketReceived>& packets) {
        for (const auto& packet : packets) add(packet);
    }
    void add(const streams::PacketReceived& packet) {
        frames_.add(packet, [this](PacketFrames::Picture&& picture) {
            seen_.push_back(picture.timestamp / frame_ticks);
            sizes_.push_back(picture.bytes.size());
        });
    }

    PacketFrames frames_{media::VideoCodec::vp8};
    std::uint64_t sequence_ = 100;
    std::uint32_t timestamp_ = 0;
    std::vector<std::uint32_t> seen_;  // numbers of frames
    std::vector<std::size_t> sizes_;
};

TEST_F(Frames, whole_ones_come_out_as_they_went_in) {
    add(packets(true, 5000));
    add(packets(false, 300));
    add(packets(false, 3000));
    EXPECT_THAT(seen_, ElementsAre(0, 1, 2));
    EXPECT_THAT(sizes_, ElementsAre(5000, 300, 3000));
}

TEST_F(Frames, nothing_comes_out_before_a_key_frame) {
    add(packets(false, 300));
    add(packets(false, 300));
    EXPECT_THAT(seen_, IsEmpty());
    add(packets(true, 300));
    add(packets(false, 300));
    EXPECT_THAT(seen_, ElementsAre(2, 3));
}

TEST_F(Frames, packets_out_of_order_and_twice_make_the_same) {
    add(packets(true, 300));
    auto second = packets(false, 3000);
    const auto third = packets(false, 300);
    ASSERT_GE(second.size(), 3U);
    std::swap(second[0], second[2]);
    add(third);
    add(second);
    add(second);
    EXPECT_THAT(seen_, ElementsAre(0, 1, 2));
    EXPECT_THAT(sizes_, ElementsAre(300, 3000, 300));
}

TEST_F(Frames, a_lost_packet_leaves_out_all_up_to_the_next_key_frame) {
    add(packets(true, 300));
    auto broken = packets(false, 3000);
    broken.erase(broken.begin() + 1);
    add(broken);
    for (std::size_t i = 0; i < PacketFrames::most_waiting; ++i) add(packets(false, 300));
    EXPECT_THAT(seen_, ElementsAre(0)) << "it may come yet, or not";
    add(packets(true, 300));
    add(packets(false, 300));
    const auto key = static_cast<std::uint32_t>(2 + PacketFrames::most_waiting);
    EXPECT_THAT(seen_, ElementsAre(0, key, key + 1));
}

TEST_F(Frames, a_marker_that_is_missing_is_made_up_for_by_the_next_timestamp) {
    add(packets(true, 300));
    auto second = packets(false, 300);
    second.back().marker = false;
    add(second);
    EXPECT_THAT(seen_, ElementsAre(0));
    add(packets(false, 300));
    EXPECT_THAT(seen_, ElementsAre(0, 1, 2));
}

TEST_F(Frames, padding_has_a_number_and_is_of_no_picture) {
    add(padding(0));
    add(packets(true, 300));
    add(padding(0));
    const auto late = padding(12345);
    add(packets(false, 300));
    EXPECT_THAT(seen_, ElementsAre(0)) << "its number is waited for";
    add(late);
    EXPECT_THAT(seen_, ElementsAre(0, 1));
    auto third = packets(false, 300);
    third.back().marker = false;
    add(third);
    add(padding(third.back().timestamp));
    add(packets(false, 300));
    EXPECT_THAT(seen_, ElementsAre(0, 1, 2, 3));
    EXPECT_THAT(sizes_, ElementsAre(300, 300, 300, 300));
}

}  // namespace
}  // namespace volley::call
