#include <gtest/gtest.h>

#include <volley/http/message.hpp>
#include <volley/http/url.hpp>

namespace volley::http {
namespace {

std::string read(std::string_view text) {
    const auto url = parse_url(text);
    return url ? url->to_string() : "error: " + url.error().message();
}

// The left column is what HTTPie accepts on its command line.
TEST(ParseUrl, understands_the_shorthands) {
    EXPECT_EQ(read(":"), "http://localhost/");
    EXPECT_EQ(read(":/x"), "http://localhost/x");
    EXPECT_EQ(read(":8000"), "http://localhost:8000/");
    EXPECT_EQ(read(":8000/offer?s=1"), "http://localhost:8000/offer?s=1");
    EXPECT_EQ(read("localhost:8000/offer"), "http://localhost:8000/offer");
    EXPECT_EQ(read("http ://h/p"), "error: not a URL");
    EXPECT_EQ(read("://h/p"), "http://h/p");
    EXPECT_EQ(read("HTTPS://Example.TEST"), "https://example.test/");
    EXPECT_EQ(read("[::1]:8000/x"), "http://[::1]:8000/x");
    EXPECT_EQ(read("h?a=b"), "http://h/?a=b");
    EXPECT_EQ(read("h/x#part"), "http://h/x");
}

TEST(ParseUrl, refuses_what_is_no_http_url) {
    for (const char* text :
         {"", "ftp://h/", "http://", "http:///x", "::1", "h:99999", "h:0", "h:x", "[::1", "[zz]", "a b/", "h\r\nX: y", "h:80:90"})
        EXPECT_FALSE(parse_url(text)) << text;
}

TEST(ParseUrl, encodes_what_may_not_stand_and_keeps_escapes) {
    EXPECT_EQ(read("h/a b"), "http://h/a%20b");
    EXPECT_EQ(read("h/\xc3\xa9"), "http://h/%C3%A9");
    EXPECT_EQ(read("h/%7Ea%2fb"), "http://h/%7Ea%2fb");
    EXPECT_EQ(read("h/a/../b/./c"), "http://h/b/c");
    EXPECT_EQ(read("h/a/.."), "http://h/");
    EXPECT_EQ(parse_url("h/a/../b", {.path_as_is = true})->path, "/a/../b");
}

TEST(ParseUrl, takes_user_and_password_out) {
    const auto url = parse_url("http://me:p%40ss@h:81/x").value();
    EXPECT_EQ(url.user, "me");
    EXPECT_EQ(url.password, "p@ss");
    EXPECT_EQ(url.authority(), "h:81");
    EXPECT_EQ(url.to_string(), "http://h:81/x");
}

TEST(Encoding, round_trips_any_byte) {
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    EXPECT_EQ(percent_decode(percent_encode(all)), all);
    EXPECT_EQ(percent_encode("a,b: 100%\n", "%\n,"), "a%2Cb: 100%25%0A");
    EXPECT_EQ(percent_decode(form_encode(all), true), all);
    EXPECT_EQ(form_encode("a b&c=d"), "a+b%26c%3Dd");
    EXPECT_EQ(percent_decode("%zz%4"), "%zz%4");
}

TEST(Headers, keep_order_and_ignore_case) {
    Headers h{{"A", "1"}, {"b", "2"}, {"a", "3"}};
    EXPECT_EQ(h.get("a"), "1");
    h.set("A", "4");
    EXPECT_EQ(h.size(), 2U);
    EXPECT_EQ(h.begin()->second, "4");
    EXPECT_EQ(h.erase("B"), 1U);
    EXPECT_FALSE(h.has("b"));
}

TEST(ValidField, refuses_what_would_split_a_message) {
    EXPECT_TRUE(is_valid_field("X-A", "v\t\xc3\xa9"));
    EXPECT_FALSE(is_valid_field("X A", "v"));
    EXPECT_FALSE(is_valid_field("", "v"));
    EXPECT_FALSE(is_valid_field("X", "a\r\nY: b"));
}

}  // namespace
}  // namespace volley::http
