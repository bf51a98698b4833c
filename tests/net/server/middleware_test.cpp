// What stands around views, on every kind of server.
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <volley/middleware.hpp>
#include <volley/view/context.hpp>

#include "net/server/fixture.hpp"
#include "support/raw_client.hpp"

namespace volley::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using view::AsyncNext;
using view::awaitable;
using view::Request;
using view::Response;
using view::SyncNext;

/// Appends its letter to X-Path on the way out: the innermost comes first.
void mark(Response& response, const std::string& letter) {
    response.headers.set("X-Path", std::string(response.headers.get("X-Path").value_or("")) + letter);
}

struct AsyncMark {
    std::string letter;
    awaitable<Response> operator()(const Request& request, const AsyncNext& next) const {
        Response response = co_await next(request);
        mark(response, letter);
        co_return response;
    }
};
struct SyncMark {
    std::string letter;
    Response operator()(const Request& request, const SyncNext& next) const {
        Response response = next(request);
        mark(response, letter);
        return response;
    }
};
struct BothMark {
    std::string letter;
    awaitable<Response> operator()(const Request& request, const AsyncNext& next) const {
        Response response = co_await next(request);
        mark(response, letter + "a");
        co_return response;
    }
    Response operator()(const Request& request, const SyncNext& next) const {
        Response response = next(request);
        mark(response, letter + "s");
        return response;
    }
};

/// Says which thread it ran on, compared with others.
struct Where {
    std::shared_ptr<Gate> seen;
    awaitable<Response> get(const Request&) {
        seen->note_thread();
        co_return Response::text("async " + view::current_context()->request_id());
    }
};
struct WhereSync {
    std::shared_ptr<Gate> seen;
    Response get(const Request&) {
        seen->note_thread();
        return Response::text("sync " + view::current_context()->request_id());
    }
};
struct Throwing {
    awaitable<Response> get(const Request& request) {
        if (request.query_value("status")) throw view::HttpError(418, "short and stout");
        throw std::runtime_error("the secret of the database");
        co_return Response{};
    }
};

class Middleware : public testing::TestWithParam<const char*> {
protected:
    std::shared_ptr<Gate> seen_ = std::make_shared<Gate>();
    view::Routes routes() {
        view::Routes routes;
        routes.add("/async", Where{seen_}).add("/sync", WhereSync{seen_}).add("/throw", Throwing{});
        return routes;
    }
    RawClient::Answer get(const LiveServer& server, const std::string& target, const std::string& more = {}) {
        RawClient client(server.port());
        client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n" + more + "\r\n");
        return client.read_answer();
    }
};
INSTANTIATE_TEST_SUITE_P(EachKind, Middleware, testing::Values("coroutine", "pool:2", "serial"),
                         [](const auto& kind) { return std::string(kind.param).substr(0, 4); });

TEST_P(Middleware, the_first_is_the_outermost_whatever_the_forms) {
    for (const char* order : {"aaa", "sss", "asa", "sas", "aas", "ssa"}) {
        view::Routes r = routes();
        int n = 0;
        for (const char form : std::string_view(order)) {
            const std::string letter = std::to_string(++n);
            if (form == 'a') {
                r.use(AsyncMark{letter}, "mark " + letter);
            } else {
                r.use(SyncMark{letter}, "mark " + letter);
            }
        }
        const LiveServer server(std::move(r), options_of(GetParam()));
        for (const char* target : {"/async", "/sync", "/nothing-here"}) {
            const auto answer = get(server, target);
            EXPECT_EQ(answer.headers.at("x-path"), "321") << order << target;
            EXPECT_EQ(answer.status, std::string_view(target) == "/nothing-here" ? 404 : 200);
        }
        EXPECT_THAT(server.errors(), IsEmpty());
    }
}

TEST_P(Middleware, one_with_both_forms_takes_that_of_what_it_stands_around) {
    view::Routes r = routes();
    r.use(BothMark{"x"}, "both");
    const LiveServer server(std::move(r), options_of(GetParam()));
    EXPECT_EQ(get(server, "/async").headers.at("x-path"), "xa");
    EXPECT_EQ(get(server, "/sync").headers.at("x-path"), "xs");
    EXPECT_THAT(server.notices(), IsEmpty());
}

