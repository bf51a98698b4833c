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
                               R"(tests="8" failures="2" errors="1" skipped="3" time="1.500">)"));
    EXPECT_THAT(xml, HasSubstr(R"(<testcase name="p.errors == 0" classname="t.s" time="1.500"/>)"));
    EXPECT_THAT(xml, HasSubstr(R"(<testcase name="errors == 0" classname="t.s" time="1.500">)"));
    EXPECT_THAT(xml, HasSubstr(R"(<failure type="threshold" message="1: ]]&gt;)"));
    EXPECT_THAT(xml, HasSubstr(R"(a:b/\xe9.yaml:12:5</failure>)"));
    EXPECT_THAT(xml, HasSubstr(R"(<testcase name="p: GET /x: body == &quot;)"));
    EXPECT_THAT(xml, HasSubstr(R"(<failure type="check" message="]]&gt;)"));
    EXPECT_THAT(xml, HasSubstr(R"(a:b/\xe9.yaml:9:3</failure>)"));
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
    EXPECT_THAT(xml, HasSubstr("&quot;&#39;&lt;b&gt;|`x`\\x0d&#10;::error::planted&#10;"));
    EXPECT_EQ(xml.find("</system-out>"), xml.rfind("</system-out>"));
}

TEST(Junit, a_run_without_servers_is_a_document_too) {
    EXPECT_EQ(to_junit({}), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n</testsuites>\n");
}

TEST(Junit, a_threshold_that_is_unsure_is_skipped_with_the_reason) {
    RunResult r;
    r.servers.emplace_back().name = "s";
    ThresholdResult t;
    t.source = "p.latency p99 < 2ms";
    t.pos = {3, 5};
    t.server = "s";
    t.unsure = true;
    t.measured = "1.9 ms";
    t.message = "unsure: the limit lies within what the sample allows for";
    r.thresholds = {t};
    EXPECT_THAT(to_junit(r), HasSubstr(R"(<skipped message="1.9 ms: unsure: the limit lies within)"));
    r.thresholds[0].unsure = false;
    EXPECT_THAT(to_junit(r), Not(HasSubstr("<skipped")));
}

TEST(Junit, a_check_that_failed_no_more_often_than_is_allowed_passes_and_is_told) {
    RunResult r;
    auto& phase = r.servers.emplace_back().phases.emplace_back();
    phase.phase = "p";
    auto& check = phase.checks.emplace_back();
    check.step = "GET /x";
    check.source = "status == 200";
    check.failed = 1;
    check.message = "failed for 1 of 100 answers: status is 500";
    const auto xml = to_junit(r);
    EXPECT_THAT(xml, HasSubstr(R"(<testcase name="p: GET /x: status == 200" classname="." time="0.000"/>)"));
    EXPECT_THAT(xml, HasSubstr("status == 200 failed for 1 of 100 answers: status is 500 (the thresholds allow as many errors)"));
    r.servers[0].phases[0].warmup = true;
    EXPECT_THAT(to_junit(r), Not(HasSubstr("GET /x")));
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
