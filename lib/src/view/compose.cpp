#include "view/compose.hpp"

#include <memory>
#include <string>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include <volley/view/sync.hpp>

#include "view/frame.hpp"

namespace volley::view {
namespace asio = boost::asio;
namespace {

using OnException = std::function<void(const Request&, const std::exception_ptr&)>;

/// One middleware and what it stands around.
struct Link {
    AnyMiddleware middleware;
    Handler inner;
    bool may_block = false;
    OnException on_exception;

    [[nodiscard]] Response answer(const Request& request, const std::exception_ptr& error) const {
        if (auto asked_for = answer_of(error)) return std::move(*asked_for);
        if (on_exception) on_exception(request, error);
        return Response::error(500, "internal error");
    }
};
using LinkPtr = std::shared_ptr<const Link>;

awaitable<Response> call_inner_async(const Link& link, const Request& request) {
    if (link.inner.is_async()) co_return co_await link.inner.async(request);
    // Below an async_to_sync() this is the server's loop again, and the handler's own thread is the one that waits.
    const FramePtr frame = current_frame();
    if (link.may_block && (!frame || !frame->caller)) {
        const SyncScope scope;
        co_return link.inner.sync(request);
    }
    // Copies: a cancelled request is gone while its synchronous view runs on.
    auto code = [inner = link.inner, copy = request] { return inner.sync(copy); };
    co_return co_await sync_to_async(std::move(code), link.inner.thread);
}

awaitable<Response> next_async(LinkPtr link, const Request& request) {
    std::exception_ptr error;
    try {
        Response response = co_await call_inner_async(*link, request);
        co_return response;
    } catch (...) {
        error = std::current_exception();
    }
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) std::rethrow_exception(error);  // nobody waits for an answer
    co_return link->answer(request, error);
}

Response next_sync(const Link& link, const Request& request) {
    try {
        if (!link.inner.is_async()) return link.inner.sync(request);
        return async_to_sync([&] { return link.inner.async(request); });
    } catch (...) {
        return link.answer(request, std::current_exception());
    }
}

awaitable<Response> run_async(LinkPtr link, const Request& request) {
    const AsyncNext next = [link](const Request& r) { return next_async(link, r); };
    Response response = co_await link->middleware.async(request, next);
    co_return response;
}

Handler around(const LinkPtr& link) {
    Handler handler;
    const bool inner_async = link->inner.is_async();
    if (link->middleware.async && (inner_async || !link->middleware.sync)) {
        handler.async = [link](const Request& r) { return run_async(link, r); };
    } else {
        handler.thread = inner_async ? Thread::sensitive : link->inner.thread;
        handler.sync = [link](const Request& r) {
            return link->middleware.sync(r, [&link](const Request& q) { return next_sync(*link, q); });
        };
    }
    return handler;
}

}  // namespace

std::optional<Response> answer_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const HttpError& e) {
        return Response::error(e.status(), e.what());
    } catch (...) {
        return std::nullopt;
    }
}

Handler compose(Handler view, std::span<const AnyMiddleware> middleware, const ComposeOptions& options, std::string_view what) {
    for (auto it = middleware.rbegin(); it != middleware.rend(); ++it) {
        if (view.is_async() && !it->async && options.on_notice)
            options.on_notice("the synchronous middleware " + it->name + " stands around the asynchronous " + std::string(what) +
                              ": each of its requests takes a thread");
        view = around(std::make_shared<const Link>(Link{*it, std::move(view), options.may_block, options.on_exception}));
    }
    return view;
}

}  // namespace volley::view
