// What a user writes a server with: views as classes, and routes to them.
//
//     struct Hello {
//         view::awaitable<view::Response> get(const view::Request& request) { ... co_return view::Response::text("hello"); }
//     };
//     view::Routes routes;
//     routes.add("/hello", Hello{});
//
// Whether a view is asynchronous is decided by the compiler, from what its handlers return.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <volley/http/message.hpp>
#include <volley/time.hpp>
#include <volley/view/gauge.hpp>
#include <volley/view/middleware.hpp>
#include <volley/view/sync.hpp>

namespace volley::view {

template <class T>
using awaitable = boost::asio::awaitable<T>;
using Fields = std::vector<std::pair<std::string, std::string>>;

/// One complete request, as a view sees it.
/// Lifetime: the server keeps it until the handler has returned, or its coroutine has ended, or its stream has.
struct Request {
    std::string method;  ///< as sent; methods are case-sensitive (RFC 9110 section 9.1)
    std::string target;  ///< origin form, as sent: path and query, percent-encoded
    std::string path;    ///< percent-decoded; for reading, not for routing
    Fields query;        ///< decoded, in the order they were sent, repeats kept
    Fields params;       ///< what stood at `{name}` of the route, decoded; at `{name...}` as it was sent, see tail_segments()
    http::Headers headers;
    std::string body;    ///< whole, transfer coding removed
    std::string remote;  ///< address and port of the peer

    /// The first query parameter of that name.
    [[nodiscard]] std::optional<std::string_view> query_value(std::string_view name) const noexcept;
    /// The path parameter of that name.
    [[nodiscard]] std::optional<std::string_view> param(std::string_view name) const noexcept;
};

/// Where a stream's producer puts its chunks.
class Writer {
public:
    virtual ~Writer() = default;
    /// Sends one chunk. Waits while the client does not read, so a producer is never ahead by more than one chunk.
    /// @return false when the client has gone or reads too slowly: the producer should end.
    /// Cancellation: when the client goes away the producer's coroutine is cancelled as well.
    virtual awaitable<bool> write(std::string chunk) = 0;
};

/// Produces a body while it is being sent.
using Stream = std::function<awaitable<void>(Writer&)>;

/// How an answer leaves the server: for servers that are to misbehave, so that their clients can be tested.
struct Delivery {
    enum class Way {
        answer,   ///< as it should
        reset,    ///< nothing is sent: the connection ends with a reset (RFC 9293 section 3.10.7.4), not a close
        garbage,  ///< bytes that are no HTTP, then a close
    } way = Way::answer;
    bool close = false;  ///< the answer says `Connection: close`, and the connection is closed after it
    Duration drip{};     ///< above 0: the answer goes out byte by byte, head included, with this pause between two
};

/// What a view answers. Content-Length, Transfer-Encoding, Date, Server and Connection are the server's business;
/// a Content-Length set beside `stream` is kept, and then the stream must produce exactly as much.
/// A header that cannot be sent (http::is_valid_field) makes the answer a 500.
struct Response {
    int status = 200;  ///< 200 to 599
    http::Headers headers;
    std::string body;
    Stream stream;  ///< where set, `body` is not looked at
    Delivery delivery{};

