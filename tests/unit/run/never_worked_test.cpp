#include "run/never_worked.hpp"

#include <gtest/gtest.h>

namespace volley::run {
namespace {

using Statuses = std::map<int, std::uint64_t>;
using Errors = std::map<std::string, std::uint64_t>;

std::string told(std::uint64_t right, Statuses statuses, Errors errors, bool status_is_checked = false,
                 const std::vector<std::string>& examples = {}) {
    metrics::Tally tally;
    tally.right = tally.requests = right;
    for (const auto& [kind, n] : errors) tally.requests += n;
    tally.statuses = std::move(statuses);
    tally.errors = std::move(errors);
    return never_worked(tally, examples, status_is_checked);
}

TEST(NeverWorked, a_target_that_no_connection_or_answer_came_of) {
    EXPECT_EQ(told(0, {}, {{"refused", 3}}, false, {"GET /: refused", "x"}), "no connection was made: GET /: refused");
    EXPECT_EQ(told(0, {}, {{"resolve", 1}, {"tls", 1}}), "no connection was made");
    for (const char* kind : {"timeout", "reset", "protocol"})
        EXPECT_EQ(told(0, {}, {{kind, 3}}), std::string("not one request was answered (") + kind + ')');
    EXPECT_EQ(told(0, {}, {{"refused", 1}, {"reset", 1}, {"timeout", 9}}),
              "not one request was answered (refused, reset, timeout)");
    EXPECT_NE(told(0, {{200, 3}}, {{"timeout", 3}}), "") << "a head came, and never the rest";
}

TEST(NeverWorked, one_that_sends_everybody_elsewhere) {
    EXPECT_EQ(told(0, {{404, 3}}, {{"status", 3}}),
              "every request was answered 404: is the path right, and does it need a login?");
    EXPECT_EQ(told(3, {{302, 3}}, {}),
              "every request was answered 302: it is somewhere else; give the URL that the redirect leads to");
    EXPECT_EQ(told(1, {{302, 1}, {401, 1}}, {{"status", 1}}),
              "every request was answered 302 or 401: it is somewhere else; give the URL that the redirect leads to; is the path "
              "right, and does it need a login?");
    EXPECT_EQ(told(0, {{404, 3}}, {{"status", 3}, {"timeout", 1}}),
              "every answer was 404: is the path right, and does it need a login?");
    EXPECT_NE(told(0, {{302, 3}}, {{"status", 3}}, true), "") << "another status was asked for";
    EXPECT_NE(told(0, {{403, 3}}, {{"check", 3}}), "");
}

TEST(NeverWorked, is_not_said_of_one_that_answers_or_was_not_asked) {
    EXPECT_EQ(told(0, {}, {}), "");
    EXPECT_EQ(told(1, {{200, 1}}, {{"refused", 99}}), "");
    EXPECT_EQ(told(1, {{200, 1}, {302, 9}}, {{"status", 9}}), "");
    EXPECT_EQ(told(3, {{302, 3}}, {}, true), "") << "a check asked for it";
    EXPECT_EQ(told(3, {{304, 3}}, {}), "") << "no redirect";
    EXPECT_EQ(told(0, {{500, 3}}, {{"status", 3}}), "");
    EXPECT_EQ(told(0, {{500, 1}, {404, 3}}, {{"status", 4}}), "");
    EXPECT_EQ(told(0, {{200, 3}}, {{"check", 3}}), "");
    EXPECT_EQ(told(0, {{200, 3}}, {{"truncated", 3}}), "") << "it answers, and badly";
    EXPECT_EQ(told(0, {}, {{"exhausted", 3}}), "") << "that was us";
    EXPECT_EQ(told(0, {}, {{"exhausted", 1}, {"refused", 3}}), "");
}

}  // namespace
}  // namespace volley::run
