// The built-in application, view by view.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/app/fixture.hpp"

namespace volley::test {
namespace {

using testing::HasSubstr;
namespace json = boost::json;

TEST_F(App, offer_says_what_it_slept_and_when) {
    for (const auto& answer : {get("/offer?s=0.05"), post("/offer", "application/json", R"({"sleep": 0.05})"),
                               post("/offer", "application/json; charset=utf-8", R"({"sleep": "0.05", "name": "x"})"),
                               post("/offer", "application/x-www-form-urlencoded", "a=b&sleep=0.05")}) {
        ASSERT_EQ(answer.status, 200) << answer.body;
        EXPECT_EQ(answer.headers.at("content-type"), "application/json");
        EXPECT_THAT(answer.body, HasSubstr("\"slept\": 0.05,"));
        const json::object body = object_of(answer);
        const double started = body.at("started_s").as_double();
        const double ended = body.at("ended_s").as_double();
        EXPECT_GE(body.at("elapsed").as_double(), 0.05);
        EXPECT_NEAR(ended - started, body.at("elapsed").as_double(), 0.5);
        EXPECT_THAT(std::string(body.at("started").as_string()), testing::MatchesRegex("[0-9-]+T[0-9:]+\\.[0-9]+Z"));
    }
    EXPECT_THAT(get("/offer?s=0").body, HasSubstr("\"slept\": 0,"));
    EXPECT_THAT(post("/offer?s=0", "application/json", R"({"sleep": 9})").body, HasSubstr("\"slept\": 0,")) << "the query wins";
}

TEST_F(App, offer_sleeps_a_second_by_default) {
    const auto answer = post("/offer", "application/json", R"({"name": "value"})");
    EXPECT_THAT(answer.body, HasSubstr("\"slept\": 1,"));
    EXPECT_GE(object_of(answer).at("elapsed").as_double(), 1.0);
}

TEST_F(App, offer_refuses_what_it_cannot_sleep) {
    for (const char* query : {"s=61", "s=-1", "s=", "s=x", "s=1x", "s=nan", "s=inf", "s=1e9", "s=60.001", "s=%00", "s=\xff"}) {
        const auto answer = get("/offer?" + std::string(query));
        EXPECT_EQ(answer.status, 400) << query;
        EXPECT_THAT(std::string(object_of(answer).at("error").as_string()), HasSubstr("seconds from 0 to 60")) << query;
    }
    for (const char* body : {"{", "[1]", "1", R"({"sleep": true})", R"({"sleep": null})", R"({"sleep": [1]})", R"({"sleep": 61})",
                             R"({"sleep": -0.1})", R"({"sleep": "soon"})", R"({"sleep": 1e400})"}) {
        const auto answer = post("/offer", "application/json", body);
        EXPECT_EQ(answer.status, 400) << body;
        EXPECT_TRUE(object_of(answer).contains("error")) << body;
    }
    EXPECT_EQ(post("/offer", "application/json", std::string(100'000, '[')).status, 400) << "nesting does not eat the stack";
    EXPECT_EQ(ask("PUT /offer HTTP/1.1\r\nHost: h\r\n\r\n").status, 405);
}

TEST_F(App, echo_gives_the_request_back_as_json_whatever_it_holds) {
    const std::string body("\xff\x00\"\\\n", 5);
    const auto odd = ask("AHOY /echo?a=1&b=%22&a=2 HTTP/1.1\r\nHost: h\r\nX-Odd: \"q\"\r\nContent-Length: 5\r\n\r\n" + body);
    ASSERT_EQ(odd.status, 200);
    const json::object echo = object_of(odd);
    EXPECT_EQ(echo.at("method").as_string(), "AHOY");
    EXPECT_EQ(echo.at("query").as_object().at("a").as_array().size(), 2U);
    EXPECT_EQ(echo.at("query").as_object().at("b").as_string(), "\"");
    EXPECT_EQ(echo.at("headers").as_object().at("X-Odd").as_string(), "\"q\"");
    EXPECT_EQ(echo.at("length").as_int64(), 5);
    EXPECT_EQ(echo.at("body").as_string(), json::string_view("\xef\xbf\xbd\0\"\\\n", 7));
    const auto typed = post("/echo", "application/json", R"({"x": [1, 2]})");
    EXPECT_EQ(object_of(typed).at("json").as_object().at("x").as_array().size(), 2U);
    EXPECT_TRUE(object_of(post("/echo", "application/json", "{oops")).at("json").is_null());
}

TEST_F(App, status_answers_with_what_is_asked) {
    for (const int code : {200, 201, 204, 301, 304, 401, 404, 405, 418, 500, 503, 599})
        EXPECT_EQ(get("/status/" + std::to_string(code)).status, code);
    EXPECT_TRUE(get("/status/401").headers.contains("www-authenticate"));
    EXPECT_EQ(get("/status/302").headers.at("location"), "/ping");
    for (const char* code : {"100", "199", "600", "x", "-1", "2000", "99999999999999999999"})
        EXPECT_EQ(get("/status/" + std::string(code)).status, 400) << code;
}

TEST_F(App, bytes_are_as_many_as_asked) {
    EXPECT_EQ(get("/bytes/0").body.size(), 0U);
    const auto answer = get("/bytes/200001");
    EXPECT_EQ(answer.headers.at("content-length"), "200001");
    EXPECT_EQ(answer.body.size(), 200'001U);
    for (const char* n : {"x", "-1", "1073741825", "1e3"}) EXPECT_EQ(get("/bytes/" + std::string(n)).status, 400) << n;
}

TEST_F(App, ticks_are_server_sent_events) {
    const auto answer = get("/ticks?n=3&every=1ms");
    EXPECT_EQ(answer.headers.at("content-type"), "text/event-stream");
    EXPECT_TRUE(answer.whole);
    EXPECT_THAT(answer.body, testing::StartsWith("id: 1\nevent: tick\ndata: {\"tick\": 1, \"of\": 3, \"at\": \""));
    EXPECT_THAT(answer.body, HasSubstr("\n\nid: 3\n"));
    EXPECT_TRUE(answer.body.ends_with("\"}\n\n"));
    for (const char* query : {"n=0", "n=x", "n=100001", "every=-1", "every=61", "every=soon", "every="})
        EXPECT_EQ(get("/ticks?" + std::string(query)).status, 400) << query;
    EXPECT_EQ(get("/ticks?n=2&every=0.001").status, 200);
}

TEST_F(App, inflight_counts_the_others) {
    RawClient client(server.port());
    client.get("/offer?s=60");
    ASSERT_TRUE(eventually([&] { return object_of(get("/inflight")).at("inflight").as_int64() == 1; }));
    const json::object gauge = object_of(get("/inflight"));
    EXPECT_EQ(gauge.at("routes").as_object().at("/offer").as_object().at("running").as_int64(), 1);
    EXPECT_FALSE(gauge.at("routes").as_object().contains("/inflight"));
    client.close();
    EXPECT_TRUE(eventually([&] { return object_of(get("/inflight")).at("inflight").as_int64() == 0; }))
        << "a client that left is not slept for";
}

TEST_F(App, the_page_explains_every_route) {
    const auto answer = get("/");
    EXPECT_EQ(answer.headers.at("content-type"), "text/html; charset=utf-8");
    for (const auto& route : app::make_routes().list()) EXPECT_THAT(answer.body, HasSubstr(route.pattern));
    EXPECT_EQ(get("/ping").body, "pong\n");
}

}  // namespace
}  // namespace volley::test
