#include <volley/middleware.hpp>

#include <fmt/format.h>

#include <volley/error.hpp>
#include <volley/view/context.hpp>

namespace volley::middleware {
namespace {

std::string line_of(const view::Request& request, const view::Response& response, Duration took) {
    const auto context = view::current_context();
    return fmt::format("{} {} {} {} {} {} {}", request.remote, context ? context->request_id() : "-",
                       escape_for_terminal(request.method), escape_for_terminal(request.target), response.status,
                       response.stream ? "-" : fmt::format("{} B", response.body.size()), format_duration(took));
}

}  // namespace

view::awaitable<view::Response> AccessLog::operator()(const view::Request& request, const view::AsyncNext& next) const {
    const TimePoint from = Clock::now();
    view::Response response = co_await next(request);
    sink_(line_of(request, response, Clock::now() - from));
    co_return response;
}

view::Response AccessLog::operator()(const view::Request& request, const view::SyncNext& next) const {
    const TimePoint from = Clock::now();
    view::Response response = next(request);
    sink_(line_of(request, response, Clock::now() - from));
    return response;
}

}  // namespace volley::middleware
