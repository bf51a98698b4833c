// What stands around views: `routes.use(Timing{})`.
//
//     struct Timing {                                                                              // asynchronous
//         view::awaitable<view::Response> operator()(const view::Request& request, const view::AsyncNext& next) const { ... }
//     };
//     struct Audit {                                                                               // synchronous
//         view::Response operator()(const view::Request& request, const view::SyncNext& next) const { ... }
//     };
//
// A middleware answers itself or asks `next`; it may hand on a request of its own and change the answer. One that has both forms is
// used in that of what it stands around. A synchronous one around an asynchronous view forces a thread: the request runs on the
// shared thread and waits there for the view, as in Django. Source of the meaning: Django, "Middleware", asynchronous support.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <boost/asio/awaitable.hpp>

namespace volley::view {

struct Request;
struct Response;

/// What is further in: the next middleware, or the view. An exception there has become its answer already (HttpError its status,
/// all else 500). `request` must stay as it is until the answer is there.
using AsyncNext = std::function<boost::asio::awaitable<Response>(const Request& request)>;
using SyncNext = std::function<Response(const Request& request)>;

/// A middleware without its type; at least one of the two is set.
struct AnyMiddleware {
    std::string name;  ///< for the log
    std::function<boost::asio::awaitable<Response>(const Request&, const AsyncNext&)> async;
    std::function<Response(const Request&, const SyncNext&)> sync;
};

/// Takes a middleware's type away. One object serves all requests, from several threads where it is synchronous.
template <class M>
[[nodiscard]] AnyMiddleware make_middleware(M&& middleware, std::string name) {
    using T = std::decay_t<M>;
    constexpr bool async = std::is_invocable_r_v<boost::asio::awaitable<Response>, T&, const Request&, const AsyncNext&>;
    constexpr bool sync = std::is_invocable_r_v<Response, T&, const Request&, const SyncNext&>;
    static_assert(
        async || sync,
        "volley: this is not a middleware: it must be callable with (const volley::view::Request&, const "
        "volley::view::AsyncNext&) and return awaitable<Response>, or with (..., const volley::view::SyncNext&) and return "
        "Response, or both.");
    auto shared = std::make_shared<T>(std::forward<M>(middleware));
    AnyMiddleware erased{std::move(name), {}, {}};
    if constexpr (async) erased.async = [shared](const Request& r, const AsyncNext& next) { return (*shared)(r, next); };
    if constexpr (sync) erased.sync = [shared](const Request& r, const SyncNext& next) { return (*shared)(r, next); };
    return erased;
}

}  // namespace volley::view
