// What belongs to one request, wherever its code runs.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace volley::view {

/// Travels with a request through coroutines, sync_to_async(), async_to_sync() and middleware; all of them see the same object, so
/// that what synchronous code sets is there for the asynchronous code that awaits it. Idea: Python's contextvars, as asgiref
/// carries them across. It does not go along into a coroutine that is spawned on another executor than `this_coro::executor`.
/// Thread safety: every member may be called from any thread.
class Context {
public:
    explicit Context(std::string request_id) : request_id_(std::move(request_id)) {}

    /// The client's X-Request-ID where it is a token of at most 128 bytes, else one of the server's own.
    [[nodiscard]] const std::string& request_id() const noexcept { return request_id_; }

    /// A value that was set for this request; "" where none was.
    [[nodiscard]] std::string get(std::string_view name) const;
    void set(std::string_view name, std::string value);

private:
    const std::string request_id_;
    mutable std::mutex mutex_;
    std::map<std::string, std::string, std::less<>> values_;
};

/// The context of the code that runs on this thread now; nullptr where no request is being answered.
[[nodiscard]] std::shared_ptr<Context> current_context() noexcept;

}  // namespace volley::view
