// Calls as views of this process see them: what no client on loopback can bring about.
#include <future>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "app/build.hpp"
#include "app/call_views.hpp"
#include "app/calls.hpp"
#include "app/notice.hpp"
#include "net/app/caller.hpp"
#include "net/app/folder.hpp"

namespace volley::test {
namespace {

using testing::HasSubstr;
using view::Request;
using view::Response;

Request request_of(std::string method, std::string target, std::string remote, std::string type, std::string body) {
    Request request;
    request.method = std::move(method);
    request.target = request.path = std::move(target);
    request.remote = std::move(remote);
    request.headers.add("Content-Type", type);
    request.body = std::move(body);
    return request;
}

Response answer_of(const view::Routes& routes, Request request) {
    view::Resolution found = routes.resolve(request.method, request.path);
    if (found.handler == nullptr) return routes.answer(found, request.method, request.path);
    request.params = found.params;
    boost::asio::io_context loop{1};
    auto answer = boost::asio::co_spawn(loop, found.handler->async(request), boost::asio::use_future);
    loop.run();
    return answer.get();
}

Response whip(const view::Routes& routes, const std::string& remote) {
    return answer_of(routes, request_of("POST", "/whip", remote, "application/sdp", lone_offer()));
}

TEST(CallViews, one_address_may_not_take_all_places) {
    app::AppOptions options;
    options.calls.most_per_address = 2;
    const view::Routes routes = app::make_routes(options);
    EXPECT_EQ(whip(routes, "192.0.2.1:1000").status, 201);
    EXPECT_EQ(whip(routes, "[::ffff:192.0.2.1]:1001").status, 201) << "the same address, as a socket of IPv6 writes it";
    const Response refused = whip(routes, "192.0.2.1:1002");
    EXPECT_EQ(refused.status, 429);
    EXPECT_TRUE(refused.headers.has("Retry-After"));
    EXPECT_THAT(refused.body, HasSubstr("it may have 2 at a time"));
    EXPECT_EQ(whip(routes, "192.0.2.2:1000").status, 201);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(whip(routes, "127.0.0.1:1000").status, 201);
}

TEST(CallViews, a_process_takes_calls_once_and_says_so) {
    const view::Routes first = app::make_routes();
    EXPECT_EQ(whip(first, "127.0.0.1:1").status, 201);
    const Response refused = whip(app::make_routes(), "127.0.0.1:1");
    EXPECT_EQ(refused.status, 503);
    EXPECT_THAT(refused.body, HasSubstr("cannot take calls"));
}

TEST(CallViews, whoever_leaves_while_the_answer_is_made_leaves_no_call_behind) {
    app::AppOptions options;
    options.calls.most = 1;
    const view::Routes routes = app::make_routes(options);
    const Request request = request_of("POST", "/whip", "127.0.0.1:1", "application/sdp", lone_offer());
    const view::Resolution found = routes.resolve("POST", "/whip");
    boost::asio::io_context loop{1};
    boost::asio::cancellation_signal leave;
    bool cancelled = false;
    auto on_end = [&](std::exception_ptr error, const Response&) { cancelled = error != nullptr; };
    boost::asio::co_spawn(loop, found.handler->async(request),
                          boost::asio::bind_cancellation_slot(leave.slot(), std::move(on_end)));
    loop.run_one();  // up to the wait for the other thread, whose answer comes home to this loop
    leave.emit(boost::asio::cancellation_type::terminal);
    loop.run();
    EXPECT_TRUE(cancelled);
    EXPECT_EQ(whip(routes, "127.0.0.1:1").status, 201) << "the one place is free again";
}

TEST(CallViews, calls_go_on_when_a_file_is_read_anew) {
    const Folder folder;
    folder.write("app.yaml", "version: 1\nroutes: { /whip: whip, /call: sleep }\n");
    const auto calls = std::make_shared<app::Calls>();
    const auto build = [&] {
        auto built = app::build_application(folder / "app.yaml", std::make_shared<view::Gauge>(),
                                            std::make_shared<const app::Notice>(), nullptr, calls);
        for (const auto& e : built.errors) ADD_FAILURE() << format_source_error(e);
        return built;
    };
    std::string session;
    {
        const auto before = build();
        const Response begun = whip(before.routes, "127.0.0.1:1");
        ASSERT_EQ(begun.status, 201) << begun.body;
        session = std::string(*begun.headers.get("Location"));
    }
    const auto after = build();
    const Response offered =
        answer_of(after.routes, request_of("POST", "/call", "127.0.0.1:1", "application/json", in_json(lone_offer())));
    EXPECT_EQ(offered.status, 200) << offered.body;
    EXPECT_EQ(answer_of(after.routes, request_of("DELETE", session, "127.0.0.1:1", "", "")).status, 200);
    EXPECT_EQ(answer_of(after.routes, request_of("DELETE", session, "127.0.0.1:1", "", "")).status, 404);
}

TEST(CallViews, an_address_that_is_not_ours_is_told) {
    app::CallOptions options;
    options.host = "192.0.2.1";
    const auto why = app::Calls(options).start();
    ASSERT_TRUE(why);
    EXPECT_THAT(*why, HasSubstr("cannot take calls on UDP port 0 of 192.0.2.1: "));
}

}  // namespace
}  // namespace volley::test
