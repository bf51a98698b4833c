#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <volley/report/junit.hpp>

#include "unit/report/hostile.hpp"

namespace volley::report {
namespace {
using testing::HasSubstr;
using testing::Not;

TEST(Junit, each_threshold_is_a_case_and_each_way_to_end_has_its_element) {
    const auto xml = to_junit(hostile());
    EXPECT_THAT(xml, HasSubstr(R"(<testsuite name="s" package="t" id="0" hostname="localhost" timestamp="2026-01-02T03:04:05" )"
                               R"(tests="5" failures="1" errors="1" skipped="2" time="1.500">)"));
    EXPECT_THAT(xml, HasSubstr(R"(<testcase name="p.errors == 0" classname="t.s" time="1.500"/>)"));
    EXPECT_THAT(xml, HasSubstr(R"(<testcase name="errors == 0" classname="t.s" time="1.500">)"));
    EXPECT_THAT(xml, HasSubstr(R"(<failure type="threshold" message="1: ]]&gt;)"));
    EXPECT_THAT(xml, HasSubstr(R"(a:b/\xe9.yaml:12:5</failure>)"));
    EXPECT_THAT(xml, HasSubstr(R"(<error type="died" message=)"));
    EXPECT_THAT(xml, HasSubstr(R"(<skipped message="inconclusive: 1: )"));
    EXPECT_THAT(xml, HasSubstr(R"(<property name="volley.seed" value="7"/>)"));
}

TEST(Junit, words_of_a_peer_stay_words) {
    const auto xml = to_junit(hostile());
    EXPECT_TRUE(
        std::ranges::none_of(xml, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == '\xff'; }));
    EXPECT_THAT(xml, Not(HasSubstr("<b>")));
    EXPECT_THAT(xml, Not(HasSubstr("]]>")));
    EXPECT_THAT(xml, Not(HasSubstr("\xef\xbf")));
    EXPECT_THAT(xml, HasSubstr(R"(\x1b[31m\x01\xff\xef\xbf\xbe\xef\xbf\xbf&amp;amp;)"));
    EXPECT_THAT(xml, HasSubstr("&quot;'&lt;b&gt;|`x`\\x0d&#10;::error::planted&#10;"));
    EXPECT_EQ(xml.find("</system-out>"), xml.rfind("</system-out>"));
}

TEST(Junit, a_run_without_servers_is_a_document_too) {
    EXPECT_EQ(to_junit({}), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n</testsuites>\n");
}

TEST(Junit, an_interrupted_server_is_skipped_and_one_that_works_has_no_case_of_its_own) {
    RunResult r;
    r.servers.emplace_back().state = ServerState::interrupted;
    EXPECT_THAT(to_junit(r), HasSubstr(R"(<skipped message="interrupted"/>)"));
    r.servers[0].state = ServerState::ok;
    EXPECT_THAT(to_junit(r), HasSubstr(R"(tests="0")"));
}

}  // namespace
}  // namespace volley::report
