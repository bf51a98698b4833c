#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/request_parser.hpp"

namespace volley::server {
namespace {

using Progress = RequestParser::Progress;

/// Feeds a whole text, as often as it takes.
Progress feed_all(RequestParser& parser, std::string& buffer) {
    Progress progress = parser.feed(buffer);
    if (progress == Progress::head) progress = parser.feed(buffer);
    return progress;
}

int refusal_of(std::string text, std::size_t header = 1000, std::size_t body = 100) {
    RequestParser parser(header, body);
    return feed_all(parser, text) == Progress::refused ? parser.refusal().status : 0;
}

TEST(RequestParser, reads_a_request_and_leaves_the_next) {
    std::string buffer =
        "\r\nPOST /a%20b?x=1&y=+ HTTP/1.1\r\nHost: h\r\nX: 1\r\nx: 2\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n";
    RequestParser parser(1000, 100);
    ASSERT_EQ(feed_all(parser, buffer), Progress::done);
    EXPECT_EQ(buffer, "GET / HTTP/1.1\r\n");
    EXPECT_TRUE(parser.keep_alive());
    EXPECT_EQ(parser.version(), 11);
    const view::Request request = parser.take_request();
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/a%20b?x=1&y=+");
    EXPECT_EQ(request.path, "/a b");
    EXPECT_EQ(request.query, (view::Fields{{"x", "1"}, {"y", " "}}));
    EXPECT_EQ(request.body, "abc");
    EXPECT_EQ(request.headers.get("host"), "h");
    EXPECT_EQ(request.headers.size(), 4U);
}

TEST(RequestParser, reads_the_same_byte_by_byte) {
    const std::string text =
        "PUT /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n";
    RequestParser parser(1000, 100);
    std::string buffer;
    Progress progress = Progress::need_more;
    std::size_t heads = 0;
    for (const char c : text) {
        ASSERT_NE(progress, Progress::done) << "before the end";
        buffer += c;
        progress = parser.feed(buffer);
        if (progress == Progress::head) {
            ++heads;
            progress = parser.feed(buffer);
        }
        ASSERT_NE(progress, Progress::refused) << parser.refusal().text;
    }
    EXPECT_EQ(progress, Progress::done);
    EXPECT_EQ(heads, 1U);
    EXPECT_EQ(buffer, "");
    EXPECT_EQ(parser.take_request().body, "abc0123456789");
}

// A trailer was merged into the fields that a view sees, after the head had been judged: it could bring a second Host, a role that the
// proxy in front strips from heads, or turn a kept connection into a closed one.
TEST(RequestParser, fields_of_a_trailer_are_dropped) {
    std::string buffer =
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
        "Host: evil\r\nX-Role: admin\r\nConnection: close\r\n\r\n";
    RequestParser parser(1000, 100);
    ASSERT_EQ(feed_all(parser, buffer), Progress::done);
    EXPECT_TRUE(parser.keep_alive());
    const view::Request request = parser.take_request();
    EXPECT_EQ(request.body, "x");
    EXPECT_EQ(request.headers.size(), 2U);
    EXPECT_EQ(request.headers.get("Host"), "h");
}

TEST(RequestParser, an_absolute_target_loses_its_origin) {
    for (const auto& [target, wanted] :
         {std::pair{"http://h:80/x?y", "/x?y"}, {"HTTP://h", "/"}, {"https://h?q", "/?q"}, {"*", "*"}, {"/x", "/x"}}) {
        std::string text = std::string("OPTIONS ") + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
        RequestParser parser(1000, 100);
        ASSERT_EQ(feed_all(parser, text), Progress::done) << target;
        EXPECT_EQ(parser.take_request().target, wanted);
    }
}

// A view saw the field that came beside an absolute target, and so a host that the request was not sent to.
TEST(RequestParser, the_host_of_an_absolute_target_replaces_the_field) {
    const auto host_of = [](std::string text) {
        RequestParser parser(1000, 100);
        EXPECT_EQ(feed_all(parser, text), Progress::done) << text;
        const auto request = parser.take_request();
        EXPECT_EQ(request.headers.size(), 1U) << text;
        return std::string(request.headers.get("Host").value_or("none"));
    };
    EXPECT_EQ(host_of("GET http://good:81/x HTTP/1.1\r\nHost: evil\r\n\r\n"), "good:81");
    EXPECT_EQ(host_of("GET http://[::1] HTTP/1.0\r\n\r\n"), "[::1]");
    EXPECT_EQ(host_of("GET /http://good HTTP/1.1\r\nhost: h\r\n\r\n"), "h");
}

// Any text was taken for a host, and went on into whatever a view builds from it.
TEST(RequestParser, a_host_that_is_none_is_400) {
    const auto with_host = [](const std::string& host) { return refusal_of("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"); };
    for (const char* host : {"", "h", "a.b-c_d~:80", "h:", "127.0.0.1:8000", "[::1]:80", "[v1.x]", "a%20b"})
        EXPECT_EQ(with_host(host), 0) << host;
    for (const char* host :
         {"a b/?@", "a/b", "u@h", "h:80x", "[::1", "[]", "[::1]x", "::1", "a%2", "a%zz", "a#b", "a\"b", "\xc3\xa4"})
        EXPECT_EQ(with_host(host), 400) << host;
    EXPECT_EQ(refusal_of("GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
    EXPECT_EQ(refusal_of("GET http://:80/ HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
}

TEST(RequestParser, keep_alive_follows_version_and_field) {
    const auto keeps = [](std::string text) {
        RequestParser parser(1000, 100);
        EXPECT_EQ(feed_all(parser, text), Progress::done) << text;
        return parser.keep_alive();
    };
    EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
    EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
    EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(RequestParser, malformed_requests_are_400) {
    for (const char* text : {
             "GARBAGE\r\n",  // told at the end of the line, not at the time-out
             "GET /\r\n",    // HTTP/0.9
             " GET / HTTP/1.1\r\n",
             "G\x01T / HTTP/1.1\r\n",
             "\x16\x03\x01\x02",        // TLS
             "GET / HTTP/1.1\n",        // bare LF
             "GET / HTTP/1.1\r\n\r\n",  // no Host
             "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
             "GET x HTTP/1.1\r\nHost: h\r\n\r\n",
             "GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n",
             "GET http:///x HTTP/1.1\r\nHost: h\r\n\r\n",
             "GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n",
             "GET / HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n",  // blank before the colon
             "GET / HTTP/1.1\r\nHost: h\r\nA: b\x01\r\n\r\n",
             "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1x\r\n\r\n",
             "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
             "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
             "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n",
             // Two framings at once is how requests are smuggled (RFC 9112 section 6.3).
             "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
             "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
             "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
             "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
             "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
             "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",  // longer than it says
             "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
         })
        EXPECT_EQ(refusal_of(text), 400) << text;
}

TEST(RequestParser, what_is_not_known_here_has_its_own_status) {
    EXPECT_EQ(refusal_of("GET / HTTP/2.0\r\nHost: h\r\n\r\n"), 505);
    EXPECT_EQ(refusal_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
    EXPECT_EQ(refusal_of("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n"), 501);
    EXPECT_EQ(refusal_of("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), 501);
    EXPECT_EQ(refusal_of("POST / HTTP/1.1\r\nHost: h\r\nExpect: gold\r\nContent-Length: 1\r\n\r\n"), 417);
}

TEST(RequestParser, limits_hold_at_the_byte) {
    const auto with_body = [](std::size_t n) {
        return "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(n) + "\r\n\r\n" + std::string(n, 'b');
    };
    EXPECT_EQ(refusal_of(with_body(100)), 0);
    EXPECT_EQ(refusal_of(with_body(101)), 413);
    const std::string chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(refusal_of(chunked + "64\r\n" + std::string(100, 'b') + "\r\n0\r\n\r\n"), 0);
    EXPECT_EQ(refusal_of(chunked + "64\r\n" + std::string(100, 'b') + "\r\n1\r\nb\r\n0\r\n\r\n"), 413);
    EXPECT_EQ(refusal_of(chunked + "ffffffffffffffff\r\n"), 413);
    EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(900, 'x') + "\r\n\r\n"), 0);
    EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(2000, 'x') + "\r\n\r\n"), 431);
    EXPECT_EQ(refusal_of("GET /" + std::string(2000, 'x')), 431) << "without an end, too";
    EXPECT_EQ(refusal_of(std::string(2000, 'G')), 431);
    EXPECT_EQ(refusal_of(chunked + "1;" + std::string(2000, 'x')), 400) << "a chunk extension without an end";
    EXPECT_EQ(refusal_of(chunked + "0\r\nT: " + std::string(2000, 'x')), 400) << "a trailer without an end";
}

TEST(RequestParser, the_head_is_reported_before_a_body) {
    RequestParser parser(1000, 100);
    std::string buffer = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
    EXPECT_EQ(parser.feed(buffer), Progress::head);
    EXPECT_TRUE(parser.expects_continue());
    EXPECT_EQ(parser.feed(buffer), Progress::need_more);
    buffer = "ok";
    EXPECT_EQ(parser.feed(buffer), Progress::done);
}

TEST(RequestParser, a_refusal_quotes_nothing_from_outside) {
    RequestParser parser(1000, 100);
    std::string buffer = "GET / HTTP/1.1\r\nHost: h\r\nsecret<script> : x\r\n\r\n";
    ASSERT_EQ(parser.feed(buffer), Progress::refused);
    EXPECT_THAT(std::string(parser.refusal().text), testing::Not(testing::HasSubstr("script")));
}

}  // namespace
}  // namespace volley::server
