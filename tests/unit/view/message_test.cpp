#include <gtest/gtest.h>

#include <volley/view.hpp>

namespace volley::view {
namespace {

TEST(Message, json_quote_makes_json_of_any_bytes) {
    EXPECT_EQ(json_quote("plain"), "\"plain\"");
    EXPECT_EQ(json_quote("a\"b\\c\n\r\t"), R"("a\"b\\c\n\r\t")");
    EXPECT_EQ(json_quote(std::string_view("\0\x1f\x7f", 3)), R"("\u0000\u001f\u007f")");
    EXPECT_EQ(json_quote("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
    // Not UTF-8 (RFC 3629): a lone continuation, an overlong '/', a surrogate, above U+10FFFF, a cut sequence.
    EXPECT_EQ(json_quote("\x80"), "\"\xef\xbf\xbd\"");
    EXPECT_EQ(json_quote("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");
    EXPECT_EQ(json_quote("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    EXPECT_EQ(json_quote("\xf4\x90\x80\x80").size(), 2 + 4 * 3U);
    EXPECT_EQ(json_quote("x\xe2\x82"), "\"x\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST(Message, query_is_decoded_in_order) {
    EXPECT_EQ(parse_query("a=1&b=x+y&a=%26%3D&flag&&=v"),
              (Fields{{"a", "1"}, {"b", "x y"}, {"a", "&="}, {"flag", ""}, {"", "v"}}));
    EXPECT_TRUE(parse_query("").empty());
    Request request;
    request.query = parse_query("s=1&s=2");
    EXPECT_EQ(request.query_value("s"), "1");
    EXPECT_FALSE(request.query_value("t").has_value());
}

TEST(Message, helpers_say_their_type) {
    EXPECT_EQ(Response::json("{}").headers.get("content-type"), "application/json");
    EXPECT_EQ(Response::text("x").headers.get("content-type"), "text/plain; charset=utf-8");
    EXPECT_EQ(Response::html("x", 201).status, 201);
    EXPECT_EQ(Response::error(400, "a \"b\"").body, "{\"error\": \"a \\\"b\\\"\"}\n");
    const Response events = Response::events([](Writer&) -> awaitable<void> { co_return; });
    EXPECT_EQ(events.headers.get("content-type"), "text/event-stream");
    EXPECT_TRUE(events.stream);
}

}  // namespace
}  // namespace volley::view
