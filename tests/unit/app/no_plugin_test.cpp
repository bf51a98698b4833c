// A server that was asked for what the media plugin does, where there is none.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <volley/media.hpp>

#include "app/calls.hpp"

namespace volley::app {
namespace {

using testing::HasSubstr;
using testing::Optional;

TEST(CallsWithoutPlugin, what_is_to_be_played_or_recorded_is_refused_at_the_start) {
    media::set_plugin("/nonexistent/libvolley_media.so");
    CallOptions tone;
    tone.audio = "tone";
    EXPECT_THAT(Calls(tone).start(), Optional(HasSubstr("--audio tone: no media plugin: /nonexistent/")));
    CallOptions film;
    film.video = "film.ivf";
    EXPECT_THAT(Calls(film).start(), Optional(HasSubstr("--video film.ivf: no media plugin")));
    CallOptions recording;
    recording.record_to = std::filesystem::temp_directory_path().string();
    EXPECT_THAT(Calls(recording).start(), Optional(HasSubstr("--record-to: no media plugin")));
    // What needs none is there.
    EXPECT_EQ(Calls().start(), std::nullopt);
}

}  // namespace
}  // namespace volley::app
