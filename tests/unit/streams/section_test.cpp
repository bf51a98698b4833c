#include "streams/section.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/stream_pair.hpp"

namespace volley::streams {
namespace {

using testing::Optional;

TEST(Section, knows_what_was_agreed_on) {
    const auto agreed = test::agreed_video();
    const Section section(agreed, 3);
    EXPECT_EQ(section.index, 3U);
    EXPECT_TRUE(section.video && section.sends && section.receives);
    EXPECT_THAT(section.codec_of(test::video_type), Optional(0));
    EXPECT_THAT(section.codec_of(test::video_rtx_type), Optional(1));
    EXPECT_FALSE(section.codec_of(98));
    EXPECT_FALSE(section.codec_of(200));
    EXPECT_TRUE(section.carries(0));
    EXPECT_FALSE(section.carries(1));
    EXPECT_FALSE(section.carries(2));
    EXPECT_THAT(section.resent_by(1), Optional(0));
    EXPECT_FALSE(section.resent_by(0));
    EXPECT_THAT(section.rtx_type(0), Optional(test::video_rtx_type));
    EXPECT_EQ(section.mid_id, 1);
    EXPECT_EQ(section.abs_send_time_id, 2);
    EXPECT_EQ(section.transport_cc_id, 3);
    EXPECT_TRUE(section.nack && section.picture_loss && section.intra_request && section.remb && section.transport_cc);
}

TEST(Section, feedback_needs_its_extension_and_the_other_way_round) {
    test::SectionChoice choice;
    choice.feedback = {"goog-remb"};
    auto agreed = test::agreed_video(choice);
    EXPECT_FALSE(Section(agreed, 0).transport_cc);
    EXPECT_FALSE(Section(agreed, 0).nack);
    EXPECT_FALSE(Section(agreed, 0).picture_loss);
    agreed.extensions.push_back(test::extension(7, proto::rtp::transport_cc_uri));
    EXPECT_FALSE(Section(agreed, 0).transport_cc);
    agreed.codecs[0].feedback.emplace_back("transport-cc");
    EXPECT_TRUE(Section(agreed, 0).transport_cc);
    agreed.extensions.back().id = 4200;  // more than fit, which an answer does not have
    EXPECT_FALSE(Section(agreed, 0).transport_cc);
}

TEST(Section, rtx_of_nothing_resends_nothing) {
    auto agreed = test::agreed_video();
    for (const char* parameters : {"", "apt=", "apt=98", "apt=97", "apt=x", "apt=999"}) {
        agreed.codecs[1].parameters = parameters;
        const Section section(agreed, 0);
        EXPECT_FALSE(section.resent_by(1)) << parameters;
        EXPECT_FALSE(section.rtx_type(0)) << parameters;
    }
}

TEST(Section, finds_sources_that_the_description_names) {
    auto agreed = test::agreed_video();
    agreed.remote_ssrcs.push_back({5, "cname", "x"});
    agreed.remote_ssrc_groups.push_back({"FID", {10, 11}});
    agreed.remote_ssrc_groups.push_back({"SIM", {20, 21}});
    const Section section(agreed, 0);
    EXPECT_TRUE(section.names(5));
    EXPECT_TRUE(section.names(10));
    EXPECT_TRUE(section.names(11));
    EXPECT_FALSE(section.names(20));
    EXPECT_THAT(section.resent_source(11), Optional(10U));
    EXPECT_FALSE(section.resent_source(10));
    EXPECT_THAT(section.rtx_source(10), Optional(11U));
}

}  // namespace
}  // namespace volley::streams
