// What a client may not do, and that nobody else suffers from its trying.
#include <list>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

#include "net/server/fixture.hpp"
#include "support/raw_client.hpp"

namespace volley::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Limits : public testing::Test {
protected:
    std::shared_ptr<Gate> gate = std::make_shared<Gate>();
    server::Options options = options_of("coroutine");
    std::unique_ptr<LiveServer> server;

    void start() { server = std::make_unique<LiveServer>(gated_routes(gate), options); }
    int ask(std::string_view target = "/ping") {
        RawClient client(server->port());
        client.get(target);
        return client.read_answer().status;
    }
};

TEST_F(Limits, malformed_requests_are_400_and_closed) {
    start();
    for (const char* text :
         {"GARBAGE\r\n", "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x01", "GET / HTTP/1.1\r\nHost: h\r\nbad field\r\n\r\n"}) {
        RawClient client(server->port());
        client.send(text);
        const auto answer = client.read_answer();
        EXPECT_EQ(answer.status, 400) << text;
        EXPECT_EQ(answer.headers.at("connection"), "close");
        EXPECT_THAT(answer.body, HasSubstr("malformed request"));
        EXPECT_TRUE(client.at_end()) << text;
    }
    EXPECT_EQ(ask(), 200);
}

TEST_F(Limits, an_oversized_header_is_431) {
    start();
    RawClient client(server->port());
    client.send("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(options.limits.header_bytes + 1000, 'x') + "\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 431);
    EXPECT_TRUE(client.at_end());
}

TEST_F(Limits, an_oversized_body_is_413_announced_or_not) {
    options.limits.body_bytes = 1000;
    start();
    RawClient announced(server->port());
    announced.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n");
    EXPECT_EQ(announced.read_answer().status, 413);
    RawClient chunked(server->port());
    chunked.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + std::string(1000, 'b') +
                 "\r\n1\r\nb\r\n");
    EXPECT_EQ(chunked.read_answer().status, 413);
    RawClient fitting(server->port());
    fitting.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'b'));
    EXPECT_EQ(fitting.read_answer().body.size(), 1000U);
}

TEST_F(Limits, a_client_that_only_sends_still_gets_to_read_its_413) {
    start();
    RawClient client(server->port());
    // 8 MiB are more than the socket buffers hold: without reading on after the refusal, the close would reset the connection and
    // the answer would be lost.
    ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 8388608\r\n\r\n"));
    EXPECT_TRUE(client.send(std::string(8UL * 1024 * 1024, 'b')));
    EXPECT_EQ(client.read_answer().status, 413);
}

TEST_F(Limits, lingering_ends) {
    options.limits.linger = 100ms;
    start();
    RawClient client(server->port());
    client.send("GARBAGE\r\n");
    EXPECT_EQ(client.read_answer().status, 400);
    EXPECT_TRUE(eventually([&] { return server->connections() == 0; })) << "the client keeps its side open; the server must not";
}

TEST_F(Limits, a_head_that_does_not_end_is_408) {
    options.limits.header = 100ms;
    start();
    RawClient client(server->port());
    client.send("GET / HTTP/1.1\r\nHost: h\r\n");
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, 408);
    EXPECT_EQ(answer.headers.at("connection"), "close");
    EXPECT_TRUE(client.at_end());
}

TEST_F(Limits, a_head_in_drips_is_408_all_the_same) {
    options.limits.header = 200ms;
    start();
    RawClient client(server->port());
    client.send("GET / HTTP/1.1\r\nHost: h\r\n");
    bool closed = false;
    for (int i = 0; i < 3000 && !closed; ++i) {
        closed = !client.send("X: y\r\n") || !server->statuses().empty();
        std::this_thread::sleep_for(10ms);
    }
    ASSERT_TRUE(closed) << "each byte won it more time";
    EXPECT_EQ(server->statuses().front(), 408);
}

TEST_F(Limits, a_body_that_does_not_end_is_408) {
    options.limits.body = 100ms;
    start();
    RawClient client(server->port());
    client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
    EXPECT_EQ(client.read_answer().status, 408);
}

TEST_F(Limits, an_idle_connection_is_closed_without_a_word) {
    options.limits.idle = 100ms;
    start();
    RawClient silent(server->port());
    EXPECT_EQ(silent.read_all(), "");
    RawClient used(server->port());
    used.get("/ping");
    EXPECT_EQ(used.read_answer().status, 200);
    EXPECT_TRUE(used.at_end());
}

TEST_F(Limits, a_view_may_take_longer_than_every_time_out) {
    options.limits.idle = options.limits.header = options.limits.body = options.limits.write = 50ms;
    start();
    RawClient client(server->port());
    client.get("/wait");
    ASSERT_TRUE(eventually([&] { return server->count("/wait").running == 1; }));
    std::this_thread::sleep_for(300ms);
    gate->open = true;
    EXPECT_EQ(client.read_answer().body, "waited");
}

