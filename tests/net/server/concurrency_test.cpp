// How many views run at a time, who waits, and who is cancelled. Counted, not timed.
#include <list>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/server/fixture.hpp"
#include "support/raw_client.hpp"

#include <boost/asio/io_context.hpp>

namespace volley::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct Setting {
    std::shared_ptr<Gate> gate = std::make_shared<Gate>();
    LiveServer server;
    explicit Setting(server::Options options) : server(gated_routes(gate), std::move(options)) {}
    explicit Setting(std::string_view kind) : Setting(options_of(kind)) {}

    std::list<RawClient> send(int n, std::string_view target) {
        std::list<RawClient> clients;
        for (int i = 0; i < n; ++i) {
            clients.emplace_back(server.port());
            clients.back().get(target);
        }
        return clients;
    }
    bool running(std::string_view route, std::size_t n, std::size_t waiting = 0) {
        return eventually([&] {
            const auto count = server.count(std::string(route));
            return count.running == n && count.waiting == waiting;
        });
    }
};

TEST(Concurrency, a_coroutine_server_runs_all_at_once_on_one_thread) {
    Setting on("coroutine");
    auto clients = on.send(50, "/wait");
    EXPECT_TRUE(on.running("/wait", 50));
    on.gate->open = true;
    for (auto& client : clients) EXPECT_EQ(client.read_answer().body, "waited");
    EXPECT_EQ(on.server.count("/wait").peak, 50U);
    EXPECT_EQ(on.gate->thread_count(), 1U);
}

TEST(Concurrency, a_pool_runs_w_at_a_time_on_w_threads_and_the_rest_wait) {
    Setting on("pool:4");
    auto clients = on.send(50, "/wait");
    EXPECT_TRUE(on.running("/wait", 4, 46));
    std::this_thread::sleep_for(50ms);
    EXPECT_TRUE(on.running("/wait", 4, 46)) << "and it stays so";
    EXPECT_EQ(on.gate->thread_count(), 4U);
    on.gate->open = true;
    for (auto& client : clients) EXPECT_EQ(client.read_answer().body, "waited");
    EXPECT_EQ(on.server.count("/wait").peak, 4U);
    EXPECT_EQ(on.server.count("/wait").served, 50U);
    EXPECT_EQ(on.gate->thread_count(), 4U);
}

TEST(Concurrency, a_serial_server_runs_one_at_a_time_in_the_order_of_arrival) {
    Setting on("serial");
    auto first = on.send(1, "/wait");
    ASSERT_TRUE(on.running("/wait", 1));
    auto second = on.send(1, "/block");
    ASSERT_TRUE(eventually([&] { return on.server.count("/block").waiting == 1; }));
    auto third = on.send(1, "/ping");
    ASSERT_TRUE(eventually([&] { return on.server.count("/ping").waiting == 1; }));
    on.gate->open = true;
    EXPECT_EQ(first.front().read_answer().body, "waited");
    EXPECT_EQ(second.front().read_answer().body, "blocked");
    EXPECT_EQ(third.front().read_answer().body, "pong");
    EXPECT_EQ(on.gate->thread_count(), 1U);
}

TEST(Concurrency, thread_sensitive_views_take_turns_and_asynchronous_ones_do_not_notice) {
    Setting on("coroutine");
    auto blocked = on.send(50, "/block");
    EXPECT_TRUE(on.running("/block", 1, 49));
    auto quick = on.send(200, "/ping");
    for (auto& client : quick) EXPECT_EQ(client.read_answer().body, "pong");
    EXPECT_TRUE(on.running("/block", 1, 49));
    on.gate->open = true;
    for (auto& client : blocked) EXPECT_EQ(client.read_answer().body, "blocked");
    EXPECT_EQ(on.server.count("/block").peak, 1U);
    EXPECT_EQ(on.gate->thread_count(), 1U);
}

TEST(Concurrency, views_that_are_not_thread_sensitive_run_on_a_pool) {
    server::Options options = options_of("coroutine");
    options.sync_threads = 3;
    Setting on(options);
    auto blocked = on.send(5, "/block-pool");
    EXPECT_TRUE(on.running("/block-pool", 3, 2));
    auto quick = on.send(1, "/ping");
    EXPECT_EQ(quick.front().read_answer().body, "pong") << "the loop is free";
    on.gate->open = true;
    for (auto& client : blocked) EXPECT_EQ(client.read_answer().body, "blocked");
}

class Disconnect : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(EachKind, Disconnect, testing::Values("coroutine", "pool:2", "serial"),
                         [](const auto& kind) { return std::string(kind.param).substr(0, 4); });

