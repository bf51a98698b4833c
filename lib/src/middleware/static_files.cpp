#include <optional>
#include <stdexcept>
#include <system_error>

#include <volley/middleware.hpp>
#include <volley/view/sync.hpp>

#include "files/static_files.hpp"

namespace volley::middleware {

/// Routes of its own, so that a path is taken apart here as it is for views.
struct StaticFiles::Answering {
    view::Routes routes;
    bool is_root = false;

    /// Nothing where the path is not below the prefix.
    [[nodiscard]] std::optional<view::Request> claim(const view::Request& request) const {
        if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
        const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
        view::Resolution found = routes.resolve(request.method, path);
        if (found.kind != view::Resolution::Kind::handler) return std::nullopt;
        view::Request claimed = request;
        claimed.params = std::move(found.params);
        return claimed;
    }
    /// The answer, or nothing where it is left to the views.
    [[nodiscard]] view::awaitable<std::optional<view::Response>> answer(view::Request claimed) const {
        const std::string_view path = std::string_view(claimed.target).substr(0, claimed.target.find('?'));
        const view::Resolution found = routes.resolve(claimed.method, path);
        view::Response response = co_await found.handler->async(claimed);
        if (is_root && response.status == 404) co_return std::nullopt;
        co_return response;
    }
};

StaticFiles::StaticFiles(std::string prefix, const std::string& folder) {
    auto opened = files::open_folder(folder);
    if (!opened) throw std::system_error(opened.error(), "the folder " + folder);
    auto answering = std::make_shared<Answering>();
    while (prefix.ends_with('/')) prefix.pop_back();
    answering->is_root = prefix.empty();
    answering->routes.add(prefix + "/{path...}", files::static_view(std::move(*opened)));
    answering_ = std::move(answering);
}

view::awaitable<view::Response> StaticFiles::operator()(const view::Request& request, const view::AsyncNext& next) const {
    if (auto claimed = answering_->claim(request)) {
        std::optional<view::Response> response = co_await answering_->answer(std::move(*claimed));
        if (response) co_return std::move(*response);
    }
    co_return co_await next(request);
}

view::Response StaticFiles::operator()(const view::Request& request, const view::SyncNext& next) const {
    if (auto claimed = answering_->claim(request)) {
        auto response = view::async_to_sync([&] { return answering_->answer(*claimed); });
        if (response) return std::move(*response);
    }
    return next(request);
}

}  // namespace volley::middleware
