// The sections of a call as streams: how pictures are told from each other.
#include "call/media_streams.hpp"

#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/rtp/packet.hpp"
#include "support/hex.hpp"
#include "support/seeded_random.hpp"

namespace volley::call {
namespace {

using test::unhex;

// What comes out of a stream of H.264 that begins with these packets, all at one time and of one picture: how many frames, and of how many packets.
std::pair<std::size_t, std::size_t> frames_of(const std::vector<const char*>& payloads) {
    test::SeededRandom random(1);
    const CallSources sources = make_sources(random);
    const auto local = video_media(sources.video, {VideoCodec::h264});
    proto::sdp::Agreed agreed;
    auto& section = agreed.media.emplace_back();
    section.kind = "video";
    section.mid = "0";
    section.direction = proto::sdp::Direction::sendrecv;
    section.codecs = local.codecs;
    const TimePoint now{std::chrono::hours(1)};
    auto session = make_streams(now, agreed, sources, {}, random);
    std::uint16_t sequence = 500;
    for (const char* payload : payloads) {
        const Bytes bytes = unhex(payload);
        proto::rtp::Packet packet;
        packet.payload_type = section.codecs[0].payload_type;
        packet.sequence = sequence++;
        packet.timestamp = 3000;
        packet.ssrc = 7;
        packet.marker = payload == payloads.back();
        packet.payload = bytes;
        Bytes whole(proto::rtp::written_bytes(packet));
        EXPECT_TRUE(proto::rtp::write(packet, whole));
        session.handle_packet(now, false, whole);
    }
    std::pair<std::size_t, std::size_t> out;
    while (const auto event = session.poll_event()) {
        const auto* frame = std::get_if<streams::FrameReceived>(&*event);
        if (frame == nullptr) continue;
        ++out.first;
        out.second += frame->payloads.size();
        EXPECT_TRUE(frame->key);
    }
    return out;
}

TEST(MediaStreams, a_picture_of_h264_is_whole_at_once_whatever_stands_before_its_parameters) {
    using testing::Pair;
    EXPECT_THAT(frames_of({"0910", "6742c01f", "68ce", "65888400"}), Pair(1, 4));
    EXPECT_THAT(frames_of({"0605", "6742c01f", "68ce", "65888400"}), Pair(1, 4));
    EXPECT_THAT(frames_of({"0605", "0605", "78 0004 6742c01f 0002 68ce", "65888400"}), Pair(1, 4));
    EXPECT_THAT(frames_of({"0910", "0605", "6742c01f", "68ce", "0605", "65888400"}), Pair(1, 6));
    EXPECT_THAT(frames_of({"78 0002 0605", "6742c01f", "68ce", "65888400"}), Pair(1, 4));
}

TEST(MediaStreams, information_alone_does_not_begin_a_picture_whose_parameters_may_have_been_overtaken) {
    EXPECT_THAT(frames_of({"0605", "65888400"}), testing::Pair(0, 0));
}

}  // namespace
}  // namespace volley::call
