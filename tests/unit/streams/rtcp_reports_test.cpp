#include "streams/rtcp_reports.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace volley::streams {
namespace {

using namespace proto::rtp;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::VariantWith;

TEST(NtpTime, has_seconds_in_its_upper_half) {
    EXPECT_EQ(ntp_time(TimePoint(seconds(5)), seconds(10)), std::uint64_t{15} << 32);
    EXPECT_EQ(ntp_time(TimePoint(milliseconds(1500)), {}), 0x1'8000'0000U);
    EXPECT_EQ(ntp_middle(0x1234'5678'9abc'def0), 0x5678'9abcU);
    EXPECT_EQ(ntp_interval(milliseconds(1500)), 0x18000U);
    EXPECT_EQ(ntp_interval(milliseconds(-1)), 0U);
    EXPECT_EQ(ntp_interval(std::chrono::hours(100)), 0xffff0000U);
    EXPECT_EQ(from_ntp_interval(0x18000), milliseconds(1500));
    EXPECT_GT(from_ntp_interval(UINT32_MAX), seconds(65'535));
}

TEST(Compound, begins_with_a_report_and_says_who_we_are) {
    const Rtcp nack = Feedback{RtcpType::transport_feedback, Feedback::nack, 1, 2, Bytes(4)};
    const std::uint32_t sources[] = {1};
    const auto alone = parse_rtcp(compound(std::span(&nack, 1), 1, sources, "me"));
    ASSERT_TRUE(alone);
    const SourceDescription who{{{1, {{SourceDescription::cname, "me"}}}}};
    EXPECT_THAT(*alone, ElementsAre(Rtcp(ReceiverReport{1, {}}), Rtcp(who), nack));
    const Rtcp with[] = {SenderReport{1, 2, 3, 4, 5, {}}, ReceiverReport{1, {}}, nack};
    const auto together = parse_rtcp(compound(with, 1, sources, "me"));
    ASSERT_TRUE(together);
    EXPECT_THAT(*together, ElementsAre(with[0], with[1], Rtcp(who), nack));
}

}  // namespace
}  // namespace volley::streams
