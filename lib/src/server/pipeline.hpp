// Routes as a server answers them: every handler with the middleware around it.
#pragma once

#include <map>
#include <memory>
#include <string_view>

#include <volley/view.hpp>

#include "view/compose.hpp"

namespace volley::server {

/// Composed once, so that a request costs what its links cost and no more. Requests hold the one they began with.
/// Thread safety: const members from any thread.
class Pipeline {
public:
    Pipeline(view::Routes routes, const view::ComposeOptions& options);
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;

    /// As Routes::resolve(), but the handler is the composed one; behind middleware there is one for 404, 405 and OPTIONS too.
    [[nodiscard]] view::Resolution resolve(std::string_view method, std::string_view path) const;
    [[nodiscard]] const view::Routes& routes() const noexcept { return routes_; }

private:
    [[nodiscard]] view::awaitable<view::Response> answer(const view::Request& request) const;

    view::Routes routes_;
    std::map<const view::Handler*, view::Handler> composed_;
    view::Handler fallback_;
};

}  // namespace volley::server