TEST_P(Middleware, a_synchronous_one_around_an_asynchronous_view_is_said_once) {
    view::Routes r = routes();
    r.use(SyncMark{"m"}, "audit");
    const LiveServer server(std::move(r), options_of(GetParam()));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(get(server, "/async").status, 200);
    ASSERT_EQ(server.notices().size(), 1U);
    EXPECT_THAT(server.notices().front(),
                HasSubstr("the synchronous middleware audit stands around the asynchronous view /async"));
    EXPECT_THAT(server.notices().front(), HasSubstr("each of its requests takes a thread"));
}

TEST_P(Middleware, may_answer_itself_or_hand_on_a_request_of_its_own) {
    struct Gatekeeper {
        awaitable<Response> operator()(const Request& request, const AsyncNext& next) const {
            if (request.query_value("refuse")) co_return Response::error(403, "not you");
            Request changed = request;
            changed.headers.set("X-Request-ID", "ignored");
            co_return co_await next(changed);
        }
    };
    view::Routes r = routes();
    r.use(AsyncMark{"o"}, "outer").use(Gatekeeper{}, "gatekeeper").use(AsyncMark{"i"}, "inner");
    const LiveServer server(std::move(r), options_of(GetParam()));
    EXPECT_EQ(get(server, "/async").headers.at("x-path"), "io");
    const auto refused = get(server, "/async?refuse=1");
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.headers.at("x-path"), "o");
}

TEST_P(Middleware, exceptions_have_become_answers_and_tell_nothing) {
    struct Broken {
        Response operator()(const Request& request, const SyncNext& next) const {
            if (request.query_value("broken")) throw std::runtime_error("the middleware's own");
            return next(request);
        }
    };
    view::Routes r = routes();
    r.use(AsyncMark{"o"}, "outer").use(Broken{}, "broken").use(AsyncMark{"i"}, "inner");
    const LiveServer server(std::move(r), options_of(GetParam()));
    auto answer = get(server, "/throw");
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.headers.at("x-path"), "io");
    EXPECT_THAT(answer.body, testing::Not(HasSubstr("secret")));
    answer = get(server, "/throw?status=1");
    EXPECT_EQ(answer.status, 418);
    EXPECT_THAT(answer.body, HasSubstr("short and stout"));
    answer = get(server, "/async?broken=1");
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.headers.at("x-path"), "o");
    EXPECT_TRUE(eventually([&] { return server.errors().size() == 2; }));
    EXPECT_THAT(server.errors(), testing::Contains(HasSubstr("the secret of the database")));
}

TEST(NoMiddleware, an_http_error_is_its_status) {
    view::Routes routes;
    routes.add("/throw", Throwing{});
    const LiveServer server(std::move(routes), options_of("coroutine"));
    RawClient client(server.port());
    client.get("/throw?status=1");
    EXPECT_EQ(client.read_answer().status, 418);
    EXPECT_THAT(server.errors(), IsEmpty());
}

TEST_P(Middleware, the_request_id_is_the_clients_or_the_servers_and_goes_everywhere) {
    view::Routes r = routes();
    r.use(SyncMark{"m"}, "audit");
    const LiveServer server(std::move(r), options_of(GetParam()));
    EXPECT_EQ(get(server, "/async", "X-Request-ID: abc-1\r\n").body, "async abc-1");
    EXPECT_EQ(get(server, "/sync", "X-Request-ID: abc-2\r\n").body, "sync abc-2");
    EXPECT_THAT(get(server, "/sync", "X-Request-ID: a<b>\r\n").body, testing::Not(HasSubstr("<b>")));
    EXPECT_NE(get(server, "/sync").body, get(server, "/sync").body);
}

TEST(ForcedThread, the_view_runs_on_the_loop_and_its_middleware_on_the_shared_thread) {
    const auto seen = std::make_shared<Gate>();
    struct Noting {
        std::shared_ptr<Gate> seen;
        Response operator()(const Request& request, const SyncNext& next) const {
            seen->note_thread();
            return next(request);
        }
    };
    view::Routes routes;
    routes.add("/async", Where{seen});
    routes.use(Noting{seen}, "noting");
    const LiveServer server(std::move(routes), options_of("coroutine"));
    for (int i = 0; i < 5; ++i) {
        RawClient client(server.port());
        client.get("/async");
        EXPECT_EQ(client.read_answer().status, 200);
    }
    EXPECT_EQ(seen->thread_count(), 2U);
}

