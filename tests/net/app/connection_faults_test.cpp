// Faults that act on the connection, or on the whole server, on every kind of server.
#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/app/folder.hpp"

namespace volley::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kinds[] = {"coroutine", "pool:2", "serial"};

LiveServer serve(const Folder& folder, std::string_view routes, std::string_view kind = "coroutine") {
    return LiveServer(build_in(folder, routes).routes, options_of(kind));
}

TEST(ConnectionFaults, close_ends_the_connection_after_each_answer) {
    const Folder folder;
    for (const char* kind : kinds) {
        const LiveServer server = serve(folder, "  /x: { view: ping, fault: close }\n  /y: ping\n", kind);
        RawClient client(server.port());
        client.get("/y");
        EXPECT_FALSE(client.read_answer().headers.contains("connection"));
        client.get("/x");
        const auto answer = client.read_answer();
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.headers.at("connection"), "close");
        EXPECT_TRUE(answer.whole);
        EXPECT_TRUE(client.at_end());
    }
}

TEST(ConnectionFaults, reset_is_a_reset_and_not_a_close) {
    const Folder folder;
    for (const char* kind : kinds) {
        const LiveServer server = serve(folder,
                                        "  /x: { view: ping, fault: reset }\n  /y: ping\n"
                                        "  /t: { view: ticks, n: 3, every: 1ms, fault: reset }\n",
                                        kind);
        for (const char* path : {"/x", "/t"}) {
            RawClient client(server.port());
            client.get("/y");
            EXPECT_EQ(client.read_answer().status, 200);
            client.get(path);
            EXPECT_TRUE(client.was_reset()) << kind << path;
        }
        EXPECT_EQ(ask(server, "/y").status, 200);
        EXPECT_TRUE(eventually([&] { return server.statuses() == std::vector{200, 0, 200, 0, 200}; }));
    }
}

TEST(ConnectionFaults, garbage_is_no_http_and_then_a_close) {
    const Folder folder;
    for (const char* kind : kinds) {
        const LiveServer server = serve(folder, "  /x: { view: ping, fault: garbage }\n", kind);
        RawClient client(server.port());
        client.get("/x");
        const std::string all = client.read_all();
        EXPECT_GT(all.size(), 20U);
        EXPECT_THAT(all, Not(HasSubstr("HTTP/1")));
        EXPECT_FALSE(client.was_reset());
    }
}

TEST(ConnectionFaults, shares_are_shares_of_all_requests) {
    const Folder folder;
    const LiveServer server =
        serve(folder, "  /x: { view: ping, fault: [\"close:30%\", \"reset:30%\", \"garbage:30%\", \"fail:50%\"] }\n");
    int closed = 0, reset = 0, garbage = 0, failed = 0, whole = 0;
    for (int i = 0; i < 300; ++i) {
        RawClient client(server.port());
        client.get("/x");
        client.shutdown_send();  // so that what is kept alive ends, too
        const std::string all = client.read_all();
        if (all.empty()) {
            ++reset;
        } else if (!all.starts_with("HTTP/1.1")) {
            ++garbage;
        } else {
            ++whole;
            closed += all.find("Connection: close") != std::string::npos ? 1 : 0;
            failed += all.starts_with("HTTP/1.1 500") ? 1 : 0;
        }
    }
    // The seed is fixed; these bounds are for another one: five standard deviations.
    EXPECT_NEAR(reset, 90, 40);
    EXPECT_NEAR(garbage, 63, 36);  // of those that were not reset
    EXPECT_NEAR(closed, 0.3 * whole, 30);
    EXPECT_NEAR(failed, 0.5 * whole, 32);
}

