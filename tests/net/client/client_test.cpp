// The client of the library's users: against servers of exact bytes, our own server, and one that speaks TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>

#include <volley/http/client.hpp>

#include "net/deadline.hpp"
#include "net/server/fixture.hpp"
#include "net/task_group.hpp"
#include "support/raw_client.hpp"
#include "support/raw_server.hpp"
#include "support/tls_server.hpp"

namespace volley::http {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::awaitable;
using test::answer_all;
using test::ok_answer;
using test::RawConnection;
using test::RawServer;
using testing::HasSubstr;

class ClientTest : public testing::Test {
protected:
    template <class T>
    T run(awaitable<T> main) {
        io_.restart();
        auto result = asio::co_spawn(io_, std::move(main), asio::use_future);
        io_.run();
        return result.get();
    }
    Client make(ClientOptions options = {}) { return Client(io_.get_executor(), std::move(options)); }
    static std::string url_of(std::uint16_t port, std::string_view target = "/") {
        return "http://127.0.0.1:" + std::to_string(port) + std::string(target);
    }
    Result<Response> send(Client& client, Request request, Duration limit = 20s) {
        return run(client.send(std::move(request), Clock::now() + limit, &details_));
    }
    Result<Response> get(Client& client, std::string url, Duration limit = 20s) {
        return send(client, {"GET", std::move(url), {}, {}}, limit);
    }
    /// What comes of an answer of exactly these bytes, after which the server closes.
    Result<Response> answer(std::string bytes, ClientOptions options = {}) {
        RawServer server([&](RawConnection& c, int) {
            c.read_request();
            c.send(bytes);
        });
        Client client = make(std::move(options));
        return get(client, url_of(server.port()));
    }

    asio::io_context io_;  // first: clients must not outlive it
    SendDetails details_;
};

// --- the requests -----------------------------------------------------------------------------------------------------

TEST_F(ClientTest, sends_what_it_is_given_and_what_its_options_add) {
    std::string seen;
    RawServer server([&](RawConnection& c, int) {
        while (true) {
            const std::string request = c.read_request();
            if (request.empty()) return;
            seen = request;
            c.send(ok_answer);
        }
    });
    ClientOptions options;
    options.headers = {{"X-Twice", "1"}, {"X-Twice", "2"}, {"X-Own", "default"}};
    Client client = make(options);
    Request request{"PUT", url_of(server.port(), "/a%20b?c=d#fragment"), {{"x-own", "mine"}}, "body"};
    const auto answer = send(client, request);
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->body, "ok");
    EXPECT_TRUE(seen.starts_with("PUT /a%20b?c=d HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n")) << seen;
    EXPECT_THAT(seen, HasSubstr("\r\nX-Twice: 1\r\nX-Twice: 2\r\n"));
    EXPECT_THAT(seen, HasSubstr("\r\nx-own: mine\r\n"));
    EXPECT_THAT(seen, testing::Not(HasSubstr("default")));
    EXPECT_THAT(seen, HasSubstr("\r\nUser-Agent: volley/"));
    EXPECT_THAT(seen, HasSubstr("\r\nContent-Length: 4\r\n"));

