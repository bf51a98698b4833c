// Each point of asgiref's meaning of the two adapters. No test waits for a time to pass: they wait for each other.
#include <volley/view/sync.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>

#include <volley/view/context.hpp>

#include "net/task_group.hpp"
#include "view/frame.hpp"

namespace volley::view {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using Id = std::thread::id;

/// Runs a coroutine to its end on a loop of this thread; rethrows what it throws.
void run(awaitable<void> body) {
    asio::io_context loop(1);
    std::exception_ptr error;
    bool ended = false;
    asio::co_spawn(loop, std::move(body), [&](std::exception_ptr e) {
        error = e;
        ended = true;
    });
    loop.run();
    ASSERT_TRUE(ended);
    if (error) std::rethrow_exception(error);
}

Id here() { return std::this_thread::get_id(); }

/// Where two threads meet.
class Gate {
public:
    void open() {
        const std::scoped_lock lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void pass() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return open_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
};

awaitable<Id> sensitive_id() { co_return co_await sync_to_async(here); }

awaitable<void> in_group(std::vector<awaitable<void>> all) {
    net::TaskGroup group(co_await asio::this_coro::executor);
    for (auto& one : all) group.spawn(std::move(one));
    co_await group.join();
}

awaitable<void> note_id(Id& out, Thread thread) { out = co_await sync_to_async(here, thread); }

TEST(SyncToAsync, thread_sensitive_code_shares_one_thread_that_is_not_the_loops) {
    std::vector<Id> ids(10);
    std::vector<awaitable<void>> all;
    for (auto& id : ids) all.push_back(note_id(id, Thread::sensitive));
    run(in_group(std::move(all)));
    EXPECT_EQ(std::set<Id>(ids.begin(), ids.end()).size(), 1U);
    EXPECT_NE(ids.front(), here());

    // The next loop's code runs on the same one.
    Id again;
    run(note_id(again, Thread::sensitive));
    EXPECT_EQ(again, ids.front());
}

struct Meeting {
    std::mutex mutex;
    std::condition_variable changed;
    int arrived = 0;
};

awaitable<void> meet(Meeting& meeting, int expected) {
    auto code = [&meeting, expected] {
        std::unique_lock lock(meeting.mutex);
        ++meeting.arrived;
        meeting.changed.notify_all();
        meeting.changed.wait(lock, [&] { return meeting.arrived == expected; });
    };
    co_await sync_to_async(code, Thread::pool);
}

TEST(SyncToAsync, code_that_is_not_sensitive_runs_many_at_a_time) {
    // They end only when all of them have begun.
    Meeting meeting;
    std::vector<awaitable<void>> all;
    for (int i = 0; i < static_cast<int>(pool_threads); ++i) all.push_back(meet(meeting, static_cast<int>(pool_threads)));
    run(in_group(std::move(all)));
    EXPECT_EQ(meeting.arrived, static_cast<int>(pool_threads));
}

awaitable<void> many_short_ones(std::atomic<int>& ran) {
    auto code = [&ran] { ++ran; };
    for (int i = 0; i < 20; ++i) co_await sync_to_async(code, Thread::pool);
}

TEST(SyncToAsync, more_than_the_pool_has_threads_take_turns) {
    std::atomic<int> ran = 0;
    std::vector<awaitable<void>> all;
    for (int i = 0; i < 100; ++i) all.push_back(many_short_ones(ran));
    run(in_group(std::move(all)));
    EXPECT_EQ(ran, 2000);
}

awaitable<void> loop_goes_on(bool& went_on) {
    Gate gate;
    const auto executor = co_await asio::this_coro::executor;
    auto open = [&] {
        went_on = true;
        gate.open();
    };
    asio::post(executor, open);
    auto code = [&gate] { gate.pass(); };
    co_await sync_to_async(code);
}

TEST(SyncToAsync, the_loop_goes_on_meanwhile) {
    bool went_on = false;
    run(loop_goes_on(went_on));
    EXPECT_TRUE(went_on);
}

awaitable<void> results() {
    auto text = [] { return std::string("text"); };
    const std::string got = co_await sync_to_async(text);
    EXPECT_EQ(got, "text");
    auto moved = [] { return std::make_unique<int>(7); };
    const auto pointer = co_await sync_to_async(moved, Thread::pool);
    EXPECT_EQ(*pointer, 7);
    auto owner = [value = std::make_unique<int>(8)] { return *value; };
    const int eight = co_await sync_to_async(std::move(owner));
    EXPECT_EQ(eight, 8);
}

TEST(SyncToAsync, results_come_back_and_need_not_be_copied) { run(results()); }

awaitable<void> thrown_away() {
    auto code = [] { throw std::runtime_error("from a thread"); };
    co_await sync_to_async(code);
}
awaitable<int> thrown_on_the_loop() {
    co_await asio::post(asio::use_awaitable);
    throw std::out_of_range("from the loop");
}

TEST(Adapters, exceptions_cross_both_ways) {
    EXPECT_THROW(run(thrown_away()), std::runtime_error);
    EXPECT_THROW(async_to_sync(thrown_on_the_loop), std::out_of_range);
    // There and back again.
    EXPECT_THROW(async_to_sync(thrown_away), std::runtime_error);
}

struct Cancelled {
    Gate running, may_end, ended;
    std::atomic<bool> thrown = false;
    std::atomic<int> late_runs = 0;
    std::unique_ptr<std::string> owned;
};

awaitable<void> await_long_code(Cancelled& c) {
    // The code owns what it uses, since it outlives this coroutine.
    auto code = [&c, owned = std::string(1000, 'x')] {
        c.running.open();
        c.may_end.pass();
        EXPECT_EQ(owned.size(), 1000U);
        c.ended.open();
    };
    try {
        co_await sync_to_async(std::move(code));
    } catch (const boost::system::system_error& e) {
        EXPECT_EQ(e.code(), asio::error::operation_aborted);
        c.thrown = true;
        throw;
    }
}
awaitable<void> await_late_code(Cancelled& c) {
    auto code = [&c] { ++c.late_runs; };
    co_await sync_to_async(code);
}

TEST(SyncToAsync, cancelling_the_awaiting_side_does_not_stop_code_that_runs) {
    Cancelled c;
    asio::io_context loop(1);
    asio::cancellation_signal cancel_first, cancel_second;
    int ended = 0;
    const auto on_end = [&](std::exception_ptr) {
        // The second waits for the thread that the first one holds.
        if (++ended == 2) c.may_end.open();
    };
    asio::co_spawn(loop, await_long_code(c), asio::bind_cancellation_slot(cancel_first.slot(), on_end));
    asio::co_spawn(loop, await_late_code(c), asio::bind_cancellation_slot(cancel_second.slot(), on_end));
    auto cancel = [&] {
        c.running.pass();
        cancel_first.emit(asio::cancellation_type::terminal);
        cancel_second.emit(asio::cancellation_type::terminal);
    };
    asio::post(loop, cancel);
    loop.run();  // also waits for the code that goes on
    EXPECT_EQ(ended, 2);
    EXPECT_TRUE(c.thrown);
    c.ended.pass();
    EXPECT_EQ(c.late_runs, 0) << "code that had not begun does not begin";
}

awaitable<Id> loop_id() { co_return here(); }

TEST(AsyncToSync, sensitive_code_below_it_runs_on_the_callers_thread) {
    EXPECT_EQ(async_to_sync(sensitive_id), here());
    EXPECT_NE(async_to_sync(loop_id), here());
    auto pool = []() -> awaitable<Id> { co_return co_await sync_to_async(here, Thread::pool); };
    EXPECT_NE(async_to_sync(pool), here());
}

awaitable<void> through_a_thread(Thread thread, Id& loop, Id& code, Id& below, Id& coroutine) {
    loop = here();
    auto sync = [&] {
        code = here();
        below = async_to_sync(sensitive_id);
        coroutine = async_to_sync(loop_id);
    };
    co_await sync_to_async(sync, thread);
}

TEST(AsyncToSync, runs_the_coroutine_on_the_loop_that_its_caller_came_from) {
    for (const Thread thread : {Thread::sensitive, Thread::pool}) {
        Id loop, code, below, coroutine;
        run(through_a_thread(thread, loop, code, below, coroutine));
        EXPECT_EQ(coroutine, loop);
        EXPECT_NE(code, loop);
        EXPECT_EQ(below, code);
    }
}

awaitable<void> call_on_the_loop(std::string& what) {
    try {
        async_to_sync(loop_id);
    } catch (const std::logic_error& e) {
        what = e.what();
    }
    co_return;
}

TEST(AsyncToSync, on_the_loops_own_thread_is_an_error_with_a_sentence) {
    std::string what;
    run(call_on_the_loop(what));
    EXPECT_NE(what.find("on the thread of an event loop"), std::string::npos) << what;
    EXPECT_NE(what.find("co_await the coroutine instead"), std::string::npos) << what;

    // The same from a callback, and from a loop that synchronous code runs.
    what.clear();
    asio::io_context loop;
    auto callback = [&] { EXPECT_THROW(async_to_sync(loop_id), std::logic_error); };
    asio::post(loop, callback);
    loop.run();
    auto nested = [] {
        run([]() -> awaitable<void> {
            EXPECT_THROW(async_to_sync(loop_id), std::logic_error);
            co_return;
        }());
    };
    auto outer = [&]() -> awaitable<void> { co_await sync_to_async(nested); };
    run(outer());
}

awaitable<void> check_context(const std::shared_ptr<Context>& expected, int depth) {
    EXPECT_EQ(current_context(), expected);
    const auto executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, asio::use_awaitable);
    EXPECT_EQ(current_context(), expected);
    if (depth == 0) co_return;
    auto code = [&] {
        EXPECT_EQ(current_context(), expected);
        current_context()->set("depth", std::to_string(depth));
        async_to_sync([&] { return check_context(expected, depth - 1); });
        EXPECT_EQ(current_context(), expected);
    };
    co_await sync_to_async(code, depth % 2 == 0 ? Thread::pool : Thread::sensitive);
    EXPECT_EQ(current_context(), expected);
    EXPECT_EQ(current_context()->get("depth"), "1");
}

TEST(Adapters, the_context_travels_along) {
    asio::io_context loop(1);
    const auto frame = std::make_shared<Frame>();
    frame->context = std::make_shared<Context>("r-1");
    frame->loop = loop.get_executor();
    bool ended = false;
    const FrameExecutor executor(loop.get_executor(), frame);
    asio::co_spawn(asio::any_io_executor(executor), check_context(frame->context, 4), [&](std::exception_ptr e) {
        ended = true;
        if (e) std::rethrow_exception(e);
    });
    EXPECT_EQ(current_context(), nullptr);
    loop.run();
    EXPECT_TRUE(ended);
    EXPECT_EQ(current_context(), nullptr);
    EXPECT_EQ(frame->context->request_id(), "r-1");
}

// ---- nesting

/// One way down; `s`: sensitive, `p`: pool.
awaitable<int> down_async(std::string_view path);
int down_sync(std::string_view path) {
    return async_to_sync([path] { return down_async(path); });
}
awaitable<int> down_async(std::string_view path) {
    if (path.empty()) co_return 1;
    const Thread thread = path.front() == 's' ? Thread::sensitive : Thread::pool;
    auto code = [path] { return 1 + down_sync(path.substr(1)); };
    co_return co_await sync_to_async(code, thread);
}

std::vector<std::string> paths_of_five() {
    std::vector<std::string> out;
    for (unsigned bits = 0; bits < 32; ++bits) {
        std::string path;
        for (unsigned i = 0; i < 5; ++i) path += ((bits >> i) & 1U) != 0 ? 's' : 'p';
        out.push_back(path);
    }
    return out;
}

TEST(Adapters, five_deep_in_every_order_from_a_plain_thread) {
    for (const auto& path : paths_of_five()) EXPECT_EQ(down_sync(path), 6) << path;
}

awaitable<void> go_down(std::string_view path, int& sum) { sum += co_await down_async(path); }

TEST(Adapters, five_deep_in_every_order_at_once_on_one_loop) {
    // 128 at once: more than the pool has threads, each of which waits for others of the pool.
    const auto paths = paths_of_five();
    int sum = 0;
    std::vector<awaitable<void>> all;
    for (int i = 0; i < 4; ++i)
        for (const auto& path : paths) all.push_back(go_down(path, sum));
    run(in_group(std::move(all)));
    EXPECT_EQ(sum, 6 * 128);
}

TEST(Adapters, many_plain_threads_at_once) {
    std::atomic<int> sum = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            for (const auto& path : paths_of_five()) sum += down_sync(path);
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(sum, 6 * 32 * 8);
}

awaitable<int> both_ways_at_once() {
    // Two pieces of sensitive code, one of which waits for a coroutine that awaits more sensitive code.
    int a = 0, b = 0;
    std::vector<awaitable<void>> all;
    all.push_back(go_down("sss", a));
    all.push_back(go_down("s", b));
    co_await in_group(std::move(all));
    co_return a + b;
}

TEST(Adapters, siblings_below_one_async_to_sync) { EXPECT_EQ(async_to_sync(both_ways_at_once), 6); }

}  // namespace
}  // namespace volley::view
