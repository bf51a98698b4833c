// The questions beside the verdict, asked of servers whose answers are known.
#include <atomic>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <volley/app/app.hpp>

#include "net/server/fixture.hpp"
#include "net/verify/on_a_loop.hpp"
#include "support/raw_server.hpp"
#include "verify/builtin.hpp"
#include "verify/questions.hpp"

namespace volley::verify {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::run_on;
using testing::ElementsAre;
using testing::IsEmpty;
using volley::test::LiveServer;
using volley::test::RawConnection;
using volley::test::RawServer;

TEST(Gauge, is_a_path_and_behind_a_hash_a_pointer) {
    EXPECT_EQ(parse_gauge("/inflight").path, "/inflight");
    EXPECT_EQ(parse_gauge("/inflight").pointer, "");
    EXPECT_EQ(parse_gauge("/m?a=1#/routes/~1offer").path, "/m?a=1");
    EXPECT_EQ(parse_gauge("/m?a=1#/routes/~1offer").pointer, "/routes/~1offer");
    EXPECT_EQ(parse_gauge("/m#").pointer, "");
    EXPECT_EQ(parse_gauge("").path, "");
}

TEST(Gauge, reads_plain_numbers_and_json) {
    EXPECT_EQ(gauge_value("17\n", ""), 17);
    EXPECT_EQ(gauge_value("1.5e1", ""), 15);
    EXPECT_EQ(gauge_value(" 5", ""), 5) << "a number is JSON, too";
    EXPECT_EQ(gauge_value(R"({"name": "x", "inflight": 3, "waiting": 9})", ""), 3) << "the first that is one";
    EXPECT_EQ(gauge_value(R"({"routes": {"/offer": [7]}})", "/routes/~1offer/0"), 7);
}

// `nan` and `inf` were taken for readings, and comparing with them told anything.
TEST(Gauge, says_nothing_where_it_is_none) {
    for (const char* body :
         {"", "\n", "nan", "inf", "-inf", "1e999", "5 6", "pong", "{}", "[]", "[1]", R"({"n": "3"})", R"({"n": )"})
        EXPECT_EQ(gauge_value(body, ""), std::nullopt) << body;
    EXPECT_EQ(gauge_value(R"({"n": 1})", "/m"), std::nullopt);
    EXPECT_EQ(gauge_value(R"({"n": 1})", "n"), std::nullopt) << "no pointer of RFC 6901";
    EXPECT_EQ(gauge_value("3", "/n"), std::nullopt);
    EXPECT_EQ(gauge_value(std::string(100'000, '['), ""), std::nullopt);
}

client::DirectRequest get_of(std::uint16_t port, std::string path) {
    client::DirectRequest request;
    request.target.host = "127.0.0.1";
    request.target.port = port;
    request.target.keep_body = false;  // as the prober has it: readings of the gauge were empty then
    request.request.target = std::move(path);
    return request;
}

TEST(Streams, pieces_are_seen_as_they_arrive) {
    const RawServer server([](RawConnection& c, int) {
        c.read_request();
        c.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nab");
        std::this_thread::sleep_for(40ms);
        c.send("cd");
        std::this_thread::sleep_for(40ms);
        c.send("ef");
        c.wait_for_close();
    });
    boost::asio::io_context io;
    const auto seen = run_on(io, watch_streams(io.get_executor(), get_of(server.port(), "/"), 2, Clock::now() + 30s));
    ASSERT_EQ(seen.size(), 2U);
    for (const auto& stream : seen) {
        EXPECT_TRUE(stream.right);
        std::uint64_t bytes = 0;
        for (const auto& piece : stream.pieces) bytes += piece.bytes;
        EXPECT_EQ(bytes, 6U);
        ASSERT_FALSE(stream.pieces.empty());
        EXPECT_LE(stream.head, stream.pieces.front().at);
        EXPECT_GE(stream.done, 80ms);
    }
    EXPECT_EQ(server.accepted(), 2) << "each on a connection of its own";
}

TEST(Streams, a_wrong_answer_is_not_right_and_one_without_end_is_cut) {
    const RawServer wrong([](RawConnection& c, int) {
        c.read_request();
        c.send("HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno");
    });
    boost::asio::io_context io;
    const auto seen = run_on(io, watch_streams(io.get_executor(), get_of(wrong.port(), "/"), 1, Clock::now() + 30s));
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_FALSE(seen.front().right);

    const RawServer endless([](RawConnection& c, int) {
        c.read_request();
        c.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (c.send("1\r\nx\r\n")) std::this_thread::sleep_for(1ms);
    });
    const auto cut = run_on(io, watch_streams(io.get_executor(), get_of(endless.port(), "/"), 3, Clock::now() + 300ms));
    ASSERT_EQ(cut.size(), 1U);
    EXPECT_FALSE(cut.front().right);
    EXPECT_LE(cut.front().pieces.size(), 10'000U);
    EXPECT_LT(cut.front().done, 20s);
}

awaitable<verdict::Abandonment> leave(client::DirectRequest request, std::string gauge, std::size_t n, Duration after) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    verdict::Abandonment seen;
    seen.n = n;
    seen.after = after;
    const auto executor = co_await boost::asio::this_coro::executor;
    Gauge where = parse_gauge(gauge);
    const TimePoint deadline = Clock::now() + 30s;
    co_await abandon(executor, std::move(request), std::move(where), seen, deadline);
    co_return seen;
}

TEST(Abandonment, the_gauge_of_a_server_that_stops_falls_to_nothing) {
    const LiveServer server(app::make_routes(), volley::test::options_of("coroutine"));
    boost::asio::io_context io;
    const auto seen = run_on(io, leave(get_of(server.port(), "/offer?s=30"), "/inflight", 7, 1s));
    EXPECT_THAT(seen.gauge_before, ElementsAre(0));
    EXPECT_THAT(seen.gauge_during, ElementsAre(7));
    EXPECT_THAT(seen.gauge_after, ElementsAre(0));
    EXPECT_EQ(seen.next, verdict::never) << "not asked where there is a gauge";
    const auto by_pointer = run_on(io, leave(get_of(server.port(), "/offer?s=30"), "/inflight#/waiting", 2, 200ms));
    EXPECT_THAT(by_pointer.gauge_during, ElementsAre(0));
}

awaitable<verdict::Abandonment> leave_builtin(std::string fault) {
    const auto executor = co_await boost::asio::this_coro::executor;
    std::string kind = "coroutine";
    std::vector<std::string> faults{std::move(fault)};
    Builtin builtin = co_await start_builtin(executor, std::move(kind), std::move(faults), 20s, 30s);
    EXPECT_EQ(builtin.trouble, "");
    if (!builtin.process) co_return verdict::Abandonment{};
    client::DirectRequest request = builtin.request;
    std::string gauge = "/inflight";
    auto seen = co_await leave(std::move(request), std::move(gauge), 5, 1s);
    co_await builtin.process->stop();
    co_return seen;
}

TEST(Abandonment, the_gauge_of_a_server_that_works_on_stays) {
    server::set_helper({VOLLEY_TEST_PROGRAM, "__helper"});
    boost::asio::io_context io;
    const auto seen = run_on(io, leave_builtin("nocancel"));
    EXPECT_THAT(seen.gauge_during, ElementsAre(5));
    EXPECT_THAT(seen.gauge_after, ElementsAre(5));
}

TEST(Abandonment, without_a_gauge_the_next_request_is_timed) {
    const LiveServer server(app::make_routes(), volley::test::options_of("serial"));
    boost::asio::io_context io;
    const auto seen = run_on(io, leave(get_of(server.port(), "/offer?s=0.2"), "", 3, 50ms));
    EXPECT_THAT(seen.gauge_before, IsEmpty());
    EXPECT_GE(seen.next, 200ms);
}

TEST(Abandonment, a_gauge_that_fails_is_no_reading) {
    const RawServer server([](RawConnection& c, int) {
        const auto asked = c.read_request();
        if (asked.starts_with("GET /gauge ")) c.send("HTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\n3");
        c.wait_for_close();
    });
    boost::asio::io_context io;
    const auto seen = run_on(io, leave(get_of(server.port(), "/"), "/gauge", 2, 100ms));
    EXPECT_THAT(seen.gauge_before, IsEmpty());
    EXPECT_THAT(seen.gauge_after, IsEmpty());
}

// Between the clients' leaving and the last reading the wait threw, and all that had been seen was lost with it.
TEST(Abandonment, cancellation_at_any_moment_ends_it_without_an_exception) {
    const RawServer server([](RawConnection& c, int) {
        while (true) {
            const auto asked = c.read_request();
            if (!asked.starts_with("GET /gauge ")) break;
            c.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n3");
        }
        c.wait_for_close();
    });
    boost::asio::io_context io;
    for (const Duration at : {20ms, 100ms, 250ms, 400ms, 500ms}) {
        const TimePoint begin = Clock::now();
        EXPECT_NO_THROW({
            const auto seen = run_on(io, leave(get_of(server.port(), "/"), "/gauge", 3, 300ms), at);
            EXPECT_EQ(seen.n, 3U);
        }) << format_duration(at);
        EXPECT_LT(Clock::now() - begin, 15s);
    }
}

}  // namespace
}  // namespace volley::verify
