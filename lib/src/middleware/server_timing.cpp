#include <volley/middleware.hpp>

#include <fmt/format.h>

namespace volley::middleware {
namespace {

void stamp(view::Response& response, TimePoint from) {
    response.headers.add("Server-Timing", fmt::format("app;dur={:.1f}", 1000 * to_seconds(Clock::now() - from)));
}

}  // namespace

view::awaitable<view::Response> ServerTiming::operator()(const view::Request& request, const view::AsyncNext& next) const {
    const TimePoint from = Clock::now();
    view::Response response = co_await next(request);
    stamp(response, from);
    co_return response;
}

view::Response ServerTiming::operator()(const view::Request& request, const view::SyncNext& next) const {
    const TimePoint from = Clock::now();
    view::Response response = next(request);
    stamp(response, from);
    return response;
}

}  // namespace volley::middleware
