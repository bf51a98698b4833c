// RTCP, as bytes and as values.
#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/rtp/rtcp.hpp"
#include "support/hex.hpp"
#include "support/rtp_packets.hpp"

namespace volley::proto::rtp {
namespace {

using test::unhex;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<Rtcp> taken(const Bytes& bytes) {
    const auto packets = parse_rtcp(bytes);
    if (packets) return *packets;
    ADD_FAILURE() << packets.error().message();
    return {};
}
error_code refusal(const Bytes& bytes) {
    const auto packets = parse_rtcp(bytes);
    EXPECT_FALSE(packets);
    return packets ? error_code() : packets.error();
}
Bytes written(const std::vector<Rtcp>& packets) {
    ByteWriter out;
    for (const Rtcp& packet : packets) write_rtcp(packet, out);
    return out.take();
}

TEST(Rtcp, a_sender_report_with_its_block) {
    const Bytes bytes = unhex(
        "81c8000c 00000001 83aa7e80 40000000 00000002 00000003 00000004"
        "00000005 80fffffe 00010002 00000006 00000007 00000008");
    const auto packets = taken(bytes);
    ASSERT_THAT(packets, SizeIs(1));
    const auto& report = std::get<SenderReport>(packets[0]);
    EXPECT_EQ(report.ntp_time, 0x83aa7e8040000000U);
    EXPECT_EQ(report.rtp_time, 2U);
    EXPECT_EQ(report.packets, 3U);
    EXPECT_EQ(report.bytes, 4U);
    EXPECT_THAT(report.blocks, ElementsAre(ReportBlock{5, 128, -2, 0x00010002, 6, 7, 8}));
    EXPECT_EQ(written(packets), bytes);
}

TEST(Rtcp, a_compound_of_every_kind_is_read_and_written_alike) {
    const Bytes bytes = unhex(
        "81c90007 00000001 00000005 007fffff 00010002 00000006 00000007 00000008"
        "82ca0005 00000001 0103616263000000 00000002 01017800"
        "82cb0004 00000001 00000002 04636f6d 65000000"
        "81cd0003 00000001 00000002 00640003"
        "81ce0002 00000001 00000002"
        "80cf0001 00000001"
        "80cc0000");
    const auto packets = taken(bytes);
    ASSERT_THAT(packets, SizeIs(7));
    EXPECT_EQ(std::get<ReceiverReport>(packets[0]).blocks[0].cumulative_lost, 0x7fffff);
    const SourceDescription description{{{1, {{1, "abc"}}}, {2, {{1, "x"}}}}};
    EXPECT_EQ(std::get<SourceDescription>(packets[1]), description);
    EXPECT_EQ(std::get<Goodbye>(packets[2]), (Goodbye{{1, 2}, "come"}));
    EXPECT_EQ(std::get<Feedback>(packets[3]), (Feedback{RtcpType::transport_feedback, 1, 1, 2, unhex("00640003")}));
    EXPECT_EQ(std::get<Feedback>(packets[4]), (Feedback{RtcpType::payload_feedback, 1, 1, 2, {}}));
    EXPECT_EQ(std::get<OtherRtcp>(packets[5]), (OtherRtcp{207, 0, unhex("00000001")}));
    EXPECT_EQ(std::get<OtherRtcp>(packets[6]), (OtherRtcp{204, 0, {}}));
    EXPECT_EQ(written(packets), bytes);
}

TEST(Rtcp, descriptions_end_at_a_word_whatever_their_length) {
    for (std::size_t size = 0; size <= 255; ++size) {
        const std::vector<Rtcp> packets = {SourceDescription{{{7, {{1, std::string(size, 'c')}, {2, "n"}}}, {8, {}}}}};
        const Bytes bytes = written(packets);
        EXPECT_EQ(bytes.size() % 4, 0U);
        EXPECT_EQ(taken(bytes), packets) << size;
    }
}

TEST(Rtcp, malformed_packets_are_refused) {
    const struct {
        const char* bytes;
        Errc why;
    } cases[] = {
        {"", Errc::truncated},
        {"80c900", Errc::truncated},
        {"80c90001", Errc::truncated},                                        // says one word more
        {"80c90000", Errc::truncated},                                        // no SSRC
        {"81c90001 00000001", Errc::truncated},                               // no block
        {"00c90001 00000001", Errc::bad_version},                             //
        {"80bf0000", Errc::bad_field},                                        // type 191
        {"80e00000", Errc::bad_field},                                        // type 224
        {"81c80001 00000001", Errc::truncated},                               //
        {"81ca0000", Errc::truncated},                                        // no chunk
        {"81ca0001 00000001", Errc::truncated},                               // without its end
        {"81ca0002 00000001 01ff6161", Errc::truncated},                      // longer than the packet
        {"82cb0001 00000001", Errc::truncated},                               //
        {"81cb0002 00000001 04616263", Errc::truncated},                      //
        {"81cd0001 00000001", Errc::truncated},                               // feedback without a medium
        {"a0c90002 00000001 00000003", Errc::bad_padding},                    // no whole word
        {"a0c90002 00000001 00000000", Errc::bad_padding},                    //
        {"a0c90002 00000001 0000000c", Errc::bad_padding},                    // more than there is
        {"a0c90000", Errc::bad_padding},                                      //
        {"a0c90002 00000001 00000004 80c90001 00000001", Errc::bad_padding},  // not the last one
    };
    for (const auto& c : cases) EXPECT_EQ(refusal(unhex(c.bytes)), make_error_code(c.why)) << c.bytes;
    EXPECT_THAT(taken(unhex("a0c90002 00000001 00000004")), ElementsAre(Rtcp(ReceiverReport{1, {}})));
}

// libwebrtc sends such feedback in each call: its deltas end anywhere, and padding of less than a word fills it up, also where others follow.
TEST(Rtcp, transport_wide_feedback_may_be_filled_up_with_padding) {
    const Bytes one = unhex("afcd0005 00000001 00000002 00010001 00000000 20010801");
    const Feedback read{RtcpType::transport_feedback, Feedback::transport_wide, 1, 2, unhex("00010001 00000000 20010801")};
    EXPECT_THAT(taken(one), ElementsAre(Rtcp(read)));
    Bytes two = one;
    two.insert(two.end(), one.begin(), one.end());
    EXPECT_THAT(taken(two), ElementsAre(Rtcp(read), Rtcp(read)));
    // Whole words of it go.
    EXPECT_THAT(taken(unhex("afcd0006 00000001 00000002 00010001 00000000 20010800 00000005")),
                ElementsAre(Rtcp(Feedback{RtcpType::transport_feedback, Feedback::transport_wide, 1, 2,
                                          unhex("00010001 00000000 20010800")})));
    EXPECT_EQ(refusal(unhex("afcd0005 00000001 00000002 00010001 00000000 20010800")), make_error_code(Errc::bad_padding));
    EXPECT_EQ(refusal(unhex("afcd0005 00000001 00000002 00010001 00000000 200108ff")), make_error_code(Errc::bad_padding));
    EXPECT_EQ(refusal(unhex("a1cd0005 00000001 00000002 00010001 00000000 20010801")), make_error_code(Errc::bad_padding));
}

TEST(Rtcp, packets_in_one_datagram_are_bounded) {
    Bytes bytes;
    for (std::size_t i = 0; i < most_rtcp_packets; ++i) test::put_u32(bytes, 0x80cc0000);
    EXPECT_THAT(taken(bytes), SizeIs(most_rtcp_packets));
    test::put_u32(bytes, 0x80cc0000);
    EXPECT_EQ(refusal(bytes), make_error_code(Errc::too_many));
}

TEST(Rtcp, what_does_not_fit_is_left_out) {
    SenderReport report;
    report.blocks.resize(40);
    report.blocks[0].cumulative_lost = 0x7fffffff;
    report.blocks[1].cumulative_lost = -0x7fffffff;
    const auto sent = std::get<SenderReport>(taken(written({report}))[0]);
    EXPECT_THAT(sent.blocks, SizeIs(31));
    EXPECT_EQ(sent.blocks[0].cumulative_lost, 0x7fffff);
    EXPECT_EQ(sent.blocks[1].cumulative_lost, -0x800000);
    Goodbye goodbye{std::vector<std::uint32_t>(40, 1), std::string(300, 'x')};
    const auto bye = std::get<Goodbye>(taken(written({goodbye}))[0]);
    EXPECT_THAT(bye.ssrcs, SizeIs(31));
    EXPECT_EQ(bye.reason.size(), 255U);
    SourceDescription description;
    description.chunks.resize(40);
    description.chunks[0].items = {{0, "would end it"}, {1, std::string(300, 'x')}};
    const auto sdes = std::get<SourceDescription>(taken(written({description}))[0]);
    EXPECT_THAT(sdes.chunks, SizeIs(31));
    ASSERT_THAT(sdes.chunks[0].items, SizeIs(1));
    EXPECT_EQ(sdes.chunks[0].items[0].text.size(), 255U);
}

TEST(RtcpFeedback, a_nack_names_packets_by_the_first_and_a_mask) {
    Feedback nack{RtcpType::transport_feedback, Feedback::nack, 1, 2, unhex("00640003 ffff8001")};
    EXPECT_THAT(lost_sequences(nack), ElementsAre(100, 101, 102, 65535, 0, 15));
    nack.control = nack_of(std::vector<std::uint16_t>{100, 101, 102, 65535, 0, 15});
    EXPECT_EQ(nack.control, unhex("00640003 ffff8001"));
    EXPECT_EQ(nack_of(std::vector<std::uint16_t>{1, 17, 18}), unhex("00018000 00120000"));
    EXPECT_THAT(nack_of({}), IsEmpty());
    nack.format = Feedback::transport_wide;
    EXPECT_THAT(lost_sequences(nack), IsEmpty());
    nack.format = Feedback::nack;
    nack.type = RtcpType::payload_feedback;  // that is a picture loss
    EXPECT_THAT(lost_sequences(nack), IsEmpty());
}

TEST(RtcpFeedback, intra_requests_come_and_go) {
    const std::vector<IntraRequest> requests = {{0x01020304, 5}, {6, 7}};
    const Feedback feedback{RtcpType::payload_feedback, Feedback::full_intra_request, 1, 0, intra_request_of(requests)};
    EXPECT_EQ(feedback.control, unhex("01020304 05000000 00000006 07000000"));
    EXPECT_EQ(intra_requests(feedback), requests);
    EXPECT_THAT(intra_requests({RtcpType::payload_feedback, 4, 1, 0, unhex("01020304")}), IsEmpty());
}

TEST(RtcpFeedback, receiver_estimates_come_and_go) {
    const auto feedback = [](const Bytes& control) {
        return Feedback{RtcpType::payload_feedback, Feedback::application_layer, 1, 0, control};
    };
    const Bytes bytes = receiver_estimate_of({2'000'000, {7, 8}});
    EXPECT_EQ(bytes, unhex("52454d42 02 0f d090 00000007 00000008"));
    EXPECT_EQ(receiver_estimate(feedback(bytes)), (ReceiverEstimate{2'000'000, {7, 8}}));
    for (const std::uint64_t rate : {0ULL, 1ULL, 262'143ULL, 262'144ULL, 5'000'000ULL, 1ULL << 62}) {
        const auto estimate = receiver_estimate(feedback(receiver_estimate_of({rate, {}})));
        ASSERT_TRUE(estimate);
        EXPECT_LE(estimate->bits_per_second, rate);
        EXPECT_GE(static_cast<double>(estimate->bits_per_second), static_cast<double>(rate) * (1 - 1e-5));
    }
    EXPECT_EQ(receiver_estimate(feedback(unhex("52454d42 00 ff ffff")))->bits_per_second, UINT64_MAX);
    EXPECT_FALSE(receiver_estimate(feedback(unhex("52454d42 01 0f d090"))));
    EXPECT_FALSE(receiver_estimate(feedback(unhex("52454d43 00 0f d090"))));
    EXPECT_FALSE(receiver_estimate(feedback({})));
}

}  // namespace
}  // namespace volley::proto::rtp
