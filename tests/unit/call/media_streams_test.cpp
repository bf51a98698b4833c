// The sections of a call as streams: how pictures are told from each other.
#include "call/media_streams.hpp"

#include <variant>

#include <gtest/gtest.h>

#include "proto/rtp/packet.hpp"
#include "support/hex.hpp"
#include "support/seeded_random.hpp"

namespace volley::call {
namespace {

using test::unhex;

TEST(MediaStreams, a_picture_of_h264_that_begins_with_a_delimiter_is_whole_at_once) {
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
    for (const char* payload : {"0910", "6742c01f", "68ce", "65888400"}) {
        const Bytes bytes = unhex(payload);
        proto::rtp::Packet packet;
        packet.payload_type = section.codecs[0].payload_type;
        packet.sequence = sequence++;
        packet.timestamp = 3000;
        packet.ssrc = 7;
        packet.marker = bytes[0] == 0x65;
        packet.payload = bytes;
        Bytes whole(proto::rtp::written_bytes(packet));
        ASSERT_TRUE(proto::rtp::write(packet, whole));
        session.handle_packet(now, false, whole);
    }
    std::size_t frames = 0;
    while (const auto event = session.poll_event()) {
        const auto* frame = std::get_if<streams::FrameReceived>(&*event);
        if (frame == nullptr) continue;
        ++frames;
        EXPECT_TRUE(frame->key);
        EXPECT_EQ(frame->payloads.size(), 4U);
    }
    EXPECT_EQ(frames, 1U);
}

}  // namespace
}  // namespace volley::call
