// HTTP as it goes over the wire, against each kind of server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/server/fixture.hpp"
#include "support/raw_client.hpp"

namespace volley::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Protocol : public testing::TestWithParam<const char*> {
protected:
    std::shared_ptr<Gate> gate = std::make_shared<Gate>();
    LiveServer server{gated_routes(gate), options_of(GetParam())};
};
INSTANTIATE_TEST_SUITE_P(EachKind, Protocol, testing::Values("coroutine", "pool:2", "serial"),
                         [](const auto& kind) { return std::string(kind.param).substr(0, 4); });

TEST_P(Protocol, a_connection_serves_one_request_after_another) {
    RawClient client(server.port());
    for (int i = 0; i < 3; ++i) {
        client.get("/ping");
        const auto answer = client.read_answer();
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, "pong");
        EXPECT_EQ(answer.headers.at("content-length"), "4");
        EXPECT_TRUE(answer.headers.contains("date"));
    }
    client.send("GET /ping HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(client.read_answer().headers.at("connection"), "close");
    EXPECT_TRUE(client.at_end());
}

TEST_P(Protocol, http_1_0_is_closed_unless_it_asks_to_stay) {
    RawClient staying(server.port());
    staying.send("GET /ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(staying.read_answer().headers.at("connection"), "keep-alive");
    staying.send("GET /ping HTTP/1.0\r\n\r\n");
    EXPECT_EQ(staying.read_answer().status, 200);
    EXPECT_TRUE(staying.at_end());
}

TEST_P(Protocol, pipelined_requests_are_answered_in_order) {
    RawClient client(server.port());
    // The first is the slow one; its answer must come first all the same.
    client.send(
        "GET /wait HTTP/1.1\r\nHost: t\r\n\r\nPOST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\ntwoGET /ping HTTP/1.1\r\n");
    ASSERT_TRUE(eventually([&] { return server.count("/wait").running == 1; }));
    client.send("Host: t\r\n\r\n");  // the rest arrives while the first runs
    gate->open = true;
    EXPECT_EQ(client.read_answer().body, "waited");
    EXPECT_EQ(client.read_answer().body, "two");
    EXPECT_EQ(client.read_answer().body, "pong");
}

TEST_P(Protocol, many_pipelined_requests_fit_through_a_bounded_buffer) {
    RawClient client(server.port());
    constexpr int n = 3000;  // about 120 KB of requests, more than the server takes in while a view runs
    std::string all;
    for (int i = 0; i < n; ++i) all += "GET /ping HTTP/1.1\r\nHost: pipelined\r\n\r\n";
    ASSERT_TRUE(client.send(all));
    for (int i = 0; i < n; ++i) ASSERT_EQ(client.read_answer().body, "pong") << i;
}

TEST_P(Protocol, a_request_may_come_byte_by_byte) {
    RawClient client(server.port());
    for (const char c :
         std::string("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")) {
        ASSERT_TRUE(client.send({&c, 1}));
    }
    EXPECT_EQ(client.read_answer().body, "abc");
}

TEST_P(Protocol, head_has_the_fields_of_get_and_no_body) {
    RawClient client(server.port());
    client.send(
        "HEAD /ping HTTP/1.1\r\nHost: t\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: t\r\n\r\nGET /ping HTTP/1.1\r\nHost: t\r\n\r\n");
    EXPECT_EQ(client.read_answer(true).headers.at("content-length"), "4");
    EXPECT_EQ(client.read_answer(true).headers.at("content-type"), "text/event-stream");
    EXPECT_EQ(client.read_answer().body, "pong");
}

TEST_P(Protocol, what_no_handler_answers) {
    RawClient client(server.port());
    client.send(
        "OPTIONS /ping HTTP/1.1\r\nHost: t\r\n\r\nPUT /ping HTTP/1.1\r\nHost: t\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: t\r\n\r\n"
        "OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n");
    const auto options = client.read_answer();
    EXPECT_EQ(options.status, 204);
    EXPECT_EQ(options.headers.at("allow"), "GET, HEAD, OPTIONS");
    const auto put = client.read_answer();
    EXPECT_EQ(put.status, 405);
    EXPECT_EQ(put.headers.at("allow"), "GET, HEAD, OPTIONS");
    const auto nowhere = client.read_answer();
    EXPECT_EQ(nowhere.status, 404);
    EXPECT_THAT(nowhere.body, HasSubstr("/ping"));
    EXPECT_EQ(client.read_answer().status, 204);
}

TEST_P(Protocol, a_view_that_throws_is_500_and_tells_the_outside_nothing) {
    RawClient client(server.port());
    client.get("/throw");
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, 500);
    EXPECT_THAT(answer.body, Not(HasSubstr("secret")));
    ASSERT_TRUE(eventually([&] { return !server.errors().empty(); }));
    EXPECT_THAT(server.errors().front(), HasSubstr("GET /throw: the view threw: the secret of the database"));
    client.get("/ping");
    EXPECT_EQ(client.read_answer().status, 200) << "the connection lives on";
}

TEST_P(Protocol, a_header_that_would_split_the_answer_is_500) {
    RawClient client(server.port());
    client.get("/split");
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, 500);
    EXPECT_FALSE(answer.headers.contains("set-cookie"));
}

TEST_P(Protocol, streams_are_chunked_and_the_connection_lives_on) {
    RawClient client(server.port());
    client.get("/stream");
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.headers.at("transfer-encoding"), "chunked");
    EXPECT_EQ(answer.body, "one two three");
    EXPECT_TRUE(answer.whole);
    client.send("GET /stream HTTP/1.0\r\n\r\n");
    const auto old = client.read_answer();
    EXPECT_FALSE(old.headers.contains("transfer-encoding"));
    EXPECT_EQ(old.body, "one two three");
}

TEST_P(Protocol, a_stream_that_keeps_less_than_it_promised_is_cut) {
    RawClient client(server.port());
    client.get("/short");
    const auto answer = client.read_answer();
    EXPECT_FALSE(answer.whole) << "the client must be able to tell";
    EXPECT_EQ(answer.body, "one two three");
    ASSERT_TRUE(eventually([&] { return !server.errors().empty(); }));
    EXPECT_THAT(server.errors().front(), HasSubstr("shorter than its Content-Length"));
}

TEST_P(Protocol, expect_continue_is_told_to_go_on) {
    RawClient client(server.port());
    client.send("POST /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 100);
    client.send("ok");
    EXPECT_EQ(client.read_answer().body, "ok");
    client.send("POST /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 413) << "without inviting the body first";
}

TEST_P(Protocol, a_client_that_has_said_all_is_still_answered) {
    RawClient client(server.port());
    client.send("GET /ping HTTP/1.1\r\nHost: t\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: t\r\n\r\n");
    client.shutdown_send();
    EXPECT_EQ(client.read_answer().status, 200);
    EXPECT_EQ(client.read_answer().status, 404);
    EXPECT_TRUE(client.at_end());
}

TEST_P(Protocol, a_big_answer_arrives_whole) {
    RawClient client(server.port());
    client.get("/big");
    const auto answer = client.read_answer();
    EXPECT_TRUE(answer.whole);
    EXPECT_EQ(answer.body, std::string(4UL * 1024 * 1024, 'b'));
}

}  // namespace
}  // namespace volley::test
