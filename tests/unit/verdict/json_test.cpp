#include <volley/verdict/json.hpp>

#include <gtest/gtest.h>

#include <volley/verdict/judge.hpp>

#include "support/simulated_server.hpp"

namespace volley::verdict {
namespace {

TEST(VerdictJson, what_is_written_is_read) {
    for (const auto& model : {test::ServerModel{.service = 0.1, .workers = 8, .threads = test::ServerModel::Threads::pool},
                              test::ServerModel{.lost = 0.01, .most_requests = 30, .seen = false, .server = "uvicorn"}}) {
        const auto v = test::verify(model, 3, 10);
        const std::string text = to_json(v.seen, v.record);
        const auto read = from_json(text);
        const auto* r = std::get_if<Recorded>(&read);
        ASSERT_TRUE(r) << std::get<std::string>(read);
        EXPECT_TRUE(to_json(r->seen, r->record) == text);
        const Record again = judge(r->seen);
        EXPECT_TRUE(to_json(r->seen, again) == text) << "what was recorded is judged the same";
        EXPECT_EQ(r->seen.bursts.size(), v.seen.bursts.size());
    }
}

// Bursts of 100,000, which --max took, made files that --replay refused.
TEST(VerdictJson, the_largest_verification_can_be_read_back) {
    const std::pair<std::size_t, std::size_t> cases[] = {
        {0, most_at_once}, {3'000, most_at_once}, {most_at_once - 1, most_at_once}, {0, 100'000}, {30'000, 100'000}};
    for (const auto& [workers, most] : cases) {
        const auto v = test::verify({.service = 0.3, .workers = workers}, 3, 3600, most);
        std::size_t largest = 0;
        for (const auto& burst : v.seen.bursts) largest = std::max(largest, burst.shots.size());
        EXPECT_GE(largest, workers) << "it is no test of small bursts";
        const std::string text = to_json(v.seen, v.record);
        const auto read = from_json(text);
        const auto* wrong = std::get_if<std::string>(&read);
        EXPECT_EQ(wrong, nullptr) << workers << " of " << most << ": " << *wrong;
    }
}

std::string error_of(std::string_view text) {
    const auto read = from_json(text);
    const auto* e = std::get_if<std::string>(&read);
    return e ? *e : "none";
}

std::string with_seen(const std::string& members) {
    return R"({"schema": "volley/verdict/1", "record": {}, "seen": {)" + members + "}}";
}

TEST(VerdictJson, unknown_members_are_passed_over) {
    EXPECT_EQ(error_of(with_seen(R"("later": [1, {"x": 2}], "most": 7)")), "none");
}

TEST(VerdictJson, says_what_is_wrong_and_where) {
    EXPECT_TRUE(error_of("{").starts_with("not JSON: "));
    EXPECT_EQ(error_of("[]"), "not an object");
    EXPECT_EQ(error_of("{}"), "schema: not volley/verdict/1");
    EXPECT_EQ(error_of(R"({"schema": "volley/verdict/1"})"), "seen: not an object");
    EXPECT_EQ(error_of(with_seen(R"("bursts": [{"shots": [{"done": 1.5}]}])")),
              "seen.bursts[0].shots[0].done: not a whole number of nanoseconds within 1,000 hours");
    EXPECT_EQ(error_of(with_seen(R"("bursts": [{"shots": [{"outcome": "fine"}]}])")),
              "seen.bursts[0].shots[0].outcome: not a word that is known");
    EXPECT_EQ(error_of(with_seen(R"("bursts": 3)")), "seen.bursts: not a list");
    EXPECT_EQ(error_of(with_seen(R"("most": -1)")), "seen.most: not a whole number of 0 or more");
    EXPECT_EQ(error_of(with_seen(R"("most": 0)")), "seen.most: not from 1 to 1,000,000");
    EXPECT_EQ(error_of(with_seen(R"("local": 1)")), "seen.local: not true or false");
    EXPECT_EQ(error_of(with_seen(R"("server": ")" + std::string(5000, 'x') + '"')), "seen.server: longer than 4,096 bytes");
}

TEST(VerdictJson, is_bounded) {
    EXPECT_EQ(error_of(std::string(most_json_bytes + 1, ' ')), "longer than 64 MiB");
    std::string deep = with_seen(R"("x": )" + std::string(100, '[') + std::string(100, ']'));
    EXPECT_TRUE(error_of(deep).starts_with("not JSON: "));
    std::string many = R"("idle_app": [{})";
    for (std::size_t i = 0; i < most_json_samples; ++i) many += ",{}";
    EXPECT_EQ(error_of(with_seen(many + ']')), "seen.idle_app: more than 200,000 samples in all");
}

TEST(VerdictJson, escapes_what_a_file_says) {
    const auto read = from_json(with_seen(R"("server": "\u001b[31m")"));
    EXPECT_EQ(std::get<Recorded>(read).seen.server, "\\x1b[31m");
}

}  // namespace
}  // namespace volley::verdict