    ASSERT_TRUE(run(client.post_json(url_of(server.port()), R"({"a": 1})")));
    EXPECT_THAT(seen, HasSubstr("POST / HTTP/1.1\r\n"));
    EXPECT_THAT(seen, HasSubstr("\r\nContent-Type: application/json\r\nAccept: application/json\r\n"));
    EXPECT_TRUE(seen.ends_with("\r\n\r\n{\"a\": 1}")) << seen;
    ASSERT_TRUE(run(client.post(url_of(server.port()), "a=b", "application/x-www-form-urlencoded")));
    EXPECT_THAT(seen, HasSubstr("\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
    ASSERT_TRUE(run(client.get("http://Aladdin:open%20sesame@127.0.0.1:" + std::to_string(server.port()))));
    EXPECT_THAT(seen, HasSubstr("\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));  // RFC 7617 section 2
    EXPECT_EQ(server.accepted(), 1) << "one after another needs one connection";
}

TEST_F(ClientTest, refuses_what_is_no_absolute_url_and_no_request) {
    Client client = make();
    for (const char* url : {"/ping", ":8000/ping", "localhost:8000", "ftp://h/", "//h/", "http://", "http://h:99999/"})
        EXPECT_FALSE(get(client, url)) << url;
    EXPECT_EQ(get(client, "").error(), ParseErrc::empty);
    EXPECT_EQ(get(client, "/ping").error(), ParseErrc::bad_url);
    EXPECT_THAT(details_.diagnostics.message, HasSubstr("not an absolute"));
    RawServer server(answer_all);
    EXPECT_EQ(send(client, {"GET", url_of(server.port()), {{"X", "a\r\nY: b"}}, {}}).error(), NetErrc::unsupported);
    EXPECT_EQ(server.accepted(), 0);
}

// --- many at once -----------------------------------------------------------------------------------------------------

awaitable<void> get_into(Client& client, std::string url, Result<Response>& out) {
    Request request{"GET", std::move(url), {}, {}};
    out = co_await client.send(std::move(request), Clock::now() + 60s);
}

awaitable<void> get_all(Client& client, std::string url, std::vector<Result<Response>>& out) {
    net::TaskGroup group(co_await asio::this_coro::executor);
    for (auto& one : out) group.spawn(get_into(client, url, one));
    co_await group.join();
}

TEST_F(ClientTest, fifty_at_once_are_fifty_at_once) {
    const auto gate = std::make_shared<test::Gate>();
    test::LiveServer server(test::gated_routes(gate), test::options_of("coroutine"));
    std::thread opener([&] {  // nobody is answered before all fifty have come
        EXPECT_TRUE(test::eventually([&] { return server.count("/wait").running == 50; }));
        gate->open = true;
    });
    ClientOptions options;
    options.max_idle_per_origin = 20;
    Client client = make(options);
    std::vector<Result<Response>> answers(50, NetErrc::cancelled);
    run(get_all(client, url_of(server.port(), "/wait"), answers));
    opener.join();
    for (const auto& one : answers) ASSERT_TRUE(one && one->body == "waited");
    EXPECT_EQ(server.count("/wait").peak, 50U);
    EXPECT_EQ(client.open_connections(), 20U) << "what is over the limit of idle ones is closed";
    client.close_idle();
    EXPECT_EQ(client.open_connections(), 0U);
}

// --- connections ------------------------------------------------------------------------------------------------------

TEST_F(ClientTest, connections_are_kept_for_their_origin_and_the_oldest_origins_let_go) {
    RawServer one(answer_all), two(answer_all), three(answer_all);
    ClientOptions options;
    options.max_origins = 2;
    Client client = make(options);
    ASSERT_TRUE(get(client, url_of(one.port())));
    EXPECT_FALSE(details_.reused);
    EXPECT_GT(details_.connected, Duration::zero());
    EXPECT_GE(details_.first_byte, details_.connected);
    EXPECT_GE(details_.total, details_.first_byte);
    ASSERT_TRUE(get(client, url_of(two.port())));
    ASSERT_TRUE(get(client, url_of(one.port())));
    EXPECT_TRUE(details_.reused);
    EXPECT_EQ(details_.connected, Duration::zero());
    ASSERT_TRUE(get(client, url_of(three.port())));
    EXPECT_EQ(client.open_connections(), 2U) << "the second was not used for longest";
    ASSERT_TRUE(get(client, url_of(one.port())));
    ASSERT_TRUE(get(client, url_of(two.port())));
    EXPECT_EQ(one.accepted(), 1);
    EXPECT_EQ(two.accepted(), 2);
}

TEST_F(ClientTest, without_idle_connections_each_request_has_its_own) {
    RawServer server(answer_all);
    ClientOptions options;
    options.max_idle_per_origin = 0;
    Client client = make(options);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(get(client, url_of(server.port())));
    EXPECT_EQ(server.accepted(), 3);
    EXPECT_EQ(client.open_connections(), 0U);
}

TEST_F(ClientTest, a_request_outlives_its_client_and_its_origins_place) {
    RawServer server(answer_all);
    auto client = std::make_unique<Client>(io_.get_executor());
    auto result = asio::co_spawn(io_, client->get(url_of(server.port())), asio::use_future);
    client.reset();
    io_.run();
    EXPECT_TRUE(result.get());
}

// --- redirects --------------------------------------------------------------------------------------------------------

std::string redirect_to(const std::string& location, int status = 302) {
    return "HTTP/1.1 " + std::to_string(status) + " Elsewhere\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n";
}

TEST_F(ClientTest, redirects_are_answers_unless_they_are_to_be_followed) {
    std::string other_saw;
    RawServer other([&](RawConnection& c, int) {
        other_saw = c.read_request();
        c.send(ok_answer);
    });
    std::vector<std::string> paths;
    RawServer server([&](RawConnection& c, int) {
        while (true) {
            const std::string request = c.read_request();
            if (request.empty()) return;
            paths.push_back(request.substr(0, request.find(" HTTP")));
            c.send(request.find(" /start") != std::string::npos ? redirect_to("/next", 303)
                                                                : redirect_to(url_of(other.port(), "/end"), 307));
        }
    });
    const Request request{"POST", url_of(server.port(), "/start"), {{"Authorization", "secret"}, {"X-Kept", "1"}}, "body"};
    Client plain = make();
    EXPECT_EQ(send(plain, request)->status, 303);
    paths.clear();
    ClientOptions options;
    options.max_redirects = 2;
    Client client = make(options);
    const auto answer = send(client, request);
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->body, "ok");
    EXPECT_THAT(paths, testing::ElementsAre("POST /start", "GET /next"));
    EXPECT_EQ(details_.redirects, 2U);
    EXPECT_EQ(details_.url, url_of(other.port(), "/end"));
    EXPECT_THAT(other_saw, HasSubstr("Host: 127.0.0.1:" + std::to_string(other.port())));
    EXPECT_THAT(other_saw, HasSubstr("X-Kept: 1"));
    EXPECT_THAT(other_saw, testing::Not(HasSubstr("secret"))) << "credentials stay with their origin";
}

TEST_F(ClientTest, redirects_that_go_round_end_at_the_limit) {
    std::atomic<int> requests = 0;
    RawServer server([&](RawConnection& c, int) {
        while (!c.read_request().empty()) {
            ++requests;
            c.send(redirect_to("/again"));
        }
    });
    ClientOptions options;
    options.max_redirects = 3;
    Client client = make(options);
    EXPECT_EQ(get(client, url_of(server.port())).error(), NetErrc::too_many_redirects);
    EXPECT_EQ(requests, 4);
    EXPECT_EQ(details_.redirects, 3U);
}

// --- what goes wrong --------------------------------------------------------------------------------------------------

TEST_F(ClientTest, failures_are_values) {
    EXPECT_EQ(answer("").error(), Condition::reset);
    EXPECT_EQ(answer("SSH-2.0-OpenSSH\r\n").error(), Condition::protocol);
    EXPECT_EQ(answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").error(), Condition::truncated);
    EXPECT_EQ(answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab").error(), Condition::truncated);
    EXPECT_EQ(answer("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")->status, 503) << "a status is an answer";
    ClientOptions small;
    small.max_body_bytes = 100;
    small.max_header_bytes = 2000;
    EXPECT_EQ(answer("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'b'), small).error(),
              Condition::too_large);
    EXPECT_EQ(answer("HTTP/1.1 200 OK\r\nX: " + std::string(5000, 'a') + "\r\n\r\n", small).error(), Condition::too_large);
    std::uint16_t nobody = 0;
    {
        RawServer gone([](RawConnection&, int) {});
        nobody = gone.port();
    }
    Client client = make();
    EXPECT_EQ(get(client, url_of(nobody)).error(), Condition::refused);
    EXPECT_EQ(client.open_connections(), 0U);
}

TEST_F(ClientTest, deadlines_end_a_silent_server) {
    RawServer server([](RawConnection& c, int) { c.wait_for_close(); });
    Client client = make();
    const auto asked = Clock::now();
    EXPECT_EQ(get(client, url_of(server.port()), 50ms).error(), Condition::timeout);
    EXPECT_GE(Clock::now() - asked, 50ms);
    EXPECT_EQ(get(client, url_of(server.port()), -1s).error(), Condition::timeout) << "one that has passed";
    ClientOptions options;
    options.timeout = 50ms;
    Client hasty = make(options);
    EXPECT_EQ(run(hasty.get(url_of(server.port()))).error(), Condition::timeout);
}

TEST_F(ClientTest, the_deadline_is_for_all_redirects_together) {
    RawServer server([](RawConnection& c, int) {
        while (!c.read_request().empty()) {
            std::this_thread::sleep_for(10ms);
            c.send(redirect_to("/again"));
        }
    });
    ClientOptions options;
    options.max_redirects = 1'000'000;
    Client client = make(options);
    EXPECT_EQ(get(client, url_of(server.port()), 200ms).error(), Condition::timeout);
    EXPECT_GT(details_.redirects, 0U);
}

awaitable<void> cancel_all(Client& client, std::string url, std::vector<Result<Response>>& out, const std::atomic<int>& arrived) {
    net::TaskGroup group(co_await asio::this_coro::executor);
    for (auto& one : out) group.spawn(get_into(client, url, one));
    while (arrived < static_cast<int>(out.size())) co_await net::sleep_until(Clock::now() + 2ms);
    group.cancel();
    co_await group.join();
}

TEST_F(ClientTest, cancellation_ends_requests_with_a_value) {
    std::atomic<int> arrived = 0;
    RawServer server([&](RawConnection& c, int) {
        c.read_request();
        ++arrived;
        c.wait_for_close();
    });
    Client client = make();
    std::vector<Result<Response>> answers(5, NetErrc::timed_out);
    run(cancel_all(client, url_of(server.port()), answers, arrived));
    for (const auto& one : answers) EXPECT_EQ(one.error(), Condition::cancelled);
    EXPECT_EQ(client.open_connections(), 0U);
}

// --- https ------------------------------------------------------------------------------------------------------------

TEST_F(ClientTest, https_wants_a_certificate_that_it_can_trust_and_that_names_the_host) {
    const test::TlsServer server;
    const std::string url = "https://127.0.0.1:" + std::to_string(server.port());
    Client trusts_the_system = make();
    EXPECT_EQ(get(trusts_the_system, url).error(), Condition::tls);
    EXPECT_THAT(details_.diagnostics.message, HasSubstr("self-signed"));
    EXPECT_EQ(trusts_the_system.open_connections(), 0U);

    ClientOptions options;
    options.tls.ca_file = server.certificate_file();
    Client client = make(options);
    EXPECT_EQ(get(client, "https://localhost:" + std::to_string(server.port())).error(), Condition::tls)
        << "it is not localhost's";
    const int before = server.sessions();
    for (int i = 0; i < 3; ++i) {
        const auto answer = get(client, url);
        ASSERT_TRUE(answer) << answer.error().message() << details_.diagnostics.message;
        EXPECT_EQ(answer->body, "secret");
    }
    EXPECT_EQ(server.sessions() - before, 1) << "kept alive";

    options.tls.verify = false;
    options.tls.ca_file.clear();
    Client trusts_anybody = make(options);
    EXPECT_TRUE(get(trusts_anybody, "https://localhost:" + std::to_string(server.port())));
}

TEST_F(ClientTest, https_without_its_authorities_file_sends_nothing) {
    const test::TlsServer server;
    ClientOptions options;
    options.tls.ca_file = "/nowhere/ca.pem";
    Client client = make(options);
    EXPECT_EQ(get(client, "https://127.0.0.1:" + std::to_string(server.port())).error(), Condition::tls);
    EXPECT_THAT(details_.diagnostics.message, HasSubstr("/nowhere/ca.pem"));
    EXPECT_EQ(server.sessions(), 0);
}

}  // namespace
}  // namespace volley::http
