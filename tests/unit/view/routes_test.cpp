#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <volley/view.hpp>

namespace volley::view {
namespace {

struct Sync {
    Response get(const Request&) { return Response::text("get"); }
    Response post(const Request&) { return Response::text("post"); }
};
struct Async {
    awaitable<Response> get(const Request&) { co_return Response::text("get"); }
    awaitable<Response> delete_(const Request&) { co_return Response::text("delete"); }
};
struct Callable {
    Response operator()(const Request&) const { return Response::text("called"); }
};
Response function(const Request&) { return Response::text("function"); }
awaitable<Response> coroutine(const Request&) { co_return Response::text("coroutine"); }
struct ByValue {
    Response get(Request request) { return Response::text(request.path); }
};
struct OnlyHead {
    Response head(const Request&) { return {}; }
};

// The decision is the compiler's, so it can be asked at compile time.
static_assert(!is_async_view<Sync>);
static_assert(is_async_view<Async>);
static_assert(!is_async_view<Callable>);
static_assert(!is_async_view<decltype(function)>);
static_assert(is_async_view<decltype(coroutine)>);

using Kind = Resolution::Kind;

Routes some_routes() {
    Routes routes;
    routes.add("/", Sync{}).add("/sync", Sync{}).add("/async", Async{}).add("/status/{code}", Sync{}).add("/status/me", Async{});
    routes.add("/{a}/x/{b}", Sync{}).add("/any", Callable{});
    return routes;
}

TEST(Routes, a_method_finds_its_handler) {
    const Routes routes = some_routes();
    const Resolution got = routes.resolve("GET", "/sync");
    ASSERT_EQ(got.kind, Kind::handler);
    EXPECT_EQ(got.route, "/sync");
    EXPECT_FALSE(got.handler->is_async());
    EXPECT_EQ(got.handler->sync({}).body, "get");
    EXPECT_EQ(routes.resolve("POST", "/sync").handler->sync({}).body, "post");
    EXPECT_TRUE(routes.resolve("DELETE", "/async").handler->is_async());
}

TEST(Routes, callables_and_functions_answer_every_method) {
    Routes routes;
    routes.add("/object", Callable{}).add("/function", function).add("/coroutine", coroutine);
    routes.add("/lambda", [](const Request& r) { return Response::text(r.method); });
    routes.add("/value", ByValue{});
    for (const char* method : {"GET", "POST", "HEAD", "OPTIONS", "PATCH", "AHOY"}) {
        for (const char* path : {"/object", "/function", "/coroutine", "/lambda"})
            EXPECT_EQ(routes.resolve(method, path).kind, Kind::handler) << method << ' ' << path;
    }
    EXPECT_EQ(routes.resolve("GET", "/function").handler->sync({}).body, "function");
    EXPECT_TRUE(routes.resolve("GET", "/coroutine").handler->is_async());
    Request request;
    request.method = "AHOY";
    EXPECT_EQ(routes.resolve("AHOY", "/lambda").handler->sync(request).body, "AHOY");
    request.path = "/value";
    EXPECT_EQ(routes.resolve("GET", "/value").handler->sync(request).body, "/value");
}

TEST(Routes, parameters_are_decoded_and_literals_win) {
    const Routes routes = some_routes();
    const Resolution code = routes.resolve("GET", "/status/4%30%34");
    EXPECT_EQ(code.route, "/status/{code}");
    EXPECT_EQ(code.params, (Fields{{"code", "404"}}));
    EXPECT_EQ(routes.resolve("GET", "/status/me").route, "/status/me");
    EXPECT_EQ(routes.resolve("GET", "/status/m%65").route, "/status/me") << "an escape is another spelling of the same path";
    // An encoded slash is text inside its segment (RFC 3986 section 2.2).
    EXPECT_EQ(routes.resolve("GET", "/1%2F2/x/y").params, (Fields{{"a", "1/2"}, {"b", "y"}}));
}

TEST(Routes, a_path_matches_as_a_whole) {
    const Routes routes = some_routes();
    for (const char* path :
         {"/status", "/status/", "/status/1/2", "/sync/", "//sync", "/SYNC", "/x", "//x/b", "", "sync", "http:", "/%", "/\xff"})
        EXPECT_EQ(routes.resolve("GET", path).kind, Kind::not_found) << path;
}

TEST(Routes, head_falls_back_to_get) {
    Routes routes = some_routes();
    routes.add("/head", OnlyHead{});
    EXPECT_EQ(routes.resolve("HEAD", "/sync").kind, Kind::handler);
    EXPECT_EQ(routes.resolve("HEAD", "/head").kind, Kind::handler);
    EXPECT_EQ(routes.resolve("GET", "/head").kind, Kind::method_not_allowed);
}

TEST(Routes, another_method_is_405_with_allow) {
    const Routes routes = some_routes();
    const Resolution put = routes.resolve("PUT", "/sync");
    EXPECT_EQ(put.kind, Kind::method_not_allowed);
    const Response answer = routes.answer(put, "PUT", "/sync");
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer.headers.get("Allow"), "GET, HEAD, POST, OPTIONS");
    EXPECT_EQ(routes.resolve("get", "/sync").kind, Kind::method_not_allowed) << "methods are case-sensitive";
    EXPECT_EQ(routes.resolve("PUT", "/async").allow, "GET, HEAD, DELETE, OPTIONS");
}

TEST(Routes, options_answers_itself) {
    const Routes routes = some_routes();
    const Response answer = routes.answer(routes.resolve("OPTIONS", "/sync"), "OPTIONS", "/sync");
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(answer.headers.get("Allow"), "GET, HEAD, POST, OPTIONS");
    EXPECT_EQ(routes.resolve("OPTIONS", "*").kind, Kind::options);
    EXPECT_EQ(routes.resolve("GET", "*").kind, Kind::not_found);
}

TEST(Routes, a_404_lists_the_routes_in_development_only) {
    Routes routes = some_routes();
    const Resolution nothing = routes.resolve("GET", "/\"><script>");
    const Response told = routes.answer(nothing, "GET", "/\"><script>");
    EXPECT_EQ(told.status, 404);
    EXPECT_THAT(told.body, testing::HasSubstr("/status/{code}"));
    EXPECT_THAT(told.body, testing::HasSubstr("there is nothing at /\\\">"));
    EXPECT_EQ(told.headers.get("Content-Type"), "application/json") << "what the client sent comes back: never as HTML";
    routes.set_development(false);
    const Response silent = routes.answer(nothing, "GET", "/x");
    EXPECT_EQ(silent.status, 404);
    EXPECT_THAT(silent.body, testing::Not(testing::HasSubstr("/status")));
}

TEST(Routes, bad_patterns_are_refused) {
    for (const char* pattern : {"", "x", "/{", "/}", "/a{b}", "/{}", "/{a}/{a}", "/{a{b}}"}) {
        Routes routes;
        EXPECT_THROW(routes.add(pattern, Sync{}), std::invalid_argument) << pattern;
    }
    Routes routes;
    routes.add("/a/{b}", Sync{});
    EXPECT_THROW(routes.add("/a/{c}", Sync{}), std::invalid_argument) << "the same route by another name";
    EXPECT_NO_THROW(routes.add("/{b}/a", Sync{}));
}

TEST(Routes, list_says_what_there_is) {
    const auto infos = some_routes().list();
    ASSERT_EQ(infos.size(), 7U);
    EXPECT_FALSE(infos[1].async);
    EXPECT_TRUE(infos[2].async);
    EXPECT_EQ(infos[2].allow, "GET, HEAD, DELETE, OPTIONS");
    EXPECT_EQ(infos[6].allow, "any method");
}

TEST(Gauge, counts_waiting_running_and_the_peak) {
    Gauge gauge;
    gauge.enter("/a");
    gauge.enter("/a");
    gauge.enter("/a");
    gauge.start("/a");
    gauge.start("/a");
    EXPECT_EQ(gauge.of("/a").waiting, 1U);
    EXPECT_EQ(gauge.of("/a").running, 2U);
    gauge.leave("/a", true);
    gauge.leave("/a", false);
    const Gauge::Count count = gauge.all().at("/a");
    EXPECT_EQ(count.running, 1U);
    EXPECT_EQ(count.waiting, 0U);
    EXPECT_EQ(count.peak, 2U);
    EXPECT_EQ(count.served, 1U);
    EXPECT_EQ(gauge.of("/b").running, 0U);
}

TEST(Routes, a_tail_takes_all_that_follows) {
    Routes routes;
    routes.add("/static/{path...}", Sync{}).add("/static/exact", Sync{}).add("/static/{one}/x", Sync{}).add("/{all...}", Sync{});
    const auto tail = [&](std::string_view path) {
        const Resolution found = routes.resolve("GET", path);
        return found.route + " " + (found.params.empty() ? "-" : found.params.back().second);
    };
    EXPECT_EQ(tail("/static/a/b.css"), "/static/{path...} a/b.css");
    EXPECT_EQ(tail("/static/"), "/static/{path...} ");
    EXPECT_EQ(tail("/static"), "/static/{path...} ");
    EXPECT_EQ(tail("/static/exact"), "/static/exact -");
    EXPECT_EQ(tail("/static/q/x"), "/static/{one}/x q");
    EXPECT_EQ(tail("/static/q/y"), "/static/{path...} q/y");
    EXPECT_EQ(tail("/static/a%2Fb/%2e%2e/c"), "/static/{path...} a%2Fb/%2e%2e/c") << "as it was sent";
    EXPECT_EQ(tail("/elsewhere/x"), "/{all...} elsewhere/x");
    EXPECT_EQ(tail("/"), "/{all...} ");
}

TEST(Routes, a_tail_is_decoded_segment_by_segment) {
    using Segments = std::vector<std::string>;
    EXPECT_EQ(tail_segments(""), Segments{});
    EXPECT_EQ(tail_segments("a/b"), (Segments{"a", "b"}));
    EXPECT_EQ(tail_segments("a%2Fb/c%20d"), (Segments{"a/b", "c d"})) << "an encoded slash is no separator";
    EXPECT_EQ(tail_segments("a/"), (Segments{"a", ""}));
    EXPECT_EQ(tail_segments("/a"), (Segments{"", "a"}));
}

TEST(Routes, a_tail_stands_at_the_end) {
    Routes routes;
    routes.add("/a/{x...}", Sync{});
    for (const char* pattern : {"/b/{x...}/c", "/b/{...}", "/a/{y...}", "/{x}/{x...}", "/b/c{x...}"})
        EXPECT_THROW(routes.add(pattern, Sync{}), std::invalid_argument) << pattern;
}

}  // namespace
}  // namespace volley::view
