#include "server/pipeline.hpp"

#include <string>

#include "server/request_parser.hpp"

namespace volley::server {

Pipeline::Pipeline(view::Routes routes, const view::ComposeOptions& options) : routes_(std::move(routes)) {
    const auto middleware = routes_.middleware();
    if (middleware.empty()) return;
    // One notice for each middleware, not for each of the views that it stands around.
    view::ComposeOptions first = options;
    first.on_notice = [&options, said = std::map<std::string, bool, std::less<>>()](std::string_view text) mutable {
        const std::string about(text.substr(0, text.find(" stands around")));
        if (!said[about] && options.on_notice) options.on_notice(text);
        said[about] = true;
    };
    routes_.each_handler([&](std::string_view pattern, const view::Handler& handler) {
        composed_[&handler] = view::compose(handler, middleware, first, "view " + std::string(pattern));
    });
    first.on_notice = nullptr;
    view::Handler unanswered;
    unanswered.async = [this](const view::Request& request) { return answer(request); };
    fallback_ = view::compose(unanswered, middleware, first, "");
}

view::awaitable<view::Response> Pipeline::answer(const view::Request& request) const {
    const std::string_view path = RequestParser::path_of(request.target);
    const auto resolution = routes_.resolve(request.method, path);
    // Only where a middleware handed on a request with another method or path than came in.
    if (resolution.kind == view::Resolution::Kind::handler) co_return view::Response::error(404, "there is nothing here");
    co_return routes_.answer(resolution, request.method, path);
}

view::Resolution Pipeline::resolve(std::string_view method, std::string_view path) const {
    view::Resolution found = routes_.resolve(method, path);
    if (composed_.empty() && !fallback_) return found;
    if (found.kind == view::Resolution::Kind::handler) {
        found.handler = &composed_.at(found.handler);
    } else {
        found.handler = &fallback_;
    }
    return found;
}

}  // namespace volley::server
