// Where the plugin is looked for, and what is said where it is not, or is another.
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <volley/media.hpp>

#include "media/load.hpp"

namespace volley::media {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(MediaLoad, the_plugin_of_the_build_stands_beside_its_programs) {
    const Loaded& loaded = plugin();
    ASSERT_NE(loaded.plugin, nullptr) << loaded.fault;
    EXPECT_THAT(loaded.fault, IsEmpty());
    for (const char* library : {"libvpx v1.", "OpenH264 2.", "libopus 1.", "SpanDSP", "OpenCV 4.", "libmatroska 1."})
        EXPECT_THAT(loaded.plugin->libraries(), HasSubstr(library));
}

TEST(MediaLoad, every_thread_gets_the_same) {
    std::vector<Plugin*> seen(8);
    {
        std::vector<std::jthread> threads;
        for (Plugin*& mine : seen) threads.emplace_back([&mine] { mine = plugin().plugin; });
    }
    EXPECT_NE(seen.front(), nullptr);
    EXPECT_THAT(seen, testing::Each(seen.front()));
}

TEST(MediaLoad, places_are_beside_the_program_in_its_tree_and_where_it_was_configured_for) {
    const auto places = plugin_places();
    ASSERT_THAT(places, SizeIs(3));
    for (const std::string& place : places) EXPECT_THAT(place, EndsWith("/libvolley_media.so"));
    EXPECT_THAT(places[1], HasSubstr("/../lib"));
    EXPECT_THAT(places[1], EndsWith("/volley/libvolley_media.so"));
    EXPECT_THAT(places[2], EndsWith("/volley/libvolley_media.so"));
    set_plugin("/somewhere/else.so");
    EXPECT_THAT(plugin_places(), testing::ElementsAre("/somewhere/else.so"));
    set_plugin("");
    EXPECT_EQ(plugin_places(), places);
}

TEST(MediaLoad, what_is_missing_is_said_with_what_to_do) {
    const Loaded loaded = load_plugin({"/no/such/a.so", "/no/such/b.so"});
    EXPECT_EQ(loaded.plugin, nullptr);
    EXPECT_EQ(loaded.fault, "no media plugin: /no/such/b.so: not found; install the package volley-media");
    EXPECT_THAT(load_plugin({}).fault, HasSubstr("not found"));
}

TEST(MediaLoad, the_plugin_for_files_of_video_is_another_one) {
    EXPECT_EQ(load_movie_plugin({"/no/such/a.so"}).fault,
              "no avformat plugin: /no/such/a.so: not found; install the package volley-avformat");
    EXPECT_THAT(load_movie_plugin({plugin_places().front()}).fault, HasSubstr("libvolley_media.so is none"));
    const LoadedMovies& loaded = movie_plugin();
    ASSERT_NE(loaded.plugin, nullptr) << loaded.fault;
    EXPECT_THAT(loaded.plugin->libraries(), HasSubstr("libavformat 59."));
    EXPECT_EQ(loaded.plugin->open_movie("/does/not/exist").fault, "No such file or directory");
    // A playlist may name what is on the network, and nothing is asked for it.
    const std::string list = testing::TempDir() + "volley_playlist.m3u8";
    std::ofstream(list) << "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n";
    EXPECT_NE(loaded.plugin->open_movie(list).fault, "");
}

TEST(MediaLoad, cameras_that_are_none_are_told_from_those_that_are_not_there) {
    ASSERT_NE(plugin().plugin, nullptr) << plugin().fault;
    EXPECT_EQ(plugin().plugin->open_camera({"/dev/video97"}).fault, "there is no such device");
    EXPECT_EQ(plugin().plugin->open_camera({"/dev/null"}).fault, "this is no video device (V4L2)");
}

TEST(MediaLoad, the_first_that_is_there_is_taken) {
    const Loaded loaded = load_plugin({"/no/such/a.so", VOLLEY_OTHER_PLUGIN, plugin_places().front()});
    EXPECT_EQ(loaded.plugin, nullptr);
    EXPECT_THAT(loaded.fault, HasSubstr(VOLLEY_OTHER_PLUGIN));
}

TEST(MediaLoad, another_version_is_not_used) {
    const Loaded loaded = load_plugin({VOLLEY_OTHER_PLUGIN});
    EXPECT_EQ(loaded.plugin, nullptr);
    EXPECT_THAT(loaded.fault, HasSubstr("another version: its interface has the number " + std::to_string(abi_version + 1) +
                                        ", ours " + std::to_string(abi_version)));
    EXPECT_THAT(loaded.fault, HasSubstr("install volley and volley-media of one version"));
}

TEST(MediaLoad, what_is_no_plugin_is_not_used) {
    EXPECT_THAT(load_plugin({VOLLEY_NO_PLUGIN}).fault, HasSubstr(" is none"));
    EXPECT_THAT(load_plugin({"/etc/passwd"}).fault, HasSubstr("no media plugin: /etc/passwd"));
    EXPECT_THAT(load_plugin({"/"}).fault, HasSubstr("no media plugin: /"));
}

}  // namespace
}  // namespace volley::media
