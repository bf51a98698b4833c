#include <gtest/gtest.h>

#include <algorithm>

#include <volley/report/result.hpp>

namespace volley::report {
namespace {
using namespace std::chrono_literals;

RunResult hostile() {
    RunResult r;
    r.name = "t";
    r.file = "\xe9t\xe9.yaml";
    r.version = "0";
    r.started_at = "2026-01-01T00:00:00Z";
    auto& server = r.servers.emplace_back();
    server.name = "s";
    server.description = "serve \xe9t\xe9";  // a command line and a path are bytes, in Latin-1 here
    server.state = ServerState::died;
    server.message = "the server \x1b[2J died";
    server.log_tail = {"\x1b]0;title\x07"};
    auto& phase = server.phases.emplace_back();
    phase.phase = "p";
    metrics::Sample wrong;
    wrong.status = 500;
    phase.tally->add(wrong, "status");
    phase.wrong_examples = {"body is \x1b[31m\xff"};
    phase.burst.emplace();
    phase.burst->n = 1;
    ThresholdResult t;
    t.source = "errors == 0";
    t.server = "s";
    t.phase = "p";
    t.verdict = Verdict::fail;
    t.message = "\x1b[0m";
    r.thresholds.push_back(t);
    r.verdict = Verdict::fail;
    return r;
}

bool has_control(const std::string& text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; });
}

TEST(Report, words_of_a_peer_cannot_reach_a_terminal_or_break_json) {
    EXPECT_FALSE(has_control(to_text(hostile())));
    const auto json = to_json(hostile());
    EXPECT_FALSE(has_control(json));
    EXPECT_EQ(json.find_first_of("\xff\xe9"), std::string::npos) << "JSON is UTF-8";
    EXPECT_NE(json.find(R"("file":"\\xe9t\\xe9.yaml")"), std::string::npos) << json;
}

TEST(Report, text_has_a_row_for_each_server_and_no_colour_unless_asked) {
    auto r = hostile();
    const auto text = to_text(r);
    EXPECT_NE(text.find("p  1 requests at once"), std::string::npos) << text;
    EXPECT_NE(text.find("s: died"), std::string::npos) << text;
    EXPECT_NE(text.find("fail  1 of 1 thresholds"), std::string::npos) << text;
    EXPECT_NE(to_text(r, {.colour = true}).find("\x1b[31m"), std::string::npos);
}

// The finished document was masked: a secret of 1000 turned every such count into ***, which is no JSON, and one that JSON escapes
// stayed in it.
TEST(Report, secrets_are_masked_in_texts_and_nowhere_else) {
    auto r = hostile();
    auto& server = r.servers[0];
    server.description = "serve --token se\"cr\\et";
    server.message = "token se\"cr\\et";
    server.log_tail = {R"({"token": "se\"cr\\et"})"};
    auto& phase = server.phases[0];
    phase.wrong_examples = {"true se\"cr\\et 1000"};
    phase.planned = 1000;
    mask_secrets(r, {"se\"cr\\et", "1000", "true"});
    for (const auto& text : {to_json(r), to_text(r)}) {
        EXPECT_EQ(text.find("cr\\"), std::string::npos) << text;
        EXPECT_NE(text.find("*** *** ***"), std::string::npos) << text;
    }
    EXPECT_EQ(server.log_tail[0], R"({"token": "***"})");
    EXPECT_NE(to_json(r).find(R"("planned":1000)"), std::string::npos);
}

// "pass", it said, and "5 wrong" beside it: those of the warm-up, which nothing judges.
TEST(Report, warm_up_is_not_in_the_totals) {
    auto r = hostile();
    EXPECT_EQ(r.requests(), 1U);
    EXPECT_EQ(r.errors(), 1U);
    r.servers[0].phases[0].warmup = true;
    r.servers[0].phases[0].saturated = 3;
    EXPECT_EQ(r.requests(), 0U);
    EXPECT_EQ(r.errors(), 0U);
}

TEST(Report, figures_that_say_nothing_are_not_printed) {
    const auto json = to_json(hostile());
    EXPECT_NE(json.find(R"("complete":false)"), std::string::npos);
    EXPECT_EQ(json.find("ratio"), std::string::npos);
}

}  // namespace
}  // namespace volley::report
