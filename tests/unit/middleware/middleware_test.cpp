// The ready-made middleware in its two forms, called as a server calls it.
#include <volley/middleware.hpp>

#include <array>
#include <exception>
#include <stdexcept>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <zlib.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace volley::middleware {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;
using view::awaitable;
using view::Request;
using view::Response;

Request request_of(std::string method, http::Headers headers = {}) {
    Request request;
    request.method = std::move(method);
    request.target = "/path";
    request.remote = "127.0.0.1:1";
    request.headers = std::move(headers);
    return request;
}

awaitable<Response> ready(Response response) { co_return response; }

template <class M>
awaitable<void> call(const M& middleware, const Request& request, const view::AsyncNext& next, Response& out) {
    out = co_await middleware(request, next);
}

/// Both forms must give the same; the answer of the asynchronous one comes back.
template <class M>
Response through(const M& middleware, const Request& request, const Response& inner) {
    Response async;
    asio::io_context loop(1);
    const view::AsyncNext next = [&](const Request&) { return ready(inner); };
    asio::co_spawn(loop, call(middleware, request, next, async), [](std::exception_ptr e) {
        if (e) std::rethrow_exception(e);
    });
    loop.run();
    const view::SyncNext sync_next = [&](const Request&) { return inner; };
    const Response sync = middleware(request, sync_next);
    EXPECT_EQ(async.status, sync.status);
    EXPECT_EQ(async.body, sync.body);
    if (!async.headers.has("Server-Timing")) {
        EXPECT_EQ(async.headers.fields(), sync.headers.fields());
    }
    return async;
}

std::string gunzip(std::string_view in) {
    z_stream stream{};
    EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
    std::string out;
    std::array<char, 4096> buffer{};
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream.avail_in = static_cast<uInt>(in.size());
    int result = Z_OK;
    while (result == Z_OK && (stream.avail_in > 0 || stream.avail_out == 0)) {
        stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
        stream.avail_out = static_cast<uInt>(buffer.size());
        result = inflate(&stream, Z_SYNC_FLUSH);
        out.append(buffer.data(), buffer.size() - stream.avail_out);
    }
    inflateEnd(&stream);
    return out;
}

TEST(AccessLog, has_a_line_for_each_answer_and_escapes_it) {
    std::vector<std::string> lines;
    const AccessLog log([&](std::string_view line) { lines.emplace_back(line); });
    Request request = request_of("GET");
    request.target = "/a\x1b[31m";
    through(log, request, Response::text("four"));
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_THAT(lines[0], HasSubstr("127.0.0.1:1 - GET /a\\x1b[31m 200 4 B "));
}

TEST(ServerTiming, says_milliseconds) {
    const Response response = through(ServerTiming(), request_of("GET"), Response::text("x"));
    EXPECT_THAT(std::string(response.headers.get("Server-Timing").value_or("")), testing::MatchesRegex("app;dur=[0-9]+\\.[0-9]"));
}

