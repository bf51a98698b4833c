#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include <volley/report/github.hpp>

#include "unit/report/hostile.hpp"

namespace volley::report {
namespace {
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
}

TEST(Github, annotations_name_the_line_and_are_escaped_as_the_runner_reads_them) {
    const auto lines = lines_of(to_github_annotations(hostile()));
    ASSERT_THAT(lines, SizeIs(5)) << "one each for the server, a check, two thresholds and the phase; what passed has none";
    EXPECT_THAT(lines[0], StartsWith(R"(::error file=dir%2C a%3Ab/\xe9.yaml,title=s%3A died::]]>)"));
    EXPECT_THAT(lines[1], StartsWith(R"(::error file=dir%2C a%3Ab/\xe9.yaml,line=9,title=s%3A p%3A GET /x%3A body == "]]>)"));
    EXPECT_THAT(lines[2], StartsWith(R"(::error file=dir%2C a%3Ab/\xe9.yaml,line=12,title=s%3A errors == 0::1: ]]>)"));
    EXPECT_THAT(lines[3], StartsWith("::warning file="));
    EXPECT_THAT(lines[3], AllOf(HasSubstr(",title=s%3A p.errors == 0::1: "), HasSubstr("\\x0d%0A::error::planted%0A"),
                                HasSubstr("100%25 ")));
    EXPECT_THAT(lines[4], StartsWith("::warning file="));
}

TEST(Github, a_run_that_passed_has_no_annotations) {
    auto r = hostile();
    r.servers[0].state = ServerState::ok;
    r.servers[0].phases[0].inconclusive.clear();
    r.servers[0].phases[0].checks.resize(1);
    r.thresholds.resize(1);
    EXPECT_EQ(to_github_annotations(r), "");
    r.thresholds[0].unsure = true;
    EXPECT_THAT(to_github_annotations(r), StartsWith("::warning file="));
}

TEST(Github, every_row_of_a_table_has_as_many_cells_as_its_head_whatever_a_peer_said) {
    const auto summary = to_github_summary(hostile());
    EXPECT_THAT(summary, StartsWith("### ❌ t: fail\n\n1 requests, 1 wrong"));
    std::ptrdiff_t wanted = 0;
    int rows = 0;
    for (const auto& line : lines_of(summary)) {
        if (!line.starts_with('|')) {
            wanted = 0;
            continue;
        }
        const auto bars = std::ranges::count(line, '|');
        if (wanted == 0) wanted = bars;
        EXPECT_EQ(bars, wanted) << line;
        ++rows;
    }
    EXPECT_EQ(rows, 2 + 1 + 2 + 1 + 3);
}

TEST(Github, nothing_can_be_made_of_the_words_of_a_peer) {
    const auto summary = to_github_summary(hostile());
    for (const char* structure : {"<b>", "`", "@all", "http://", "\x1b", "\xff", "&amp;", "\n::error", "*planted"})
        EXPECT_THAT(summary, Not(HasSubstr(structure)));
    EXPECT_THAT(summary, HasSubstr("&#96;x&#96;"));
}

TEST(Github, a_summary_stays_within_its_limit_and_says_what_is_left_out) {
    auto r = hostile();
    const auto failed = r.thresholds[1];
    r.thresholds.resize(20'000, failed);
    r.thresholds[0].verdict = Verdict::pass;
    const auto summary = to_github_summary(r);
    EXPECT_LT(summary.size(), 600U * 1024);
    EXPECT_THAT(summary.substr(summary.size() - 40), HasSubstr("… and "));
}

TEST(Github, rates_are_those_of_loads) {
    using namespace std::chrono_literals;
    auto r = hostile();
    EXPECT_THAT(to_github_summary(r), HasSubstr("| s | p | 1 | - | - | - | - | 1 |"));
    r.servers[0].phases[0].kind = PhaseKind::users;
    EXPECT_THAT(to_github_summary(r), HasSubstr("| s | p | 1 | - | - | 0.7/s | - | 1 |"));
}

}  // namespace
}  // namespace volley::report
