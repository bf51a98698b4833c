#include "net/task_group.hpp"

#include <cassert>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace volley::net {
namespace asio = boost::asio;

TaskGroup::TaskGroup(asio::any_io_executor executor)
    : executor_(std::move(executor)), idle_(executor_, asio::steady_timer::time_point::max()) {}

TaskGroup::~TaskGroup() { assert(tasks_.empty() && "a TaskGroup dies with tasks running: its owner did not join()"); }

void TaskGroup::spawn(asio::awaitable<void> task) {
    const auto place = tasks_.emplace(tasks_.end());
    // The handler is named: see the note on g++ 12 and lambdas in CONTRIBUTING.md.
    auto on_end = [this, place](std::exception_ptr error) { finished(place, std::move(error)); };
    asio::co_spawn(executor_, std::move(task), asio::bind_cancellation_slot(place->signal.slot(), std::move(on_end)));
    if (cancelled_) place->signal.emit(asio::cancellation_type::terminal);
}

void TaskGroup::cancel() {
    cancelled_ = true;
    // Emitting may end a task at once and so change the list: take the next before.
    for (auto it = tasks_.begin(); it != tasks_.end();) {
        const auto next = std::next(it);
        it->signal.emit(asio::cancellation_type::terminal);
        it = next;
    }
}

void TaskGroup::finished(std::list<Task>::iterator task, std::exception_ptr error) {
    if (error && !first_error_) {
        try {
            std::rethrow_exception(error);
        } catch (const boost::system::system_error& e) {
            if (e.code() != asio::error::operation_aborted) first_error_ = error;
        } catch (...) {
            first_error_ = error;
        }
    }
    tasks_.erase(task);
    if (tasks_.empty()) idle_.cancel();
}

asio::awaitable<void> TaskGroup::join() {
    // Waiting must go on when this coroutine is cancelled: the tasks refer to what its owner holds. The request stays visible in
    // the coroutine's cancellation state, so that the owner ends too once its tasks have.
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!tasks_.empty()) {
        const auto state = co_await asio::this_coro::cancellation_state;
        if (!cancelled_ && state.cancelled() != asio::cancellation_type::none) {
            cancel();
            continue;  // the last one may have ended on the spot
        }
        const auto [ec] = co_await idle_.async_wait(asio::as_tuple(asio::use_awaitable));
        (void)ec;  // always aborted: by finished(), or by our own cancellation
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (first_error_) std::rethrow_exception(std::exchange(first_error_, nullptr));
}

}  // namespace volley::net
