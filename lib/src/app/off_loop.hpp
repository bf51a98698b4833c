// Blocking code off the event loop.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace volley::app {

/// `sensitive`: one thread for all, one call at a time. `pool`: several threads.
enum class Thread { sensitive, pool };

/// Queues a function for such a thread. They are joined when the process ends.
void post_off_loop(Thread thread, std::function<void()> job);

/// Runs `f` on such a thread and waits for it without holding up the loop. Throws: what `f` throws.
/// Cancellation: what has not begun does not begin; what has begun is waited for.
template <class F>
boost::asio::awaitable<std::invoke_result_t<F>> off_loop(F f, Thread thread = Thread::sensitive) {
    namespace asio = boost::asio;
    using R = std::invoke_result_t<F>;
    constexpr bool gives = !std::is_void_v<R>;
    struct State {
        State(asio::any_io_executor e, F&& function)
            : executor(std::move(e)), wake(executor, asio::steady_timer::time_point::max()), f(std::move(function)) {}
        asio::any_io_executor executor;
        asio::steady_timer wake;
        F f;
        std::conditional_t<gives, std::optional<R>, bool> result{};
        std::exception_ptr error;
        std::atomic<bool> unwanted{false};
        bool done = false;  // the executor's thread only
    };
    const auto executor = co_await asio::this_coro::executor;
    const auto state = std::make_shared<State>(executor, std::move(f));
    std::function<void()> job = [state] {
        try {
            if (!state->unwanted) {
                if constexpr (gives)
                    state->result.emplace(state->f());
                else
                    state->f();
            }
        } catch (...) {
            state->error = std::current_exception();
        }
        asio::post(state->executor, [state] {
            state->done = true;
            state->wake.cancel();
        });
    };
    post_off_loop(thread, std::move(job));
    // The thread posts to our executor, which must be there when it does: a cancelled call is waited for, too.
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!state->done) {
        const auto [ec] = co_await state->wake.async_wait(asio::as_tuple(asio::use_awaitable));
        (void)ec;
        if (!state->done) state->unwanted = true;
    }
    co_await asio::this_coro::throw_if_cancelled(true);
    if (state->error) std::rethrow_exception(state->error);
    if constexpr (gives) {
        if (!state->result) throw boost::system::system_error(asio::error::operation_aborted);
        co_return std::move(*state->result);
    } else {
        co_return;
    }
}

}  // namespace volley::app