    /// `json` is JSON text already; see json_quote().
    [[nodiscard]] static Response json(std::string json, int status = 200);
    [[nodiscard]] static Response text(std::string text, int status = 200);
    [[nodiscard]] static Response html(std::string html, int status = 200);
    /// `{"error": "..."}`; the text is quoted here.
    [[nodiscard]] static Response error(int status, std::string_view text);
    /// Server-sent events (text/event-stream, never cached). Source: WHATWG HTML, "Server-sent events".
    [[nodiscard]] static Response events(Stream producer);
};

/// Thrown by a view or middleware: the answer is this status with `{"error": text}`. Any other exception is a 500 that tells nothing.
class HttpError : public std::runtime_error {
public:
    /// @param status  400 to 599
    HttpError(int status, const std::string& text) : std::runtime_error(text), status_(status) {}
    [[nodiscard]] int status() const noexcept { return status_; }

private:
    int status_;
};

/// A JSON string literal of any bytes, quotes included; what is not UTF-8 becomes U+FFFD. Source: RFC 8259 section 7.
[[nodiscard]] std::string json_quote(std::string_view text);

/// Splits and decodes the part after '?': '&' separates, '+' is a blank.
[[nodiscard]] Fields parse_query(std::string_view query);

/// Takes apart what stood at `{name...}`: one decoded text for each segment, so that an encoded slash stays within its own.
/// The last one is empty after a trailing slash; nothing at all for an empty tail.
[[nodiscard]] std::vector<std::string> tail_segments(std::string_view tail);

/// One type-erased handler: exactly one of the two is set.
struct Handler {
    std::function<awaitable<Response>(const Request&)> async;
    std::function<Response(const Request&)> sync;
    Thread thread = Thread::sensitive;  ///< where `sync` runs on a coroutine server
    explicit operator bool() const noexcept { return async != nullptr || sync != nullptr; }
    [[nodiscard]] bool is_async() const noexcept { return async != nullptr; }
};

/// The methods that a view class may have a member function for, in the order of Allow. `delete_` answers DELETE.
inline constexpr std::array<std::string_view, 7> method_names{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

/// A view without its type: a handler for each method, or one for all of them.
struct AnyView {
    std::array<Handler, method_names.size()> by_method;
    Handler any;
};

namespace detail {

/// A synchronous view shares one thread with all other such views, as in Django, unless its class says
/// `static constexpr bool thread_sensitive = false;`.
template <class V>
consteval Thread thread_of() {
    if constexpr (requires { V::thread_sensitive; }) {
        return V::thread_sensitive ? Thread::sensitive : Thread::pool;
    } else {
        return Thread::sensitive;
    }
}

enum class Shape { absent, sync, async, wrong };

template <class R>
consteval Shape shape_of_result() {
    if constexpr (std::is_same_v<R, Response>) {
        return Shape::sync;
    } else if constexpr (std::is_same_v<R, awaitable<Response>>) {
        return Shape::async;
    } else {
        return Shape::wrong;
    }
}

// A member of the right name that cannot be called with a Request is `wrong`, not absent: a handler that is silently left out
// would answer 405 and nobody would know why.
#define VOLLEY_VIEW_METHOD(member)                                                                             \
    template <class V>                                                                                         \
    struct Method_##member {                                                                                   \
        static constexpr Shape shape() {                                                                       \
            if constexpr (requires(V & v, const Request& r) { v.member(r); }) {                                \
                return shape_of_result<decltype(std::declval<V&>().member(std::declval<const Request&>()))>(); \
            } else if constexpr (requires { &V::member; }) {                                                   \
                return Shape::wrong;                                                                           \
            } else {                                                                                           \
                return Shape::absent;                                                                          \
            }                                                                                                  \
        }                                                                                                      \
        static Handler bind(const std::shared_ptr<V>& view) {                                                  \
            Handler handler;                                                                                   \
            if constexpr (shape() == Shape::async) {                                                           \
                handler.async = [view](const Request& r) { return view->member(r); };                          \
            } else if constexpr (shape() == Shape::sync) {                                                     \
                handler.thread = thread_of<V>();                                                               \
                handler.sync = [view](const Request& r) { return view->member(r); };                           \
            }                                                                                                  \
            return handler;                                                                                    \
        }                                                                                                      \
    };
VOLLEY_VIEW_METHOD(get)
VOLLEY_VIEW_METHOD(head)
VOLLEY_VIEW_METHOD(post)
VOLLEY_VIEW_METHOD(put)
VOLLEY_VIEW_METHOD(patch)
VOLLEY_VIEW_METHOD(delete_)
VOLLEY_VIEW_METHOD(options)
#undef VOLLEY_VIEW_METHOD

template <class V>
consteval Shape call_shape() {
    if constexpr (std::is_invocable_v<V&, const Request&>) {
        return shape_of_result<std::invoke_result_t<V&, const Request&>>();
    } else if constexpr (requires { &V::operator(); }) {
        return Shape::wrong;
    } else {
        return Shape::absent;
    }
}

template <class V>
struct Shapes {
    static constexpr std::array<Shape, 7> methods{Method_get<V>::shape(),    Method_head<V>::shape(),  Method_post<V>::shape(),
                                                  Method_put<V>::shape(),    Method_patch<V>::shape(), Method_delete_<V>::shape(),
                                                  Method_options<V>::shape()};
    static constexpr Shape call = call_shape<V>();
    static constexpr bool any(Shape wanted) {
        for (const Shape s : methods) {
            if (s == wanted) return true;
        }
        return false;
    }
    static constexpr bool has_methods = any(Shape::sync) || any(Shape::async) || any(Shape::wrong);
};

}  // namespace detail

/// True for a view whose handlers return awaitable<Response>, false for one whose handlers return Response.
template <class V>
inline constexpr bool is_async_view =
    detail::Shapes<std::decay_t<V>>::any(detail::Shape::async) || detail::Shapes<std::decay_t<V>>::call == detail::Shape::async;

/// Takes a view's type away, after the compiler has checked what it is.
template <class V>
[[nodiscard]] AnyView make_view(V&& view) {
    using T = std::decay_t<V>;
    using S = detail::Shapes<T>;
    using detail::Shape;
    static_assert(
        S::has_methods || S::call != Shape::absent,
        "volley: this is not a view: it needs at least one of get, head, post, put, patch, delete_, options (public, taking "
        "const volley::view::Request&), or must be callable with one.");
    static_assert(
        !(S::has_methods && S::call != Shape::absent),
        "volley: this view is callable and has handlers for single methods as well: which one should answer? Keep one form.");
    static_assert(
        !S::any(Shape::wrong) && S::call != Shape::wrong,
        "volley: a handler of this view has the wrong form: it must be public, take (const volley::view::Request&) and return "
        "volley::view::Response (synchronous) or boost::asio::awaitable<volley::view::Response> (asynchronous).");
    static_assert(
        !(S::any(Shape::sync) && S::any(Shape::async)),
        "volley: this view mixes asynchronous handlers (returning awaitable<Response>) with synchronous ones (returning "
        "Response). A view is one or the other, so that the server knows whether it may run on the event loop: make every "
        "handler of the class the same kind, or split it into two views.");
    auto shared = std::make_shared<T>(std::forward<V>(view));
    AnyView erased;
    if constexpr (S::call == Shape::async) {
        erased.any.async = [shared](const Request& r) { return (*shared)(r); };
    } else if constexpr (S::call == Shape::sync) {
        erased.any.thread = detail::thread_of<T>();
        erased.any.sync = [shared](const Request& r) { return (*shared)(r); };
    } else {
        erased.by_method = {detail::Method_get<T>::bind(shared),    detail::Method_head<T>::bind(shared),
                            detail::Method_post<T>::bind(shared),   detail::Method_put<T>::bind(shared),
                            detail::Method_patch<T>::bind(shared),  detail::Method_delete_<T>::bind(shared),
                            detail::Method_options<T>::bind(shared)};
    }
    return erased;
}

/// What a request's method and path lead to.
struct Resolution {
    enum class Kind { handler, options, not_found, method_not_allowed } kind = Kind::not_found;
    const Handler* handler = nullptr;  ///< Kind::handler; lives as long as the Routes
    std::string route;                 ///< the pattern, where one matched
    std::string allow;                 ///< Kind::options and method_not_allowed
    Fields params;
};

/// Paths and the views that answer them. Build it, hand it to a server, leave it alone.
/// Thread safety: const members from any thread. One view object serves all its requests. On a coroutine server asynchronous handlers
/// run on the loop's thread, and synchronous ones on the one thread that all thread-sensitive code shares; those that are not
/// thread-sensitive (see on_pool()), and all handlers of a pool server, run on several threads at the same time.
class Routes {
public:
    Routes();
    /// Counts go on in a gauge that there is already: for routes that take the place of others.
    explicit Routes(std::shared_ptr<Gauge> gauge) : gauge_(std::move(gauge)) {}

