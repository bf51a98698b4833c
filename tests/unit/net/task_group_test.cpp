#include <gtest/gtest.h>

#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include "net/deadline.hpp"
#include "net/task_group.hpp"

namespace volley::net {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Runs a coroutine to its end on one thread and rethrows what it threw.
void run(asio::io_context& io, asio::awaitable<void> main) {
    auto done = asio::co_spawn(io, std::move(main), asio::use_future);
    io.run();
    done.get();
}

asio::awaitable<void> sleep_forever(int& ended) {
    struct Count {
        int& n;
        ~Count() { ++n; }
    } const count{ended};
    co_await sleep_until(TimePoint::max());
}

asio::awaitable<void> fail() {
    co_await sleep_until(Clock::now());
    throw std::runtime_error("broken");
}

asio::awaitable<void> cancel_and_join(int& ended) {
    TaskGroup group(co_await asio::this_coro::executor);
    for (int i = 0; i < 10; ++i) group.spawn(sleep_forever(ended));
    EXPECT_EQ(group.size(), 10U);
    group.cancel();
    group.spawn(sleep_forever(ended));  // comes too late, so it is cancelled from its start
    co_await group.join();
    EXPECT_TRUE(group.empty());
}

TEST(TaskGroup, cancel_ends_every_task_and_join_waits_for_them) {
    asio::io_context io;
    int ended = 0;
    run(io, cancel_and_join(ended));
    EXPECT_EQ(ended, 11);
}

asio::awaitable<void> join_failing() {
    TaskGroup group(co_await asio::this_coro::executor);
    group.spawn(fail());
    co_await group.join();
}

TEST(TaskGroup, join_rethrows_the_first_exception) {
    asio::io_context io;
    EXPECT_THROW(run(io, join_failing()), std::runtime_error);
}

asio::awaitable<void> owner(int& ended) {
    TaskGroup group(co_await asio::this_coro::executor);
    group.spawn(sleep_forever(ended));
    co_await group.join();
}

asio::awaitable<void> cancel_owner(int& ended) {
    TaskGroup outer(co_await asio::this_coro::executor);
    outer.spawn(owner(ended));
    co_await sleep_until(Clock::now() + 5ms);
    outer.cancel();
    co_await outer.join();
}

// The tasks refer to what the owner holds: a cancelled owner must still outlive them.
TEST(TaskGroup, a_cancelled_join_cancels_the_tasks_and_waits) {
    asio::io_context io;
    int ended = 0;
    run(io, cancel_owner(ended));
    EXPECT_EQ(ended, 1);
}

TEST(Watchdog, fires_once_and_not_after_disarm) {
    asio::io_context io;
    int fired = 0;
    {
        Watchdog dog(io.get_executor(), [&] { ++fired; });
        dog.arm(Clock::now() + 1ms);
        dog.arm(Clock::now() + 2ms);  // moved: the first wait must not fire
        io.run();
        EXPECT_EQ(fired, 1);
        EXPECT_TRUE(dog.expired());
        io.restart();
        dog.arm(Clock::now());
        dog.disarm();
        io.run();
    }
    EXPECT_EQ(fired, 1);
}

}  // namespace
}  // namespace volley::net
