// A view and the middleware around it as one handler.
#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include <volley/view.hpp>

namespace volley::view {

struct ComposeOptions {
    /// Handlers have a thread to themselves, so that synchronous code is called where asynchronous code awaits it.
    bool may_block = false;
    /// An exception that became a 500. Called from any thread.
    std::function<void(const Request&, const std::exception_ptr&)> on_exception;
    /// Something that the owner of the server should know. Called while composing.
    std::function<void(std::string_view)> on_notice;
};

/// @param middleware  the outermost first.
/// @param what        the route, for the notice that a thread is forced.
[[nodiscard]] Handler compose(Handler view, std::span<const AnyMiddleware> middleware, const ComposeOptions& options,
                              std::string_view what);

/// The answer that an exception asks for, if it is an HttpError.
[[nodiscard]] std::optional<Response> answer_of(const std::exception_ptr& error);

}  // namespace volley::view