TEST_F(Limits, connections_over_the_limit_are_503_until_one_leaves) {
    options.limits.connections = 3;
    start();
    std::list<RawClient> clients;
    for (int i = 0; i < 3; ++i) clients.emplace_back(server->port());
    ASSERT_TRUE(eventually([&] { return server->connections() == 3; }));
    RawClient refused(server->port());
    refused.get("/ping");
    const auto answer = refused.read_answer();
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.headers.at("connection"), "close");
    for (RawClient& client : clients) {
        client.get("/ping");
        EXPECT_EQ(client.read_answer().status, 200) << "those that were there are served on";
    }
    refused.close();
    clients.pop_front();
    ASSERT_TRUE(eventually([&] { return server->connections() == 2; }));
    EXPECT_EQ(ask(), 200);
}

TEST_F(Limits, the_default_allows_20000_connections_where_the_descriptors_do) {
    EXPECT_GE(server::Limits{}.connections, 20'000U);
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    start();
    EXPECT_LT(server->connection_limit(), limit.rlim_cur) << "503 needs a descriptor too";
    EXPECT_GT(server->connection_limit(), std::min<std::size_t>(limit.rlim_cur, 50'000) / 3);
}

TEST_F(Limits, half_a_request_holds_no_worker) {
    options.kind = *server::parse_kind("serial");
    start();
    std::list<RawClient> slow;
    for (int i = 0; i < 20; ++i) {
        slow.emplace_back(server->port());
        slow.back().send(i % 2 == 0 ? "GET /ping HTTP/1.1\r\nHo"
                                    : "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc");
    }
    for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(), 200) << "the one worker is free";
    slow.front().send("st: h\r\n\r\n");
    EXPECT_EQ(slow.front().read_answer().status, 200);
}

TEST_F(Limits, a_client_that_does_not_read_holds_no_worker) {
    options.kind = *server::parse_kind("serial");
    start();
    RawClient deaf(server->port(), 4096);
    deaf.get("/big");
    ASSERT_TRUE(eventually([&] { return server->count("/big").served == 1; }))
        << "the view ends while its answer is still on the way";
    EXPECT_EQ(ask(), 200);
    EXPECT_TRUE(deaf.read_answer().whole);
}

TEST_F(Limits, a_client_that_never_reads_is_cut) {
    options.limits.write = 200ms;
    start();
    RawClient deaf(server->port(), 4096);
    deaf.get("/endless");
    EXPECT_TRUE(eventually([&] { return server->count("/endless").served == 1; }))
        << "its producer is told, and ended when it does not heed";
    EXPECT_TRUE(eventually([&] { return server->connections() == 0; }));
}

// Out of descriptors, accept() fails at once, again and again: a loop without a pause would fill the log and the processor.
TEST_F(Limits, running_out_of_descriptors_is_survived) {
    start();
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    std::list<RawClient> clients;
    clients.emplace_back(server->port());
    clients.front().get("/ping");
    ASSERT_EQ(clients.front().read_answer().status, 200);
    const int lowest_free = ::dup(0);
    ::close(lowest_free);
    const rlimit tight{static_cast<rlim_t>(lowest_free) + 1, before.rlim_max};  // one more: the client's own end
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
    RawClient starved(server->port());
    starved.get("/ping");
    const bool told = eventually([&] { return !server->errors().empty(); });
    std::this_thread::sleep_for(300ms);
    const std::size_t errors = server->errors().size();
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    ASSERT_TRUE(told);
    EXPECT_THAT(server->errors().front(), HasSubstr("cannot accept connections"));
    EXPECT_LE(errors, 2U);
    EXPECT_EQ(starved.read_answer().status, 200) << "answered as soon as there is room";
}

// An exception out of a callback ended the session while its stream ran on: the job's next chunk was handed to nobody.
TEST_F(Limits, callbacks_that_throw_end_nothing) {
    options.on_access = [](const server::AccessRecord&) { throw std::runtime_error("a full disk"); };
    options.on_error = [](std::string_view) { throw 1; };
    start();
    RawClient client(server->port());
    client.get("/ping");
    EXPECT_EQ(client.read_answer().status, 200);
    client.get("/ping");
    EXPECT_EQ(client.read_answer().status, 200) << "on the same connection";
    RawClient other(server->port());
    other.get("/long");
    EXPECT_EQ(other.read_answer().status, 200);
    EXPECT_TRUE(eventually([&] { return server->count("/long").served == 1; }));
    EXPECT_THAT(server->errors(), testing::Contains(HasSubstr("a full disk")));
    EXPECT_THAT(server->errors(), testing::Contains(HasSubstr("longer than its Content-Length")));
    EXPECT_EQ(ask(), 200);
}

}  // namespace
}  // namespace volley::test
