// A view that asks its own server.
#include <gmock/gmock.h>

#include "net/app/fixture.hpp"
#include "support/raw_server.hpp"

namespace volley::test {
namespace {

using testing::HasSubstr;
namespace json = boost::json;

class Fanout : public App {};

TEST_F(Fanout, asks_this_server_as_often_as_it_should) {
    const auto answer = get("/fanout?n=7&s=0.01");
    ASSERT_EQ(answer.status, 200) << answer.body;
    const json::object body = object_of(answer);
    EXPECT_EQ(body.at("n").as_int64(), 7);
    EXPECT_EQ(body.at("right").as_int64(), 7);
    EXPECT_EQ(body.at("statuses").as_array(), json::array(7, 200));
    EXPECT_GE(body.at("slowest_ms").as_double(), body.at("fastest_ms").as_double());
    EXPECT_GE(body.at("fastest_ms").as_double(), 10);
    EXPECT_GE(body.at("elapsed").as_double() * 1000, body.at("slowest_ms").as_double());
    EXPECT_EQ(server.count("/offer").served, 7U);
    EXPECT_EQ(object_of(get("/fanout?s=0")).at("n").as_int64(), 5);
}

TEST_F(Fanout, asks_all_at_once_and_lets_go_when_its_client_leaves) {
    RawClient client(server.port());
    client.get("/fanout?n=100&s=60");
    EXPECT_TRUE(eventually([&] { return server.count("/offer").running == 100; }));
    client.close();
    EXPECT_TRUE(eventually([&] { return server.count("/offer").running == 0 && server.count("/fanout").running == 0; }));
    EXPECT_TRUE(eventually([&] { return server.connections() == 0; })) << "no sub-request leaves a connection behind";
}

TEST_F(Fanout, does_not_believe_the_host_field) {
    const auto answer = ask("GET /fanout?n=2&s=0 HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n");
    EXPECT_EQ(answer.status, 200) << answer.body;
}

TEST_F(Fanout, does_not_ask_another_fanout) {
    std::string mark;
    RawServer other([&](RawConnection& c, int) {
        mark = c.read_request();
        c.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    self->set("127.0.0.1", other.port());
    ASSERT_EQ(get("/fanout?n=1&s=0").status, 200);
    EXPECT_THAT(mark, HasSubstr("GET /offer?s=0 HTTP/1.1\r\n"));
    // What a sub-request carries, sent to /fanout itself.
    const auto at = mark.find("Volley-Fanout:");
    ASSERT_NE(at, std::string::npos) << mark;
    const auto answer = ask("GET /fanout HTTP/1.1\r\nHost: h\r\n" + mark.substr(at, mark.find("\r\n", at) - at) + "\r\n\r\n");
    EXPECT_EQ(answer.status, 508);
    EXPECT_EQ(server.count("/offer").served, 0U);
}

TEST_F(Fanout, says_what_went_wrong) {
    RawServer busy([](RawConnection& c, int index) {
        c.read_request();
        c.send(index == 0 ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" : "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    });
    self->set("127.0.0.1", busy.port());
    const auto unwell = get("/fanout?n=3&s=0");
    EXPECT_EQ(unwell.status, 502);
    EXPECT_THAT(unwell.body, HasSubstr("2 of 3 requests to http://127.0.0.1:" + std::to_string(busy.port()) + "/offer?s=0 "));
    EXPECT_THAT(unwell.body, HasSubstr("status 503\", "));
    EXPECT_EQ(object_of(unwell).at("right").as_int64(), 1);
    {
        const RawServer gone([](RawConnection&, int) {});
        self->set("127.0.0.1", gone.port());
    }
    const auto refused = get("/fanout?n=2&s=0");
    EXPECT_EQ(refused.status, 502);
    EXPECT_THAT(refused.body, HasSubstr("2 of 2 requests"));
    EXPECT_THAT(refused.body, HasSubstr("refused"));
    EXPECT_EQ(object_of(refused).at("statuses").as_array(), json::array(2, 0));
}

TEST_F(Fanout, refuses_other_numbers) {
    for (const char* query : {"n=0", "n=101", "n=-1", "n=x", "n=", "s=-1", "s=61", "s=x", "s=nan"})
        EXPECT_EQ(get("/fanout?" + std::string(query)).status, 400) << query;
    EXPECT_EQ(server.count("/offer").served, 0U);
}

class FanoutOnPool : public App {
protected:
    FanoutOnPool() : App("pool:3") {}
};
TEST_F(FanoutOnPool, the_other_workers_answer_in_turns) {
    EXPECT_EQ(get("/fanout?n=9&s=0.01").status, 200);
    EXPECT_EQ(server.count("/offer").peak, 2U);
}

class FanoutOnSerial : public App {
protected:
    FanoutOnSerial() : App("serial", {.fanout_patience = std::chrono::milliseconds(200)}) {}
};
TEST_F(FanoutOnSerial, waits_for_itself_and_gives_up) {
    const auto answer = get("/fanout?n=2&s=0");
    EXPECT_EQ(answer.status, 502);
    EXPECT_THAT(answer.body, HasSubstr("timeout. This request itself holds one of the server's workers"));
    EXPECT_EQ(get("/ping").status, 200) << "and the worker is free again";
}

TEST(FanoutAlone, without_an_address_says_so) {
    LiveServer server(app::make_routes(), options_of("coroutine"));
    RawClient client(server.port());
    client.get("/fanout");
    EXPECT_EQ(client.read_answer().status, 503);
}

TEST(SelfAddress, is_one_that_can_be_connected_to) {
    app::SelfAddress self;
    EXPECT_EQ(self.origin(), "");
    const auto origin = [&](const char* host) {
        self.set(host, 80);
        return self.origin();
    };
    EXPECT_EQ(origin("127.0.0.1"), "http://127.0.0.1:80");
    EXPECT_EQ(origin("0.0.0.0"), "http://127.0.0.1:80");
    EXPECT_EQ(origin("::"), "http://[::1]:80");
    EXPECT_EQ(origin("::1"), "http://[::1]:80");
    EXPECT_EQ(origin("localhost"), "http://localhost:80");
}

}  // namespace
}  // namespace volley::test
