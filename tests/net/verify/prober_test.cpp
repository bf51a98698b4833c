// volley::verify as somebody's test uses it: against servers that are right, wrong, silent, too fast, or hostile.
#include <atomic>
#include <csignal>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/ip/tcp.hpp>

#include <volley/app/app.hpp>
#include <volley/server/spawn.hpp>
#include <volley/verdict/json.hpp>
#include <volley/verify.hpp>

#include "engine/request_template.hpp"
#include "net/server/fixture.hpp"
#include "net/verify/on_a_loop.hpp"
#include "support/raw_server.hpp"
#include "support/tls_server.hpp"

namespace volley::verify {
namespace {

using namespace std::chrono_literals;
using test::run_on;
using testing::HasSubstr;
using testing::Not;
using verdict::Headline;
using volley::test::LiveServer;
using volley::test::RawConnection;
using volley::test::RawServer;

std::string url_of(std::uint16_t port, const std::string& path) { return "http://127.0.0.1:" + std::to_string(port) + path; }

client::DirectRequest get_of(std::uint16_t port, std::string path) {
    client::DirectRequest request;
    request.name = "GET " + path;
    request.target.host = "127.0.0.1";
    request.target.port = port;
    request.request.target = std::move(path);
    return request;
}

/// Answers everything with that.
RawServer::Script saying(std::string answer) {
    return [answer](RawConnection& c, int) {
        while (!c.read_request().empty()) c.send(answer);
    };
}

class Verify : public testing::Test {
protected:
    Verify() {
        server::set_helper({VOLLEY_TEST_PROGRAM, "__helper"});
        quick_.most = 50;
        quick_.time = 20s;
    }
    boost::asio::io_context io_{1};
    Options quick_;
};

// --- a target that never worked ---------------------------------------------------------------------------------------

TEST_F(Verify, a_status_that_is_no_answer_is_told_in_a_sentence) {
    const struct {
        const char* line;
        const char* words;
    } cases[] = {{"302 Found", "answered 302: verify the URL that it redirects to"},
                 {"401 Unauthorized", "answered 401: it needs a login; give --auth, or a header"},
                 {"403 Forbidden", "answered 403: it needs a login"},
                 {"404 Not Found", "answered 404: is the path right, and the method?"},
                 {"405 No", "answered 405: is the path right, and the method?"},
                 {"500 Oh", "a request alone is answered 500: it must work before it can be verified"}};
    for (const auto& [line, words] : cases) {
        const RawServer server(
            saying(std::string("HTTP/1.1 ") + line + "\r\nLocation: http://evil.test/\r\nContent-Length: 0\r\n\r\n"));
        const auto result = url(url_of(server.port(), "/x"), quick_);
        EXPECT_THAT(result.unreachable, HasSubstr(words));
        EXPECT_LE(server.accepted(), 3) << "and soon: it is nobody's wish to be asked again and again";
    }
}

TEST_F(Verify, a_refused_port_is_told_in_a_sentence) {
    std::uint16_t closed = 0;
    {
        boost::asio::ip::tcp::acceptor taken(io_, {boost::asio::ip::make_address("127.0.0.1"), 0});
        closed = taken.local_endpoint().port();
    }
    const auto result = url(url_of(closed, "/x"), quick_);
    EXPECT_THAT(result.unreachable, HasSubstr("not answered"));
    EXPECT_THAT(result.unreachable, HasSubstr("refused"));
}

TEST_F(Verify, what_is_no_url_is_said_without_the_password_in_it) {
    const auto result = url("http://ada:t0psecret@exa mple:99999/x?key=hunter2", quick_);
    EXPECT_THAT(result.unreachable, HasSubstr("not a URL"));
    EXPECT_THAT(result.unreachable, Not(HasSubstr("t0psecret")));
    EXPECT_THAT(result.unreachable, Not(HasSubstr("hunter2")));
}

TEST_F(Verify, a_peer_that_talks_nonsense_is_told_without_its_control_characters) {
    const RawServer server(saying("\x1b[31mHTTP/9.9 evil\r\n\r\n"));
    const auto result = url(url_of(server.port(), "/x"), quick_);
    EXPECT_THAT(result.unreachable, HasSubstr("not answered"));
    EXPECT_THAT(result.unreachable, Not(HasSubstr("\x1b")));
}

// --- what cannot be told ----------------------------------------------------------------------------------------------

TEST_F(Verify, a_server_that_never_answers_is_inconclusive_within_the_limit) {
    const RawServer server([](RawConnection& c, int) { c.wait_for_close(); });
    quick_.time = 1500ms;
    const TimePoint begin = Clock::now();
    const auto result = url(url_of(server.port(), "/x"), quick_);
    EXPECT_LT(Clock::now() - begin, 10s);
    EXPECT_EQ(result.unreachable, "");
    EXPECT_EQ(result.record.headline, Headline::inconclusive);
    EXPECT_NE(result.record.words, "");
    EXPECT_THAT(result.record.advice, HasSubstr("time"));
}

TEST_F(Verify, what_answers_within_a_millisecond_is_inconclusive_and_says_what_to_do) {
    const LiveServer server(app::make_routes(), volley::test::options_of("coroutine"));
    const auto result = url(url_of(server.port(), "/ping"), quick_);
    EXPECT_EQ(result.unreachable, "");
    EXPECT_EQ(result.record.headline, Headline::inconclusive);
    EXPECT_NE(result.record.advice, "");
}

// A held loop and a busy pool looked alike over https: no malformed line was sent there.
TEST_F(Verify, the_parser_is_asked_over_https_too) {
    const volley::test::TlsServer server;
    auto request = get_of(server.port(), "/x");
    request.target.scheme = "https";
    request.target.tls.ca_file = server.certificate_file();
    const auto result = run_on(io_, run(request, quick_));
    EXPECT_EQ(result.unreachable, "");
    ASSERT_FALSE(result.seen.idle_parser.empty());
    for (const auto& canary : result.seen.idle_parser) EXPECT_EQ(canary.outcome, metrics::Outcome::ok);
}

// --- usable inside somebody's test ------------------------------------------------------------------------------------

TEST_F(Verify, a_server_in_this_very_process_is_judged_and_its_threads_are_not_taken_for_ours) {
    const LiveServer server(app::make_routes(), volley::test::options_of("coroutine"));
    const auto result = url(url_of(server.port(), "/offer?s=0.2"), quick_);
    EXPECT_EQ(result.unreachable, "");
    EXPECT_EQ(result.record.shape, verdict::Shape::async) << result.record.words;
    EXPECT_EQ(result.record.mechanism, verdict::Mechanism::unknown);
    EXPECT_EQ(result.seen.process_name, "");
    EXPECT_TRUE(result.seen.local);
    EXPECT_FALSE(result.seen.interrupted);
    EXPECT_EQ(result.seen.target, "GET " + url_of(server.port(), "/offer")) << "without the query, which may hold a secret";
}

// The user and password of the URL were dropped, so that it was answered 401.
TEST_F(Verify, credentials_in_the_url_are_sent) {
    std::mutex mutex;
    std::string asked;
    const RawServer server([&](RawConnection& c, int) {
        const auto request = c.read_request();
        const std::scoped_lock lock(mutex);
        if (asked.empty()) asked = request;
        c.send("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
    });
    const auto result = url("http://u:p@127.0.0.1:" + std::to_string(server.port()) + "/x?key=hunter2", quick_);
    const std::scoped_lock lock(mutex);
    EXPECT_THAT(asked, HasSubstr("GET /x?key=hunter2 HTTP/1.1\r\n"));
    EXPECT_THAT(asked, HasSubstr("\r\nAuthorization: Basic dTpw\r\n"));
    EXPECT_THAT(verdict::to_json(result.seen, result.record), Not(HasSubstr("hunter2")));
}

// --- how it ends ------------------------------------------------------------------------------------------------------

TEST_F(Verify, cancellation_ends_it_at_any_moment_and_marks_it) {
    const RawServer silent([](RawConnection& c, int) { c.wait_for_close(); });
    const LiveServer server(app::make_routes(), volley::test::options_of("coroutine"));
    const struct {
        std::uint16_t port;
        Duration at;
    } cases[] = {{silent.port(), 200ms}, {server.port(), 50ms}, {server.port(), 400ms}, {server.port(), 1200ms}};
    for (const auto& [port, at] : cases) {
        Options options;
        options.time = 60s;
        const TimePoint begin = Clock::now();
        const auto result = run_on(io_, run(get_of(port, "/offer?s=0.3"), options), at);
        EXPECT_LT(Clock::now() - begin, 20s);
        EXPECT_TRUE(result.seen.interrupted) << format_duration(at);
        EXPECT_EQ(result.unreachable, "");
    }
}

// The canaries beside a burst were not stopped when it ended by an exception: they went on in memory that was gone.
TEST_F(Verify, what_progress_throws_comes_out_and_leaves_nothing_running) {
    const LiveServer server(app::make_routes(), volley::test::options_of("coroutine"));
    const auto grumble = [](const Progress& p) {
        if (p.step.canaries) throw std::runtime_error("enough");
    };
    EXPECT_THROW(run_on(io_, run(get_of(server.port(), "/offer?s=0.2"), quick_, grumble)), std::runtime_error);
    io_.restart();
    io_.run_for(100ms);
}

// --- the process that is watched --------------------------------------------------------------------------------------

TEST_F(Verify, a_process_that_is_not_there_is_told_before_anything_is_sent) {
    const RawServer server(volley::test::answer_all);
    quick_.pid = 1 << 29;  // beyond pid_max of any kernel
    const auto result = url(url_of(server.port(), "/x"), quick_);
    EXPECT_THAT(result.unreachable, HasSubstr("there is no such process"));
    EXPECT_EQ(server.accepted(), 0);
}

// Threads were counted from nothing, and the ones that answered were taken for those of the process that had ended.
TEST_F(Verify, a_process_that_ends_meanwhile_is_doubted) {
    char program[] = "/bin/sleep";
    char length[] = "1000";
    char* const arguments[] = {program, length, nullptr};
    pid_t pid = 0;
    ASSERT_EQ(::posix_spawn(&pid, program, nullptr, nullptr, arguments, ::environ), 0);
    std::atomic<int> slow = 0;
    const RawServer server([&](RawConnection& c, int) {
        while (true) {
            const auto request = c.read_request();
            if (request.empty()) break;
            if (request.starts_with("GET /x ")) {
                if (++slow == 12) ::kill(pid, SIGKILL);
                std::this_thread::sleep_for(50ms);
            }
            c.send(volley::test::ok_answer);
        }
    });
    quick_.pid = pid;
    quick_.most = 20;
    const auto result = url(url_of(server.port(), "/x"), quick_);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    EXPECT_EQ(result.unreachable, "");
    EXPECT_EQ(result.seen.process_name, "sleep");
    EXPECT_TRUE(result.seen.process_ended);
    EXPECT_THAT(result.record.doubts, testing::Contains(HasSubstr("process that was watched ended")));
    EXPECT_EQ(result.record.mechanism, verdict::Mechanism::unknown);
    EXPECT_FALSE(result.seen.bursts.back().process) << "nothing is read of what is gone";
}

// --- what is asked beside the request ---------------------------------------------------------------------------------

// Gauge, canary and the other path were asked for without the login that the request has, and answered 401.
TEST_F(Verify, what_is_asked_beside_the_request_carries_its_login_and_headers_but_not_those_of_its_body) {
    std::mutex mutex;
    std::map<std::string, std::vector<std::string>> asked;  // by the first segment of the path
    const RawServer server([&](RawConnection& c, int) {
        while (true) {
            const auto request = c.read_request();
            if (request.empty()) break;
            if (request.starts_with("POST /x ")) std::this_thread::sleep_for(100ms);
            const auto path = request.substr(request.find('/'));
            {
                const std::scoped_lock lock(mutex);
                asked[path.substr(0, path.find_first_of("- ", 1))].push_back(request);
            }
            c.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0");
        }
    });
    quick_.most = 5;
    quick_.time = 8s;
    quick_.cancellation = true;
    quick_.gauge = "/gauge";
    quick_.isolation = "/other";
    auto request = get_of(server.port(), "/x");
    request.request.method = "POST";
    request.request.body = "hello";
    request.request.headers = {{"Authorization", "Bearer hunter2"},
                               {"Cookie", "id=7"},
                               {"Host", "app.test"},
                               {"X-User", std::string("u") + std::string(engine::marker(engine::Slot::iteration))},
                               {"Content-Type", "text/plain"},
                               {"Content-Length", "5"},
                               {"Accept-Encoding", "gzip"},
                               {"If-None-Match", "\"1\""},
                               {"Range", "bytes=0-1"},
                               {"Connection", "keep-alive"}};
    auto unnamed = run_on(io_, run(request, quick_));
    EXPECT_EQ(unnamed.unreachable, "");
    quick_.canary = "/named";
    auto named = run_on(io_, run(request, quick_));
    EXPECT_EQ(named.unreachable, "");
    const std::scoped_lock lock(mutex);
    for (const char* path : {"/gauge", "/other", "/volley", "/named"}) {
        ASSERT_FALSE(asked[path].empty()) << path;
        for (const auto& text : asked[path]) {
            EXPECT_TRUE(text.starts_with("GET ")) << text;
            for (const char* field : {"Authorization: Bearer hunter2", "Cookie: id=7", "Host: app.test", "X-User: u0"})
                EXPECT_THAT(text, HasSubstr(std::string("\r\n") + field + "\r\n"));
            for (const char* field : {"Content-", "Accept-Encoding", "If-None-Match", "Range", "Connection", "hello"})
                EXPECT_THAT(text, Not(HasSubstr(field)));
        }
    }
}

// --- what a hostile peer says -----------------------------------------------------------------------------------------

// A Server field beyond 4,096 bytes was written to a file that --replay then refused.
TEST_F(Verify, a_long_server_field_is_escaped_and_bounded_and_can_be_read_back) {
    const std::string name = "nginx\xff" + std::string(20'000, 'x');  // other controls are no field of HTTP/1.1
    const RawServer server([&](RawConnection& c, int) {
        while (!c.read_request().empty()) {
            std::this_thread::sleep_for(50ms);
            c.send("HTTP/1.1 200 OK\r\nServer: " + name + "\r\nVia: 1.1 " + name + "\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    quick_.most = 10;
    quick_.time = 3s;
    const auto result = url(url_of(server.port(), "/" + std::string(6'000, 'p')), quick_);
    EXPECT_THAT(result.seen.server, HasSubstr("nginx\\xff"));
    EXPECT_THAT(result.seen.via, HasSubstr("nginx\\xff"));
    const auto text = verdict::to_json(result.seen, result.record);
    const auto back = verdict::from_json(text);
    const auto* wrong = std::get_if<std::string>(&back);
    EXPECT_EQ(wrong, nullptr) << *wrong;
}

// Its query stood in the report and in the file.
TEST_F(Verify, secrets_in_the_query_of_another_path_are_sent_and_not_told) {
    std::atomic<int> asked = 0;
    const RawServer server([&](RawConnection& c, int) {
        while (true) {
            const auto request = c.read_request();
            if (request.empty()) break;
            if (request.starts_with("GET /other?key=hunter2 ")) ++asked;
            if (request.starts_with("GET /x ")) std::this_thread::sleep_for(100ms);
            c.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    quick_.most = 10;
    quick_.time = 6s;
    quick_.isolation = "/other?key=hunter2";
    const auto result = url(url_of(server.port(), "/x"), quick_);
    ASSERT_TRUE(result.seen.isolation) << result.unreachable << result.record.words;
    EXPECT_GT(asked, 0);
    EXPECT_EQ(result.seen.isolation->path, "/other");
    EXPECT_THAT(verdict::to_json(result.seen, result.record), Not(HasSubstr("hunter2")));
    for (const auto& answer : result.answers) EXPECT_THAT(answer.words, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace volley::verify
