#include "report/media_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace volley::report {
namespace {
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

std::string text_of(Duration length) {
    metrics::MediaTally media;
    auto& video = media.video;
    video.calls = video.calls_back = 2;
    video.codec = "VP8";
    video.received = 300;
    video.bytes_out = 1'000'000;
    video.bytes_in = 500'000;
    video.length = length;
    video.transform.pictures = 3;
    return media_text(media, look_of({}));
}

TEST(MediaText, what_flowed_for_less_than_a_second_has_no_rate) {
    EXPECT_THAT(text_of(10s), HasSubstr("30.0 frames/s back; 800 kbit/s out, 400 kbit/s in, a call"));
    EXPECT_THAT(text_of(2s), HasSubstr("frames/s"));
    EXPECT_THAT(text_of(1999ms), Not(HasSubstr("frames/s")));
}

TEST(MediaText, a_transform_that_nobody_can_tell_is_not_called_none) { EXPECT_THAT(text_of(10s), HasSubstr("cannot be told")); }

}  // namespace
}  // namespace volley::report