    /// @param pattern  begins with '/'; a segment `{name}` stands for any one segment that is not empty, `{name...}` at the end for
    ///                 all that follow, also for none. Literal segments win over parameters and these over `...`, from left to right.
    /// Throws: std::invalid_argument for a bad pattern or one that is there already.
    template <class V>
    Routes& add(std::string_view pattern, V&& view) {
        add_view(pattern, make_view(std::forward<V>(view)));
        return *this;
    }
    /// The same for a view whose type is gone: one that make_view() made or that was put together while running.
    void add_view(std::string_view pattern, AnyView view);

    /// Puts a middleware around all views, and around the answers to unknown paths. The first one is the outermost.
    /// @param name  for the server's log
    template <class M>
    Routes& use(M&& middleware, std::string name) {
        middleware_.push_back(make_middleware(std::forward<M>(middleware), std::move(name)));
        return *this;
    }
    [[nodiscard]] std::span<const AnyMiddleware> middleware() const noexcept { return middleware_; }

    /// Calls `visit` for every handler and the pattern that leads to it.
    void each_handler(const std::function<void(std::string_view pattern, const Handler& handler)>& visit) const;

    /// Finds the handler. HEAD falls back to GET's handler; OPTIONS without a handler is answered by the server.
    /// @param path  percent-encoded, without the query. `*` asks about the server as a whole (OPTIONS only).
    [[nodiscard]] Resolution resolve(std::string_view method, std::string_view path) const;

    /// What the server answers where no handler does (404, 405, OPTIONS). In development a 404 lists the known routes.
    [[nodiscard]] Response answer(const Resolution& resolution, std::string_view method, std::string_view path) const;

    struct Info {
        std::string pattern;
        std::string allow;  ///< "GET, HEAD, OPTIONS"; "any method" for a callable view
        bool async = false;
    };
    [[nodiscard]] std::vector<Info> list() const;

    /// Whether a 404 tells the outside which routes there are. On by default: these are servers for tests.
    void set_development(bool on) noexcept { development_ = on; }

    /// Counts what runs; servers write to it, views may read it.
    [[nodiscard]] const std::shared_ptr<Gauge>& gauge() const noexcept { return gauge_; }

private:
    struct Segment {
        enum class Kind { literal, param, tail } kind = Kind::literal;  // in the order in which they win
        std::string text;                                               ///< decoded literal, or the parameter's name
    };
    struct Route {
        std::string pattern;
        std::vector<Segment> segments;
        AnyView view;
    };

    std::vector<std::unique_ptr<const Route>> routes_;  // pointers: a Resolution points into a route
    std::vector<AnyMiddleware> middleware_;
    std::shared_ptr<Gauge> gauge_;
    bool development_ = true;
};

}  // namespace volley::view
