// One set of behaviour tests for every transport.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <volley/client/transport.hpp>

#include "net/client/target_of.hpp"
#include "net/deadline.hpp"
#include "net/task_group.hpp"
#include "support/raw_client.hpp"
#include "support/raw_server.hpp"

namespace volley::client {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::RawConnection;
using test::RawServer;
using test::target_of;

using Make = std::unique_ptr<Transport> (*)(asio::any_io_executor, Target);
std::unique_ptr<Transport> make_curl(asio::any_io_executor e, Target t) {
    return make_curl_transport(std::move(e), std::move(t));
}

struct Implementation {
    const char* name;
    Make make;
};

class TransportTest : public testing::TestWithParam<Implementation> {
protected:
    template <class T>
    T run(asio::awaitable<T> main) {
        io_.restart();
        auto result = asio::co_spawn(io_, std::move(main), asio::use_future);
        io_.run();
        return result.get();
    }
    Exchange fire(Target target, const http::Request& request, Duration limit = 20s, const ResponseSink* sink = nullptr) {
        const auto transport = GetParam().make(io_.get_executor(), std::move(target));
        return run(transport->fire(request, Clock::now(), Clock::now() + limit, sink));
    }
    /// What comes of an answer of exactly these bytes, after which the server closes.
    Exchange answer(std::string bytes, const http::Request& request = {}, std::function<void(Target&)> change = {}) {
        RawServer server([&](RawConnection& c, int) {
            c.read_request();
            c.send(bytes);
        });
        Target target = target_of(server);
        if (change) change(target);
        return fire(target, request);
    }
    asio::io_context io_;
};

INSTANTIATE_TEST_SUITE_P(All, TransportTest,
                         testing::Values(Implementation{"http1", &make_http1_transport}, Implementation{"curl", &make_curl}),
                         [](const auto& each) { return std::string(each.param.name); });

TEST_P(TransportTest, reads_a_counted_body_and_orders_its_instants) {
    const auto e = answer("HTTP/1.1 200 Fine\r\nContent-Length: 5\r\nX-A: 1\r\nx-a: 2\r\n\r\nhello");
    ASSERT_FALSE(e.error) << e.error.message() << e.diagnostics.message;
    EXPECT_EQ(e.response.status, 200);
    EXPECT_EQ(e.response.reason, "Fine");
    EXPECT_EQ(e.response.body, "hello");
    EXPECT_EQ(e.response.headers.size(), 3U);
    const auto& s = e.sample;
    EXPECT_TRUE(s.right);
    EXPECT_LE(s.planned, s.started);
    EXPECT_LE(s.started, s.connected);
    EXPECT_LE(s.connected, s.sent);
    EXPECT_LE(s.sent, s.first_byte);
    EXPECT_LE(s.first_byte, s.done);
    EXPECT_GE(s.bytes, 60U);
}

TEST_P(TransportTest, reads_chunks_and_until_close) {
    EXPECT_EQ(
        answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: 1\r\n\r\n").response.body,
        "abcde");
    EXPECT_EQ(answer("HTTP/1.1 200 OK\r\n\r\nto the end").response.body, "to the end");
    EXPECT_EQ(answer("HTTP/1.0 200 OK\r\n\r\nold").response.body, "old");
}

TEST_P(TransportTest, skips_interim_answers) {
    const auto e = answer(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok");
    EXPECT_EQ(e.response.status, 201);
    EXPECT_EQ(e.response.body, "ok");
    EXPECT_FALSE(e.response.headers.has("Link"));
}

TEST_P(TransportTest, answers_without_a_body_end_at_their_head) {
    http::Request head;
    head.method = "HEAD";
    const auto e = answer("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", head);
    EXPECT_FALSE(e.error) << e.error.message();
    EXPECT_EQ(e.response.body, "");
    EXPECT_FALSE(answer("HTTP/1.1 204 No Content\r\n\r\n").error);
    EXPECT_FALSE(answer("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n").error);
}

TEST_P(TransportTest, sends_what_it_was_given) {
    std::string seen;
    RawServer server([&](RawConnection& c, int) {
        seen = c.read_request();
        c.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    http::Request request{
        "POST", "/offer?a=b%20c", {{"Content-Type", "application/json"}, {"X-Two", "1"}, {"X-Two", "2"}}, R"({"sleep": 1})"};
    ASSERT_FALSE(fire(target_of(server), request).error);
    EXPECT_TRUE(seen.starts_with("POST /offer?a=b%20c HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"))
        << seen;
    EXPECT_NE(seen.find("\r\nContent-Length: 12\r\n"), std::string::npos) << seen;
    EXPECT_NE(seen.find("\r\nX-Two: 1\r\nX-Two: 2\r\n"), std::string::npos) << seen;
    EXPECT_TRUE(seen.ends_with("\r\n\r\n{\"sleep\": 1}")) << seen;
    EXPECT_EQ(seen.find("Expect"), std::string::npos);

    request = {"DELETE", "/x", {}, ""};
    ASSERT_FALSE(fire(target_of(server), request).error);
    EXPECT_NE(seen.find("Content-Length: 0\r\n"), std::string::npos) << seen;
    EXPECT_EQ(seen.find("Content-Type"), std::string::npos) << seen;
}

TEST_P(TransportTest, refuses_to_send_what_would_split_the_message) {
    RawServer server([](RawConnection& c, int) { c.wait_for_close(); });
    EXPECT_EQ(fire(target_of(server), {"GET", "/", {{"X", "a\r\nY: b"}}, ""}).error, NetErrc::unsupported);
    EXPECT_EQ(fire(target_of(server), {"GET", "/ HTTP/1.1\r\nX: y", {}, ""}).error, NetErrc::unsupported);
    EXPECT_EQ(fire(target_of(server), {"GE T", "/", {}, ""}).error, NetErrc::unsupported);
    EXPECT_EQ(server.accepted(), 0);
}

TEST_P(TransportTest, names_how_an_exchange_failed) {
    EXPECT_EQ(answer("").error, Condition::reset);
    EXPECT_EQ(answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").error, Condition::truncated);
    EXPECT_EQ(answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab").error, Condition::truncated);
    EXPECT_EQ(answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").error, Condition::protocol);
    const auto half = answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    EXPECT_EQ(half.response.status, 200) << "what arrived is kept";
    EXPECT_EQ(half.response.body, "half");
    EXPECT_FALSE(half.sample.right);
    EXPECT_EQ(half.sample.outcome, metrics::Outcome::truncated);
}

TEST_P(TransportTest, reset_before_the_answer_is_reset) {
    RawServer server([](RawConnection& c, int) {
        c.read_request();
        c.reset();
    });
    EXPECT_EQ(fire(target_of(server), {}).error, Condition::reset);
}

TEST_P(TransportTest, refused_connections_are_refused) {
    Target target;
    target.host = "localhost";
    {
        RawServer gone([](RawConnection&, int) {});
        target.port = gone.port();
    }
    EXPECT_EQ(fire(target, {}).error, Condition::refused);
}

TEST_P(TransportTest, localhost_falls_back_to_ipv4) {
    RawServer server([](RawConnection& c, int) {
        c.read_request();
        c.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    Target target = target_of(server);
    target.host = "localhost";
    EXPECT_FALSE(fire(target, {}).error);
}

TEST_P(TransportTest, a_deadline_ends_a_silent_server) {
    RawServer server([](RawConnection& c, int) { c.wait_for_close(); });
    const auto e = fire(target_of(server), {}, 50ms);
    EXPECT_EQ(e.error, Condition::timeout) << e.error.message();
    EXPECT_GE(e.sample.done - e.sample.planned, 50ms);
}

TEST_P(TransportTest, the_idle_limit_ends_a_server_that_stalls_and_spares_one_that_drips) {
    RawServer server([](RawConnection& c, int index) {
        c.read_request();
        c.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n");
        if (index > 0) return c.wait_for_close();
        for (int i = 0; i < 8; ++i) {
            std::this_thread::sleep_for(100ms);
            c.send("x");
        }
    });
    Target target = target_of(server);
    target.connect_timeout = 100ms;
    target.idle_timeout = 700ms;
    EXPECT_FALSE(fire(target, {}).error) << "0.8 s in all, never 0.7 s without a byte";
    EXPECT_EQ(fire(target, {}).error, Condition::timeout);
}

// libcurl's waited for the time of a connect besides, so that --timeout 1 took two seconds; and it saw whole lines of a head only.
TEST_P(TransportTest, the_idle_limit_is_counted_from_the_connection_and_each_byte) {
    RawServer server([](RawConnection& c, int index) {
        c.read_request();
        if (index > 0) return c.wait_for_close();
        for (const char byte : std::string("HTTP/1.1 200 OK\r\nX: 12345\r\nContent-Length: 0\r\n\r\n")) {
            std::this_thread::sleep_for(30ms);
            c.send({&byte, 1});
        }
    });
    Target target = target_of(server);
    target.connect_timeout = 20s;
    target.idle_timeout = 500ms;
    EXPECT_FALSE(fire(target, {}, 60s).error) << "1.5 s in all, never 0.5 s without a byte";
    const auto e = fire(target, {}, 60s);
    EXPECT_EQ(e.error, Condition::timeout);
    EXPECT_LT(e.sample.done - e.sample.planned, 10s);
}

// libcurl takes the last of two lengths for the right one, and any number for a number.
TEST_P(TransportTest, a_content_length_that_is_none_or_two_is_no_answer) {
    for (const char* lengths : {"Content-Length: 2\r\nContent-Length: 5", "Content-Length: 5\r\nContent-Length: 2",
                                "Content-Length: 99999999999999999999999", "Content-Length: 2x", "Content-Length: -2"}) {
        const auto e = answer(std::string("HTTP/1.1 200 OK\r\n") + lengths + "\r\n\r\nhello");
        EXPECT_EQ(e.error, Condition::protocol) << lengths << ": " << e.error.message();
    }
}

TEST_P(TransportTest, limits_on_head_and_body_hold) {
    const auto small = [](Target& t) {
        t.max_header_bytes = 2000;
        t.max_body_bytes = 100;
    };
    EXPECT_EQ(answer("HTTP/1.1 200 OK\r\nX: " + std::string(5000, 'a') + "\r\nContent-Length: 0\r\n\r\n", {}, small).error,
              Condition::too_large);
    EXPECT_EQ(answer("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'b'), {}, small).error,
              Condition::too_large);
    EXPECT_FALSE(answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'b'), {}, small).error);
}

TEST_P(TransportTest, a_connection_is_used_again_and_can_be_kept_from_it) {
    RawServer server(test::answer_all);
    for (const bool reuse : {true, false}) {
        const int before = server.accepted();
        Target target = target_of(server);
        target.reuse_connections = reuse;
        const auto transport = GetParam().make(io_.get_executor(), target);
        for (int i = 0; i < 3; ++i) ASSERT_FALSE(run(transport->fire({}, Clock::now(), Clock::now() + 20s)).error);
        EXPECT_EQ(server.accepted() - before, reuse ? 1 : 3);
    }
}

TEST_P(TransportTest, a_connection_that_died_while_idle_is_replaced) {
    RawServer server([](RawConnection& c, int) {
        c.read_request();
        c.send(test::ok_answer);
    });
    const auto transport = GetParam().make(io_.get_executor(), target_of(server));
    for (int i = 0; i < 3; ++i) {
        const auto e = run(transport->fire({"POST", "/", {}, "x"}, Clock::now(), Clock::now() + 20s));
        ASSERT_FALSE(e.error) << i << ' ' << e.error.message();
        std::this_thread::sleep_for(20ms);  // lets the FIN arrive
    }
}

TEST_P(TransportTest, a_sink_sees_the_answer_while_it_comes_and_can_end_it) {
    RawServer server([](RawConnection& c, int) {
        c.read_request();
        c.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
        c.wait_for_close();  // never ends by itself
    });
    int status = 0;
    std::string body;
    ResponseSink sink;
    sink.on_head = [&](const http::Response& r) {
        status = r.status;
        return true;
    };
    sink.on_body = [&](std::string_view chunk) {
        body += chunk;
        return false;
    };
    const auto e = fire(target_of(server), {}, 20s, &sink);
    EXPECT_EQ(e.error, Condition::cancelled);
    EXPECT_EQ(status, 200);
    EXPECT_EQ(body, "data: 1\n\n");
}

asio::awaitable<void> fire_into(Transport& transport, Exchange& out) {
    static const http::Request request;
    out = co_await transport.fire(request, Clock::now(), TimePoint::max());
}

asio::awaitable<void> cancel_soon(Transport& transport, Exchange& out) {
    net::TaskGroup group(co_await asio::this_coro::executor);
    group.spawn(fire_into(transport, out));
    co_await net::sleep_until(Clock::now() + 50ms);
    group.cancel();
    co_await group.join();
}

TEST_P(TransportTest, cancellation_ends_an_exchange_that_hangs) {
    RawServer server([](RawConnection& c, int) { c.wait_for_close(); });
    const auto transport = GetParam().make(io_.get_executor(), target_of(server));
    Exchange e;
    run(cancel_soon(*transport, e));
    EXPECT_EQ(e.error, Condition::cancelled) << e.error.message();
    EXPECT_EQ(e.sample.outcome, metrics::Outcome::cancelled);
}

TEST(Http1Transport, an_early_answer_to_a_large_body_is_read) {
    asio::io_context io;
    RawServer server([](RawConnection& c, int) {
        c.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        c.wait_for_close();
    });
    Target target;
    target.host = "127.0.0.1";
    target.port = server.port();
    const auto transport = make_http1_transport(io.get_executor(), target);
    const http::Request request{"POST", "/", {}, std::string(4U << 20U, 'x')};
    auto result = asio::co_spawn(io, transport->fire(request, Clock::now(), Clock::now() + 20s), asio::use_future);
    io.run();
    EXPECT_EQ(result.get().response.status, 413);
}

/// What comes of a peer that repeats `piece` until it is closed.
Exchange flooded(std::string head, const std::string& piece, const std::function<void(Target&)>& change = {}) {
    asio::io_context io;
    std::string block;
    while (block.size() < 100'000) block += piece;
    RawServer server([&](RawConnection& c, int) {
        c.read_request();
        c.send(head);
        while (c.send(block)) {
        }
    });
    Target target;
    target.host = "127.0.0.1";
    target.port = server.port();
    if (change) change(target);
    const auto transport = make_http1_transport(io.get_executor(), target);
    const http::Request request;
    auto result = asio::co_spawn(io, transport->fire(request, Clock::now(), Clock::now() + 500ms), asio::use_future);
    io.run();
    return result.get();
}

// Each read set the deadline anew, which took back an expiry that was waiting behind it: against a peer that always had bytes ready
// a timeout of one second came after seven.
TEST(Http1Transport, a_peer_that_sends_without_pause_does_not_outrun_the_deadline) {
    const auto drops = [](Target& t) {
        t.keep_body = false;
        t.max_body_bytes = SIZE_MAX;
    };
    const auto e = flooded("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", drops);
    EXPECT_EQ(e.error, Condition::timeout) << e.error.message();
    EXPECT_GE(e.sample.done - e.sample.planned, 500ms);
    EXPECT_LT(e.sample.done - e.sample.planned, 5s);
}

// Interim answers were read for as long as they came: no limit counted them.
TEST(Http1Transport, interim_answers_are_limited_as_a_head_is) {
    EXPECT_EQ(flooded("", "HTTP/1.1 100 Continue\r\n\r\n").error, NetErrc::header_too_large);
}

// Only a head was held against the limit: a chunk extension or a trailer without an end took a gigabyte in three seconds.
TEST(Http1Transport, chunk_extensions_and_trailers_are_limited) {
    const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(flooded(chunked + "5;x=", "a").error, Condition::too_large);
    EXPECT_EQ(flooded(chunked + "0\r\nX: ", "a").error, Condition::too_large);
    EXPECT_EQ(flooded(chunked + "0\r\n", "X: a\r\n").error, Condition::too_large);
}

TEST(Http1Transport, prepare_opens_every_socket_before_the_first_request) {
    asio::io_context io;
    std::atomic<int> requests = 0;
    RawServer server([&](RawConnection& c, int) {
        if (c.read_request().empty()) return;
        ++requests;
        c.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    Target target;
    target.host = "127.0.0.1";
    target.port = server.port();
    const auto transport = make_http1_transport(io.get_executor(), target);
    Exchange failed;
    auto held = asio::co_spawn(io, transport->prepare(40, Clock::now() + 20s, failed), asio::use_future);
    io.run();
    EXPECT_EQ(held.get(), 40U);
    EXPECT_FALSE(failed.error);
    EXPECT_EQ(transport->open_connections(), 40U);
    EXPECT_EQ(requests, 0);
    io.restart();
    static const http::Request get;
    auto done = asio::co_spawn(io, transport->fire(get, Clock::now() + 10ms, Clock::now() + 20s), asio::use_future);
    io.run();
    const auto e = done.get();
    EXPECT_FALSE(e.error);
    EXPECT_GE(e.sample.started, e.sample.planned) << "never before its time";
    EXPECT_EQ(e.sample.connected, e.sample.started) << "its connection was there";
}

// A server that is overrun takes a connection only to close it: held for the burst, it would fail there.
TEST(Http1Transport, does_not_hold_connections_that_the_server_has_closed) {
    RawServer server([](RawConnection& c, int index) {
        if (index >= 3) c.wait_for_close();
    });
    Target target;
    target.host = "127.0.0.1";
    target.port = server.port();
    asio::io_context io;
    const auto transport = make_http1_transport(io.get_executor(), target);
    const auto prepare = [&](std::size_t n) {
        Exchange failed;
        io.restart();
        asio::co_spawn(io, transport->prepare(n, Clock::now() + 20s, failed), asio::use_future);
        io.run();
    };
    prepare(6);
    // When the closes arrive is the kernel's business: looked at again, without opening more, they are gone at last.
    EXPECT_TRUE(test::eventually([&] {
        prepare(0);
        return transport->open_connections() == 3;
    }));
    prepare(3);
    EXPECT_EQ(transport->open_connections(), 6U);
}

}  // namespace
}  // namespace volley::client