TEST(ConnectionFaults, drip_sends_the_same_answer_byte_by_byte) {
    const Folder folder;
    for (const char* kind : kinds) {
        const LiveServer server = serve(folder,
                                        "  /x: { view: ping, fault: \"drip:1\" }\n"
                                        "  /t: { view: ticks, n: 2, every: 1ms, fault: \"drip:1\" }\n"
                                        "  /plain: { view: ticks, n: 2, every: 1ms }\n",
                                        kind);
        RawClient client(server.port());
        for (int i = 0; i < 2; ++i) {
            const auto begin = std::chrono::steady_clock::now();
            client.get("/x");
            const auto answer = client.read_answer();
            const auto took = std::chrono::steady_clock::now() - begin;
            EXPECT_EQ(answer.status, 200);
            EXPECT_EQ(answer.body, "pong\n");
            EXPECT_GE(took, 100ms) << "more than 100 bytes of head at 1 ms each";
        }
        const auto stream = ask(server, "/t");
        EXPECT_TRUE(stream.whole);
        EXPECT_EQ(stream.body.size(), ask(server, "/plain").body.size()) << "but for its times it is the same";
        EXPECT_EQ(ask(server, "/x", "", "HEAD").status, 200);
    }
}

TEST(ConnectionFaults, clients_may_leave_while_it_drips) {
    const Folder folder;
    for (const char* kind : kinds) {
        LiveServer server = serve(folder,
                                  "  /x: { view: bytes, n: 64KiB, fault: \"drip:1\" }\n"
                                  "  /t: { view: ticks, n: 1000, every: 1ms, fault: \"drip:1\" }\n  /y: ping\n",
                                  kind);
        for (const char* path : {"/x", "/t"}) {
            std::vector<RawClient> clients;
            for (int i = 0; i < 20; ++i) {
                clients.emplace_back(server.port());
                clients.back().get(path);
                if (i % 3 == 0) clients.back().reset();
                if (i % 3 == 1) clients.back().close();
            }
            EXPECT_TRUE(clients[2].has_byte());
            clients.clear();
            EXPECT_TRUE(eventually([&] { return server.connections() == 0; })) << kind << path;
        }
        EXPECT_EQ(ask(server, "/y").status, 200);
    }
}

TEST(ConnectionFaults, a_drip_does_not_keep_the_server_from_its_end) {
    const Folder folder;
    server::Options options = options_of("coroutine");
    options.limits.drain = 10ms;
    LiveServer server(build_in(folder, "  /x: { view: ping, fault: \"drip:60000\" }\n").routes, options);
    RawClient client(server.port());
    client.get("/x");
    EXPECT_TRUE(client.has_byte());
    server.stop();  // at once, not after the next byte
    EXPECT_THAT(client.read_all(), StartsWith("H"));
}

/// Answers as soon as a pause of a millisecond has taken this long, or after 30 s.
struct Gaps {
    static constexpr auto wanted = 250ms;
    view::awaitable<view::Response> get(const view::Request&) {
        const auto end = std::chrono::steady_clock::now() + 30s;
        for (auto before = std::chrono::steady_clock::now(); before < end;) {
            co_await pause(1ms);
            const auto now = std::chrono::steady_clock::now();
            if (now - before >= wanted) co_return view::Response::text("stalled");
            before = now;
        }
        co_return view::Response::error(500, "no stall");
    }
};

TEST(Stall, stops_views_and_answers_on_every_kind_of_server) {
    for (const char* kind : kinds) {
        server::Options options = options_of(kind);
        options.stall_every = 500ms;
        options.stall_length = 300ms;
        view::Routes routes;
        routes.add("/gaps", Gaps{});
        routes.add("/ping",
                   [](const view::Request&) -> view::awaitable<view::Response> { co_return view::Response::text("pong"); });
        const LiveServer server(std::move(routes), options);
        EXPECT_EQ(ask(server, "/gaps").body, "stalled") << kind;
        // New connections are not answered, either: one in four of these or so falls into a stall.
        EXPECT_TRUE(eventually([&] {
            const auto begin = std::chrono::steady_clock::now();
            EXPECT_EQ(ask(server, "/ping").status, 200);
            return std::chrono::steady_clock::now() - begin >= 200ms;
        })) << kind;
    }
}

}  // namespace
}  // namespace volley::test
