// Faults that shape how requests overlap: each as a client sees it, in the order and the groups of its answers.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <volley/app/app.hpp>

#include "net/app/folder.hpp"

namespace volley::test {
namespace {

using namespace std::chrono_literals;

LiveServer serve(const Folder& folder, std::string_view routes, std::string_view kind = "coroutine") {
    return LiveServer(build_in(folder, routes).routes, options_of(kind));
}

struct Burst {
    double seconds = 0;         ///< from the first request to the last answer
    std::vector<double> first;  ///< bytes of the answers, in the order of their coming, in seconds
    std::size_t right = 0;
};

/// So many requests at once, each with a thread that waits for its answer. Clients are connected before.
Burst burst(const LiveServer& server, std::string_view target, std::size_t n) {
    std::vector<std::unique_ptr<RawClient>> clients;
    for (std::size_t i = 0; i < n; ++i) clients.push_back(std::make_unique<RawClient>(server.port()));
    EXPECT_TRUE(eventually([&] { return server.connections() == n; }));
    Burst out;
    out.first.resize(n);
    std::vector<int> statuses(n);
    std::vector<std::thread> threads;
    const auto start = Clock::now();
    for (auto& client : clients) client->get(target);
    for (std::size_t i = 0; i < n; ++i)
        threads.emplace_back([&, i] {
            clients[i]->has_byte();
            out.first[i] = to_seconds(Clock::now() - start);
            statuses[i] = clients[i]->read_answer().status;
        });
    for (auto& thread : threads) thread.join();
    out.seconds = to_seconds(Clock::now() - start);
    out.right = static_cast<std::size_t>(std::count(statuses.begin(), statuses.end(), 200));
    std::sort(out.first.begin(), out.first.end());
    return out;
}

/// The sizes of the groups whose answers came within `gap` seconds of each other.
std::vector<int> groups(const Burst& burst, double gap) {
    std::vector<int> sizes;
    double before = -1;
    for (const double when : burst.first) {
        if (before < 0 || when - before > gap) sizes.push_back(0);
        ++sizes.back();
        before = when;
    }
    return sizes;
}

std::size_t threads_now() {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

TEST(SleepFaults, block_holds_the_loop_and_lets_each_answer_out_before_the_next) {
    const Folder folder;
    const LiveServer server = serve(folder, "  /x: { view: sleep, s: 200ms, fault: block }\n  /ping: ping\n");
    EXPECT_TRUE(eventually([&] {
        return groups(burst(server, "/x", 4), 0.1) == std::vector{1, 1, 1, 1};
    })) << "a client that is held up for long sees fewer groups; not every time";
    RawClient first(server.port());
    first.get("/x?s=1");
    std::this_thread::sleep_for(50ms);  // the loop has it by now; later, and the ping only waits for longer
    const auto start = Clock::now();
    EXPECT_EQ(ask(server, "/ping").status, 200);
    EXPECT_GE(to_seconds(Clock::now() - start), 0.3) << "what has nothing to do with it waits, too";
    EXPECT_EQ(first.read_answer().status, 200);
}

TEST(SleepFaults, of_a_share_of_block_or_cpu_the_rest_overlaps) {
    const Folder folder;
    const LiveServer server = serve(
        folder, "  /b: { view: sleep, s: 500ms, fault: \"block:20%\" }\n  /c: { view: sleep, s: 500ms, fault: \"cpu:20%\" }\n");
    for (const char* path : {"/b", "/c"}) {
        const Burst alone = burst(server, path, 1);
        EXPECT_GE(alone.seconds, 0.5);
        const Burst six = burst(server, path, 6);
        EXPECT_EQ(six.right, 6U);
        EXPECT_GE(six.seconds, 1.0) << "6 x 0.1 s held, and 0.4 s more for the last: " << path;
    }
    const Burst six = burst(server, "/b", 6);
    EXPECT_LT(six.seconds, 6 * 0.5 - 0.2) << "the rest is not held";
}

TEST(SleepFaults, cpu_computes_for_its_share_on_the_loop_whatever_else_it_does) {
    const Folder folder;
    const LiveServer server = serve(folder, "  /x: { view: sleep, s: 100ms, fault: \"cpu:100%\" }\n");
    timespec before{}, after{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    const Burst five = burst(server, "/x", 5);
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    EXPECT_EQ(five.right, 5U);
    EXPECT_GE(five.seconds, 0.5) << "each its own 100 ms: what one computes is no work of another";
    EXPECT_GE(static_cast<double>(after.tv_sec - before.tv_sec) + 1e-9 * static_cast<double>(after.tv_nsec - before.tv_nsec),
              0.5);
}

TEST(SleepFaults, a_convoy_is_answered_together) {
    const Folder folder;
    const LiveServer server = serve(folder, "  /x: { view: sleep, s: 200ms, fault: convoy }\n");
    EXPECT_TRUE(eventually([&] {
        const Burst four = burst(server, "/x", 4);
        EXPECT_EQ(four.right, 4U);
        EXPECT_GE(four.seconds, 0.8);
        return groups(four, 0.1) == std::vector{1, 3};
    })) << "the first alone, then those that came meanwhile";
}

TEST(SleepFaults, a_convoy_survives_clients_that_leave) {
    const Folder folder;
    LiveServer server = serve(folder, "  /x: { view: sleep, s: 20ms, fault: convoy }\n");
    for (int round = 0; round < 10; ++round) {
        std::vector<std::unique_ptr<RawClient>> clients;
        for (int i = 0; i < 12; ++i) {
            clients.push_back(std::make_unique<RawClient>(server.port()));
            clients.back()->get("/x");
        }
        for (std::size_t i = 0; i < 12; i += 2) i % 4 == 0 ? clients[i]->reset() : clients[i]->close();
        for (std::size_t i = 1; i < 12; i += 2) EXPECT_EQ(clients[i]->read_answer().status, 200);
    }
    EXPECT_TRUE(eventually([&] { return server.count("/x").running == 0; }));
}

TEST(SleepFaults, thread_is_one_more_for_each_request_and_none_afterwards) {
    const Folder folder;
    const LiveServer server = serve(folder, "  /x: { view: sleep, s: 1s, fault: thread }\n");
    const std::size_t idle = threads_now();
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 100; ++i) {  // more than the threads of a pool
        clients.push_back(std::make_unique<RawClient>(server.port()));
        clients.back()->get("/x?s=5");
    }
    EXPECT_TRUE(eventually([&] { return threads_now() == idle + 100; }));
    for (auto& client : clients) EXPECT_EQ(client->read_answer().status, 200);
    EXPECT_TRUE(eventually([&] { return threads_now() == idle; }));
}

TEST(SleepFaults, thread_with_a_number_is_a_pool_beside_a_free_loop) {
    const Folder folder;
    const LiveServer server = serve(folder, "  /x: { view: sleep, s: 200ms, fault: \"thread:3\" }\n  /ping: ping\n");
    const std::size_t idle = threads_now();
    EXPECT_TRUE(eventually([&] {
        const Burst eight = burst(server, "/x", 8);
        EXPECT_EQ(eight.right, 8U);
        EXPECT_GE(eight.seconds, 0.6);
        return groups(eight, 0.1) == std::vector{3, 3, 2};
    }));
    EXPECT_EQ(threads_now(), idle + 3) << "they are kept";
    RawClient busy(server.port());
    busy.get("/x?s=30");
    EXPECT_EQ(ask(server, "/ping").status, 200) << "the loop is free";
}

TEST(SleepFaults, a_thread_whose_client_has_left_sleeps_on_and_does_not_keep_the_server_from_its_end) {
    const Folder folder;
    for (const char* kind : {"coroutine", "pool:2"}) {
        LiveServer server = serve(folder,
                                  "  /own: { view: sleep, s: 60s, fault: thread }\n"
                                  "  /one: { view: sleep, s: 60s, fault: \"thread:1\" }\n",
                                  kind);
        const std::size_t idle = threads_now();
        {
            RawClient a(server.port()), b(server.port()), c(server.port());
            a.get("/own");
            ASSERT_TRUE(eventually([&] { return threads_now() > idle; }));
            if (kind == std::string_view("coroutine")) {
                b.get("/one");
                c.get("/one");
                ASSERT_TRUE(eventually([&] { return server.count("/one").running == 2; }));
            }
        }
        ASSERT_TRUE(eventually([&] { return server.count("/own").running == 0 && server.count("/one").running == 0; }));
        EXPECT_GT(threads_now(), idle);
        const auto start = Clock::now();
        server.stop();
        EXPECT_LT(to_seconds(Clock::now() - start), 30);
    }
}

TEST(SleepFaults, pace_lets_so_many_a_second_through) {
    const Folder folder;
    for (const char* kind : {"coroutine", "pool:8"}) {
        const LiveServer server = serve(folder, "  /x: { view: sleep, s: 0s, fault: \"pace:10\" }\n", kind);
        const Burst six = burst(server, "/x", 6);
        EXPECT_EQ(six.right, 6U);
        EXPECT_GE(six.seconds, 0.5) << "one at once, the sixth after five tenths";
        for (std::size_t i = 0; i < 6; ++i) EXPECT_GE(six.first[i], 0.1 * static_cast<double>(i) - 0.001);
    }
}

TEST(SleepFaults, nocancel_goes_on_and_keeps_its_place_when_the_client_has_left) {
    const Folder folder;
    LiveServer server = serve(folder,
                              "  /x: { view: sleep, s: 1s, fault: [lock, nocancel] }\n"
                              "  /y: { view: sleep, s: 1s, fault: lock }\n"
                              "  /t: { view: ticks, n: 10, every: 100ms, fault: nocancel }\n");
    const auto abandoned = [&](std::string_view target) {
        RawClient client(server.port());
        client.get(target);
        EXPECT_TRUE(eventually([&] { return server.count(std::string(target)).running == 1; }));
    };
    abandoned("/y");
    EXPECT_TRUE(eventually([&] { return server.count("/y").running == 0; }));
    const auto start = Clock::now();
    abandoned("/x");
    EXPECT_EQ(ask(server, "/x?s=0").status, 200);
    EXPECT_GE(to_seconds(Clock::now() - start), 1.0) << "behind the dead one";
    const auto streamed = Clock::now();
    abandoned("/t");
    EXPECT_TRUE(eventually([&] { return server.count("/t").running == 0; }));
    EXPECT_GE(to_seconds(Clock::now() - streamed), 0.9) << "a stream is made to its end, too";
}

TEST(SleepFaults, nocancel_ends_with_the_server) {
    const Folder folder;
    for (const char* kind : {"coroutine", "serial"}) {
        server::Options options = options_of(kind);
        options.limits.drain = 10ms;
        LiveServer server(build_in(folder, "  /x: { view: sleep, s: 60s, fault: nocancel }\n").routes, options);
        {
            RawClient client(server.port());
            client.get("/x");
            ASSERT_TRUE(eventually([&] { return server.count("/x").running == 1; }));
        }
        const auto start = Clock::now();
        server.stop();
        EXPECT_LT(to_seconds(Clock::now() - start), 30);
    }
}

TEST(SleepFaults, a_small_backlog_and_a_slow_accept_keep_clients_out_for_a_second) {
    server::Options options = options_of("coroutine");
    options.backlog = 1;
    options.accept_pause = 200ms;
    const LiveServer server(app::make_routes(), options);
    // RawClient connects in its constructor, as long as that takes: a lost SYN is sent again after a second (RFC 6298 section 2.1).
    EXPECT_TRUE(eventually([&] {
        std::vector<double> took(8);
        std::vector<int> statuses(8);
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < 8; ++i)
            threads.emplace_back([&, i] {
                const auto start = Clock::now();
                RawClient client(server.port());
                took[i] = to_seconds(Clock::now() - start);
                client.get("/ping");
                statuses[i] = client.read_answer().status;
            });
        for (auto& thread : threads) thread.join();
        EXPECT_EQ(statuses, std::vector<int>(8, 200)) << "all are answered in the end";
        return *std::max_element(took.begin(), took.end()) > 0.9;
    }));
    const auto start = Clock::now();
    RawClient alone(server.port());
    EXPECT_LT(to_seconds(Clock::now() - start), 0.9) << "one alone gets in";
}

}  // namespace
}  // namespace volley::test
