#include <gtest/gtest.h>

#include "unit/scenario/support.hpp"

namespace volley::scenario::test {
namespace {

using namespace std::chrono_literals;

struct Answer {
    int status = 200;
    std::string body = R"({"slept": 0.2, "name": "Ann", "n": 3, "list": [1, 2], "nothing": null, "yes": true, "digits": "42"})";
    std::vector<std::pair<std::string, std::string>> headers{
        {"Content-Type", "application/json"}, {"Via", "one"}, {"via", "two"}};
    Duration duration = 250ms;
    std::vector<std::string> secrets{};
};

/// "" when the check holds, what was found when not, `error ...` when it cannot be read.
std::string judged(const std::string& check, const Answer& answer = {}) {
    std::string quoted_check;
    for (char c : check) quoted_check += c == '\'' ? "''" : std::string(1, c);
    const auto loaded = load_scenario(with_step("{ get: /, checks: ['" + quoted_check + "'] }"), "f");
    if (!loaded.errors.empty()) return "error " + to_line(loaded.errors[0]);
    const auto& parsed = loaded.scenario.scenarios[0].steps[0].checks[0];
    return failed_check(parsed, parsed.value.text,
                        {answer.status, answer.body, &answer.headers, answer.duration, &answer.secrets})
        .value_or("");
}

TEST(Check, status) {
    EXPECT_EQ(judged("status == 200"), "");
    EXPECT_EQ(judged("status==200"), "");
    EXPECT_EQ(judged("status < 400"), "");
    EXPECT_EQ(judged("status != 200"), "status is 200");
    EXPECT_EQ(judged("status >= 300"), "status is 200");
}

TEST(Check, duration) {
    EXPECT_EQ(judged("duration < 800ms"), "");
    EXPECT_EQ(judged("duration <= 250ms"), "");
    EXPECT_EQ(judged("duration < 0.2s"), "duration is 250 ms");
}

TEST(Check, headers_ignore_case_and_may_repeat) {
    EXPECT_EQ(judged("header content-type contains json"), "");
    EXPECT_EQ(judged("header Content-Type == application/json"), "");
    EXPECT_EQ(judged("header content-type contains xml"), "header content-type is `application/json`");
    EXPECT_EQ(judged("header via == two"), "");
    EXPECT_EQ(judged("header via == three"), "header via is `two`");
    EXPECT_EQ(judged("header via != two"), "header via is `two`");
    EXPECT_EQ(judged("header x-none contains a"), "there is no header x-none");
    EXPECT_EQ(judged("header x-none != a"), "there is no header x-none");
    EXPECT_EQ(judged("header via exists"), "");
    EXPECT_EQ(judged("header x-none exists"), "there is no header x-none");
    EXPECT_EQ(judged("header x-none not exists"), "");
    EXPECT_EQ(judged("header via not exists"), "header via is `one`");
}

TEST(Check, body) {
    const Answer plain{.body = "hello world"};
    EXPECT_EQ(judged("body == \"hello world\"", plain), "");
    EXPECT_EQ(judged("body == hello world", plain), "");
    EXPECT_EQ(judged("body contains world", plain), "");
    EXPECT_EQ(judged("body not contains world", plain), "body contains `world`");
    EXPECT_EQ(judged("body matches /^hel+o/", plain), "");
    EXPECT_EQ(judged("body matches '\\d'", plain), "body is `hello world`");
    EXPECT_EQ(judged("body not matches \\d", plain), "");
    EXPECT_EQ(judged("body != \"\"", plain), "");
}

TEST(Check, jq_compares_by_type) {
    EXPECT_EQ(judged("jq '.slept' == 0.2"), "");
    EXPECT_EQ(judged("jq .slept == 0.20"), "");
    EXPECT_EQ(judged("jq '.slept' == 0.3"), "jq `.slept` is 0.2");
    EXPECT_EQ(judged("jq '.n' >= 3"), "");
    EXPECT_EQ(judged("jq '.n' > 3"), "jq `.n` is 3");
    EXPECT_EQ(judged("jq '.list | length' == 2"), "");
    EXPECT_EQ(judged("jq '.name' == Ann"), "");
    EXPECT_EQ(judged("jq '.name' == \"Ann\""), "");
    EXPECT_EQ(judged("jq '.name' contains nn"), "");
    EXPECT_EQ(judged("jq '.name' == Bob"), "jq `.name` is `Ann`");
    EXPECT_EQ(judged("jq '.nothing' == null"), "");
    EXPECT_EQ(judged("jq '.yes' == true"), "");
    EXPECT_EQ(judged("jq '.yes' == \"true\""), "jq `.yes` is `true`, not a text");
    EXPECT_EQ(judged("jq '.digits' == 42"), "jq `.digits` is the text `\"42\"`");
    EXPECT_EQ(judged("jq '.digits' == \"42\""), "");
    EXPECT_EQ(judged("jq '.n' == \"3\""), "jq `.n` is `3`, not a text");
    EXPECT_EQ(judged("jq '.name' > 3"), "jq `.name` is no number: `\"Ann\"`");
    EXPECT_EQ(judged("jq '.missing' == null"), "jq `.missing` leads nowhere");
    EXPECT_EQ(judged("jq '.missing' exists"), "jq `.missing` leads nowhere");
    EXPECT_EQ(judged("jq '.nothing' exists"), "");
    EXPECT_EQ(judged("jq '.missing' not exists"), "");
    EXPECT_EQ(judged("jq '.slept' == 0.2", {.body = "<html>"}), "the body is not JSON: `<html>`");
}

TEST(Check, jq_digits_survive_large_integers) {
    EXPECT_EQ(judged("jq '.id' == 9007199254740993", {.body = R"({"id": 9007199254740993})"}), "");
    EXPECT_EQ(judged("jq '.id' == 9007199254740993", {.body = R"({"id": 9007199254740992})"}), "jq `.id` is 9007199254740992");
}

// Masking came last: a secret that was cut after 60 bytes, or escaped as JSON, was not found any more and stood there.
TEST(Check, secrets_are_masked_before_they_are_escaped_or_cut) {
    const std::vector<std::string> secrets{"se\"cr\\et\n-12345"};
    EXPECT_EQ(judged("body == x", {.body = "it is " + secrets[0] + ".", .secrets = secrets}), "body is `it is ***.`");
    EXPECT_EQ(judged("body == x", {.body = std::string(52, 'a') + secrets[0], .secrets = secrets}),
              "body is `" + std::string(52, 'a') + "***`");
    EXPECT_EQ(judged("body not contains '" + std::string("\"") + "'", {.body = secrets[0], .secrets = secrets}),
              "body contains `\"`");
    EXPECT_EQ(judged("jq '.a' == x", {.body = R"({"a": {"b": "se\"cr\\et\n-12345"}})", .secrets = secrets}),
              R"(jq `.a` is `{"b":"***"}`)");
    EXPECT_EQ(judged("jq '.a' == x", {.body = R"({"a": "se\"cr\\et\n-12345"})", .secrets = secrets}), "jq `.a` is `***`");
    EXPECT_EQ(judged("jq '.a' == 1", {.body = R"({"a": 12345})", .secrets = {"12345"}}), "jq `.a` is ***");
    EXPECT_EQ(judged("body contains x", {.body = "/?q=a+b%26c", .secrets = {"a b&c"}}), "body is `/?q=***`");
    std::string many;
    while (many.size() < 10'000) many += secrets[0];
    const std::string found = judged("body == x", {.body = many, .secrets = secrets});
    EXPECT_EQ(found, "body is `" + std::string(60, '*') + "...`");
}

TEST(Check, hostile_answers_are_bounded_and_escaped) {
    const std::string found = judged("body == x", {.body = "\x1b[2J" + std::string(100'000, 'a')});
    EXPECT_LT(found.size(), 120U);
    EXPECT_EQ(found.find('\x1b'), std::string::npos);
    EXPECT_EQ(judged("jq '.a' == 1", {.body = std::string(100'000, '[')}).substr(0, 24), "the body is not JSON: `[");
    // An expression that backtracks without end on this text is given up, not followed.
    const auto costly = judged("body matches /^(a+)+$/", {.body = std::string(5000, 'a') + "!"});
    EXPECT_FALSE(costly.empty());
    EXPECT_EQ(judged("body matches /(x|a)*b/", {.body = std::string(1'000'000, 'a') + "b"}).find("body is"), std::string::npos);
}

TEST(Check, errors_point_at_the_mistake) {
    // The check begins at column 27: line 5, after `    - { get: /, checks: ['`.
    EXPECT_EQ(judged("statu == 200"), "error 5:27 unknown query `statu` [did you mean `status`?]");
    EXPECT_EQ(judged("status = 200"), "error 5:34 a single `=` [write ==]");
    EXPECT_EQ(
        judged("status"),
        "error 5:33 a predicate is missing [write `status == value`; predicates: ==, !=, <, <=, >, >=, contains, not, matches and exists]");
    EXPECT_EQ(judged("status is 200"),
              "error 5:34 unknown predicate `is` [predicates: ==, !=, <, <=, >, >=, contains, not, matches, exists]");
    EXPECT_EQ(judged("status =="), "error 5:36 the value is missing [write what to compare with]");
    EXPECT_EQ(judged("status == ok"), "error 5:37 not a status: `ok` [a number from 100 to 599]");
    EXPECT_EQ(judged("status == 20"), "error 5:37 no such status: `20` [from 100 to 599]");
    EXPECT_EQ(judged("status contains 2"), "error 5:34 a status is a number [compare it with ==, !=, <, <=, > or >=]");
    EXPECT_EQ(judged("duration < 800"), "error 5:38 a duration needs a unit: `800` [write 800ms or 800s]");
    EXPECT_EQ(judged("duration == 800ms"), "error 5:36 a duration is never exact [compare it with <, <=, > or >=]");
    EXPECT_EQ(judged("header"), "error 5:33 the name of the header is missing [write `header content-type contains json`]");
    EXPECT_EQ(judged("body < 3"),
              "error 5:32 a text is not a number [use ==, !=, contains or matches; numbers in JSON are compared with `jq`]");
    EXPECT_EQ(judged("body exists"), "error 5:32 a body always exists [write `body != \"\"`]");
    EXPECT_EQ(judged("body == \"a\" b"),
              "error 5:39 unexpected `b` behind the value [one check is one comparison; write another check]");
    EXPECT_EQ(judged("body matches /(/").substr(0, 40), "error 5:40 not a regular expression: `(`");
    EXPECT_EQ(judged("header via exists no"), "error 5:45 `exists` takes no value [remove what follows]");
    EXPECT_EQ(judged(""), "error 5:27 a check is empty or begins with a sign [write `status == 200`]");
}

TEST(Check, values_may_hold_templates) {
    const auto loaded = load_scenario(with_step("{ get: /, checks: [\"jq '.slept' == {{ t }}\", \"status == {{ s }}\"] }"), "f");
    ASSERT_TRUE(loaded.errors.empty());
    const auto& checks = loaded.scenario.scenarios[0].steps[0].checks;
    EXPECT_TRUE(checks[0].value.has_template);
    const Answer answer;
    const CheckInput in{answer.status, answer.body, &answer.headers, answer.duration};
    EXPECT_EQ(failed_check(checks[0], "0.2", in), std::nullopt);
    EXPECT_EQ(failed_check(checks[0], "0.5", in), "jq `.slept` is 0.2");
    EXPECT_EQ(failed_check(checks[1], "banana", in), "not a status: `banana`");
}

}  // namespace
}  // namespace volley::scenario::test
