// Ready-made middleware. Each has both forms (see view::make_middleware), so that none of them forces a thread.
//
//     routes.use(middleware::AccessLog(print), "access log").use(middleware::Gzip(), "gzip");
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <volley/time.hpp>
#include <volley/view.hpp>

namespace volley::middleware {

/// A line for each answer: remote address, request id, method, target, status, bytes of the body (`-` for a stream), time taken.
/// What came from outside is escaped for a terminal.
class AccessLog {
public:
    /// @param sink  called for each line, without its end; from any thread that views run on.
    explicit AccessLog(std::function<void(std::string_view line)> sink) : sink_(std::move(sink)) {}
    view::awaitable<view::Response> operator()(const view::Request& request, const view::AsyncNext& next) const;
    view::Response operator()(const view::Request& request, const view::SyncNext& next) const;

private:
    std::function<void(std::string_view)> sink_;
};

/// Adds `Server-Timing: app;dur=12.3`, the milliseconds from here to the answer's head. Source: W3C Server Timing.
class ServerTiming {
public:
    view::awaitable<view::Response> operator()(const view::Request& request, const view::AsyncNext& next) const;
    view::Response operator()(const view::Request& request, const view::SyncNext& next) const;
};

/// Compresses answers for clients that accept gzip (RFC 9110 sections 12.5.3, 8.4.1.3): texts, JSON, XML, JavaScript and SVG. A stream
/// stays one: each chunk is flushed. Left alone: what is encoded already, ranges, `no-transform`, and what would not get smaller.
/// A page that repeats what the client sent beside a secret should not be compressed: its length tells the secret (BREACH).
class Gzip {
public:
    struct Options {
        std::size_t min_bytes = 512;
        int level = 6;  ///< 1 to 9
    };
    Gzip() = default;
    explicit Gzip(Options options) : options_(options) {}
    view::awaitable<view::Response> operator()(const view::Request& request, const view::AsyncNext& next) const;
    view::Response operator()(const view::Request& request, const view::SyncNext& next) const;

private:
    Options options_;
};

/// Lets pages of other origins read the answers. Preflight requests are answered here, with 204. Source: WHATWG Fetch, "CORS protocol".
class Cors {
public:
    struct Options {
        std::vector<std::string> origins{"*"};  ///< `https://host[:port]`, exactly; or `*` alone
        bool loopback = false;                  ///< beside those the ones of localhost, 127.0.0.0/8 and [::1], at any port
        std::vector<std::string> methods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
        std::vector<std::string> headers{"Content-Type"};  ///< that requests may carry; `*` alone for any
        std::vector<std::string> expose;                   ///< that pages may read
        bool credentials = false;
        Duration max_age = std::chrono::minutes(10);  ///< for which a preflight's answer holds
    };
    Cors() : Cors(Options{}) {}
    /// Throws: std::invalid_argument for `*` with credentials, which browsers refuse, or beside other origins.
    explicit Cors(Options options);
    view::awaitable<view::Response> operator()(const view::Request& request, const view::AsyncNext& next) const;
    view::Response operator()(const view::Request& request, const view::SyncNext& next) const;

private:
    [[nodiscard]] bool allows(std::string_view origin) const;
    [[nodiscard]] view::Response preflight(const view::Request& request) const;
    void mark(const view::Request& request, view::Response& response) const;

    Options options_;
};

/// At most so many requests at a time, a stream until its end; further ones are answered 503 with Retry-After.
class RequestLimit {
public:
    explicit RequestLimit(std::size_t most) : most_(most) {}
    view::awaitable<view::Response> operator()(const view::Request& request, const view::AsyncNext& next) const;
    view::Response operator()(const view::Request& request, const view::SyncNext& next) const;

private:
    /// One request's place; nullptr where there is none.
    [[nodiscard]] std::shared_ptr<void> enter() const;

    std::size_t most_;
    std::shared_ptr<std::atomic<std::size_t>> running_ = std::make_shared<std::atomic<std::size_t>>(0);
};

/// Files from below a folder, for GET and HEAD of the paths below a prefix: with ETag, Last-Modified, 304, single ranges, index.html and
/// no listing. No path leads out of the folder, whatever it is spelled like and whatever links there are; names that begin with a dot
/// are not there. Disks are read off the loop.
class StaticFiles {
public:
    /// @param prefix  such as `/static`; `/` serves all paths that have a file, and leaves the others to the views.
    /// Throws: std::invalid_argument for a prefix that does not begin with '/'; std::system_error where the folder cannot be opened.
    StaticFiles(std::string prefix, const std::string& folder);
    view::awaitable<view::Response> operator()(const view::Request& request, const view::AsyncNext& next) const;
    view::Response operator()(const view::Request& request, const view::SyncNext& next) const;

private:
    struct Answering;
    std::shared_ptr<const Answering> answering_;
};

}  // namespace volley::middleware
