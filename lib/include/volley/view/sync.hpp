// The two ways over the border between synchronous and asynchronous code.
//
//     const Row row = co_await view::sync_to_async([id] { return database.fetch(id); });      // in a coroutine
//     const Answer answer = view::async_to_sync([&] { return client.get(url); });             // in a plain function
//
// Source of the meaning: asgiref's sync_to_async and async_to_sync.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace volley::view {

/// Where synchronous code may run.
enum class Thread {
    sensitive,  ///< all such code of the process on one thread, one after the other; below async_to_sync() on its caller's thread
    pool,       ///< any thread of a pool, many at the same time: for code that shares nothing with other threads
};

/// Threads of the pool; a thread that is blocked in async_to_sync() does not count.
inline constexpr unsigned pool_threads = 32;

namespace detail {

/// A piece of synchronous code and what became of it. Outlives the coroutine that awaits it, which may be cancelled.
class Work {
public:
    virtual ~Work() = default;
    virtual void run() = 0;  ///< throws what the code throws
};
boost::asio::awaitable<void> run_off_loop(std::shared_ptr<Work> work, Thread thread);
void run_on_loop(const std::function<boost::asio::awaitable<void>()>& start);

template <class F>
using ResultOf = std::decay_t<std::invoke_result_t<F&>>;

template <class F>
class WorkOf final : public Work {
public:
    using Result = ResultOf<F>;
    explicit WorkOf(F f) : f_(std::move(f)) {}
    void run() override {
        if constexpr (std::is_void_v<Result>) {
            f_();
        } else {
            result_.emplace(f_());
        }
    }
    Result take() {
        if constexpr (!std::is_void_v<Result>) return std::move(*result_);
    }

private:
    struct Nothing {};
    F f_;
    std::optional<std::conditional_t<std::is_void_v<Result>, Nothing, Result>> result_;
};

template <class T>
struct Awaited;
template <class T, class Executor>
struct Awaited<boost::asio::awaitable<T, Executor>> {
    using type = T;
};

template <class F, class Out>
boost::asio::awaitable<void> store(F& f, Out& out) {
    out.emplace(co_await f());
}

}  // namespace detail

/// Runs `f()` on another thread and awaits it; the event loop goes on meanwhile.
///
/// @param f       called once; moved into the work, which keeps what it owns. It must not refer to what the awaiting coroutine owns
///                unless that coroutine is never cancelled.
/// @return        what `f` returns; what it throws is thrown here.
/// Cancellation: throws `operation_aborted` at once. Code that runs is not stopped, and its result is dropped; code that has not begun
/// does not begin.
/// Lifetime: the executor's context is kept from running out of work, and must not be destroyed, before the code has ended.
template <class F>
boost::asio::awaitable<detail::ResultOf<F>> sync_to_async(F f, Thread thread = Thread::sensitive) {
    const auto work = std::make_shared<detail::WorkOf<F>>(std::move(f));
    co_await detail::run_off_loop(work, thread);
    co_return work->take();
}

/// Runs the coroutine that `f()` makes and blocks this thread until it has ended. It runs on the event loop that this thread's code
/// was called from (by a server or by sync_to_async()), else on one that is made for it. Thread-sensitive code that it awaits runs
/// here, on the thread that waits.
///
/// @return  what the coroutine returns; what it throws is thrown here.
/// Errors: std::logic_error where this thread is running an event loop: it would wait for itself. Await the coroutine instead.
template <class F>
auto async_to_sync(F f) -> typename detail::Awaited<std::invoke_result_t<F&>>::type {
    using Result = typename detail::Awaited<std::invoke_result_t<F&>>::type;
    if constexpr (std::is_void_v<Result>) {
        detail::run_on_loop([&f] { return f(); });
    } else {
        std::optional<Result> result;
        detail::run_on_loop([&f, &result] { return detail::store(f, result); });
        return std::move(*result);
    }
}

/// A synchronous function that is a view on the pool instead of the shared thread: `routes.add("/disk", view::on_pool(read_disk))`.
template <class F>
struct OnPool {
    static constexpr bool thread_sensitive = false;
    F f;
    template <class Request>
    auto operator()(const Request& request) -> std::invoke_result_t<F&, const Request&> {
        return f(request);
    }
};
template <class F>
[[nodiscard]] OnPool<std::decay_t<F>> on_pool(F&& f) {
    return {std::forward<F>(f)};
}

}  // namespace volley::view
