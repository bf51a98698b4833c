// Small requests beside a burst: how many, when, and what counts as an answer.
#include <algorithm>
#include <atomic>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/deadline.hpp"
#include "net/verify/on_a_loop.hpp"
#include "support/raw_server.hpp"
#include "support/tls_server.hpp"
#include "verify/canaries.hpp"

namespace volley::verify {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::run_on;
using volley::test::RawConnection;
using volley::test::RawServer;

/// What a canary that only waits has been told.
struct Flights {
    Duration each{};
    int out = 0;
    int most = 0;
    std::vector<TimePoint> planned{}, started{}, ended{};
};

awaitable<CanaryEnd> fly(Flights* flights, TimePoint planned) {
    flights->most = std::max(flights->most, ++flights->out);
    flights->planned.push_back(planned);
    flights->started.push_back(Clock::now());
    const TimePoint end = Clock::now() + flights->each;
    co_await net::sleep_until(end);
    --flights->out;
    flights->ended.push_back(Clock::now());
    co_return CanaryEnd{204, metrics::Outcome::ok};
}

SendCanary flying(Flights& flights) {
    return [&flights](TimePoint planned) { return fly(&flights, planned); };
}

awaitable<std::vector<verdict::Canary>> sing(SendCanary send, TimePoint origin, Duration every, Duration length,
                                             Duration patience) {
    Canaries canaries(co_await boost::asio::this_coro::executor, std::move(send), every);
    canaries.start(origin);
    const TimePoint over = Clock::now() + length;
    co_await net::sleep_until(over);
    auto seen = co_await canaries.stop(patience);
    co_return seen;
}

TEST(Canaries, never_more_than_two_are_out_and_those_that_stay_out_are_never_done) {
    boost::asio::io_context io;
    Flights flights{1h};
    const auto seen = run_on(io, sing(flying(flights), Clock::now(), 1ms, 50ms, 10ms));
    EXPECT_EQ(flights.most, 2);
    ASSERT_EQ(seen.size(), 2U);
    for (const auto& canary : seen) {
        EXPECT_EQ(canary.done, verdict::never);
        EXPECT_EQ(canary.outcome, metrics::Outcome::cancelled);
    }
}

TEST(Canaries, latency_counts_from_the_planned_start_also_of_one_that_had_to_wait) {
    boost::asio::io_context io;
    Flights flights{60ms};
    const TimePoint origin = Clock::now() - 5s;  // times are told from there
    const auto seen = run_on(io, sing(flying(flights), origin, 1ms, 150ms, 10s));
    ASSERT_GE(seen.size(), 3U);
    ASSERT_EQ(seen.size(), flights.started.size());
    ASSERT_EQ(seen.size(), flights.ended.size()) << "stop() waits for those that are out";
    for (std::size_t i = 0; i < seen.size(); ++i) {
        EXPECT_EQ(origin + seen[i].planned, flights.planned[i]);
        EXPECT_LE(flights.planned[i], flights.started[i]);
        EXPECT_GE(seen[i].done - seen[i].planned, flights.started[i] - flights.planned[i] + 60ms) << "its wait is part of it";
        EXPECT_EQ(seen[i].status, 204);
        EXPECT_EQ(seen[i].outcome, metrics::Outcome::ok);
    }
    // The third fell due while two were out.
    EXPECT_GE(flights.started[2], std::min(flights.ended[0], flights.ended[1]));
    EXPECT_EQ(flights.most, 2);
}

awaitable<std::vector<verdict::Canary>> one(SendCanary send) {
    auto seen = co_await sing(std::move(send), Clock::now(), 1h, 20ms, 20s);
    co_return seen;
}

verdict::Canary parsed_by(RawServer::Script script) {
    const RawServer server(std::move(script));
    boost::asio::io_context io;
    const client::Endpoints where{{boost::asio::ip::make_address("127.0.0.1"), server.port()}};
    const auto seen = run_on(io, one(parser_canary(io.get_executor(), {}, where)));
    EXPECT_EQ(seen.size(), 1U);
    return seen.empty() ? verdict::Canary{} : seen.front();
}

TEST(ParserCanary, a_refusal_of_the_malformed_line_is_an_answer) {
    std::string asked;
    const auto canary = parsed_by([&](RawConnection& c, int) {
        asked = c.read_request();
        c.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    });
    EXPECT_TRUE(asked.starts_with("{} / HTTP/1.1\r\n")) << asked;
    EXPECT_TRUE(asked.ends_with("\r\n\r\n")) << "a parser that waits for the end of the head must find one";
    EXPECT_EQ(canary.status, 400);
    EXPECT_EQ(canary.outcome, metrics::Outcome::ok);
    EXPECT_NE(canary.done, verdict::never);
}

TEST(ParserCanary, being_closed_or_reset_is_an_answer) {
    for (const bool reset : {false, true}) {
        const auto canary = parsed_by([reset](RawConnection& c, int) {
            c.read_request();
            if (reset) c.reset();
        });
        EXPECT_EQ(canary.status, 0);
        EXPECT_EQ(canary.outcome, metrics::Outcome::ok) << reset;
        EXPECT_NE(canary.done, verdict::never);
    }
}

// Bytes that are no digits were added up to a status all the same: -14583 for this one.
TEST(ParserCanary, bytes_that_are_no_status_are_none) {
    for (const std::string answer :
         {"HTTP/1.1 \xff\x80\x01 hi\r\n\r\n", "HTTP/1.1 2", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 abc no\r\n\r\n"}) {
        const auto canary = parsed_by([&](RawConnection& c, int) {
            c.read_request();
            c.send(answer);
        });
        EXPECT_EQ(canary.status, 0) << answer;
        EXPECT_EQ(canary.outcome, metrics::Outcome::ok);
    }
}

TEST(ParserCanary, a_server_that_never_answers_holds_nobody_up) {
    const RawServer server([](RawConnection& c, int) { c.wait_for_close(); });
    boost::asio::io_context io;
    const client::Endpoints where{{boost::asio::ip::make_address("127.0.0.1"), server.port()}};
    const auto seen = run_on(io, sing(parser_canary(io.get_executor(), {}, where), Clock::now(), 1ms, 50ms, 20ms));
    EXPECT_LE(seen.size(), 2U);
    EXPECT_FALSE(seen.empty());
    for (const auto& canary : seen) EXPECT_EQ(canary.done, verdict::never);
}

TEST(ParserCanary, a_refused_connection_is_no_answer_and_the_next_address_is_tried) {
    const RawServer server([](RawConnection& c, int) {
        c.read_request();
        c.send("HTTP/1.0 400 Bad\r\n\r\n");
    });
    boost::asio::io_context io;
    const auto loopback = boost::asio::ip::make_address("127.0.0.1");
    std::uint16_t closed = 0;
    {
        boost::asio::ip::tcp::acceptor taken(io, {loopback, 0});
        closed = taken.local_endpoint().port();
    }
    const auto refused = run_on(io, one(parser_canary(io.get_executor(), {}, {{loopback, closed}})));
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_NE(refused.front().outcome, metrics::Outcome::ok);
    const auto second = run_on(io, one(parser_canary(io.get_executor(), {}, {{loopback, closed}, {loopback, server.port()}})));
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second.front().status, 400);
}

verdict::Canary parsed_inside_tls(const volley::test::TlsServer& server, client::TlsOptions tls) {
    boost::asio::io_context io;
    client::Target target;
    target.scheme = "https";
    target.host = "127.0.0.1";
    target.port = server.port();
    target.tls = std::move(tls);
    const client::Endpoints where{{boost::asio::ip::make_address("127.0.0.1"), server.port()}};
    const auto seen = run_on(io, one(parser_canary(io.get_executor(), target, where)));
    EXPECT_EQ(seen.size(), 1U);
    return seen.empty() ? verdict::Canary{} : seen.front();
}

// Over https it was not sent at all, so that a held loop and a busy pool looked alike.
TEST(ParserCanary, goes_inside_tls_with_the_certificates_of_the_request) {
    volley::test::TlsServer::Options options;
    options.answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    const volley::test::TlsServer server(options);
    client::TlsOptions trusting;
    trusting.ca_file = server.certificate_file();
    client::TlsOptions careless;
    careless.verify = false;
    for (const auto& tls : {trusting, careless}) {
        const auto canary = parsed_inside_tls(server, tls);
        EXPECT_EQ(canary.status, 400);
        EXPECT_EQ(canary.outcome, metrics::Outcome::ok);
        EXPECT_NE(canary.done, verdict::never);
    }
    const int before = server.sessions();
    const auto distrusted = parsed_inside_tls(server, {});
    EXPECT_EQ(distrusted.status, 0);
    EXPECT_EQ(distrusted.outcome, metrics::Outcome::tls);
    EXPECT_EQ(server.sessions(), before) << "a certificate that is not trusted ends the handshake";

    options.wants_certificate = true;
    const volley::test::TlsServer strict(options);
    careless.cert_file = strict.certificate_file();
    EXPECT_EQ(parsed_inside_tls(strict, careless).status, 400);
    ASSERT_EQ(strict.seen().size(), 1U);
    EXPECT_TRUE(strict.seen().front().certificate);
}

TEST(ParserCanary, being_closed_inside_tls_or_before_it_is_told_apart) {
    volley::test::TlsServer::Options options;
    options.answer = "";
    options.cut = true;
    const volley::test::TlsServer silent(options);
    client::TlsOptions careless;
    careless.verify = false;
    EXPECT_EQ(parsed_inside_tls(silent, careless).outcome, metrics::Outcome::ok) << "the parser closed it";
    const RawServer plain([](RawConnection& c, int) { c.reset(); });
    boost::asio::io_context io;
    client::Target target;
    target.scheme = "https";
    target.tls = careless;
    const client::Endpoints where{{boost::asio::ip::make_address("127.0.0.1"), plain.port()}};
    const auto seen = run_on(io, one(parser_canary(io.get_executor(), target, where)));
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen.front().outcome, metrics::Outcome::tls) << "no parser was reached";
}

TEST(AppCanary, any_answer_will_do_on_a_connection_of_its_own) {
    std::string asked;
    const RawServer server([&](RawConnection& c, int) {
        asked = c.read_request();
        c.send("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
        c.wait_for_close();
    });
    boost::asio::io_context io;
    client::Target target;
    target.host = "127.0.0.1";
    target.port = server.port();
    http::Request request;
    request.target = "/cheap?a=1";
    const auto seen = run_on(io, one(app_canary(io.get_executor(), target, request)));
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen.front().status, 404);
    EXPECT_EQ(seen.front().outcome, metrics::Outcome::ok);
    EXPECT_TRUE(asked.starts_with("GET /cheap?a=1 HTTP/1.1\r\n")) << asked;
}

}  // namespace
}  // namespace volley::verify
