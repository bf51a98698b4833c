#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include <volley/report/result.hpp>

#include "report/terminal.hpp"
#include "unit/report/hostile.hpp"

namespace volley::report {
namespace {
using namespace std::chrono_literals;
using testing::HasSubstr;

RunResult load(PhaseKind kind, std::string words) {
    RunResult r;
    r.name = "GET http://127.0.0.1:8000/hello";
    r.elapsed = 10100ms;
    auto& server = r.servers.emplace_back();
    server.name = "target";
    server.description = "http://127.0.0.1:8000";
    auto& phase = server.phases.emplace_back();
    phase.phase = "load";
    phase.kind = kind;
    phase.load = std::move(words);
    phase.elapsed = 10s;
    return r;
}

PhaseResult& phase_of(RunResult& r) { return r.servers.front().phases.front(); }

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

TEST(LoadSummary, no_line_is_wider_than_the_terminal_whatever_a_peer_sent) {
    for (const bool unicode : {true, false})
        for (const bool colour : {true, false})
            for (const int width : {-1, 40, 80, 100}) {
                const auto text = to_load_summary(hostile(), {.colour = colour, .unicode = unicode, .width = width});
                for (const auto& line : lines_of(text))
                    EXPECT_LE(columns(line), static_cast<std::size_t>(std::max(width, 40))) << line;
            }
}

// An example that held a newline could end the report with a verdict of its own.
TEST(LoadSummary, what_a_peer_sent_cannot_pose_as_a_line_of_the_report) {
    auto r = load(PhaseKind::users, "closed: 1 user");
    metrics::Sample wrong;
    phase_of(r).tally->add(wrong, "check");
    phase_of(r).wrong_examples = {"body is \npass  1 requests\x1b[2J"};
    r.verdict = Verdict::fail;
    const auto text = to_load_summary(r);
    EXPECT_THAT(text, HasSubstr("body is \\npass  1 requests\\x1b[2J\n"));
    EXPECT_TRUE(lines_of(text).back().starts_with("fail")) << text;
}

TEST(LoadSummary, a_result_without_phases_still_has_a_verdict) {
    RunResult r;
    r.name = "GET http://127.0.0.1:1/";
    r.verdict = Verdict::interrupted;
    EXPECT_EQ(to_load_summary(r), "GET http://127.0.0.1:1/\n\ninterrupted  results so far: 0 requests, 0 wrong, 0 s\n");
}

}  // namespace
}  // namespace volley::report
