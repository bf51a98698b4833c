#include <volley/middleware.hpp>

namespace volley::middleware {
namespace {

view::Response refusal() {
    view::Response response = view::Response::error(503, "too many requests at a time");
    response.headers.add("Retry-After", "1");
    return response;
}

/// A stream holds its place until its producer has gone.
void hold(view::Response& response, std::shared_ptr<void> place) {
    if (!response.stream) return;
    response.stream = [place = std::move(place), producer = std::move(response.stream)](view::Writer& writer) {
        return producer(writer);
    };
}

}  // namespace

std::shared_ptr<void> RequestLimit::enter() const {
    if (running_->fetch_add(1) < most_)
        return {running_.get(), [running = running_](std::atomic<std::size_t>* count) { --*count; }};
    --*running_;
    return nullptr;
}

view::awaitable<view::Response> RequestLimit::operator()(const view::Request& request, const view::AsyncNext& next) const {
    const std::shared_ptr<void> place = enter();
    if (!place) co_return refusal();
    view::Response response = co_await next(request);
    hold(response, place);
    co_return response;
}

view::Response RequestLimit::operator()(const view::Request& request, const view::SyncNext& next) const {
    const std::shared_ptr<void> place = enter();
    if (!place) return refusal();
    view::Response response = next(request);
    hold(response, place);
    return response;
}

}  // namespace volley::middleware
