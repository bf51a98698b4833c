#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/answer_writer.hpp"

namespace volley::server {
namespace {

using testing::HasSubstr;
using testing::Not;

AnswerContext http11() { return {11, false, true, "Sun, 06 Nov 1994 08:49:37 GMT"}; }
view::Response stream() {
    return view::Response::events([](view::Writer&) -> view::awaitable<void> { co_return; });
}

TEST(AnswerWriter, a_body_has_its_length) {
    const auto head = make_head(view::Response::text("hello", 201), http11());
    ASSERT_TRUE(head);
    EXPECT_TRUE(head->text.starts_with("HTTP/1.1 201 Created\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nServer: volley/"));
    EXPECT_THAT(head->text, HasSubstr("\r\nContent-Length: 5\r\n"));
    EXPECT_THAT(head->text, Not(HasSubstr("Connection")));
    EXPECT_TRUE(head->text.ends_with("\r\n\r\n"));
    EXPECT_EQ(head->framing, Framing::length);
}

TEST(AnswerWriter, the_connection_is_the_servers_business) {
    view::Response response = view::Response::text("x");
    response.headers.add("Connection", "upgrade");
    response.headers.add("content-length", "99");
    response.headers.add("Transfer-Encoding", "gzip");
    const auto head = make_head(response, http11());
    ASSERT_TRUE(head);
    EXPECT_THAT(head->text, Not(HasSubstr("upgrade")));
    EXPECT_THAT(head->text, Not(HasSubstr("gzip")));
    EXPECT_THAT(head->text, Not(HasSubstr("99\r\n")));
    EXPECT_THAT(head->text, HasSubstr("Content-Length: 1\r\n"));
}

TEST(AnswerWriter, fields_with_line_breaks_are_refused) {
    for (const auto& [name, value] :
         {std::pair{"X", "a\r\nSet-Cookie: b"}, {"X", "a\nb"}, {"X\r\nY", "a"}, {"", "a"}, {"X Y", "a"}}) {
        view::Response response;
        response.headers.add(name, value);
        EXPECT_FALSE(make_head(response, http11())) << name << ": " << value;
    }
    view::Response response;
    for (const int status : {-1, 0, 100, 199, 600, 1000}) {
        response.status = status;
        EXPECT_FALSE(make_head(response, http11())) << status;
    }
}

TEST(AnswerWriter, a_stream_is_chunked_or_ends_with_the_connection) {
    const auto chunked = make_head(stream(), http11());
    ASSERT_TRUE(chunked);
    EXPECT_EQ(chunked->framing, Framing::chunked);
    EXPECT_THAT(chunked->text, HasSubstr("Transfer-Encoding: chunked\r\n"));
    EXPECT_THAT(chunked->text, Not(HasSubstr("Content-Length")));
    AnswerContext http10 = http11();
    http10.version = 10;
    const auto old = make_head(stream(), http10);
    ASSERT_TRUE(old);
    EXPECT_EQ(old->framing, Framing::until_close);
    EXPECT_FALSE(old->keep_alive);
    EXPECT_THAT(old->text, HasSubstr("Connection: close\r\n"));
    view::Response sized = stream();
    sized.headers.add("Content-Length", "12");
    EXPECT_EQ(make_head(sized, http11())->framing, Framing::length);
    EXPECT_EQ(make_head(sized, http11())->length, 12U);
    sized.headers.set("Content-Length", "12a");
    EXPECT_FALSE(make_head(sized, http11()));
}

TEST(AnswerWriter, some_answers_have_no_body) {
    for (const int status : {204, 304}) {
        const auto head = make_head(view::Response::text("ignored", status), http11());
        ASSERT_TRUE(head);
        EXPECT_EQ(head->framing, Framing::none);
        EXPECT_THAT(head->text, Not(HasSubstr("Content-Length")));
    }
    AnswerContext context = http11();
    context.head_only = true;
    const auto head = make_head(view::Response::text("hello"), context);
    ASSERT_TRUE(head);
    EXPECT_EQ(head->framing, Framing::none);
    EXPECT_THAT(head->text, HasSubstr("Content-Length: 5\r\n"));
}

TEST(AnswerWriter, http_1_0_must_be_told_to_stay) {
    AnswerContext context = http11();
    context.version = 10;
    EXPECT_THAT(make_head(view::Response::text("x"), context)->text, HasSubstr("Connection: keep-alive\r\n"));
    context.keep_alive = false;
    EXPECT_THAT(make_head(view::Response::text("x"), context)->text, HasSubstr("Connection: close\r\n"));
}

TEST(AnswerWriter, small_pieces) {
    EXPECT_EQ(make_chunk("hello"), "5\r\nhello\r\n");
    EXPECT_EQ(make_chunk(std::string(26, 'x')), "1a\r\n" + std::string(26, 'x') + "\r\n");
    EXPECT_EQ(http_date(std::chrono::system_clock::from_time_t(784111777)),
              "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110 section 5.6.7
}

}  // namespace
}  // namespace volley::server
