#include "json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "style.hpp"

namespace volley::cli {
namespace {

std::string reprinted(std::string_view text) {
    auto parsed = parse_json(text);
    if (const auto* error = std::get_if<JsonError>(&parsed)) return "error at " + std::to_string(error->offset);
    return print_json(std::get<Json>(parsed));
}

std::string styled(std::string_view text, JsonStyle style = {}) {
    std::string out;
    return style_json(text, style, out) ? out : "no JSON";
}

TEST(Json, order_duplicates_and_spelling_of_numbers_survive) {
    EXPECT_EQ(reprinted(R"( {"b":1.50,"a":1e3,"b":[ ],"c":{},"n":12345678901234567890} )"),
              R"({"b": 1.50, "a": 1e3, "b": [], "c": {}, "n": 12345678901234567890})");
    EXPECT_EQ(reprinted("-0"), "-0");
}

TEST(Json, text_beyond_ascii_is_sent_as_escapes) {
    EXPECT_EQ(reprinted("\"\u00fc\u2603\U0001f600\\ud83d\\ude00\""), R"("\u00fc\u2603\ud83d\ude00\ud83d\ude00")");
    EXPECT_EQ(reprinted(R"("\ud800x\b\/\u007f")"), R"("\ud800x\b/\u007f")");
}

TEST(Json, what_is_no_json_is_refused_at_its_place) {
    for (const char* text : {"",           " ",     "bad",    "01",      "1.",      "+1",          "1e",  "[1,]",
                             "{\"a\":1,}", "{a:1}", "[1 2]",  "\"a",     "\"\\x\"", "\"\\u12g4\"", "nul", "true false",
                             "\"\n\"",     "[",     "{\"a\"", "{\"a\":", "]",       "'a'",         "NaN", "\"\xff\""}) {
        EXPECT_TRUE(walk_json(text, {}).has_value()) << text;
    }
    EXPECT_EQ(walk_json("[1, x]", {})->offset, 4U);
}

TEST(Json, deep_nesting_is_refused_not_followed) {
    EXPECT_FALSE(walk_json(std::string(200, '[') + std::string(200, ']'), {}).has_value());
    EXPECT_TRUE(walk_json(std::string(100'000, '['), {}).has_value());
}

TEST(JsonStyle, members_keep_their_order_and_numbers_their_spelling) {
    EXPECT_EQ(
        styled(R"({"z":1.50,"a":[1,{"y":[],"x":{}}],"e":"\u00fc\u2603"})"),
        "{\n    \"z\": 1.50,\n    \"a\": [\n        1,\n        {\n            \"y\": [],\n            \"x\": {}\n        }\n    ],\n"
        "    \"e\": \"\u00fc\u2603\"\n}");
    EXPECT_EQ(styled("[]"), "[]");
    EXPECT_EQ(styled(" 1 "), "1");
    EXPECT_EQ(styled("oops"), "no JSON");
}

TEST(JsonStyle, escapes_that_could_steer_a_terminal_stay_escapes) {
    EXPECT_EQ(styled(R"("\u001b[2J\u009b\u202ea\"\\\n\ud800")"), R"("\u001b[2J\u009b\u202ea\"\\\n\ud800")");
    EXPECT_EQ(styled("\"\u009b\x7f\""), R"("\u009b\u007f")");
}

TEST(JsonStyle, colours_alone_keep_every_blank) {
    const JsonStyle colours{4, false, true, true};
    EXPECT_EQ(styled(" {\"a\" : true}\n", colours), " {\x1b[34m\"a\"\x1b[0m : \x1b[35mtrue\x1b[0m}\n");
    const JsonStyle none{4, false, false, true};
    EXPECT_EQ(styled("[ 1,true ,\"true\"]", none), "[ 1,true ,\"true\"]");
}

TEST(JsonStyle, a_guard_against_scripts_stays_before_the_json) {
    EXPECT_EQ(styled(")]}',\n{\"a\":1}"), ")]}',\n{\n    \"a\": 1\n}");
    EXPECT_EQ(styled("for(;;);[1]"), "for(;;);[\n    1\n]");
}

TEST(Style, heads_end_lines_in_crlf_and_hostile_bytes_are_shown) {
    http::Response response;
    response.status = 404;
    response.reason = "No\x1b[31mpe";
    response.headers = {{"X-\x07", "a\x9b"}, {"set-cookie", "a"}, {"set-cookie", "b"}};
    EXPECT_EQ(style_head(response, false, true),
              "HTTP/1.1 404 No\\x1b[31mpe\r\nX-\\x07: a\\x9b\r\nset-cookie: a\r\nset-cookie: b\r\n\r\n");
    EXPECT_EQ(style_head(response, false, false),
              "HTTP/1.1 404 No\x1b[31mpe\r\nX-\x07: a\x9b\r\nset-cookie: a\r\nset-cookie: b\r\n\r\n");
}

TEST(Style, types_that_may_hold_json) {
    EXPECT_TRUE(may_be_json("application/json; charset=utf-8"));
    EXPECT_TRUE(may_be_json("application/problem+JSON"));
    EXPECT_TRUE(may_be_json("text/plain"));
    EXPECT_FALSE(may_be_json("text/event-stream"));
    EXPECT_FALSE(may_be_json("image/png"));
    EXPECT_FALSE(may_be_json(""));
}

}  // namespace
}  // namespace volley::cli
