#include <volley/view/sync.hpp>

#include <atomic>
#include <stdexcept>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "net/loop_thread.hpp"
#include "view/frame.hpp"
#include "view/sync_threads.hpp"

namespace volley::view {
namespace asio = boost::asio;
namespace {

/// The queue of the outermost async_to_sync() that waits on this thread. Nested ones share it, so that a job which was meant for the
/// outer one cannot be stuck behind the inner one.
thread_local std::shared_ptr<CallerQueue> queue_of_this_thread;

FramePtr frame_of(const asio::any_io_executor& executor) {
    if (const auto* framed = executor.target<FrameExecutor>()) return framed->frame();
    auto frame = std::make_shared<Frame>();
    frame->loop = executor;
    return frame;
}

/// Makes this thread's queue, unless there is one already; who made it closes it.
class QueueScope {
public:
    QueueScope() : owns_(queue_of_this_thread == nullptr) {
        if (owns_) queue_of_this_thread = std::make_shared<CallerQueue>();
    }
    QueueScope(const QueueScope&) = delete;
    QueueScope& operator=(const QueueScope&) = delete;
    ~QueueScope() { close(); }
    /// What had not begun comes home as cancelled.
    void close() const {
        if (!owns_) return;
        if (const auto queue = std::exchange(queue_of_this_thread, nullptr)) queue->close();
    }

private:
    bool owns_;
};

/// One piece of synchronous code on its way. `done` and the timer belong to the loop's thread.
struct Task {
    Task(asio::any_io_executor e, std::shared_ptr<detail::Work> w, FramePtr f)
        : loop(asio::prefer(e, asio::execution::outstanding_work.tracked)),
          work(std::move(w)),
          frame(std::move(f)),
          arrived(e, asio::steady_timer::time_point::max()) {
        if (frame->outstanding) ++*frame->outstanding;
    }
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    ~Task() {
        if (frame->outstanding) --*frame->outstanding;
    }

    asio::any_io_executor loop;
    std::shared_ptr<detail::Work> work;
    FramePtr frame;
    asio::steady_timer arrived;
    std::exception_ptr error;
    bool done = false;
    std::atomic<bool> abandoned = false;
};

/// Brings the task home. The last owner but for the awaiting coroutine lets go on the loop's thread: a timer lives there.
void bring_home(std::shared_ptr<Task> task) {
    const asio::any_io_executor loop = task->loop;
    asio::post(loop, [task = std::move(task)] {
        task->done = true;
        task->arrived.cancel();
    });
}

/// Runs a task when it is called, and brings it home in any case: a job that is dropped uncalled ends as if it had been cancelled.
class TaskRunner {
public:
    explicit TaskRunner(std::shared_ptr<Task> task) : task_(std::make_shared<Home>(std::move(task))) {}
    void operator()() {
        Task& task = *task_->task;
        if (task.abandoned) return;
        const FrameScope frame(task.frame);
        const SyncScope sync;
        task.error = nullptr;
        try {
            task.work->run();
        } catch (...) {
            task.error = std::current_exception();
        }
    }

private:
    struct Home {
        explicit Home(std::shared_ptr<Task> t) : task(std::move(t)) {
            task->error = std::make_exception_ptr(boost::system::system_error(asio::error::operation_aborted));
        }
        Home(const Home&) = delete;
        Home& operator=(const Home&) = delete;
        ~Home() { bring_home(std::move(task)); }
        std::shared_ptr<Task> task;
    };
    std::shared_ptr<Home> task_;  // std::function wants copies
};

}  // namespace

asio::awaitable<void> detail::run_off_loop(std::shared_ptr<Work> work, Thread thread) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const FramePtr frame = frame_of(executor);
    const auto task = std::make_shared<Task>(executor, std::move(work), frame);
    if (thread == Thread::pool) {
        sync_pool().push(TaskRunner(task));
    } else if (!frame->caller) {
        asio::post(sensitive_executor(), TaskRunner(task));
    } else {
        frame->caller->push(TaskRunner(task));  // refused: it comes home as cancelled
    }
    while (!task->done) {
        const auto [ec] = co_await task->arrived.async_wait(asio::as_tuple(asio::use_awaitable));
        (void)ec;  // always aborted: by the task's end or by our cancellation
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none && !task->done) {
            task->abandoned = true;
            throw boost::system::system_error(asio::error::operation_aborted);
        }
    }
    if (task->error) std::rethrow_exception(task->error);
}

void detail::run_on_loop(const std::function<asio::awaitable<void>()>& start) {
    if (on_event_loop())
        throw std::logic_error(
            "async_to_sync was called on the thread of an event loop, which would wait for itself: co_await the coroutine instead");

    const FramePtr outer = current_frame();
    const QueueScope scope;
    const std::shared_ptr<CallerQueue> queue = queue_of_this_thread;

    const auto inner = std::make_shared<Frame>();
    if (outer) *inner = *outer;
    inner->caller = queue;

    std::exception_ptr error;
    bool done = false;
    // A loop of its own where none waits for this thread; it ends when the coroutine and everything that it started have.
    std::unique_ptr<net::LoopThread> own;
    if (!inner->loop) {
        own = std::make_unique<net::LoopThread>();
        inner->loop = own->executor();
    }
    // The queue by value: finish() is still inside it when this thread goes on.
    auto on_end = [&error, &done, queue](std::exception_ptr e) {
        error = e;
        queue->finish(done);
    };
    asio::co_spawn(asio::any_io_executor(FrameExecutor(inner->loop, inner)), start, std::move(on_end));
    {
        const SyncPool::Blocked blocked;
        queue->run_until(done);
    }
    scope.close();
    own.reset();
    if (error) std::rethrow_exception(error);
}

}  // namespace volley::view
