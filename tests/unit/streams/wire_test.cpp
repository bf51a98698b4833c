// What a session puts on the wire, where a peer that is strict about it would go wrong.
#include <set>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/rtp/extensions.hpp"
#include "proto/rtp/packet.hpp"
#include "proto/rtp/rtcp.hpp"
#include "support/stream_pair.hpp"

namespace volley::streams {
namespace {

using proto::rtp::Feedback;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Each;
using testing::SizeIs;

class Wire {
public:
    explicit Wire(const proto::sdp::AgreedMedia& media) : session(now, test::session_config({media}), random_) {}

    void drain() {
        while (const auto packet = session.poll_packet(now)) {
            const Bytes bytes(packet->bytes.begin(), packet->bytes.end());
            if (!packet->rtcp) {
                const auto parsed = proto::rtp::parse(bytes);
                ASSERT_TRUE(parsed);
                forms.push_back(parsed->extension.profile);
                const auto mid = proto::rtp::find_element(*parsed, mid_id);
                with_mid += mid ? 1 : 0;
                continue;
            }
            const auto all = proto::rtp::parse_rtcp(bytes);
            ASSERT_TRUE(all);
            for (const auto& one : *all)
                if (const auto* feedback = std::get_if<Feedback>(&one))
                    for (const auto& request : proto::rtp::intra_requests(*feedback)) requests.push_back(request.number);
        }
        while (session.poll_event()) {
        }
    }
    void wait(Duration duration) {
        ASSERT_TRUE(test::let_pass(session, now, duration, [this] { drain(); }));
    }
    /// Packets of one frame of the peer's, the first `count` of them.
    void receive_frame(bool key, std::size_t count = 100) {
        const auto payloads = test::test_frame(++frame_, key, 3000);
        for (std::size_t i = 0; i < payloads.size(); ++i, ++sequence_) {
            if (i >= count) continue;
            proto::rtp::Packet packet;
            packet.payload_type = test::video_type;
            packet.sequence = sequence_;
            packet.timestamp = frame_ * 3000;
            packet.ssrc = 5;
            packet.marker = i + 1 == payloads.size();
            packet.payload = payloads[i];
            Bytes bytes(proto::rtp::written_bytes(packet));
            ASSERT_TRUE(proto::rtp::write(packet, bytes));
            session.handle_packet(now, false, bytes);
        }
        drain();
    }
    void send_frame() {
        const auto packets = test::test_frame(++frame_, true, 2000);
        const std::vector<BytesView> views(packets.begin(), packets.end());
        ASSERT_TRUE(session.send_frame(now, 0, {frame_ * 3000, 0, views}));
        wait(milliseconds(40));
    }
    void receive_report() {
        proto::rtp::ReportBlock block;
        block.ssrc = session.outbound_stats(now, 0)->ssrc;
        ByteWriter out;
        write_rtcp(proto::rtp::ReceiverReport{9, {block}}, out);
        session.handle_packet(now, true, out.view());
    }

    TimePoint now{std::chrono::hours(1)};
    std::uint8_t mid_id = 1;

private:
    test::SeededRandom random_{1};
    std::uint32_t frame_ = 0;
    std::uint16_t sequence_ = 100;

public:
    Session session;
    std::vector<std::uint16_t> forms;  // of the header extensions of RTP packets
    std::size_t with_mid = 0;
    std::vector<std::uint8_t> requests;  // numbers of FIR
};

proto::sdp::AgreedMedia with_intra_requests_alone() {
    test::SectionChoice choice;
    choice.feedback = {"ccm fir"};
    return test::agreed_video(choice);
}

TEST(IntraRequest, a_repetition_has_the_number_of_what_it_repeats) {
    Wire wire(with_intra_requests_alone());
    wire.receive_frame(true);
    wire.wait(milliseconds(100));
    ASSERT_THAT(wire.requests, SizeIs(0));
    wire.session.request_key_frame(wire.now, 1);
    wire.wait(milliseconds(1200));
    ASSERT_THAT(wire.requests, SizeIs(3));
    EXPECT_THAT(wire.requests, Each(wire.requests[0]));
    // Answered; the next wish is another one.
    wire.receive_frame(true);
    wire.wait(seconds(2));
    ASSERT_THAT(wire.requests, SizeIs(3));
    wire.session.request_key_frame(wire.now, 1);
    wire.wait(milliseconds(10));
    ASSERT_THAT(wire.requests, SizeIs(4));
    EXPECT_NE(wire.requests[3], wire.requests[0]);
}

TEST(IntraRequest, a_key_frame_that_is_lost_on_its_way_is_asked_for_with_another_number) {
    Wire wire(with_intra_requests_alone());
    wire.receive_frame(true);
    wire.session.request_key_frame(wire.now, 1);
    wire.wait(milliseconds(10));
    ASSERT_THAT(wire.requests, SizeIs(1));
    wire.receive_frame(true, 1);
    wire.wait(milliseconds(600));
    ASSERT_THAT(wire.requests, SizeIs(2));
    EXPECT_NE(wire.requests[1], wire.requests[0]);
    // And one of which nothing came.
    wire.wait(seconds(3));
    EXPECT_EQ(std::set<std::uint8_t>(wire.requests.begin(), wire.requests.end()).size(), 3U);
}

TEST(HeaderExtensions, of_one_stream_have_one_form) {
    for (const std::uint8_t mid_id : {std::uint8_t{1}, std::uint8_t{15}}) {
        auto media = test::agreed_video();
        media.extensions[0].id = mid_id;
        Wire wire(media);
        wire.mid_id = mid_id;
        wire.send_frame();
        const std::size_t before = wire.forms.size();
        EXPECT_EQ(wire.with_mid, before);
        wire.receive_report();
        wire.send_frame();
        ASSERT_GT(wire.forms.size(), before);
        EXPECT_EQ(wire.with_mid, before) << "known by its source now";
        EXPECT_THAT(wire.forms, Each(mid_id < 15 ? proto::rtp::one_byte_profile : proto::rtp::two_byte_profile));
    }
}

}  // namespace
}  // namespace volley::streams
