// Who gets what when, on a loop that is turned by hand: no test here waits.
#include "app/lending_pool.hpp"

#include <optional>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "net/task_group.hpp"

namespace volley::app {
namespace {
namespace asio = boost::asio;
using Pool = LendingPool<int>;

std::shared_ptr<Pool> pool_of(int n) {
    std::vector<std::unique_ptr<int>> things;
    for (int i = 0; i < n; ++i) things.push_back(std::make_unique<int>(i));
    return std::make_shared<Pool>(std::move(things));
}

class LendingPoolTest : public testing::Test {
protected:
    asio::awaitable<void> hold(std::shared_ptr<Pool> pool, std::string name, std::optional<Pool::Loan>& out) {
        Pool::Loan loan = co_await pool->borrow();
        order += name;
        out.emplace(std::move(loan));
    }
    void turn() {
        io.restart();
        io.poll();
    }
    asio::io_context io{1};
    std::string order;
};

TEST_F(LendingPoolTest, lends_what_it_has_and_then_in_order) {
    const auto pool = pool_of(2);
    std::optional<Pool::Loan> a, b, c, d;
    net::TaskGroup group(io.get_executor());
    group.spawn(hold(pool, "a", a));
    group.spawn(hold(pool, "b", b));
    group.spawn(hold(pool, "c", c));
    group.spawn(hold(pool, "d", d));
    turn();
    EXPECT_EQ(order, "ab");
    EXPECT_NE(**a, **b);
    EXPECT_EQ(pool->lent(), 2U);
    EXPECT_EQ(pool->waiting(), 2U);
    b.reset();
    EXPECT_EQ(pool->lent(), 2U) << "it belongs to the next already";
    turn();
    EXPECT_EQ(order, "abc");
    EXPECT_EQ(c->ahead, 1U);
    EXPECT_EQ(c->lent, 2U);
    a.reset();
    turn();
    EXPECT_EQ(order, "abcd");
    EXPECT_EQ(d->ahead, 2U);
    c.reset();
    d.reset();
    EXPECT_EQ(pool->lent(), 0U);
    EXPECT_TRUE(group.empty());
}

TEST_F(LendingPoolTest, a_cancelled_wait_leaves_the_queue) {
    const auto pool = pool_of(1);
    std::optional<Pool::Loan> a, b, c;
    net::TaskGroup group(io.get_executor()), impatient(io.get_executor());
    group.spawn(hold(pool, "a", a));
    turn();
    impatient.spawn(hold(pool, "b", b));
    turn();
    group.spawn(hold(pool, "c", c));
    turn();
    impatient.cancel();
    turn();
    EXPECT_TRUE(impatient.empty());
    EXPECT_EQ(pool->waiting(), 1U);
    a.reset();
    turn();
    EXPECT_EQ(order, "ac");
}

TEST_F(LendingPoolTest, what_comes_to_a_wait_that_is_cancelled_at_that_moment_goes_on) {
    const auto pool = pool_of(1);
    std::optional<Pool::Loan> a, b, c;
    net::TaskGroup group(io.get_executor()), impatient(io.get_executor());
    group.spawn(hold(pool, "a", a));
    turn();
    impatient.spawn(hold(pool, "b", b));
    turn();
    group.spawn(hold(pool, "c", c));
    turn();
    a.reset();           // b's now
    impatient.cancel();  // before b has noticed
    turn();
    EXPECT_TRUE(impatient.empty());
    b.reset();  // where it still took it
    turn();
    EXPECT_TRUE(order == "ac" || order == "abc") << order;
    ASSERT_TRUE(c.has_value());
    c.reset();
    EXPECT_EQ(pool->lent(), 0U);
    EXPECT_EQ(pool->waiting(), 0U);
}

TEST_F(LendingPoolTest, a_loan_may_end_on_another_thread_and_outlive_its_pools_owner) {
    auto pool = pool_of(1);
    std::optional<Pool::Loan> a, b;
    net::TaskGroup group(io.get_executor());
    group.spawn(hold(pool, "a", a));
    group.spawn(hold(pool, "b", b));
    turn();
    std::thread other([&] { a.reset(); });
    io.restart();
    io.run();  // until b has it
    other.join();
    EXPECT_EQ(order, "ab");
    pool.reset();
    b.reset();
}

TEST_F(LendingPoolTest, what_was_given_to_a_wait_that_never_goes_on_comes_back) {
    const auto pool = pool_of(1);
    std::optional<Pool::Loan> a, b, c;
    net::TaskGroup group(io.get_executor());
    group.spawn(hold(pool, "a", a));
    turn();
    {
        asio::io_context ending{1};
        asio::co_spawn(ending, hold(pool, "b", b), [](std::exception_ptr) {});
        ending.poll();
        group.spawn(hold(pool, "c", c));
        turn();
        a.reset();  // b's now, but its loop ends before it has noticed
    }
    turn();
    EXPECT_EQ(order, "ac");
    c.reset();
    EXPECT_EQ(pool->lent(), 0U);
}

TEST_F(LendingPoolTest, a_loan_that_was_moved_from_gives_back_nothing) {
    const auto pool = pool_of(1);
    std::optional<Pool::Loan> a;
    net::TaskGroup group(io.get_executor());
    group.spawn(hold(pool, "a", a));
    turn();
    {
        const Pool::Loan taken = std::move(*a);
        a.reset();
        EXPECT_EQ(pool->lent(), 1U);
    }
    EXPECT_EQ(pool->lent(), 0U);
}

}  // namespace
}  // namespace volley::app