TEST_P(Disconnect, cancels_the_view_that_runs_and_withdraws_the_one_that_waits) {
    Setting on(GetParam());
    constexpr int n = 6;
    auto clients = on.send(n, "/wait");
    ASSERT_TRUE(eventually([&] {
        const auto count = on.server.count("/wait");
        return count.running + count.waiting == n;
    }));
    bool reset = false;
    for (auto& client : clients) {
        reset ? client.reset() : client.close();
        reset = !reset;
    }
    EXPECT_TRUE(on.running("/wait", 0));
    EXPECT_TRUE(eventually([&] { return on.server.connections() == 0; }));
    EXPECT_EQ(on.server.count("/wait").served, static_cast<std::size_t>(on.gate->cancelled))
        << "every view that began was cancelled";
    EXPECT_GE(on.gate->cancelled, 1);
    EXPECT_FALSE(on.gate->open);
    EXPECT_THAT(on.server.errors(), testing::IsEmpty()) << "a client that leaves is nobody's mistake";
    auto next = on.send(1, "/ping");
    EXPECT_EQ(next.front().read_answer().body, "pong") << "the workers are free again";
}

TEST_P(Disconnect, ends_a_stream) {
    Setting on(GetParam());
    auto clients = on.send(1, "/endless");
    ASSERT_TRUE(on.running("/endless", 1));
    clients.front().close();
    EXPECT_TRUE(on.running("/endless", 0));
    EXPECT_TRUE(eventually([&] { return on.server.connections() == 0; }));
}

TEST(Stop, closes_the_idle_and_lets_the_busy_finish) {
    Setting on("coroutine");
    auto idle = on.send(1, "/ping");
    EXPECT_EQ(idle.front().read_answer().status, 200);
    RawClient never_spoke(on.server.port());
    auto busy = on.send(3, "/wait");
    ASSERT_TRUE(on.running("/wait", 3));
    std::thread stopper([&] { on.server.stop(); });
    EXPECT_TRUE(idle.front().at_end());
    EXPECT_TRUE(never_spoke.at_end());
    on.gate->open = true;
    for (auto& client : busy) {
        const auto answer = client.read_answer();
        EXPECT_EQ(answer.body, "waited");
        EXPECT_EQ(answer.headers.at("connection"), "close");
    }
    stopper.join();
    EXPECT_THROW(RawClient(on.server.port()), std::runtime_error) << "the port is closed";
}

TEST(Stop, cancels_what_does_not_finish_in_time) {
    for (const char* kind : {"coroutine", "pool:2"}) {
        server::Options options = options_of(kind);
        options.limits.drain = 50ms;
        Setting on(options);
        auto clients = on.send(4, "/wait");
        auto streaming = on.send(1, "/endless");
        ASSERT_TRUE(eventually([&] { return on.server.count("/wait").running >= 2; }));
        on.server.stop();
        EXPECT_GE(on.gate->cancelled, 2) << kind;
        EXPECT_EQ(on.server.count("/wait").running, 0U);
        EXPECT_EQ(on.server.count("/wait").waiting, 0U);
        EXPECT_EQ(on.server.count("/endless").running, 0U);
    }
}

TEST(Listen, a_taken_port_is_refused_with_a_reason) {
    Setting on("coroutine");
    boost::asio::io_context loop;
    server::Options options = options_of("coroutine");
    options.port = on.server.port();
    server::Server second(loop.get_executor(), view::Routes(), options);
    Diagnostics why;
    EXPECT_EQ(second.listen(why), boost::system::errc::address_in_use);
    EXPECT_THAT(why.message, HasSubstr("127.0.0.1:" + std::to_string(on.server.port())));
    EXPECT_THAT(why.message, HasSubstr("another program has this port"));
}

TEST(Listen, what_cannot_be_listened_on_is_explained) {
    boost::asio::io_context loop;
    for (const auto& [host, text] :
         {std::pair{"192.0.2.1", "does not have that address"}, {"no such host.invalid", "no such name"}}) {
        server::Options options = options_of("coroutine");
        options.host = host;
        server::Server server(loop.get_executor(), view::Routes(), options);
        Diagnostics why;
        EXPECT_TRUE(server.listen(why)) << host;
        EXPECT_THAT(why.message, HasSubstr(text));
        EXPECT_EQ(server.local_port(), 0);
    }
}

TEST(Listen, localhost_means_the_ipv4_loopback_at_least) {
    server::Options options = options_of("coroutine");
    options.host = "LocalHost";
    Setting on(options);
    auto clients = on.send(1, "/ping");
    EXPECT_EQ(clients.front().read_answer().body, "pong");
}

}  // namespace
}  // namespace volley::test
