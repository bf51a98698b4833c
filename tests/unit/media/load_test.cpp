// Where the plugin is looked for, and what is said where it is not, or is another.
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
    for (const char* library : {"libvpx v1.", "OpenH264 2.", "libopus 1.", "SpanDSP", "OpenCV 4."})
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