TEST(ForcedThread, a_client_that_leaves_does_not_take_running_code_with_it) {
    // A synchronous view behind an asynchronous middleware is awaited: the awaiting side is cancelled, the code goes on with what it has.
    const auto gate = std::make_shared<Gate>();
    const auto body = std::make_shared<std::string>();
    view::Routes routes;
    routes.add("/slow", [gate, body](const Request& request) {
        gate->note_thread();
        while (!gate->open) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        *body = request.body;
        return Response::text("late");
    });
    routes.use(AsyncMark{"m"}, "mark");
    {
        LiveServer server(std::move(routes), options_of("coroutine"));
        RawClient client(server.port());
        client.send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
        ASSERT_TRUE(eventually([&] { return gate->thread_count() == 1; }));
        client.close();
        ASSERT_TRUE(eventually([&] { return server.count("/slow").running == 0; }));
        gate->open = true;
        server.stop();  // waits for the code
    }
    EXPECT_EQ(*body, "hello");
}

/// A folder with a file, a file outside it and a link to that.
struct Public {
    std::filesystem::path root = std::filesystem::temp_directory_path() / ("volley-public-" + std::to_string(::getpid()));
    Public() {
        std::filesystem::create_directories(root / "public/sub");
        std::ofstream(root / "public/a.txt") << "a file";
        std::ofstream(root / "public/.hidden") << "hidden";
        std::ofstream(root / "secret.txt") << "the secret";
        std::filesystem::create_symlink(root / "secret.txt", root / "public/link.txt");
    }
    Public(const Public&) = delete;
    Public& operator=(const Public&) = delete;
    ~Public() { std::filesystem::remove_all(root); }
    [[nodiscard]] std::string folder() const { return (root / "public").string(); }
};

TEST_P(Middleware, static_files_come_from_below_their_folder_only) {
    const Public on_disk;
    view::Routes r = routes();
    r.use(middleware::StaticFiles("/static", on_disk.folder()), "static files");
    const LiveServer server(std::move(r), options_of(GetParam()));
    EXPECT_EQ(get(server, "/static/a.txt").body, "a file");
    const std::string etag = get(server, "/static/a.txt").headers.at("etag");
    EXPECT_EQ(get(server, "/static/a.txt", "If-None-Match: " + etag + "\r\n").status, 304);
    EXPECT_EQ(get(server, "/static/nothing").status, 404);
    EXPECT_EQ(get(server, "/async").status, 200);
    EXPECT_EQ(get(server, "/sync").status, 200);
    for (const char* target : {"/static/../secret.txt", "/static/%2e%2e/secret.txt", "/static/..%2fsecret.txt",
                               "/static/sub/../../secret.txt", "/static/%2Fetc%2Fpasswd", "/static//etc/passwd",
                               "/static/..%5csecret.txt", "/static/a.txt%00.png", "/static/link.txt", "/static/.hidden"}) {
        const auto answer = get(server, target);
        EXPECT_TRUE(answer.status == 404 || answer.status == 400) << target << ' ' << answer.status;
        EXPECT_THAT(answer.body, testing::Not(HasSubstr("the secret"))) << target;
    }
    EXPECT_THAT(server.errors(), IsEmpty());
}

TEST_P(Middleware, static_files_at_the_root_leave_other_paths_to_the_views) {
    const Public on_disk;
    view::Routes r = routes();
    r.use(middleware::StaticFiles("/", on_disk.folder()), "static files");
    const LiveServer server(std::move(r), options_of(GetParam()));
    EXPECT_EQ(get(server, "/a.txt").body, "a file");
    EXPECT_EQ(get(server, "/async").status, 200);
    EXPECT_EQ(get(server, "/nothing").status, 404);
    EXPECT_THROW(middleware::StaticFiles("/", on_disk.folder() + "/nowhere"), std::system_error);
}

}  // namespace
}  // namespace volley::test
