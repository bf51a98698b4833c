// Which place a setting is taken from, and what is said about a bad one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/settings.hpp"

namespace volley::app {
namespace {

using testing::ElementsAre;

using Flags = std::vector<std::pair<std::string, std::string>>;
using Environment = std::map<std::string, std::string>;

std::string origin_of(const Settings& settings, std::string_view name) {
    for (const auto& row : settings.rows)
        if (row.name == name) return row.value + " from " + row.origin;
    return {};
}

TEST(Settings, the_nearest_place_wins) {
    const auto application =
        appfile::load_application(
            "version: 1\nsettings:\n  port: 1\n  kind: serial\n  host: a\n  log: true\nroutes: { /a: echo }\n", "app.yaml")
            .application;
    const auto file = appfile::load_settings("port: 2\n\nkind: pool:2\nhost: b\n", "settings.yaml");
    const Environment environment{{"VOLLEY_PORT", "3"}, {"VOLLEY_KIND", "pool:3"}, {"VOLLEY_LIMITS_IDLE", "5s"}};
    const auto settings = resolve_settings(Flags{{"port", "4"}}, environment, file, application);
    EXPECT_TRUE(settings.errors.empty());
    EXPECT_EQ(origin_of(settings, "port"), "4 from flag --port");
    EXPECT_EQ(origin_of(settings, "kind"), "pool:3 from environment VOLLEY_KIND");
    EXPECT_EQ(origin_of(settings, "host"), "b from file settings.yaml:4");
    EXPECT_EQ(origin_of(settings, "log"), "true from app.yaml:6");
    EXPECT_EQ(origin_of(settings, "threads"), "32 from default");
    EXPECT_EQ(origin_of(settings, "limits.idle"), "5s from environment VOLLEY_LIMITS_IDLE");
    EXPECT_EQ(settings.options.port, 4);
    EXPECT_EQ(settings.options.host, "b");
    EXPECT_EQ(settings.options.kind.workers, 3U);
    EXPECT_TRUE(settings.options.log);
    EXPECT_EQ(settings.options.limits.idle, std::chrono::seconds(5));
}

TEST(Settings, defaults_are_those_of_the_library) {
    const auto settings = resolve_settings({}, {}, {}, {});
    const ServeOptions defaults;
    EXPECT_EQ(settings.options.host, defaults.host);
    EXPECT_EQ(settings.options.port, defaults.port);
    EXPECT_EQ(settings.options.kind, defaults.kind);
    EXPECT_EQ(settings.options.log, defaults.log);
    EXPECT_EQ(settings.options.sync_threads, server::Options().sync_threads);
    const server::Limits &a = settings.options.limits, b;
    EXPECT_EQ(a.header_bytes, b.header_bytes);
    EXPECT_EQ(a.body_bytes, b.body_bytes);
    EXPECT_EQ(a.connections, b.connections);
    EXPECT_EQ(a.idle, b.idle);
    EXPECT_EQ(a.header, b.header);
    EXPECT_EQ(a.body, b.body);
    EXPECT_EQ(a.write, b.write);
    EXPECT_EQ(a.drain, b.drain);
    const CallOptions &c = settings.options.app.calls, d;
    EXPECT_EQ(c.host, d.host);
    EXPECT_EQ(c.port, d.port);
    EXPECT_EQ(c.most, d.most);
    EXPECT_EQ(c.most_per_address, d.most_per_address);
    EXPECT_EQ(c.idle, d.idle);
    EXPECT_EQ(c.stun, d.stun);
    EXPECT_EQ(c.advertise, d.advertise);
    EXPECT_EQ(c.cors, d.cors);
    for (const auto& row : settings.rows) EXPECT_EQ(row.origin, "default") << row.name;
}

TEST(Settings, calls_are_set_from_every_place) {
    const auto application =
        appfile::load_application(
            "version: 1\nsettings:\n  calls:\n    port: 5000\n    stun: \"a.example:3478, stuns:b.example\"\nroutes: { /a: whip }\n",
            "app.yaml")
            .application;
    const auto file = appfile::load_settings("calls: { most: 7, idle: 30s }\n", "settings.yaml");
    const Environment environment{{"VOLLEY_CALLS_MOST_PER_ADDRESS", "3"}, {"VOLLEY_CALLS_MOST", "8"}};
    const auto settings = resolve_settings(Flags{{"calls.advertise", "203.0.113.7,2001:db8::7"},
                                                 {"calls.cors", "https://a.example, http://b.example:8080"},
                                                 {"calls.most", "9"},
                                                 {"calls.most_pixels", "640x480"}},
                                           environment, file, application);
    EXPECT_TRUE(settings.errors.empty());
    EXPECT_EQ(origin_of(settings, "calls.port"), "5000 from app.yaml:4");
    EXPECT_EQ(origin_of(settings, "calls.most"), "9 from flag --max-calls");
    EXPECT_EQ(origin_of(settings, "calls.most_per_address"), "3 from environment VOLLEY_CALLS_MOST_PER_ADDRESS");
    EXPECT_EQ(origin_of(settings, "calls.idle"), "30s from file settings.yaml:1");
    const CallOptions& calls = settings.options.app.calls;
    EXPECT_EQ(calls.port, 5000);
    EXPECT_EQ(calls.most, 9U);
    EXPECT_EQ(calls.most_per_address, 3U);
    EXPECT_EQ(calls.most_pixels, 640U * 480U);
    EXPECT_EQ(resolve_settings({}, {}, {}, {}).options.app.calls.most_pixels, CallOptions().most_pixels);
    EXPECT_EQ(calls.idle, std::chrono::seconds(30));
    EXPECT_THAT(calls.stun, ElementsAre("stun:a.example:3478", "stuns:b.example"));
    EXPECT_THAT(calls.advertise, ElementsAre("203.0.113.7", "2001:db8::7"));
    EXPECT_THAT(calls.cors, ElementsAre("https://a.example", "http://b.example:8080"));
    EXPECT_THAT(resolve_settings(Flags{{"calls.cors", "*"}}, {}, {}, {}).options.app.calls.cors, ElementsAre("*"));
}

TEST(Settings, what_calls_cannot_be_set_to_is_named_with_the_flag) {
    const auto wrong = [](std::string name, std::string value) {
        const auto settings = resolve_settings(Flags{{std::move(name), std::move(value)}}, {}, {}, {});
        return settings.errors.size() == 1 ? settings.errors[0] : std::string();
    };
    EXPECT_EQ(wrong("calls.port", "65536"), "--rtc-port=65536: a port from 0 to 65535 is expected");
    EXPECT_EQ(wrong("calls.most", "-1"), "--max-calls=-1: a number from 0 to 100000 is expected");
    EXPECT_EQ(wrong("calls.most_per_address", "0"), "--max-calls-per-address=0: a number from 1 to 100000 is expected");
    for (const char* size : {"", "1920", "1920x", "x1200", "63x64", "64x4097", "1920x1200x", "1920*1200", "-1x64"})
        EXPECT_THAT(wrong("calls.most_pixels", size),
                    testing::EndsWith(": a size such as 1920x1200 is expected, each side from 64 to 4096 pixels"))
            << size;
    EXPECT_EQ(wrong("calls.idle", "0s"), "--call-idle=0s: a time with a unit is expected, such as 20s, from 1ms to 1000h");
    for (const char* server : {"stun:", "a b", "<x>", "x\"y", "x\r\ny"})
        EXPECT_THAT(wrong("calls.stun", server), testing::HasSubstr("such as stun.example.org:3478")) << server;
    for (const char* address : {"localhost", "0.0.0.0", "::", "224.0.0.1", "1.2.3.4.5"})
        EXPECT_THAT(wrong("calls.advertise", address), testing::HasSubstr("such as 203.0.113.7")) << address;
    // As browsers never name them: they would let nobody in.
    for (const char* origin :
         {"a.example", "https://a.example/", "https://a.example/x", "https://A.example", "https://a.example:443",
          "ftp://a.example", "null", "*,https://a.example", "https://u@a.example", "https://"})
        EXPECT_THAT(wrong("calls.cors", origin), testing::HasSubstr("such as https://example.org")) << origin;
}

TEST(Settings, flags_lead_to_settings) {
    EXPECT_EQ(setting_of_flag("rtc-port"), "calls.port");
    EXPECT_EQ(setting_of_flag("max-calls"), "calls.most");
    EXPECT_EQ(setting_of_flag("max-pixels"), "calls.most_pixels");
    EXPECT_EQ(setting_of_flag("port"), "port");
    EXPECT_EQ(setting_of_flag("limits.idle"), "limits.idle");
    EXPECT_FALSE(setting_of_flag("app"));
    EXPECT_FALSE(setting_of_flag("calls.port")) << "one name is enough";
    EXPECT_FALSE(setting_of_flag(""));
}

TEST(Settings, a_bad_value_is_named_with_its_origin_even_where_another_wins) {
    const auto application =
        appfile::load_application("version: 1\nsettings: { port: 99999 }\nroutes: { /a: echo }\n", "app.yaml").application;
    const auto file = appfile::load_settings("kind: fast\n", "settings.yaml");
    const auto settings = resolve_settings(
        Flags{{"port", "x"}, {"kind", "serial"}},
        Environment{
            {"VOLLEY_LOG", "maybe"}, {"VOLLEY_LIMITS_BODY_BYTES", "1GB"}, {"VOLLEY_THREADS", "0"}, {"VOLLEY_PROCESSES", "65"}},
        file, application);
    EXPECT_THAT(
        settings.errors,
        ElementsAre(
            "app.yaml:2:19: error: `port` cannot be `99999`\n    2 | settings: { port: 99999 }\n      |                   ^\n"
            "      = a port from 0 to 65535 is expected\n",
            "--port=x: a port from 0 to 65535 is expected",
            "settings.yaml:1:7: error: `kind` cannot be `fast`\n    1 | kind: fast\n      |       ^\n"
            "      = coroutine, pool:W (W from 1 to 1000) or serial is expected\n",
            "VOLLEY_LOG=maybe: true or false is expected", "VOLLEY_THREADS=0: a number of threads from 1 to 1000 is expected",
            "VOLLEY_PROCESSES=65: a number of processes from 1 to 64 is expected",
            "VOLLEY_LIMITS_BODY_BYTES=1GB: a size such as 64KiB or 1MiB is expected, at most 1024MiB"));
}

TEST(Settings, are_printed_side_by_side) {
    EXPECT_EQ(print_settings({{"port", "9", "flag --port"}, {"app", "", "default"}}), "port  9  flag --port\napp   -  default\n");
}

}  // namespace
}  // namespace volley::app
