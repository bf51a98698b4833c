// TLS of the client for load: what it shows, what it checks, and that it resumes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "net/client/probe_call.hpp"
#include "support/raw_client.hpp"
#include "support/raw_server.hpp"
#include "support/tls_server.hpp"

namespace volley::client {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::ProbeCall;
using test::RawConnection;
using test::RawServer;
using test::TlsServer;

Target target_of(const TlsServer& server, std::string host = "127.0.0.1") {
    Target target;
    target.scheme = "https";
    target.host = std::move(host);
    target.port = server.port();
    target.tls.ca_file = server.certificate_file();
    return target;
}

class TlsTest : public testing::Test {
protected:
    /// One request after the other, each on a connection of its own.
    ProbeCall& fetch(Target target, int times = 1) {
        target.reuse_connections = false;
        const auto carrier = make_fast_carrier(io_.get_executor(), target);
        call_ = std::make_unique<ProbeCall>(target);
        for (int i = 0; i < times; ++i) {
            call_->fire(*carrier);
            EXPECT_TRUE(test::run_until(io_, [&] { return call_->done; }));
        }
        return *call_;
    }
    asio::io_context io_{1};
    std::unique_ptr<ProbeCall> call_;
};

TEST_F(TlsTest, an_answer_comes_through_and_its_instants_are_in_order) {
    TlsServer server;
    const auto& call = fetch(target_of(server));
    ASSERT_FALSE(call.error) << call.why.message;
    EXPECT_EQ(call.body, "secret");
    const auto& s = call.sample;
    EXPECT_LE(s.started, s.resolved);
    EXPECT_LE(s.resolved, s.tcp);
    EXPECT_LE(s.tcp, s.connected);
    EXPECT_LE(s.connected, s.sent);
    EXPECT_LE(s.sent, s.first_byte);
}

TEST_F(TlsTest, the_second_connection_resumes_the_session_of_the_first) {
    TlsServer server;
    EXPECT_FALSE(fetch(target_of(server), 4).error);
    const auto seen = server.seen();
    ASSERT_EQ(seen.size(), 4U);
    EXPECT_FALSE(seen[0].resumed);
    for (std::size_t i = 1; i < 4; ++i) EXPECT_TRUE(seen[i].resumed) << i;
}

TEST_F(TlsTest, a_name_is_sent_and_an_address_is_not) {
    TlsServer by_name({.names = "DNS:localhost"});
    EXPECT_FALSE(fetch(target_of(by_name, "localhost")).error) << call_->why.message;
    TlsServer by_address;
    EXPECT_FALSE(fetch(target_of(by_address)).error) << call_->why.message;
    ASSERT_EQ(by_name.seen().size(), 1U);
    ASSERT_EQ(by_address.seen().size(), 1U);
    EXPECT_EQ(by_name.seen()[0].name, "localhost");
    EXPECT_EQ(by_address.seen()[0].name, "") << "RFC 6066 section 3";
}

TEST_F(TlsTest, offers_http_1_1_and_nothing_else) {
    TlsServer server;
    EXPECT_FALSE(fetch(target_of(server)).error);
    ASSERT_EQ(server.seen().size(), 1U);
    EXPECT_EQ(server.seen()[0].alpn, "\x08http/1.1");
}

TEST_F(TlsTest, a_certificate_of_another_name_is_refused) {
    TlsServer server;  // names 127.0.0.1
    EXPECT_EQ(fetch(target_of(server, "localhost")).error, Condition::tls);
    EXPECT_NE(call_->why.message.find("ostname mismatch"), std::string::npos) << call_->why.message;
    TlsServer other({.names = "IP:127.0.0.2"});
    EXPECT_EQ(fetch(target_of(other)).error, Condition::tls);
    EXPECT_NE(call_->why.message.find("IP address mismatch"), std::string::npos) << call_->why.message;
}

TEST_F(TlsTest, a_certificate_of_an_unknown_authority_is_refused) {
    TlsServer server;
    TlsServer stranger;
    Target target = target_of(server);
    target.tls.ca_file = stranger.certificate_file();
    EXPECT_EQ(fetch(target).error, Condition::tls);
    EXPECT_NE(call_->why.message.find("self-signed"), std::string::npos) << call_->why.message;
    target.tls.ca_file = "";  // the system's
    EXPECT_EQ(fetch(target).error, Condition::tls);
    target.tls.verify = false;
    EXPECT_FALSE(fetch(target).error) << call_->why.message;
}

TEST_F(TlsTest, files_that_cannot_be_read_are_named) {
    TlsServer server;
    Target target = target_of(server);
    target.tls.ca_file = "/nonexistent/ca.pem";
    EXPECT_EQ(fetch(target).error, Condition::tls);
    EXPECT_NE(call_->why.message.find("/nonexistent/ca.pem"), std::string::npos) << call_->why.message;
    target = target_of(server);
    target.tls.cert_file = "/nonexistent/client.pem";
    EXPECT_EQ(fetch(target).error, Condition::tls);
    EXPECT_NE(call_->why.message.find("/nonexistent/client.pem"), std::string::npos) << call_->why.message;
    EXPECT_EQ(server.sessions(), 0);
}

TEST_F(TlsTest, a_client_certificate_is_shown) {
    TlsServer server({.wants_certificate = true});
    Target target = target_of(server);
    EXPECT_FALSE(fetch(target).error);
    target.tls.cert_file = server.certificate_file();  // holds its key, too
    EXPECT_FALSE(fetch(target, 2).error) << call_->why.message;
    const auto seen = server.seen();
    ASSERT_EQ(seen.size(), 3U);
    EXPECT_FALSE(seen[0].certificate);
    EXPECT_TRUE(seen[1].certificate);
    EXPECT_TRUE(seen[2].certificate);
}

// The answer lay in OpenSSL's buffer behind the last bytes of the handshake, and was never asked for.
TEST_F(TlsTest, an_answer_that_comes_with_the_handshake_is_read) {
    TlsServer server({.early = true});
    const auto& call = fetch(target_of(server), 3);
    EXPECT_FALSE(call.error) << call.error.message();
    EXPECT_LT(call.sample.done - call.sample.planned, 15s);
}

TEST_F(TlsTest, an_answer_that_was_cut_is_truncated) {
    TlsServer counted({.answer = "HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\nsecret", .cut = true});
    EXPECT_EQ(fetch(target_of(counted)).error, Condition::truncated);
    // Anybody on the way could have cut it (RFC 9112 section 9.8).
    TlsServer until_close({.answer = "HTTP/1.1 200 OK\r\n\r\nsecret", .cut = true});
    EXPECT_EQ(fetch(target_of(until_close)).error, Condition::truncated);
    TlsServer nothing({.answer = "", .cut = true});
    EXPECT_EQ(fetch(target_of(nothing)).error, Condition::reset);
}

TEST_F(TlsTest, a_server_without_tls_is_an_error_of_tls) {
    RawServer plain([](RawConnection& c, int) {
        c.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        c.wait_for_close();
    });
    Target target;
    target.scheme = "https";
    target.host = "127.0.0.1";
    target.port = plain.port();
    EXPECT_EQ(fetch(target).error, Condition::tls);
    RawServer closes([](RawConnection&, int) {});
    target.port = closes.port();
    EXPECT_EQ(fetch(target).error, Condition::tls) << call_->error.message();
}

TEST_F(TlsTest, a_handshake_that_does_not_go_on_ends_at_its_deadline) {
    RawServer silent([](RawConnection& c, int) { c.wait_for_close(); });
    Target target;
    target.scheme = "https";
    target.host = "127.0.0.1";
    target.port = silent.port();
    target.connect_timeout = 100ms;
    EXPECT_EQ(fetch(target).error, Condition::timeout);
}

TEST_F(TlsTest, a_body_larger_than_any_buffer_comes_through) {
    TlsServer server({.answer = "HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n" + std::string(4'000'000, 'x')});
    const auto& call = fetch(target_of(server), 2);
    EXPECT_FALSE(call.error) << call.error.message();
    EXPECT_EQ(call.body.size(), 4'000'000U);
}

// Tickets come behind the first answer: they must not make an idle connection look as if the server had spoken.
TEST_F(TlsTest, kept_alive_connections_are_used_again) {
    TlsServer server;
    const Target target = target_of(server);
    const auto carrier = make_fast_carrier(io_.get_executor(), target);
    ProbeCall call(target);
    for (int i = 0; i < 20; ++i) {
        call.fire(*carrier);
        ASSERT_TRUE(test::run_until(io_, [&] { return call.done; }));
        EXPECT_FALSE(call.error) << call.error.message();
    }
    EXPECT_EQ(server.sessions(), 1);
    EXPECT_EQ(carrier->opened(), 1U);
}

// Where OpenSSL's read(2) ended with the answer it held nothing more, and what lay behind it in the socket was the answer to the next
// request. It reads somewhat over a record at once, and then no more than the rest of the one that was cut.
TEST_F(TlsTest, what_follows_an_answer_that_fills_a_read_is_never_the_answer_to_the_next) {
    constexpr std::size_t overhead = 22;  // of a record: its head, its type, and the tag (RFC 8446 section 5.2)
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 16000\r\nX-Fill: ";
    for (const std::size_t size : {16'600U, 16'700U, 16'712U, 16'713U, 16'714U, 16'715U, 16'716U, 16'717U, 17'000U}) {
        const std::size_t text = size - 2 * overhead;
        const std::string answer =
            head + std::string(text - head.size() - 4 - 16'000, 'x') + "\r\n\r\n" + std::string(16'000, 'y');
        TlsServer server(
            {.second = {answer.substr(0, 8000), answer.substr(8000), "HTTP/1.1 299 Smuggled\r\nContent-Length: 0\r\n\r\n"}});
        const Target target = target_of(server);
        const auto carrier = make_fast_carrier(io_.get_executor(), target);
        ProbeCall call(target);
        call.fire(*carrier);
        ASSERT_TRUE(test::run_until(io_, [&] { return call.done; }));
        call.fire(*carrier);
        ASSERT_TRUE(test::eventually([&] { return server.second_arrived(); }));
        ASSERT_TRUE(test::run_until(io_, [&] { return call.done; }));
        EXPECT_EQ(call.body.size(), 16'000U);
        call.fire(*carrier);
        ASSERT_TRUE(test::run_until(io_, [&] { return call.done; }));
        EXPECT_EQ(call.status, 200) << "behind " << size << " bytes";
        EXPECT_EQ(call.body, "secret");
    }
}

TEST_F(TlsTest, prepared_connections_have_done_their_handshake) {
    TlsServer server;
    const Target target = target_of(server);
    const auto carrier = make_fast_carrier(io_.get_executor(), target);
    std::optional<Carrier::Prepared> prepared;
    carrier->prepare(30, Clock::now() + 20s, [&](Carrier::Prepared result) { prepared = std::move(result); });
    ASSERT_TRUE(test::run_until(io_, [&] { return prepared.has_value(); }));
    EXPECT_EQ(prepared->held, 30U) << prepared->error.message() << prepared->why.message;
    EXPECT_TRUE(test::eventually([&] { return server.sessions() == 30; }));
    ProbeCall call(target);
    call.fire(*carrier);
    ASSERT_TRUE(test::run_until(io_, [&] { return call.done; }));
    EXPECT_FALSE(call.error) << call.error.message();
    EXPECT_EQ(carrier->opened(), 30U);
}

}  // namespace
}  // namespace volley::client