TEST(Gzip, compresses_texts_for_those_who_accept_it) {
    const std::string text(10'000, 'x');
    const Request accepting = request_of("GET", {{"Accept-Encoding", "gzip"}});
    Response inner = Response::json(text);
    inner.headers.add("ETag", "\"1\"");
    const Response response = through(Gzip(), accepting, inner);
    EXPECT_EQ(response.headers.get("Content-Encoding"), "gzip");
    EXPECT_EQ(response.headers.get("Vary"), "Accept-Encoding");
    EXPECT_EQ(response.headers.get("ETag"), "W/\"1\"");
    EXPECT_LT(response.body.size(), 200U);
    EXPECT_EQ(gunzip(response.body), text);

    const Response plain = through(Gzip(), request_of("GET"), inner);
    EXPECT_EQ(plain.body, text);
    EXPECT_FALSE(plain.headers.has("Content-Encoding"));
    EXPECT_EQ(plain.headers.get("Vary"), "Accept-Encoding") << "a cache must know";
}

TEST(Gzip, compresses_large_bodies_as_well) {
    std::string text;
    for (int i = 0; text.size() < 1'000'000; ++i) text += std::to_string(i) + "\n";
    const Response response = through(Gzip(), request_of("GET", {{"Accept-Encoding", "gzip"}}), Response::text(text));
    EXPECT_EQ(gunzip(response.body), text);
}

TEST(Gzip, leaves_alone_what_it_should) {
    const Request accepting = request_of("GET", {{"Accept-Encoding", "gzip"}});
    const auto untouched = [&](Response inner) {
        const std::string before = inner.body;
        const Response response = through(Gzip(), accepting, inner);
        return response.body == before && response.headers.get("Content-Encoding") == inner.headers.get("Content-Encoding");
    };
    EXPECT_TRUE(untouched(Response::text("short")));
    Response image;
    image.headers.add("Content-Type", "image/png");
    image.body.assign(10'000, 'x');
    EXPECT_TRUE(untouched(image));
    Response encoded = Response::text(std::string(10'000, 'x'));
    encoded.headers.add("Content-Encoding", "br");
    EXPECT_TRUE(untouched(encoded));
    Response fixed = Response::text(std::string(10'000, 'x'));
    fixed.headers.add("Cache-Control", "public, no-transform");
    EXPECT_TRUE(untouched(fixed));
    std::string noise;
    unsigned state = 1;
    for (int i = 0; i < 2000; ++i) noise += static_cast<char>((state = state * 1103515245U + 12345U) >> 24U);
    EXPECT_TRUE(untouched(Response::text(noise))) << "it would not get smaller";
}

struct Collected final : view::Writer {
    std::vector<std::string> chunks;
    awaitable<bool> write(std::string chunk) override {
        chunks.push_back(std::move(chunk));
        co_return true;
    }
};
awaitable<void> two_events(view::Writer& writer) {
    co_await writer.write("data: 1\n\n");
    co_await writer.write("data: 2\n\n");
}

TEST(Gzip, a_stream_stays_one) {
    const Response response = through(Gzip(), request_of("GET", {{"Accept-Encoding", "gzip"}}), Response::events(two_events));
    ASSERT_TRUE(response.stream);
    Collected out;
    asio::io_context loop(1);
    asio::co_spawn(loop, response.stream(out), [](std::exception_ptr e) { EXPECT_FALSE(e); });
    loop.run();
    ASSERT_EQ(out.chunks.size(), 3U);
    EXPECT_EQ(gunzip(out.chunks[0]), "data: 1\n\n") << "readable as soon as it is there";
    EXPECT_EQ(gunzip(out.chunks[0] + out.chunks[1] + out.chunks[2]), "data: 1\n\ndata: 2\n\n");
}

TEST(Cors, answers_preflights) {
    Cors::Options options;
    options.origins = {"https://good.example"};
    options.credentials = true;
    const Cors cors(options);
    const auto ask = [&](const std::string& origin) {
        return through(cors, request_of("OPTIONS", {{"Origin", origin}, {"Access-Control-Request-Method", "PUT"}}),
                       Response::text("no"));
    };
    const Response good = ask("https://good.example");
    EXPECT_EQ(good.status, 204);
    EXPECT_EQ(good.body, "");
    EXPECT_EQ(good.headers.get("Access-Control-Allow-Origin"), "https://good.example");
    EXPECT_EQ(good.headers.get("Access-Control-Allow-Credentials"), "true");
    EXPECT_THAT(std::string(*good.headers.get("Access-Control-Allow-Methods")), HasSubstr("PUT"));
    EXPECT_EQ(good.headers.get("Access-Control-Max-Age"), "600");
    EXPECT_THAT(std::string(*good.headers.get("Vary")), HasSubstr("Origin"));
    const Response bad = ask("https://good.example.evil");
    EXPECT_FALSE(bad.headers.has("Access-Control-Allow-Origin"));
    EXPECT_FALSE(bad.headers.has("Access-Control-Allow-Methods"));
}

TEST(Cors, lets_this_machines_pages_where_it_is_to) {
    Cors::Options options;
    options.origins = {"https://good.example"};
    const auto allowed = [&](const std::string& origin) {
        return through(Cors(options), request_of("GET", {{"Origin", origin}}), Response::text("x"))
                   .headers.get("Access-Control-Allow-Origin") == origin;
    };
    const std::vector<std::string> here{"http://localhost",      "https://localhost:8443", "http://127.0.0.1:8000",
                                        "http://127.8.9.1:8000", "http://[::1]:8000",      "http://app.localhost:3000"};
    for (const auto& origin : here) EXPECT_FALSE(allowed(origin)) << origin;
    options.loopback = true;
    for (const auto& origin : here) EXPECT_TRUE(allowed(origin)) << origin;
    EXPECT_TRUE(allowed("https://good.example"));
    for (const char* origin : {"null",
                               "",
                               "http://",
                               "https://a.example",
                               "http://localhost.example",
                               "http://notlocalhost",
                               "http://localhost.",
                               "http://127.0.0.1.example",
                               "http://1270.0.0.1",
                               "http://localhost:8000/x",
                               "http://u@localhost",
                               "http://localhost#",
                               "ftp://localhost",
                               "http://192.0.2.1",
                               "http://[::2]",
                               "http://[::ffff:192.0.2.1]",
                               "localhost",
                               "http://a.example?localhost",
                               "http://a.example\\@localhost",
                               "http:// localhost",
                               "http://LOCALHOST"})
        EXPECT_FALSE(allowed(origin)) << origin;
}

TEST(Cors, marks_answers) {
    EXPECT_EQ(through(Cors(), request_of("GET", {{"Origin", "https://a"}}), Response::text("x"))
                  .headers.get("Access-Control-Allow-Origin"),
              "*");
    EXPECT_FALSE(through(Cors(), request_of("GET"), Response::text("x")).headers.has("Access-Control-Allow-Origin"));
    // An OPTIONS that is no preflight is the view's.
    EXPECT_EQ(through(Cors(), request_of("OPTIONS", {{"Origin", "https://a"}}), Response::text("mine")).body, "mine");
}

TEST(Cors, what_browsers_refuse_is_refused_at_once) {
    Cors::Options options;
    options.credentials = true;
    EXPECT_THROW(Cors{options}, std::invalid_argument);
    options.credentials = false;
    options.origins = {"*", "https://a"};
    EXPECT_THROW(Cors{options}, std::invalid_argument);
}

TEST(RequestLimit, counts_requests_that_run_and_streams_to_their_end) {
    const RequestLimit limit(1);
    Response held;
    const view::SyncNext inner = [&](const Request& request) {
        EXPECT_EQ(limit(request, view::SyncNext([](const Request&) { return Response::text("second"); })).status, 503);
        return Response::events(two_events);
    };
    held = limit(request_of("GET"), inner);
    EXPECT_EQ(held.status, 200);
    const Response refused = limit(request_of("GET"), view::SyncNext([](const Request&) { return Response::text("x"); }));
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.headers.get("Retry-After"), "1");
    held.stream = nullptr;
    EXPECT_EQ(limit(request_of("GET"), view::SyncNext([](const Request&) { return Response::text("x"); })).status, 200);
    EXPECT_THROW(limit(request_of("GET"), view::SyncNext([](const Request&) -> Response { throw std::runtime_error("x"); })),
                 std::runtime_error);
    EXPECT_EQ(limit(request_of("GET"), view::SyncNext([](const Request&) { return Response::text("x"); })).status, 200);
}

}  // namespace
}  // namespace volley::middleware
