#include "report/media_json.hpp"

#include <gtest/gtest.h>

namespace volley::report {
namespace {

TEST(MediaJson, a_level_is_told_where_something_was_heard) {
    metrics::MediaTally media;
    EXPECT_FALSE(media_object(media).at("audio").as_object().contains("level_db"));
    media.audio.level_db = -13.5;
    EXPECT_EQ(media_object(media).at("audio").at("level_db").as_double(), -13.5);
    media.audio.level_db = 0;  // as loud as can be
    EXPECT_EQ(media_object(media).at("audio").at("level_db").as_double(), 0);
}

TEST(MediaJson, what_was_lost_of_audio_that_never_came_is_not_told) {
    metrics::MediaTally media;
    EXPECT_EQ(media_object(media).at("audio").at("lost"), 0) << "no call sent any";
    media.audio.calls = 1;
    media.audio.sent = 100;
    EXPECT_FALSE(media_object(media).at("audio").as_object().contains("lost"));
    media.audio.received = 100;
    EXPECT_EQ(media_object(media).at("audio").at("lost"), 0);
}

}  // namespace
}  // namespace volley::report
